"""The references and what h is made of: the splenium's unit, iron's polarity, white matter in error."""

from dataclasses import replace

import numpy as np
import pytest
from flat_cortex import SHAPE, SPLENIUM, SPLENIUM_ROI, SPLENIUM_SLICE, WHITE_MATTER_ROI, box, cortex_image
from M1SHThkLib.measuring.roi import Roi
from measured_cortex import LENGTHS, MARKER, NOISY, RELATIVE, assert_same, measured, with_voxels

pytestmark = pytest.mark.filterwarnings("error")


class TestPolarityAndNormalization:
    def test_without_the_splenium_h_and_sh_keep_the_image_s_unit(self):
        relative, absolute = measured(NOISY), measured(NOISY, normalization="none")
        np.testing.assert_allclose(absolute.h, relative.h * relative.splenium_intensity)
        assert absolute.sh == pytest.approx(relative.sh * relative.splenium_intensity, rel=1e-5)
        assert absolute.thk_mm == pytest.approx(relative.thk_mm, rel=1e-5)

    def test_without_the_splenium_its_noise_does_not_count(self):
        far_from_white_matter = Roi(box((5, 20, SPLENIUM_SLICE), (10, 10, 1)))

        def spoil(voxels):
            voxels[:25, :, SPLENIUM_SLICE] += np.random.default_rng(1).normal(0, 40, (25, SHAPE[1]))

        def of(image, **changes):
            return measured(image, splenium=far_from_white_matter, **changes)

        steady, wild = (of(image, normalization="none") for image in (NOISY, with_voxels(NOISY, spoil)))
        assert_same(steady, wild, RELATIVE)
        assert of(with_voxels(NOISY, spoil)).lobe_z < 0.9 * of(NOISY).lobe_z

    def test_a_negated_image_is_measured_alike_by_bright_polarity(self):
        dark = measured(NOISY, normalization="none")
        for offset in (0, 500):
            turned = replace(NOISY, voxels=offset - NOISY.voxels)
            assert_same(measured(turned, normalization="none", polarity="bright"), dark, RELATIVE + LENGTHS)

    def test_a_bright_map_is_divided_by_its_splenium_where_asked(self):
        rates = replace(NOISY, voxels=300 - NOISY.voxels)
        found = measured(rates, polarity="bright")
        assert found.sh == pytest.approx(measured(NOISY, normalization="none").sh / found.splenium_intensity, rel=1e-5)

    def test_magnitudes_have_no_sign(self):
        assert_same(measured(replace(NOISY, voxels=np.abs(NOISY.voxels))), measured(NOISY))

    @pytest.mark.parametrize("mean", [0.0, -80.0])
    def test_a_splenium_that_is_not_positive_cannot_divide(self, mean):
        def spoil(voxels):
            voxels[:, :, SPLENIUM_SLICE] = mean

        image = with_voxels(NOISY, spoil)
        with pytest.raises(ValueError, match=f"^splenium ROI: its mean intensity is {mean:g}; draw it on tissue"):
            measured(image)
        assert measured(image, normalization="none").sh > 0


class TestSpleniumPartlyInFluid:
    """In the middle of the head, where coils see less: even with fluid in it, it is darker than white matter."""

    @staticmethod
    def found(share, noise=3.0):
        def spoil(voxels):
            at = SPLENIUM_ROI.indices[: round(share * len(SPLENIUM_ROI.indices))]
            voxels[tuple(at.T)] *= 1.6

        return measured(with_voxels(cortex_image(noise=noise), spoil))

    @pytest.mark.parametrize("share", [0.06, 0.15, 0.3])
    def test_is_flagged(self, share):
        assert self.found(share).splenium_intensity < self.found(0).white_matter_intensity
        assert "splenium_in_fluid" in self.found(share).flags

    @pytest.mark.parametrize("seed", range(8))
    @pytest.mark.parametrize("noise", [1.0, 6.0])
    def test_even_tissue_is_not(self, noise, seed):
        assert "splenium_in_fluid" not in measured(cortex_image(noise=noise, seed=seed)).flags

    def test_nor_is_tissue_that_a_coil_shades_without_noise(self):
        def shade(voxels):
            voxels[:, :, SPLENIUM_SLICE] *= 1 + 0.1 * (np.arange(SHAPE[0])[:, None] / SHAPE[0]) ** 3

        assert "splenium_in_fluid" not in measured(with_voxels(cortex_image(), shade)).flags


class TestWhiteMatter:
    """A control's faint layer, with the white-matter ROI in error by a part of the splenium's intensity."""

    @staticmethod
    def biased(share, **changes):
        def bias(voxels):
            voxels[tuple(WHITE_MATTER_ROI.indices.T)] += share * SPLENIUM

        return measured(with_voxels(cortex_image(noise=0.3, dip=5.0), bias), **changes)

    @pytest.mark.parametrize("share", [0.02, -0.02])
    def test_a_plateau_baseline_repairs_what_the_roi_spoils(self, share):
        clean, spoilt, repaired = self.biased(0), self.biased(share), self.biased(share, baseline="plateau")
        assert abs(spoilt.thk_mm / clean.thk_mm - 1) > 0.1
        assert repaired.thk_mm == pytest.approx(clean.thk_mm, rel=0.03)
        assert repaired.sh == pytest.approx(clean.sh, rel=0.03)

    @pytest.mark.parametrize("share", [0.02, -0.01])
    def test_the_plateau_tells_the_error(self, share):
        found = self.biased(share)
        assert found.layer.plateau == pytest.approx(share, abs=1e-3)
        assert "white_matter_mismatch" in found.flags

    def test_a_plateau_baseline_changes_nothing_where_the_roi_suits(self):
        assert_same(measured(NOISY, baseline="plateau"), measured(NOISY), MARKER, rtol=0.02)

    def test_a_plateau_baseline_s_intervals_are_about_the_repaired_values(self):
        found = self.biased(0.02, baseline="plateau", replicates=200)
        assert found.sh_ci[0] < found.sh < found.sh_ci[1]
        assert found.thk_ci_mm[0] < found.thk_mm < found.thk_ci_mm[1]
