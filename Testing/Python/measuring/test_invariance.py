"""What must not change a measurement: where the world lies, units, directions, orders, types."""

from dataclasses import replace

import numpy as np
import pytest
from flat_cortex import AFFINE, LINE_SLICE, SHAPE, cortex_exam, cortex_image, flat_line, round_depth, round_line
from hypothesis import given, settings
from hypothesis import strategies as st
from M1SHThkLib.measuring.exam import Region
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.measurement import measure_exam
from M1SHThkLib.measuring.roi import Roi
from measured_cortex import INTENSITIES, LENGTHS, NOISY, RELATIVE, assert_same, measured, with_voxels
from scipy.spatial.transform import Rotation

pytestmark = pytest.mark.filterwarnings("error")

ROUND_RADIUS = 9.0


def world_turned(exam, rotation, offset):
    """The same exam in a world turned and moved: the image's affine and the points together."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation.as_matrix(), offset
    regions = [
        replace(region, pial_lines=tuple(rotation.apply(points) + offset for points in region.pial_lines))
        for region in exam.regions
    ]
    return replace(exam, image=replace(exam.image, affine=matrix @ exam.image.affine), regions=tuple(regions))


class TestWhatMustNotMatter:
    ROUND = cortex_exam(cortex_image(round_depth(ROUND_RADIUS), noise=1.0), [round_line(ROUND_RADIUS, 2.4, 9)])

    @settings(max_examples=15)
    @given(
        st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1).map(Rotation.from_quat),
        st.tuples(*[st.floats(-200, 200)] * 3).map(np.array),
    )
    def test_where_the_world_lies(self, rotation, offset):
        (here,), (there,) = measure_exam(self.ROUND), measure_exam(world_turned(self.ROUND, rotation, offset))
        assert_same(there, here)
        np.testing.assert_allclose(there.h, here.h, atol=1e-7)
        np.testing.assert_allclose(there.positions, rotation.apply(here.positions) + offset, atol=1e-6)

    @settings(max_examples=10)
    @given(st.floats(1e-3, 1e5))
    def test_the_unit_of_the_image(self, unit):
        here, there = measured(NOISY), measured(replace(NOISY, voxels=unit * NOISY.voxels))
        assert_same(there, here, RELATIVE + LENGTHS)
        for name in INTENSITIES:
            assert getattr(there, name) == pytest.approx(unit * getattr(here, name))

    def test_the_drawing_direction(self):
        (forth,) = measure_exam(self.ROUND)
        (line,) = self.ROUND.regions[0].pial_lines
        (back,) = measure_exam(replace(self.ROUND, regions=(replace(self.ROUND.regions[0], pial_lines=(line[::-1],)),)))
        assert_same(back, forth)

    @pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0), (2, 0, 1)])
    def test_the_order_of_the_image_s_axes(self, order):
        grid = AFFINE.copy()
        grid[:, :3] = AFFINE[:, list(order)]
        image = Image(NOISY.voxels.transpose(order), grid)
        exam = cortex_exam(NOISY)
        region = exam.regions[0]
        region = replace(region, white_matter=Roi(region.white_matter.indices[:, list(order)]))
        (found,) = measure_exam(
            replace(exam, image=image, splenium=Roi(exam.splenium.indices[:, list(order)]), regions=(region,))
        )
        assert_same(found, measured(NOISY))

    def test_a_flipped_axis(self):
        grid = AFFINE.copy()
        grid[0, 0], grid[0, 3] = -0.4, 0.4 * (SHAPE[0] - 1)
        exam = cortex_exam(NOISY)

        def mirrored(roi):
            return Roi(np.column_stack([SHAPE[0] - 1 - roi.indices[:, 0], roi.indices[:, 1:]]))

        region = replace(exam.regions[0], white_matter=mirrored(exam.regions[0].white_matter))
        exam = replace(exam, image=Image(NOISY.voxels[::-1], grid), splenium=mirrored(exam.splenium), regions=(region,))
        assert_same(measure_exam(exam)[0], measured(NOISY))

    @pytest.mark.parametrize("stored", ["int16", ">i2", "int32", "float32"])
    def test_the_type_of_the_voxels(self, stored):
        whole = np.round(100 * NOISY.voxels)
        typed, as_float = (measured(replace(NOISY, voxels=whole.astype(kind))) for kind in (stored, float))
        assert_same(typed, as_float, rtol=1e-4)

    def test_the_order_of_the_regions_and_the_company_they_are_in(self):
        exam = cortex_exam(NOISY, replicates=50)
        first = exam.regions[0]
        second = Region("right", "paracentral_lobule", (flat_line(np.arange(6.0, 30.0)),), first.white_matter)
        together = measure_exam(replace(exam, regions=(first, second)))
        turned = measure_exam(replace(exam, regions=(second, first)))
        (alone,) = measure_exam(replace(exam, regions=(second,)))
        for one, other in ((together[0], turned[1]), (together[1], turned[0]), (together[1], alone)):
            assert_same(one, other, rtol=0)
            assert (one.hemisphere, one.sh_ci, one.thk_ci_mm) == (other.hemisphere, other.sh_ci, other.thk_ci_mm)

    def test_the_spacing_of_normals_and_depths_on_a_clean_image(self):
        image = cortex_image(round_depth(ROUND_RADIUS))
        line = round_line(ROUND_RADIUS, 2.0)
        usual, fine = measured(image, [line]), measured(image, [line], normal_spacing_mm=0.05, depth_step_mm=0.05)
        assert_same(fine, usual, ("sh", "thk_mm"), rtol=0.01)

    def test_voxels_away_from_the_line_the_rois_and_the_tissue_around_them(self):
        def spoil(voxels):
            voxels[:25, :, [0, 2]] = voxels[70:, :, [0, 2]] = voxels[:, 56:, LINE_SLICE] = np.nan

        assert_same(measured(with_voxels(NOISY, spoil)), measured(NOISY))

    def test_an_image_that_is_scaled_but_not_copied_stays_as_it_is(self):
        before = NOISY.voxels.copy()
        measured(NOISY, replicates=20, baseline="plateau")
        np.testing.assert_array_equal(NOISY.voxels, before)
