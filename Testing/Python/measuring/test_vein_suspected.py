"""A vein taken for the deep layers: at every distance that a hand leaves, and no false alarm without one."""

import numpy as np
import pytest
from flat_cortex import BENEATH_ROI, cortex_image, flat_line
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.measuring.measurement import measure_exam
from measured_cortex import measured, with_band

pytestmark = pytest.mark.filterwarnings("error")


def cortex(bright_cortex, vein, noise=1.0, dip=5.0):
    """A control's faint layer beneath cortex brighter than white matter; a vein of 1 mm on the surface, if any."""
    image = cortex_image(noise=noise, dip=dip)
    if bright_cortex:
        image = with_band(image, 0.0, 1.6, bright_cortex)
    return with_band(image, -1.0, 0.0, -vein) if vein else image


def drawn(outside_mm, image, **changes):
    return measured(image, [flat_line() - [0, outside_mm, 0]], white_matter=BENEATH_ROI, depth_max_mm=8.0, **changes)


VEINS = pytest.mark.parametrize("vein", [140.0, 190.0], ids=["a grey vein", "a black vein"])


class TestVein:
    @VEINS
    @pytest.mark.parametrize("bright_cortex", [15.0, 30.0])
    @pytest.mark.parametrize("outside_mm", [1.0, 1.3, 2.0])
    def test_outside_it_the_vein_is_not_measured(self, outside_mm, bright_cortex, vein):
        found = drawn(outside_mm, cortex(bright_cortex, vein))
        assert "vein_suspected" in found.flags
        assert np.isnan([found.sh, found.thk_mm, found.sh_thk_per_mm]).all()

    @VEINS
    @pytest.mark.parametrize("outside_mm", [1.3, 2.0])
    def test_says_why(self, outside_mm, vein):
        note = drawn(outside_mm, cortex(30.0, vein)).notes["vein_suspected"]
        assert (
            note.startswith("it begins ")
            if outside_mm == 1.3
            else note == ("tissue as bright as superficial cortex lies beneath it")
        )

    def test_beneath_cortex_hardly_brighter_than_white_matter_the_faint_layer_gives_it_away(self):
        found = drawn(2.0, cortex(4.0, 190.0, noise=0.5, dip=8.0))
        assert found.notes["vein_suspected"] == "a far less dark layer lies beneath it"

    @pytest.mark.parametrize("bright_between", [0.0, 14.0], ids=["merged with the layer", "parted from it"])
    def test_beneath_the_cortex_the_fainter_layer_above_gives_it_away(self, bright_between):
        image = with_band(cortex(4.0, 0.0, noise=0.5, dip=12.0), 3.2, 4.4, bright_between)
        found = drawn(0.0, with_band(image, 4.6, 5.2, -90.0))
        assert found.notes["vein_suspected"] == "a far less dark layer lies above it"
        assert found.layer.above.is_separate == (bright_between > 0) and np.isnan(found.sh)

    @pytest.mark.parametrize("bright_cortex", [35.0, 45.0], ids=["merged", "parted"])
    def test_above_a_dark_layer_nearer_than_a_bank_it_is_no_bank(self, bright_cortex):
        image = with_band(with_band(cortex_image(noise=0.5, dip=30.0), 0.4, 0.8, -190.0), 0.8, 1.7, bright_cortex)
        found = drawn(1.0, image)
        assert found.notes["vein_suspected"] == "a second dark layer lies beneath it, nearer than an opposite bank can"
        assert "opposite_bank" not in found.flags and np.isnan(found.sh)

    def test_thinner_than_the_image_can_show_it_is_no_proof_that_the_layer_is_absent(self):
        found = drawn(1.3, cortex(30.0, 140.0))
        assert "undecided" in found.flags and "no_dark_layer" not in found.flags
        assert found.notes["undecided"] == "thinner_than_resolution"

    @pytest.mark.parametrize("dip", [0.0, 5.0, 20.0])
    def test_whatever_lies_beneath(self, dip):
        found = drawn(2.0, cortex(20.0, 190.0, dip=dip))
        assert "vein_suspected" in found.flags and np.isnan(found.sh)

    @pytest.mark.parametrize("thick_mm", [2.5, 2.8, 3.1])
    def test_over_cortex_that_is_bright_down_to_the_white_matter(self, thick_mm):
        image = with_band(with_band(cortex_image(noise=1.0, dip=0.0), 0.0, thick_mm, 14.0), -1.0, 0.0, -190.0)
        assert "vein_suspected" in drawn(2.0, image).flags

    def test_keeps_its_fit_beside(self):
        found = drawn(1.3, cortex(20.0, 190.0))
        assert found.sh_fit > 0.3 and np.isnan(found.sh)


class TestNoVein:
    @pytest.mark.parametrize("dip", [5.0, 12.0, 30.0])
    @pytest.mark.parametrize("bright_cortex", [0.0, 10.0, 20.0])
    def test_a_layer_beneath_superficial_cortex_is_none(self, bright_cortex, dip):
        found = drawn(0.0, cortex(bright_cortex, 0.0, dip=dip))
        assert "vein_suspected" not in found.flags and found.sh > 0

    def test_nor_is_white_matter_that_darkens_with_depth(self):
        image = cortex_image(noise=0.3, dip=40.0)
        for depth in np.arange(5.0, 14.0, 0.5):
            image = with_band(image, depth, 20.0, -0.6)
        found = measured(image, depth_max_mm=8.0)
        assert found.layer.beneath.dark.z > 3 and not found.layer.beneath.dark.is_whole
        assert "vein_suspected" not in found.flags and found.sh > 0

    def test_nor_is_what_darkens_the_surface_above_it(self):
        image = with_band(with_band(cortex_image(noise=0.3, dip=60.0, fluid=130.0), 0.3, 0.7, -70.0), 0.7, 1.6, 30.0)
        found, above = drawn(0.0, image), drawn(0.0, image).layer.above
        assert above.z > 3 and above.rise > 0.1 * found.sh_fit and above.top_mm < 0.8
        assert "vein_suspected" not in found.flags and found.sh > 0

    def test_nor_is_the_undershoot_beneath_the_darkest_layers(self):
        """At 7T, where white matter's ROI is 2 % too dark."""
        options = PhantomOptions(
            field_strength=7,
            group="patient",
            seed=51005,
            white_matter_bias=-0.02,
            slices=3,
            cropped=True,
        )
        found = measure_exam(make_phantom(options).exam())[2]
        assert found.layer.beneath.rim_height < -0.04 and found.sh > 0.5
        assert "vein_suspected" not in found.flags

    @pytest.mark.parametrize("seed", range(8))
    def test_nor_is_noise(self, seed):
        image = cortex_image(noise=4.0, dip=12.0, seed=seed)
        assert "vein_suspected" not in drawn(0.0, image).flags

    def test_a_line_drawn_half_a_millimetre_outside_its_layer_still_measures_it(self):
        found, well = (drawn(outside, cortex(15.0, 0.0, dip=12.0)) for outside in (0.5, 0.0))
        assert "vein_suspected" not in found.flags
        assert found.sh_thk_per_mm == pytest.approx(well.sh_thk_per_mm, rel=0.05)
