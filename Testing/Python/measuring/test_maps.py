"""Maps on the normals of a region: what they show in the layer that the T2*-weighted profile has found."""

from dataclasses import replace

import numpy as np
import pytest
from flat_cortex import AFFINE, LAYER_MM, SHAPE, SPLENIUM_ROI, SURFACE_MM, VOXEL_MM, cortex_exam, cortex_image
from M1SHThkLib.measuring.echoes import noise_floor, noise_of_echoes, r2star_map
from M1SHThkLib.measuring.image import Image
from M1SHThkLib.measuring.map_columns import MAP_COLUMNS, map_row
from M1SHThkLib.measuring.maps import ExamMap, checked_names, measure_map
from M1SHThkLib.measuring.measurement import measure_exam

EXAM = cortex_exam(cortex_image(noise=1.0))
(MEASURED,) = measure_exam(EXAM)
NO_LAYER_EXAM = cortex_exam(cortex_image(noise=1.0, dip=0.0))


def map_image(value_at, spacing=VOXEL_MM, shape=SHAPE):
    """A map whose value depends on the depth beneath the flat cortex alone; white matter and splenium as in depth."""
    depth = np.arange(shape[1]) * spacing - SURFACE_MM
    voxels = np.broadcast_to(value_at(depth)[None, :, None], shape).copy()
    return Image(voxels, np.diag([spacing, spacing, 1.0, 1.0]), "map")


def steps(depth, superficial=20.0, layer=50.0, white_matter=30.0, fluid=2.0):
    """A map without blur."""
    return np.select([depth < 0, depth < LAYER_MM[0], depth < LAYER_MM[1]], [fluid, superficial, layer], white_matter)


class TestValues:
    def test_a_linear_map_is_read_where_the_layer_is(self):
        seen = measure_map(ExamMap("linear", map_image(lambda depth: 5 + 3 * depth)), MEASURED)
        np.testing.assert_allclose(seen.profile, 5 + 3 * MEASURED.depths_mm, atol=1e-6)
        assert seen.layer == pytest.approx(5 + 3 * np.mean(seen.layer_mm), abs=1e-6)
        assert seen.superficial == pytest.approx(5 + 3 * np.mean(seen.superficial_mm), abs=1e-6)
        middle = np.mean(LAYER_MM)
        assert MEASURED.edges_mm[0] < seen.layer_mm[0] < middle < seen.layer_mm[1] < MEASURED.edges_mm[1]
        assert 0 < seen.superficial_mm[0] < seen.superficial_mm[1] < MEASURED.edges_mm[0]

    def test_tissues_come_out_as_they_are(self):
        seen = measure_map(ExamMap("steps", map_image(steps), "ppb"), MEASURED)
        assert seen.layer == pytest.approx(50, rel=0.02)
        assert seen.superficial == pytest.approx(20, rel=0.05)
        assert seen.white_matter == pytest.approx(30)
        assert seen.difference == pytest.approx(seen.layer - 30)
        assert LAYER_MM[0] < seen.peak_mm < LAYER_MM[1]

    def test_dark_iron_has_its_peak_at_the_least_value(self):
        bright = measure_map(ExamMap("bright", map_image(steps)), MEASURED)
        dark = measure_map(ExamMap("dark", map_image(lambda depth: 100 - steps(depth)), polarity="dark"), MEASURED)
        assert dark.peak == pytest.approx(100 - bright.peak)
        assert dark.peak_mm == pytest.approx(bright.peak_mm)

    def test_a_map_has_a_normalisation_of_its_own(self):
        image = map_image(steps)
        image.voxels[tuple(SPLENIUM_ROI.indices.T)] = 40.0
        plain, relative = (
            measure_map(ExamMap("map", image, normalization=choice), MEASURED) for choice in ("none", "splenium")
        )
        assert relative.splenium == plain.splenium == 40.0
        for name in ("layer", "superficial", "white_matter", "peak", "layer_se"):
            assert getattr(relative, name) == pytest.approx(getattr(plain, name) / 40)

    def test_a_grid_of_its_own_changes_nothing(self):
        finer = map_image(lambda depth: 5 + 3 * depth, spacing=0.25, shape=(170, 100, 5))
        own, other = (
            measure_map(ExamMap("map", image), MEASURED) for image in (map_image(lambda depth: 5 + 3 * depth), finer)
        )
        for name in ("layer", "superficial", "white_matter"):
            assert getattr(own, name) == pytest.approx(getattr(other, name), abs=0.4)  # half a voxel of the ROI

    def test_the_standard_error_is_what_noise_does(self):
        noise = np.random.default_rng(3)
        clean = map_image(steps)
        found = [
            measure_map(ExamMap("map", replace(clean, voxels=clean.voxels + noise.normal(0, 5, SHAPE))), MEASURED)
            for _ in range(40)
        ]
        for name in ("layer", "superficial"):
            spread = np.std([getattr(one, name) for one in found])
            assert np.mean([getattr(one, f"{name}_se") for one in found]) == pytest.approx(spread, rel=0.35)


