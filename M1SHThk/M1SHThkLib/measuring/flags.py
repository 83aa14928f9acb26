"""The flags that a measurement may carry: when each is raised, and what the observer can do."""

FLAGS = {
    "no_dark_layer": (
        "No dark layer stands out from the noise (z below 2): SH is 0 and the thickness is missing. "
        "Check that the line lies on the pial surface of the motor cortex; a healthy cortex may look like this."
    ),
    "near_noise": (
        "The dark layer hardly stands out from the noise (z from 2 to 3). "
        "Draw a longer line or add a line on a neighbouring slice, and read the confidence interval."
    ),
    "lobe_touches_pial_line": (
        "The darkness begins at the pial line: a vein, dark fluid or a line drawn too deep. Thickness is missing. "
        "Move the line outwards, avoid the vein, or average later echoes."
    ),
    "second_dark_layer": (
        "A second dark layer merges with the first, or the layer runs past the sampled depth. Thickness is missing. "
        "Draw where the gyrus is wider, or change the sampled depth."
    ),
    "white_matter_mismatch": (
        "The profile beyond the layer does not come back to the white-matter ROI's mean, which changes the thickness. "
        "Redraw the white-matter ROI beneath the line, or use the plateau as baseline."
    ),
    "unstable_white_matter": (
        "The white-matter ROI is too small or too noisy for a layer this faint: its standard error exceeds 15 % of SH. "
        "Draw a larger white-matter ROI in even tissue."
    ),
    "splenium_below_5_mm2": "The splenium ROI covers less than 5 mm2. Draw it larger.",
    "splenium_in_fluid": (
        "The splenium ROI is brighter than white matter, as fluid is, which makes SH too small. "
        "Draw it again within the splenium."
    ),
    "roi_on_several_slices": "The splenium or the white matter is drawn on more than one slice. Redraw it on one.",
    "white_matter_on_another_slice": (
        "The white matter lies on another slice than the line. Draw it beneath the line, on its slice."
    ),
    "crossing_normals": (
        "Normals cross before the layer ends, so parts of the cortex are missing. "
        "Leave out the sharp bend, or smooth the line more."
    ),
    "outside_image": (
        "Some normals leave the image or meet voxels without a value and are left out. "
        "Draw further from the image's edge, or sample less deep."
    ),
    "fit_at_bound": (
        "The fitted curve ended on a bound: its five parameters are not to be used, height and width may be. "
        "Compare the curve with the profile."
    ),
    "poor_fit": (
        "The double sigmoid explains less than 80 % of the layer's profile. Look at the profile; redraw the line if it "
        "strays from the pial surface."
    ),
    "short_line": "The pial line is shorter than 10 mm. Draw the whole region.",
    "few_normals": (
        "Fewer than 10 independent stretches of the line: the confidence intervals are rough. "
        "Draw a longer line, or add one on a neighbouring slice."
    ),
}
