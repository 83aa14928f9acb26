"""Whether the reference ROIs deserve to be divided by: drawn on one slice, in even tissue, near the line."""

import numpy as np

PATCHY, FLUID = 2.0, 1.5


def reference_flags(image, positions, splenium, white_matter, polarity):
    """Which of the flags on the references are raised: mapping of flag -> bool.

    The splenium is taken for partly fluid where it is brighter than white matter by more than white matter's spread,
    and PATCHY times as uneven; and for fluid where it is FLUID times as bright. (Bias fields alone make one side of a
    brain brighter than the other, but not patchy.) On maps that are bright in iron fluid is not bright.

    Parameters
    ----------
    image : Image
    positions : array, shape (n, 3)
        Along the region's lines, world RAS in mm.
    splenium, white_matter : Reference
    polarity : str
        'dark' or 'bright'.
    """
    excess = splenium.mean - white_matter.mean
    is_patchy = excess > white_matter.spread and splenium.spread > PATCHY * white_matter.spread
    return {
        "roi_on_several_slices": any(len(reference.slices) > 1 for reference in (splenium, white_matter)),
        "splenium_in_fluid": polarity == "dark" and (is_patchy or splenium.mean > FLUID * white_matter.mean),
        "white_matter_on_another_slice": not _share_a_slice(image, positions, white_matter),
    }


def _share_a_slice(image, positions, reference):
    """Whether a ROI covers a slice of the image on which a line lies."""
    on_line = np.round(image.index_of(positions)[:, reference.slice_axis])
    return bool(np.isin(on_line, reference.slices).any())
