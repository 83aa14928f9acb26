"""Where to click: each region has its drawing, on its side and in its place, in the panel until numbers are there."""

import re
from pathlib import Path

import numpy as np
import pytest
import reader
from matplotlib.image import imread
from reader import KNOB, LOBULE

OROFACIAL = ("left", "orofacial")
at_both_sizes = pytest.mark.parametrize("size", reader.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


def drawing(key):
    """The drawing that the tip of a region's row shows, shape (rows, columns, 3)."""
    reader.slicer.util.selectModule("M1SHThk")
    tip = reader.ui().regionsTable.item(reader.KEYS.index(key), 0).toolTip()
    return imread(Path(re.search(r'<img src="([^"]+)"', tip).group(1)))[..., :3]


def line_in(key):
    """Where the pial line of a drawing lies in its whole slice: columns and rows from 0 to 1."""
    pixels = drawing(key)
    slice_ = pixels[:, : round(pixels.shape[0] * 140 / 178)]
    orange = (slice_[..., 0] > 0.9) & (np.abs(slice_[..., 1] - 0.55) < 0.15) & (slice_[..., 2] < 0.1)
    rows, columns = np.nonzero(orange)
    assert len(rows) > 50
    return columns / slice_.shape[1], rows / slice_.shape[0]


@pytest.mark.parametrize("key", reader.KEYS, ids="-".join)
def test_patients_right_is_on_the_left_of_each_drawing(key):
    columns, _rows = line_in(key)
    assert (columns > 0.5).all() == (key[0] == "left") and (columns < 0.5).all() == (key[0] == "right")


@pytest.mark.parametrize("hemisphere", ["left", "right"])
def test_lobule_lies_at_the_midline_and_orofacial_area_outside_and_in_front_of_the_knob(hemisphere):
    places = {region: line_in((hemisphere, region)) for region in ("hand_knob", "paracentral_lobule", "orofacial")}
    aside = {region: np.abs(columns - 0.5).mean() for region, (columns, _rows) in places.items()}
    assert aside["paracentral_lobule"] < 0.06 < aside["hand_knob"] < aside["orofacial"]
    assert places["orofacial"][1].mean() < places["hand_knob"][1].mean()


def shows_drawing(key):
    label = reader.ui().whereLabel
    if not label.visible:
        return False
    expected = reader.qt.QPixmap(re.search(r'src="([^"]+)"', label.toolTip).group(1))
    assert "_".join(key) in label.toolTip and label.pixmap.height() == label.height
    return abs(label.pixmap.width() / label.pixmap.height() - expected.width() / expected.height()) < 0.02


@at_both_sizes
def test_drawing_stands_where_the_numbers_will_be(two_regions, size):
    reader.start_reading(two_regions, size=size)
    ui = reader.ui()
    for key in reader.KEYS:
        reader.choose_region(key)
        reader.settle()
        assert shows_drawing(key) and not ui.numbersAndFlags.visible
    reader.draw_splenium(two_regions)
    reader.choose_region(KNOB)
    assert reader.is_in_sight(ui.whereLabel)
    width, height = reader.dock().width, ui.whereLabel.height
    reader.draw_region(two_regions, 0)
    reader.settle()
    assert reader.in_words() and reader.is_in_sight(ui.numbersView) and not ui.whereLabel.visible
    assert (reader.dock().width, ui.numbersAndFlags.height) == (width, height)
    reader.choose_region(OROFACIAL)
    assert shows_drawing(OROFACIAL)
    reader.choose_region(KNOB)
    assert reader.in_words() and not ui.whereLabel.visible


def test_fault_of_a_region_is_said_and_not_hidden_by_its_drawing(two_regions, blank):
    reader.draw_splenium(two_regions)
    reader.draw_white_matter(two_regions, 1)
    reader.draw_line(two_regions, 1, two_regions.regions[1].pial_lines[0][:1])
    reader.settle()
    assert reader.state(LOBULE) == "not measured"
    assert reader.flags() and reader.ui().flagsBrowser.visible and not reader.ui().whereLabel.visible
