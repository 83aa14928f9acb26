"""The lean of a digital exam's cortex through the slices: its geometry in closed form, and what images show of it."""

import json
import math

import numpy as np
import pytest
from M1SHThkLib.__main__ import main
from M1SHThkLib.digital_exam.lean import Lean
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.measuring.measurement import measure_exam
from M1SHThkLib.measuring.settings import Settings


@pytest.mark.parametrize("degrees", [15, 45, 60])
def test_a_constant_tilt_widens_by_the_secant_and_recedes_by_the_tangent(degrees):
    lean = Lean(degrees)
    assert lean.in_slice([1.8, 3.0], 0.7) == pytest.approx(np.array([1.8, 3.0]) / math.cos(math.radians(degrees)))
    assert lean.recedes(1.0) == pytest.approx(math.tan(math.radians(degrees)), rel=1e-4)


def test_layers_stay_parallel_where_the_tilt_changes():
    """The least distance between two borders in space is what it is across the cortex, wherever it is taken."""
    lean = Lean(30, 5.0)
    z = np.linspace(-4, 4, 161)
    surface, deep = (
        np.stack([z, [lean.recedes(at) + lean.in_slice(depth, at) for at in z]], -1) for depth in (0.0, 2.5)
    )
    for height in (-1.0, 0.0, 1.0):
        point = np.array([height, lean.recedes(height) + lean.in_slice(2.5, height)])
        assert np.linalg.norm(surface - point, axis=1).min() == pytest.approx(2.5, abs=2e-3)
    slopes = np.degrees(np.arctan(np.gradient(surface[:, 1], z)))
    assert slopes[80] == pytest.approx(30, abs=0.05) and slopes[100] == pytest.approx(35, abs=0.05)
    assert not np.allclose(np.diff(deep[:, 1]), np.diff(surface[:, 1]))


@pytest.mark.parametrize("options", [{"tilt": 45}, {"tilt": 20, "tilt_change": 8}])
def test_what_a_slice_shows_of_a_leaning_cortex_is_what_the_truth_says(options):
    phantom = make_phantom(
        PhantomOptions(
            group="patient", seed=5, noise=0.0, slices=2, cropped=True, regions=(("left", "hand_knob"),), **options
        )
    )
    found = measure_exam(phantom.exam(Settings(replicates=0)))[0]
    truth = phantom.region_truths[0].layer()
    assert found.sh_fit == pytest.approx(truth.height, rel=0.01)
    assert found.thk_fit_mm == pytest.approx(truth.width_mm, rel=0.01)


def test_a_cortex_without_tilt_is_the_same_in_all_its_slices_and_a_tilted_one_moves():
    options = {"noise": 0.0, "slices": 6, "cropped": True, "regions": (("left", "hand_knob"),)}
    upright, leaning = (make_phantom(PhantomOptions(**options, tilt=tilt)).mean for tilt in (0, 30))
    assert np.array_equal(upright[..., 4], upright[..., 5])
    assert not np.allclose(leaning[..., 4], leaning[..., 5])


def test_the_command_line_tilts_and_writes_the_truth(tmp_path):
    assert main(["phantom", "-o", str(tmp_path), "--tilt", "40"]) == 0
    region = json.loads((tmp_path / "truth.json").read_text())["regions"][0]
    assert region["tilt_deg"] == 40
    stretched = region["deep_layer_in_slice_mm"] * math.cos(math.radians(40))
    assert region["deep_layer_thickness_mm"] == pytest.approx(stretched)


def test_an_impossible_tilt_is_told_in_one_line(tmp_path, capsys):
    assert main(["phantom", "-o", str(tmp_path), "--tilt", "70"]) == 2
    assert capsys.readouterr().err == "phantom option 'tilt' is 70.0; it must be from 0 to 60 degrees\n"
