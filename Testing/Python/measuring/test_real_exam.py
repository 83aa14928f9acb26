"""A real scan, where it lies beside the project: the hand knob at 7T of the folder `shared/real`."""

from dataclasses import replace
from pathlib import Path

import pytest
from M1SHThkLib.files.exams import read_exam
from M1SHThkLib.measuring.measurement import measure_exam

EXAM = Path(__file__).resolve().parents[4] / "shared" / "real" / "hand-knob-7t-epi" / "exam.json"
VERDICTS = {"no_dark_layer", "undecided", "near_noise", "vein_suspected"}


@pytest.mark.skipif(not EXAM.exists(), reason="the real scan is not beside the project")
def test_z_and_verdict_do_not_depend_on_how_deep_one_samples():
    exam = read_exam(EXAM)
    found = [
        measure_exam(replace(exam, settings=replace(exam.settings, depth_max_mm=depth)))[0]
        for depth in (4.0, 5.0, 6.0, 8.0, 10.0)
    ]
    assert [one.lobe_z for one in found] == pytest.approx([found[0].lobe_z] * 5, rel=0.05)
    assert len({tuple(sorted(VERDICTS & set(one.flags))) for one in found}) == 1
    assert not any("no_dark_layer" in one.flags for one in found)
    assert all(one.sh_fit == pytest.approx(0.22, abs=0.03) for one in found)
