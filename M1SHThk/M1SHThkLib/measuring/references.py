"""Whether the reference ROIs deserve to be divided by: drawn on one slice, in even tissue, near the line."""

import numpy as np

# Of white matter's noise and of its own mean; and of white matter's mean.
PATCHY, UNEVEN, FLUID = 2.0, 0.05, 1.5


def reference_flags(affine, positions, splenium, white_matter, settings):
    """Which of the flags on the references are raised: mapping of flag -> bool.

    The splenium is taken for partly fluid where it is PATCHY, and bright: brighter than white matter by more than white
    matter's spread, or in its few bright voxels than in most of them; and for fluid where it is FLUID times as bright
    as white matter. (Coils alone make one place of a brain brighter than another, but not patchy.) On maps that are
    bright in iron fluid is not bright, and a splenium that nothing is divided by matters to nothing.

    Parameters
    ----------
    affine : array, shape (4, 4)
        The image's voxel index -> world RAS in mm.
    positions : array, shape (n, 3)
        Along the region's lines, world RAS in mm.
    splenium, white_matter : Reference
    settings : Settings
    """
    is_patchy = splenium.spread > max(PATCHY * white_matter.noise.voxel_deviation, UNEVEN * splenium.mean)
    is_bright = splenium.mean - white_matter.mean > white_matter.spread or splenium.mean > splenium.median
    divides = settings.normalization == "splenium" and settings.polarity == "dark"
    return {
        "roi_on_several_slices": any(len(_slices(reference)) > 1 for reference in (splenium, white_matter)),
        "splenium_in_fluid": divides and ((is_patchy and is_bright) or splenium.mean > FLUID * white_matter.mean),
        "white_matter_on_another_slice": not _share_a_slice(affine, positions, white_matter),
    }


def _slices(reference):
    return np.unique(reference.roi.indices[:, reference.slice_axis])


def _share_a_slice(affine, positions, reference):
    """Whether a ROI covers a slice of the image on which a line lies."""
    to_index = np.linalg.inv(affine)[reference.slice_axis]
    on_line = np.unique(np.round(positions @ to_index[:3] + to_index[3]).astype(int))
    return bool(np.isin(on_line, _slices(reference)).any())
