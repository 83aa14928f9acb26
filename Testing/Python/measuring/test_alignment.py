"""Alignment to the pial edge: what the hand did is found and undone, what is no edge moves nothing."""

import numpy as np
import pytest
from flat_cortex import (
    BENEATH_ROI,
    LINE_SLICE,
    SURFACE_MM,
    WHITE_MATTER,
    cortex_exam,
    cortex_image,
    layered,
    round_depth,
)
from M1SHThkLib.measuring.alignment import align, aligned_points, edge_shifts
from M1SHThkLib.measuring.measurement import evaluate_roi
from M1SHThkLib.measuring.normals import smooth_lines
from measured_cortex import measured, with_voxels
from scipy.ndimage import gaussian_filter

SPACING = 0.2
DEPTHS = np.arange(-20, 21) * 0.1
ARC = np.arange(0, 32.01, SPACING)


def wobble(deviation, wavelength=16.0):
    return lambda arc: np.sqrt(2) * deviation * np.sin(2 * np.pi * (arc - ARC.mean()) / wavelength)


def tilt(end):
    return lambda arc: end * (arc - ARC.mean()) / (ARC.max() / 2)


def bow(middle):
    return lambda arc: middle * (2 / 3 - 2 * ((arc - ARC.mean()) / (ARC.max() / 2)) ** 2)


def seen_from(stray, noise=0.0, seed=0):
    """Intensities along normals of a line that lies `stray` (mm, at each normal) beneath the edge."""
    intensities = layered(DEPTHS + stray(ARC)[:, None])
    return intensities + noise * np.random.default_rng(seed).normal(size=intensities.shape)


def shifts_of(intensities):
    """What `edge_shifts` finds along one straight line."""
    arc = SPACING * np.arange(len(intensities))
    positions = np.column_stack([arc, 0 * arc, 0 * arc])
    return edge_shifts(intensities, DEPTHS, positions, np.zeros(len(arc), int), SPACING)


HANDS = pytest.mark.parametrize(
    "stray",
    [wobble(0.2), wobble(0.3), wobble(0.4), tilt(0.4), tilt(0.8), bow(0.6)],
    ids=["wobble 0.2", "wobble 0.3", "wobble 0.4", "tilt 0.4", "tilt 0.8", "bow 0.6"],
)


class TestEdgeShifts:
    @HANDS
    @pytest.mark.parametrize("sign", [1, -1], ids=["bright fluid", "dark fluid"])
    def test_bring_the_line_back_to_the_edge(self, stray, sign):
        """Towards -stray; on maps of R2* the edge goes from dark to bright."""
        shifts, outliers = shifts_of(sign * seen_from(stray))
        assert not outliers.any()
        np.testing.assert_allclose(shifts, -stray(ARC) + stray(ARC).mean(), atol=0.12)
        assert (shifts + stray(ARC)).std() < 0.05

    @pytest.mark.parametrize("noise", [1.0, 5.0])
    def test_noise_does_not_move_a_line_that_lies_well(self, noise):
        shifts, outliers = shifts_of(seen_from(lambda arc: 0 * arc, noise))
        assert not outliers.any() and shifts.std() < 0.02 * noise

    @pytest.mark.parametrize("image", [1.0, 1e-3, 1e4])
    def test_do_not_depend_on_the_image_s_unit(self, image):
        here, there = (shifts_of(unit * seen_from(wobble(0.3), 1.0))[0] for unit in (1.0, image))
        np.testing.assert_allclose(there, here, atol=1e-6)

    @pytest.mark.parametrize("offset", [-0.5, 0.3])
    def test_a_line_that_lies_off_by_the_same_everywhere_stays(self, offset):
        """How deep a line is drawn is the observer's choice."""
        shifts, _ = shifts_of(seen_from(lambda arc: 0 * arc + offset))
        np.testing.assert_allclose(shifts, 0, atol=1e-4)

    def test_their_mean_is_zero(self):
        for stray in (wobble(0.3), tilt(0.5), lambda arc: wobble(0.3)(arc) + 0.3):
            shifts, outliers = shifts_of(seen_from(stray, 2.0))
            assert shifts[~outliers].mean() == pytest.approx(0, abs=1e-9)

    def test_missing_samples_are_taken_for_usual(self):
        whole = seen_from(wobble(0.2))
        holed = np.where(np.random.default_rng(0).random(whole.shape) < 0.05, np.nan, whole)
        np.testing.assert_allclose(shifts_of(holed)[0], shifts_of(whole)[0], atol=0.06)
        shifts, outliers = shifts_of(np.full(whole.shape, np.nan))
        assert np.isfinite(shifts).all() and outliers.all()

    def test_a_vein_s_stretch_is_told_and_bridged(self):
        """4 mm of a dark vein on a wobbling line: there the line follows its neighbours, as far as a hand strays."""
        intensities = seen_from(wobble(0.3), 1.0)
        under_vein = np.abs(ARC - 10) < 2
        intensities[np.ix_(under_vein, np.abs(DEPTHS + 0.2) < 0.8)] = 20.0
        shifts, outliers = shifts_of(intensities)
        assert outliers[under_vein].mean() > 0.8 and outliers[np.abs(ARC - 10) > 4].mean() == 0
        away = shifts + wobble(0.3)(ARC)
        assert (away - away.mean())[~under_vein].std() < 0.06
        assert np.abs(away - away.mean()).max() < 0.35

    @pytest.mark.parametrize("smooth", [(0, 0), (2, 4)], ids=["white noise", "a scanner's noise"])
    @pytest.mark.parametrize("count", [41, 161])
    def test_flat_fluid_far_from_any_edge_shows_none(self, count, smooth):
        for seed in range(10):
            noise = gaussian_filter(np.random.default_rng(seed).normal(size=(count, len(DEPTHS))), smooth, mode="wrap")
            assert shifts_of(200 + noise)[1].all()


