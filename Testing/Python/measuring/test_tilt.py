"""The tilt through the slices: on leaning cortex of known tilt, and where the neighbouring slices do not show it."""

from dataclasses import replace

import numpy as np
import pytest
from flat_cortex import LINE_SLICE, SURFACE_MM, VOXEL_MM, cortex_exam, cortex_image, flat_line, layered
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.measuring.measurement import measure_exam
from M1SHThkLib.measuring.settings import Settings
from measured_cortex import measured

pytestmark = pytest.mark.filterwarnings("error")
WITHOUT = Settings(replicates=0)


def leaning(tilt, **options):
    phantom = make_phantom(
        PhantomOptions(
            **{
                "field_strength": 7,
                "group": "patient",
                "seed": 77,
                "slices": 6,
                "cropped": True,
                "regions": (("right", "paracentral_lobule"),),
                "tilt": tilt,
                **options,
            }
        )
    )
    return measure_exam(phantom.exam(Settings(replicates=100)))[0], phantom.region_truths[0]


@pytest.mark.parametrize("tilt", [0, 25, 50])
def test_is_recovered_and_the_thickness_across_the_cortex_with_it(tilt):
    found, truth = leaning(tilt)
    superficial, deep = truth.deep_layer_mm
    assert found.tilt_deg == pytest.approx(tilt, abs=3)
    assert found.thk_perpendicular_mm == pytest.approx(deep - superficial, rel=0.1)
    low, high = found.thk_perpendicular_ci_mm
    assert low < found.thk_perpendicular_mm < high
    assert ("tilted_cortex" in found.flags) == (tilt >= 30)


def test_is_seen_in_slices_so_thick_that_the_edge_moves_by_3_6_mm():
    """50 degrees through slices of 3 mm; of what a slice itself smears, nothing is drawn."""
    image = cortex_image(noise=1.0)
    voxels, apart = image.voxels.copy(), 3.0
    for k in (LINE_SLICE - 1, LINE_SLICE + 1):
        depths = np.arange(voxels.shape[1]) * VOXEL_MM - SURFACE_MM
        voxels[:, :, k] = layered(depths - (k - LINE_SLICE) * apart * np.tan(np.radians(50)))
    thick = replace(image, voxels=voxels, affine=image.affine @ np.diag([1, 1, apart, 1]))
    found = measured(thick, [flat_line(line_slice=LINE_SLICE * apart)])
    assert found.tilt_deg == pytest.approx(50, abs=3) and "tilted_cortex" in found.flags


def test_that_changes_with_height_is_that_of_the_drawn_slice():
    found, _ = leaning(30, tilt_change=8)
    assert found.tilt_deg == pytest.approx(30, abs=5)


def test_the_angle_to_the_field_is_that_of_the_normal_in_space():
    """An upright cortex's normals lie in the axial slice, at 90 degrees to the field; tilt takes them towards it."""
    upright, tilted = leaning(0)[0], leaning(40)[0]
    assert upright.b0_angle_deg == pytest.approx(90, abs=3)
    assert tilted.b0_angle_deg == pytest.approx(50, abs=6)


def test_the_angle_is_missing_where_the_frame_is_not_the_scanner_s():
    image = cortex_image(noise=1.0)
    assert measured(image).b0_angle_deg == pytest.approx(90, abs=2)
    found = measured(replace(image, in_scanner_frame=False))
    assert np.isnan(found.b0_angle_deg) and found.withheld["b0_angle_deg"] and np.isfinite(found.tilt_deg)


def test_is_missing_where_the_slices_above_and_below_show_something_else():
    phantom = make_phantom(PhantomOptions(group="patient", seed=3, slices=3, cropped=True))
    for found in measure_exam(phantom.exam(WITHOUT)):
        assert np.isnan([found.tilt_deg, found.thk_perpendicular_mm, found.b0_angle_deg]).all(), found.name
        assert found.withheld["tilt_deg"] and "tilted_cortex" not in found.flags


def test_is_missing_where_there_is_no_other_slice():
    image = cortex_image(noise=1.0)
    voxels = image.voxels.copy()
    voxels[:, :, [0, 2]] = np.nan
    found = measured(replace(image, voxels=voxels))
    assert np.isnan(found.tilt_deg) and found.withheld["tilt_deg"] == "there is no slice above or below"


def test_does_not_depend_on_the_order_of_the_slices():
    image = cortex_image(noise=2.0, seed=4)
    mirrored = np.diag([1.0, 1.0, -1.0, 1.0]) @ image.affine
    exam = cortex_exam(image)
    line = exam.regions[0].pial_lines[0] * [1, 1, -1]
    other = replace(
        exam, image=replace(image, affine=mirrored), regions=(replace(exam.regions[0], pial_lines=(line,)),)
    )
    assert measure_exam(other)[0].tilt_deg == pytest.approx(measure_exam(exam)[0].tilt_deg, abs=1e-6)
