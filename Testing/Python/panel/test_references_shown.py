"""The ROIs that everything is divided by: found again, described, and doubted where they deserve it."""

import MiniSlicer
import numpy as np
import pytest
import reader
from M1SHThkLib.measuring.flags import FLAGS
from reader import KNOB, LOBULE


def offset():
    return reader.red().sliceLogic().GetSliceOffset()


def slice_of(phantom, roi):
    return phantom.exam().image.position_of(roi.indices)[:, 2].mean()


@pytest.mark.parametrize("key", ["s", "w"])
def test_a_roi_that_is_drawn_is_turned_to(two_regions, drawn, key):
    roi = two_regions.splenium if key == "s" else two_regions.regions[0].white_matter
    position = two_regions.exam().image.position_of(roi.indices).mean(0)
    reader.look_at(reader.beside(two_regions, position)[0])
    before = offset()
    MiniSlicer.keyPress("Red", key)
    assert offset() == pytest.approx(slice_of(two_regions, roi), abs=0.3) and offset() != before
    view = reader.red().sliceView()
    x, y, _ = view.convertRASToXYZ(position)
    assert 0 < x < view.width and 0 < y < view.height


def test_a_roi_says_where_it_is_how_large_and_how_bright(two_regions, drawn):
    image = two_regions.exam().image
    core = reader.measured()[KNOB]
    text = reader.ui().spleniumLabel.text
    assert f"slice S {slice_of(two_regions, two_regions.splenium):g}" in text
    assert f"{core.splenium_area_mm2:.1f} mm²" in text and f"mean {core.splenium_intensity:.4g}" in text
    pixel = image.spacing[0] * image.spacing[1]
    area = reader.white_matter_voxels(KNOB) * pixel
    text = reader.ui().whiteMatterLabel.text
    assert f"{area:.1f} mm²" in text and f"mean {core.white_matter_intensity:.4g}" in text
    assert f"slice S {slice_of(two_regions, two_regions.regions[0].white_matter):g}" in text


def test_a_roi_over_two_slices_is_flagged_and_its_whole_area_told(two_regions, drawn):
    one = reader.measured()[KNOB].splenium_area_mm2
    corners = reader.beside(two_regions, reader.outline_of(two_regions, two_regions.splenium))
    MiniSlicer.keyPress("Red", "s")
    reader.look_at(corners[0])
    for corner in corners:
        MiniSlicer.click("Red", corner)
    reader.by_right_click(corners[0])
    reader.settle()
    assert FLAGS["roi_on_several_slices"] in reader.flags()
    assert reader.measured()[KNOB].splenium_area_mm2 == pytest.approx(2 * one, rel=0.1)
    assert "slices S" in reader.ui().spleniumLabel.text


def test_a_splenium_in_fluid_is_flagged(two_regions, drawn):
    """Half in a sulcus: patchy, and brighter than white matter."""
    line = two_regions.regions[0].pial_lines[0]
    middle = line[len(line) // 2]
    outward = middle - two_regions.exam().image.position_of(two_regions.regions[0].white_matter.indices).mean(0)
    middle = middle + 1.0 * outward / np.linalg.norm(outward)
    angle = np.arange(8) * np.pi / 4
    corners = middle + 2.5 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1)
    reader.look_at(middle)
    reader.ui().redrawSpleniumButton.click()
    reader.look_at(middle)
    for corner in corners:
        MiniSlicer.click("Red", corner)
    reader.by_right_click(corners[0])
    reader.settle()
    assert FLAGS["splenium_in_fluid"] in reader.flags()


def test_white_matter_on_another_slice_than_the_line_is_flagged(two_regions, drawn):
    assert FLAGS["white_matter_on_another_slice"] not in reader.flags()
    corners = reader.beside(two_regions, reader.outline_of(two_regions, two_regions.regions[0].white_matter))
    reader.ui().redrawWhiteMatterButton.click()
    reader.look_at(corners[0])
    for corner in corners:
        MiniSlicer.click("Red", corner)
    reader.by_right_click(corners[0])
    reader.settle()
    assert FLAGS["white_matter_on_another_slice"] in reader.flags()


def test_references_drawn_well_raise_no_flag_of_theirs(drawn):
    for key in (KNOB, LOBULE):
        reader.choose_region(key)
        reader.settle()
        found = [name for name, text in FLAGS.items() if text in reader.flags()]
        assert not {"roi_on_several_slices", "splenium_in_fluid", "white_matter_on_another_slice"} & set(found)
