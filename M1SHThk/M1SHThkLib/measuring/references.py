"""Whether the reference ROIs deserve to be divided by: drawn on one slice, in even tissue, near the line."""

import numpy as np

PATCHY, FLUID = 2.0, 1.5


def reference_flags(affine, positions, splenium, white_matter, polarity):
    """Which of the flags on the references are raised: mapping of flag -> bool.

    The splenium is taken for partly fluid where it is brighter than white matter by more than white matter's spread,
    and PATCHY times as uneven; and for fluid where it is FLUID times as bright. (Bias fields alone make one side of a
    brain brighter than the other, but not patchy.) On maps that are bright in iron fluid is not bright.

    Parameters
    ----------
    affine : array, shape (4, 4)
        The image's voxel index -> world RAS in mm.
    positions : array, shape (n, 3)
        Along the region's lines, world RAS in mm.
    splenium, white_matter : Reference
    polarity : str
        'dark' or 'bright'.
    """
    excess = splenium.mean - white_matter.mean
    is_patchy = excess > white_matter.spread and splenium.spread > PATCHY * white_matter.spread
    return {
        "roi_on_several_slices": any(len(_slices(reference)) > 1 for reference in (splenium, white_matter)),
        "splenium_in_fluid": polarity == "dark" and (is_patchy or splenium.mean > FLUID * white_matter.mean),
        "white_matter_on_another_slice": not _share_a_slice(affine, positions, white_matter),
    }


def _slices(reference):
    return np.unique(reference.roi.indices[:, reference.slice_axis])


def _share_a_slice(affine, positions, reference):
    """Whether a ROI covers a slice of the image on which a line lies."""
    to_index = np.linalg.inv(affine)[reference.slice_axis]
    on_line = np.unique(np.round(positions @ to_index[:3] + to_index[3]).astype(int))
    return bool(np.isin(on_line, _slices(reference)).any())