CLICKS = np.arange(4.0, 36.1)


def line_with(stray, along=CLICKS):
    """Control points that lie `stray` beneath the flat cortex's surface."""
    return np.column_stack([along, SURFACE_MM + stray(along - 4.0), np.full(len(along), float(LINE_SLICE))])


def aligned(image, *lines):
    exam = cortex_exam(image, lines, white_matter=BENEATH_ROI)
    (region,) = exam.regions
    white_matter = evaluate_roi(region.white_matter, image)
    smooth = smooth_lines(region, white_matter, image.affine, exam.settings)
    return smooth, align(image, smooth, white_matter.positions, exam.settings)


def depths_of(line):
    return line.positions[:, 1] - SURFACE_MM


class TestAlign:
    @HANDS
    @pytest.mark.parametrize("noise", [0.0, 3.0])
    def test_what_the_hand_did_is_undone_and_its_mean_depth_kept(self, stray, noise):
        (drawn,), found = aligned(cortex_image(noise=noise), line_with(stray))
        (moved,) = found.lines
        assert found.refusal == "" and found.unclear == 0
        assert depths_of(moved).std() < 0.03
        assert depths_of(moved).mean() == pytest.approx(depths_of(drawn).mean(), abs=0.03)
        assert found.stray_mm == pytest.approx(depths_of(drawn).std(), abs=0.02)

    def test_a_line_on_the_edge_is_not_moved(self):
        (drawn,), found = aligned(cortex_image(), line_with(lambda arc: 0 * arc))
        assert found.stray_mm < 1e-3
        np.testing.assert_allclose(found.lines[0].positions, drawn.positions, atol=2e-3)

    @pytest.mark.parametrize("deeper_mm", [0.4, 0.7])
    def test_of_lines_that_lie_unequally_deep_all_come_to_the_mean_depth(self, deeper_mm):
        """Two pieces of one line, on one slice or on two."""
        for up in (0, 1):
            pieces = (wobble(0.2), np.arange(4.0, 18.1)), (lambda arc: 0 * arc + deeper_mm, np.arange(20.0, 36.1))
            smooth, found = aligned(cortex_image(noise=1.0), *(line_with(*piece) + [0, 0, up] for piece in pieces))
            drawn, moved = (np.concatenate([depths_of(line) for line in lines]) for lines in (smooth, found.lines))
            assert moved.std() < 0.05 and moved.mean() == pytest.approx(drawn.mean(), abs=0.03)
            assert found.stray_mm == pytest.approx(drawn.std(), abs=0.03)

    @HANDS
    @pytest.mark.parametrize("change", [-0.3, 0.15, 0.3])
    def test_a_coil_that_sees_one_end_brighter_moves_nothing(self, stray, change):
        image = cortex_image(noise=1.0)
        sensitivity = 1 + change * (np.arange(image.voxels.shape[0]) / image.voxels.shape[0] - 0.5)
        image = with_voxels(image, lambda voxels: np.multiply(voxels, sensitivity[:, None, None], out=voxels))
        (drawn,), found = aligned(image, line_with(stray))
        assert depths_of(found.lines[0]).std() < 0.06
        assert found.stray_mm == pytest.approx(depths_of(drawn).std(), abs=0.04)

    def test_on_a_curved_surface_it_moves_along_the_normals(self):
        """A circle of 9 mm, drawn as if its radius changed by 0.3 mm to and fro."""
        radius, turn = 9.0, np.linspace(-1.2, 1.2, 30)
        drawn_radius = radius + 0.4 * np.sin(2 * np.pi * turn / 1.6)
        points = np.column_stack([20 + drawn_radius * np.sin(turn), 14 - drawn_radius * np.cos(turn), np.ones(30)])
        found = measured(cortex_image(round_depth(radius), noise=1.0), [points], alignment="edge")
        away = np.linalg.norm(found.positions[:, :2] - [20, 14], axis=1) - radius
        assert away.std() < 0.04

    def test_control_points_of_the_moved_line_lie_on_it_a_millimetre_apart(self):
        _, found = aligned(cortex_image(), line_with(wobble(0.3)))
        points = aligned_points(found.lines[0])
        np.testing.assert_allclose(np.diff(points[:, 0]), 1.0, atol=0.11)
        np.testing.assert_array_equal(points[[0, -1]], found.lines[0].positions[[0, -1]])


