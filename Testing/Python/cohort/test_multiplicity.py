"""One question first, the others adjusted for their number."""

import numpy as np
import pytest
from cohort_builder import clustered_normals, study_of
from M1SHThkLib.cohort.analysis import analyse
from M1SHThkLib.cohort.multiplicity import holm, primary_finding
from M1SHThkLib.cohort.options import CohortOptions, Primary

OPTIONS = CohortOptions(replicates=20, permutations=99)


@pytest.fixture(scope="module")
def study():
    random = np.random.default_rng(0)
    values = 0.05 * np.exp(0.6 * clustered_normals(random, 30, 0.6))
    values[:18] *= 1.5
    scores = np.clip(np.round(60 * values[:18]), 0, 8)
    visual = [{("A", "1"): bool(own.max() > 0.08)} for own in values]
    return study_of(values[:18], values[18:], thk=random.uniform(1, 2, (30, 4)), umn=list(scores), visual=visual)


def test_holm_is_that_of_statsmodels():
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    ps = np.random.default_rng(1).uniform(0, 0.2, 30).round(3)
    assert holm(ps) == pytest.approx(multitest.multipletests(ps, method="holm")[1])


@pytest.mark.parametrize(
    "primary", [Primary(), Primary("thk_mm", "clustered", "controls")], ids=["default", "thickness, clustered"]
)
def test_the_endpoint_that_was_named_is_the_only_primary_one(study, primary):
    findings = analyse((study,), CohortOptions(replicates=20, permutations=99, primary=primary)).findings[3.0]
    (found,) = [finding for finding in findings if finding.standing == "primary"]
    assert found is primary_finding(findings)
    assert (found.labels["marker"], found.labels["selection"]) == (primary.marker, primary.selection)
    assert found.quantity == "AUC" and found.p_holm is None


def test_the_family_is_every_exploratory_test_and_no_other(study):
    findings = analyse((study,), OPTIONS).findings[3.0]
    explored = [finding for finding in findings if finding.p_holm is not None]
    assert len(explored) > 40
    assert all(finding.p_holm >= finding.p for finding in explored)
    least = min(finding.p for finding in explored)
    assert min(finding.p_holm for finding in explored) == pytest.approx(min(1, least * len(explored)))
    others = [finding for finding in findings if finding.p is not None and finding.p_holm is None]
    kinds = {finding.standing for finding in others}
    assert kinds == {"primary", "as in the paper", None}
    assert {finding.analysis for finding in others if finding.standing is None} == {"subject"}


def test_what_the_paper_made_is_marked_wherever_it_stands(study):
    findings = analyse((study,), OPTIONS).findings[3.0]
    marked = {finding.analysis for finding in findings if finding.standing == "as in the paper"}
    assert marked == {"selection", "correlation", "visual"}