class TestMissing:
    def test_without_a_thickness_the_layer_is_missing_and_why_is_told(self):
        (none,) = measure_exam(NO_LAYER_EXAM)
        seen = measure_map(ExamMap("map", map_image(steps)), none)
        assert np.isnan([seen.layer, seen.superficial, seen.difference]).all()
        assert seen.white_matter == 30 and np.isfinite(seen.profile).all()
        assert seen.peak == pytest.approx(50, rel=0.1)
        assert any("thickness" in note for note in seen.notes)

    def test_a_map_that_lies_elsewhere_is_missing_and_why_is_told(self):
        far = np.array(AFFINE)
        far[0, 3] = 500
        seen = measure_map(ExamMap("map", replace(map_image(steps), affine=far)), MEASURED)
        assert np.isnan([seen.layer, seen.white_matter, seen.peak]).all() and seen.n_normals == 0
        assert any("covers no voxel" in note for note in seen.notes)
        row = dict(zip((column.name for column in MAP_COLUMNS), map_row(EXAM, MEASURED, seen), strict=True))
        assert row["layer"] is None and "covers no voxel" in row["notes"]

    def test_a_map_that_ends_above_the_layer_is_missing_and_why_is_told(self):
        image = map_image(steps)
        image.voxels[:, 24:] = np.nan
        seen = measure_map(ExamMap("map", image), MEASURED)
        assert np.isnan([seen.layer, seen.difference]).all() and seen.superficial == pytest.approx(20, rel=0.05)
        assert any("down to 1." in note for note in seen.notes)

    def test_a_map_without_a_peak_tells_so(self):
        seen = measure_map(ExamMap("map", map_image(lambda depth: 5 + 3 * depth)), MEASURED)
        assert np.isnan([seen.peak, seen.peak_mm]).all() and seen.notes == ("its profile has no peak there",)

    def test_a_map_that_cannot_be_divided_tells_so_alone(self):
        (note,) = measure_map(
            ExamMap("map", map_image(lambda depth: -1.0 - steps(depth)), normalization="splenium"), MEASURED
        ).notes
        assert "not positive" in note

    def test_holes_in_a_map_are_left_out(self):
        image = map_image(lambda depth: 5 + 3 * depth)
        image.voxels[40:50, 20:26] = np.nan
        seen = measure_map(ExamMap("map", image), MEASURED)
        assert seen.layer == pytest.approx(5 + 3 * np.mean(seen.layer_mm), abs=0.02)


class TestNames:
    @pytest.mark.parametrize("name", ["", "a b", "../x", "-a", "ü", "a" * 41, None])
    def test_a_name_must_do_for_a_column_and_a_file(self, name):
        with pytest.raises(ValueError, match="letters, digits"):
            ExamMap(name, map_image(steps))

    def test_two_maps_have_two_names(self):
        with pytest.raises(ValueError, match="r2star"):
            checked_names(["qsm", "R2star", "r2star"])


class TestNoiseFloor:
    TIMES_MS = np.array([5.6, 12, 18.3, 24.7, 31.1, 37.5, 43.9])

    def noisy(self, rate, noise, size=24):
        random = np.random.default_rng(0)
        signal = np.exp(-self.TIMES_MS * rate / 1000)[:, None, None, None] * np.ones((size, size, size))
        return list(np.abs(signal + noise * (random.normal(size=signal.shape) + 1j * random.normal(size=signal.shape))))

    def test_the_floor_is_that_of_rices_distribution(self):
        random = np.random.default_rng(0)
        draws = random.normal(size=(2, 400000))
        for signal in (0.0, 0.5, 1.0, 3.0, 20.0):
            found = noise_floor(np.array(signal), 2.0)
            assert found == pytest.approx(np.hypot(signal + 2 * draws[0], 2 * draws[1]).mean() - signal, abs=0.01)

    @pytest.mark.parametrize("rate", [30.0, 55.0, 80.0])
    def test_faded_echoes_do_not_make_the_rate_too_small(self, rate):
        echoes = self.noisy(rate, 1 / 30)
        assert noise_of_echoes(echoes, self.TIMES_MS / 1000) == pytest.approx(1 / 30, rel=0.06)
        assert r2star_map(echoes, self.TIMES_MS).mean() == pytest.approx(rate, rel=0.01)

    def test_air_tells_nothing_of_it(self):
        echoes = self.noisy(55.0, 1 / 30)
        for echo, air in zip(echoes, self.noisy(5000.0, 1 / 30), strict=True):
            echo[:12] = air[:12]
        assert noise_of_echoes(echoes, self.TIMES_MS / 1000) == pytest.approx(1 / 30, rel=0.06)