def without_fluid(voxels):
    """No edge over a third of the line."""
    voxels[30:60, :21, LINE_SLICE] = WHITE_MATTER


def with_a_vein(voxels):
    """A dark vein of 1.2 mm over a third of the line."""
    voxels[30:60, 19:22, LINE_SLICE] = 20.0


def with_brighter_cortex(voxels):
    """By 10 % over half of the line."""
    voxels[50:, 20:24, LINE_SLICE] += 10.0


class TestRefusal:
    @pytest.mark.parametrize("change", [with_a_vein, without_fluid])
    def test_where_a_third_of_the_line_shows_no_edge_it_stays_as_drawn(self, change):
        smooth, found = aligned(with_voxels(cortex_image(noise=1.0), change), line_with(wobble(0.2)))
        assert found.lines == smooth and np.isnan(found.stray_mm)
        assert 0.3 < found.unclear < 0.6
        assert found.refusal == f"the edge is unclear on {found.unclear:.0%} of the line"

    @pytest.mark.parametrize("depth_mm", [-5.0, 12.0])
    def test_far_from_any_edge(self, depth_mm):
        _, found = aligned(cortex_image(noise=1.0), line_with(lambda arc: 0 * arc + depth_mm))
        assert found.refusal == "the edge is unclear on 100% of the line"

    def test_of_a_line_too_short_to_have_a_usual_profile(self):
        _, found = aligned(cortex_image(), line_with(lambda arc: 0 * arc, np.linspace(10, 14.8, 6)))
        assert found.refusal == "the line is too short to show the edge"

    def test_where_sh_thk_would_fall_on_what_looks_like_the_edge(self):
        """Fluid hardly brighter than cortex, and cortex that is brighter from half-way on, down to the layer."""
        image = with_voxels(cortex_image(noise=0.5, fluid=113.0), with_brighter_cortex)
        drawn, edge = (measured(image, [line_with(lambda arc: 0 * arc)], alignment=name) for name in ("none", "edge"))
        assert edge.sh_thk_per_mm == drawn.sh_thk_per_mm and np.isnan(drawn.sh_thk_aligned_per_mm)
        assert "SH/Thk would fall by " in edge.notes["edge_unclear"] == drawn.notes["edge_unclear"]

    def test_leaves_the_measurement_as_it_was(self):
        image = with_voxels(cortex_image(noise=1.0), without_fluid)
        drawn, edge = (measured(image, [line_with(wobble(0.2))], alignment=name) for name in ("none", "edge"))
        assert (edge.sh, edge.thk_mm, edge.flags) == (drawn.sh, drawn.thk_mm, drawn.flags)
        assert "edge_unclear" in edge.flags and np.isnan(drawn.sh_thk_aligned_per_mm)


@pytest.mark.parametrize("fluid", [200.0, 130.0])
def test_maps_that_iron_brightens_are_aligned_alike(fluid):
    image = cortex_image(noise=1.0, fluid=fluid)
    rates = type(image)(300 - image.voxels, image.affine, image.name)
    lines = [line_with(wobble(0.3))]
    dark = measured(image, lines, normalization="none", alignment="edge")
    bright = measured(rates, lines, normalization="none", alignment="edge", polarity="bright")
    np.testing.assert_allclose(bright.positions, dark.positions, atol=1e-6)
    assert bright.sh_thk_per_mm == pytest.approx(dark.sh_thk_per_mm, rel=1e-5)
