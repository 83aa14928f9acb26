"""The flags that a measurement may carry: when each is raised, and what the observer can do."""

from ..translation import context_of, told, translated
from ..translation import marked as _

FLAGS = {
    "no_dark_layer": _(
        "There is no dark layer: SH is 0 and the thickness is missing. What could hide in the noise is fainter than "
        "any layer that matters, the line is sound, and the normals reach through the cortex."
    ),
    "undecided": _(
        "Whether there is a dark layer cannot be decided, and all three values are missing. Mend what is named, or "
        "leave the region out."
    ),
    "vein_suspected": _(
        "The dark area lies where a vein lies and not the deep layers: all three values are missing. Draw the line on "
        "the pial surface (beneath the vein, and not within the cortex), or leave the vein's stretch out."
    ),
    "lobe_touches_pial_line": _(
        "The darkness begins at the pial line: a vein, dark fluid or a line drawn too deep. Thickness is missing. "
        "Move the line outwards, avoid the vein, or average later echoes."
    ),
    "second_dark_layer": _(
        "A second dark layer merges with the first, or the layer runs past the sampled depth. Thickness is missing. "
        "Draw where the gyrus is wider, or change the sampled depth."
    ),
    "opposite_bank": _(
        "A second, separate dark area lies deeper. The superficial one is measured: look whether it is the layer and "
        "the other the opposite bank of a thin gyrus."
    ),
    "thinner_than_resolution": _(
        "The dark line is thinner than the image can show, so it is noise or ringing and no layer of that thickness: "
        "thickness is missing."
    ),
    "line_folds": _(
        "The pial line crosses itself or folds back, so it is no pial surface: all three values are missing. "
        "Draw it again in one sweep."
    ),
    "line_doubles_back": _(
        "Points of the line lie in the wrong order: they turn back by more than 120 degrees. "
        "Delete those that go back, or draw the line again in one sweep."
    ),
    "lines_overlap": _(
        "Two lines of the region cover the same stretch, which would be counted twice: the confidence intervals are "
        "missing. Delete one of them, or draw it on another slice."
    ),
    "line_strays": _(
        "The line strays from the pial edge, which blurs the profile and makes SH/Thk too small. "
        "Snap it to the edge (alignment: edge), or draw it again where it leaves the edge."
    ),
    "edge_unclear": _(
        "The pial edge is not clear enough along the line (veins, bridges, hooked ends) to tell whether the line "
        "follows it. Look at the line, or leave these stretches out."
    ),
    "uneven_line": _(
        "Some normals show something else than the others: a hooked end, a vein, a stretch off the cortex. "
        "Leave that stretch out, or average without the outer 20 % (averaging: trimmed)."
    ),
    "tilted_cortex": _(
        "The cortex leans through the slice by 30 degrees or more, which makes Thk too large and SH/Thk too small. "
        "Read thk_perpendicular_mm, or draw where the cortex stands upright in the slice."
    ),
    "sparse_clicks": _(
        "The line has too few points for its bends, and what it does between them is guessed. Add points in the bends."
    ),
    "off_slice": _(
        "Points lie off the slice on which the line was drawn; they were moved onto it. "
        "Draw a line on one slice, and further lines on others."
    ),
    "near_noise": _(
        "The dark layer hardly stands out from the noise (z from 2 to 3). "
        "Draw a longer line or add a line on a neighbouring slice, and read the confidence interval."
    ),
    "short_line": _("The pial line is shorter than 10 mm. Draw the whole region."),
    "crossing_normals": _(
        "Normals cross before the layer ends, so parts of the cortex are missing. "
        "Leave out the sharp bend, or smooth the line more."
    ),
    "outside_image": _(
        "Some normals leave the image or meet voxels without a value before the layer ends. "
        "Draw further from the image's edge, or sample less deep."
    ),
    "few_normals": _(
        "Hardly two independent stretches of the line: the confidence intervals are rough. "
        "Draw a longer line, or add one on a neighbouring slice."
    ),
    "white_matter_mismatch": _(
        "The profile beyond the layer does not come back to the white-matter ROI's mean, which changes the thickness. "
        "Redraw the white-matter ROI beneath the line, or use the plateau as baseline."
    ),
    "no_plateau": _(
        "Hardly any white matter is sampled past the layer, so that the white-matter ROI cannot be checked against it. "
        "Sample deeper, or draw where the gyrus is wider."
    ),
    "unstable_white_matter": _(
        "The white-matter ROI is too noisy for a layer this faint: its standard error exceeds 15 % of SH. "
        "Draw a larger white-matter ROI in even tissue."
    ),
    "white_matter_below_10_mm2": _("The white-matter ROI covers less than 10 mm². Draw it larger."),
    "white_matter_on_another_slice": _(
        "The white matter lies on another slice than the line. Draw it beneath the line, on its slice."
    ),
    "splenium_below_5_mm2": _("The splenium ROI covers less than 5 mm². Draw it larger."),
    "splenium_in_fluid": _(
        "The splenium ROI is patchy and bright, as where it holds fluid, which makes SH too small. "
        "Draw it again within the splenium."
    ),
    "roi_on_several_slices": _("The splenium or the white matter is drawn on more than one slice. Redraw it on one."),
    "low_snr": _(
        "The signal-to-noise ratio of an echo is below 10: magnitude images then show dark tissue too bright, and "
        "SH/Thk comes out 5 % too small and more. Average more echoes or scans, or leave late echoes out."
    ),
    "fit_at_bound": _(
        "The fitted curve ended on a bound: its five parameters are not to be used, height and width may be. "
        "Compare the curve with the profile."
    ),
    "poor_fit": _(
        "The double sigmoid explains less than 80 % of the layer's profile. Look at the profile; redraw the line if it "
        "strays from the pial surface."
    ),
}


def sentence(flag, note=None):
    """A flag in words and in the reader's language, with what it found here."""
    text = translated(context_of(__file__), FLAGS[flag])
    note = told(note)
    return f"{text} ({note[:1].upper()}{note[1:]}.)" if note else text


def notes_as_text(notes):
    """Notes, by flag, as one cell of a table; None where there are none."""
    return " | ".join(f"{flag}: {note}" for flag, note in notes.items()) or None


def notes_from_text(text):
    """What `notes_as_text` made of notes."""
    return dict(note.split(": ", 1) for note in text.split(" | ")) if text else {}
