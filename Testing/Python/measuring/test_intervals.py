"""Confidence intervals: what they hold, how wide they are, and where there is none."""

import numpy as np
import pytest
from flat_cortex import cortex_image
from measured_cortex import NOISY, assert_same, measured, with_band

pytestmark = pytest.mark.filterwarnings("error")


class TestIntervals:
    def test_hold_the_measured_values_and_are_the_same_again(self):
        found, again, other = (measured(NOISY, replicates=200, seed=seed) for seed in (1, 1, 2))
        for name, marker in (("sh_ci", "sh"), ("thk_ci_mm", "thk_mm"), ("sh_thk_ci_per_mm", "sh_thk_per_mm")):
            low, high = getattr(found, name)
            assert low < getattr(found, marker) < high
            assert getattr(again, name) == (low, high) != getattr(other, name)

    def test_hold_the_height_of_a_layer_beneath_darkness_at_the_line(self):
        """Darker at the line than in the layer: the replicates look at the layer too."""
        found = measured(with_band(cortex_image(noise=1.5, seed=5), -3.0, 0.1, -110.0), replicates=100)
        assert "lobe_touches_pial_line" in found.flags and found.h[0] > found.h[found.lobe.top]
        assert found.sh_ci[0] < found.sh < found.sh_ci[1]

    def test_are_left_out_where_no_replicates_are_asked_for(self):
        found = measured(NOISY, replicates=0)
        assert np.isnan([*found.sh_ci, *found.thk_ci_mm, *found.sh_thk_ci_per_mm]).all()

    def test_do_not_change_what_was_measured(self):
        assert_same(measured(NOISY, replicates=50), measured(NOISY), rtol=0)

    def test_are_as_wide_as_repeated_exams_scatter(self):
        """Half of a 95 % interval is 1.96 standard deviations, more where the blocks are few."""
        exams = [measured(cortex_image(noise=3.0, seed=seed), replicates=100) for seed in range(25)]
        for name, marker in (("sh_ci", "sh"), ("thk_ci_mm", "thk_mm"), ("sh_thk_ci_per_mm", "sh_thk_per_mm")):
            scatter = np.std([getattr(found, marker) for found in exams])
            half = np.mean([np.diff(getattr(found, name)) for found in exams]) / 2
            assert 1.96 * scatter * 0.75 < half < 1.96 * scatter * 1.5, marker

    def test_an_absent_layer_s_reaches_from_zero_to_what_could_hide_and_it_has_none_of_thickness(self):
        found = measured(cortex_image(noise=1.0, dip=0.0), replicates=100)
        assert "no_dark_layer" in found.flags
        assert found.sh_ci == (0, found.verdict.largest_hidden_sh) and 0 < found.sh_ci[1] < 0.06
        assert np.isnan([found.thk_mm, *found.thk_ci_mm, *found.sh_thk_ci_per_mm]).all()
