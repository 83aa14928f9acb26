"""Signal equation and tissue tables of the digital exam."""

import numpy as np
import pytest
from M1SHThkLib.digital_exam.subject import ISOINTENSE_R2STAR
from M1SHThkLib.digital_exam.tissue import SEQUENCES, TISSUES, Sequence, Tissue, signal

FIELDS = (3, 7)


def mean_signal(field, name):
    return signal(TISSUES[field][name], SEQUENCES[field]).mean()


def test_signal_by_hand():
    # TR = T1 ln 2 makes E1 = 1/2, and with 60 degrees (1 - E1) / (1 - E1 cos) = 2/3; R2* = ln 2 / 10 ms halves it.
    sequence = Sequence(1000 * np.log(2), 60.0, (0.0, 10.0, 30.0), 200.0, (64, 64), 64, 1.0)
    tissue = Tissue("made up", 0.9, 1000.0, np.log(2) / 0.010)
    full = 0.9 * np.sqrt(3) / 2 * 2 / 3
    assert signal(tissue, sequence) == pytest.approx([full, full / 2, full / 8], rel=1e-12)


def test_white_matter_at_3_tesla_by_hand():
    # E1 = exp(-68.3 / 838) = 0.92173; 0.7 sin 15 x 0.07827 / (1 - 0.92173 cos 15) x exp(-0.013 x 20.1) = 0.0996
    assert signal(TISSUES[3]["white_matter"], SEQUENCES[3])[0] == pytest.approx(0.0996, abs=1e-4)


@pytest.mark.parametrize("field", FIELDS)
def test_fluid_is_dark_on_the_first_echo_and_bright_on_their_mean(field):
    first = {name: signal(tissue, SEQUENCES[field])[0] for name, tissue in TISSUES[field].items()}
    assert first["fluid"] < 0.9 * first["white_matter"]
    assert mean_signal(field, "fluid") > 1.1 * mean_signal(field, "white_matter")


@pytest.mark.parametrize("field", FIELDS)
def test_deep_layers_are_darker_than_white_matter_and_superficial_ones_brighter(field):
    assert mean_signal(field, "deep_cortex") < mean_signal(field, "white_matter") < mean_signal(field, "cortex")
    assert mean_signal(field, "vein") < 0.8 * mean_signal(field, "deep_cortex")


@pytest.mark.parametrize("field", FIELDS)
def test_isointense_r2star_is_isointense(field):
    deep = TISSUES[field]["deep_cortex"]
    tissue = Tissue("deep", deep.proton_density, deep.t1_ms, ISOINTENSE_R2STAR[field])
    assert signal(tissue, SEQUENCES[field]).mean() == pytest.approx(mean_signal(field, "white_matter"), rel=3e-4)
