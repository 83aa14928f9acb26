"""The right layer among other darkness."""

import pytest
from flat_cortex import BENEATH_ROI, cortex_image
from measured_cortex import NOISY, measured, with_band

pytestmark = pytest.mark.filterwarnings("error")


class TestRightLayer:
    @pytest.mark.parametrize(
        "image",
        [
            with_band(cortex_image(noise=1.0, fluid=0.0), 0.2, 1.3, 20.0),
            with_band(with_band(NOISY, -1.5, 0.2, -160.0), 0.5, 1.1, 40.0),
            with_band(NOISY, 5.1, 6.6, -12.0),
            with_band(NOISY, 5.1, 6.6, -30.0),
        ],
        ids=["dark fluid", "vein at the pial line", "opposite bank", "darker opposite bank"],
    )
    def test_other_darkness_is_not_taken_for_the_deep_layers(self, image):
        found, alone = measured(image, white_matter=BENEATH_ROI, replicates=100), measured(NOISY)
        assert set(found.flags) <= {"white_matter_mismatch", "no_plateau"}
        assert found.sh == pytest.approx(alone.sh, rel=0.1)
        assert found.mode_mm == pytest.approx(alone.mode_mm, abs=0.3)
        assert found.sh_ci[0] < found.sh < found.sh_ci[1] < 2 * found.sh

    @pytest.mark.parametrize("change", [-12.0, -30.0])
    def test_an_opposite_bank_is_not_taken_for_white_matter(self, change):
        found = measured(with_band(NOISY, 5.1, 6.6, change), white_matter=BENEATH_ROI, baseline="plateau")
        assert found.flags == ("no_plateau",)
        assert found.sh == pytest.approx(measured(NOISY).sh, rel=0.1)
