"""What the benchmark takes for said, where a number does not keep 5 or 95 %, stands in the report."""

import sys
from pathlib import Path

import numpy as np
import pytest
from M1SHThkLib.cohort.analysis import analyse
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.reports.first_figure import draw_first

sys.path.append(str(Path(__file__).resolve().parent.parent.parent / "Benchmarks"))

from claims import NOT_VALID, SAYS
from simulated_studies import Design, draw_study


@pytest.fixture(scope="module")
def told():
    """Words, methods and the caption of the first figure of a study with everything."""
    design = Design(patients=14, controls=10, effect=0.8, score=0.5, repeats=0.9, eyes=True)
    study = draw_study(np.random.default_rng(0), design)
    options = CohortOptions(replicates=20, permutations=99, cutoff_per_mm=0.05)
    findings = analyse((study,), options).findings[3.0]
    captions = [picture.caption for picture in draw_first(study, findings, options)]
    return "\n".join([*captions, *(f"{finding.words} {finding.method}" for finding in findings)])


@pytest.mark.parametrize("claim", [*SAYS, *NOT_VALID])
def test_is_said_in_the_report(told, claim):
    assert (SAYS | NOT_VALID)[claim] in told
