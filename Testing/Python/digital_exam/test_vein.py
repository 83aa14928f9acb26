"""Veins against discs, strips and the halves of them that borders cut off."""

import numpy as np
import pytest
from M1SHThkLib.digital_exam.tissue import TISSUES
from M1SHThkLib.digital_exam.vein import Vein, bloomed

AREA = 10.0 * 0.8 + np.pi * 0.4**2  # mm2, of a vein of 10 mm with round ends, 0.8 mm wide


def shoelace(outline):
    x, y = outline.T
    return abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2


def border(depth):
    return lambda arc: np.full(len(arc), float(depth))


def hard(distance):
    return (distance > 0) + 0.5 * (distance == 0)


@pytest.mark.parametrize("slant", (-90.0, -25.0, 0.0, 45.0, 90.0))
def test_outline_encloses_the_whole_vein_however_it_lies(slant):
    vein = Vein(depth_mm=1.0, length_mm=10.0, diameter_mm=0.8, arc_mm=3.0, slant_degrees=slant)
    outline = vein.outline(border(-np.inf), border(np.inf))
    assert shoelace(outline) == pytest.approx(AREA, rel=2e-3)
    assert outline.mean(axis=0) == pytest.approx([3.0, 1.0], abs=0.3)
    assert np.linalg.norm(np.diff(outline, axis=0), axis=1).max() < 0.11
    assert vein.reaches_mm == pytest.approx(1.4 + 5 * abs(np.sin(np.radians(slant))))
    assert outline[:, 1].max() == pytest.approx(vein.reaches_mm, abs=0.01)


def test_a_slanting_vein_dives_as_the_line_goes_on():
    outline = Vein(depth_mm=1.0, arc_mm=3.0, slant_degrees=30.0).outline(border(-np.inf), border(np.inf))
    (arc, depth) = outline[outline[:, 1].argmax()]
    assert arc > 3.0 + 4.0
    assert depth > 3.0


def test_blooming_is_a_wider_vein():
    narrow, wide = Vein(diameter_mm=0.8), Vein(diameter_mm=1.6)
    bounds = border(-np.inf), border(np.inf)
    assert narrow.outline(*bounds, beyond_mm=0.4) == pytest.approx(wide.outline(*bounds))
    assert Vein(depth_mm=-1, blooming_mm=0.3).reaches_mm == pytest.approx(-0.3)


@pytest.mark.parametrize("slant", (0.0, 60.0))
def test_borders_part_the_vein_without_a_rest(slant):
    vein = Vein(depth_mm=0.1, slant_degrees=slant)
    wavy = lambda arc: 0.2 * np.sin(arc)  # noqa: E731
    above = vein.outline(border(-np.inf), wavy)
    beneath = vein.outline(wavy, border(np.inf))
    assert shoelace(above) + shoelace(beneath) == pytest.approx(AREA, rel=5e-3)
    assert not len(vein.outline(border(20), border(np.inf)))
    half = Vein(depth_mm=0.0).outline(border(0), border(np.inf))
    assert shoelace(half) == pytest.approx(AREA / 2, rel=2e-3)


@pytest.mark.parametrize("slant", (0.0, 30.0, 90.0))
def test_pixels_hold_as_much_of_the_vein_as_its_outline(slant):
    vein = Vein(depth_mm=0.2, slant_degrees=slant)
    arc, depth = (axis.ravel() for axis in np.meshgrid(np.arange(-8, 8, 0.02), np.arange(-8, 8, 0.02)))
    bounds = (-np.inf, 0.0), (0.0, 1.5), (1.5, np.inf)
    for upper, lower in bounds:
        part = vein.part_between(upper, lower, arc, depth, hard).sum() * 0.02**2
        assert part == pytest.approx(shoelace(vein.outline(border(upper), border(lower))), abs=0.05)
    whole = sum(vein.part_between(*bound, arc, depth, hard) for bound in bounds)
    assert whole == pytest.approx(vein.part_between(-np.inf, np.inf, arc, depth, hard))


@pytest.mark.parametrize("depth_mm", (-0.4, -0.45))
def test_a_vein_that_lies_on_the_pia_takes_nothing_of_the_cortex(depth_mm):
    vein = Vein(depth_mm=depth_mm, diameter_mm=0.8)
    arc, depth = np.zeros(200), np.linspace(-1.0, 1.0, 200)
    soft = lambda distance: 1 / (1 + np.exp(-distance / 0.05))  # noqa: E731
    assert vein.part_between(0.0, 2.0, arc, depth, soft) == pytest.approx(0, abs=1e-6)
    assert vein.part_between(-2.0, 0.0, arc, depth, soft).sum() * (depth[1] - depth[0]) == pytest.approx(0.8, rel=0.01)


@pytest.mark.parametrize("field", (3, 7))
def test_close_to_a_vein_the_signal_decays_faster_by_half_of_what_the_veins_own_does(field):
    tissues = TISSUES[field]
    raised = bloomed(tissues["fluid"], tissues).r2star_per_s
    assert raised == pytest.approx((tissues["fluid"].r2star_per_s + tissues["vein"].r2star_per_s) / 2)
    assert bloomed(tissues["cortex"], tissues).proton_density == tissues["cortex"].proton_density


@pytest.mark.parametrize(
    ("name", "value"),
    (
        ("depth_mm", -5),
        ("length_mm", -1),
        ("diameter_mm", 0),
        ("arc_mm", 31),
        ("slant_degrees", 91),
        ("blooming_mm", float("nan")),
    ),
)
def test_illegal_veins_are_named(name, value):
    with pytest.raises(ValueError, match=f"'{name}'"):
        Vein(**{name: value})
