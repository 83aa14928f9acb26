"""The first page: one question, one sentence with its number, and what must not be missed beside it."""

from dataclasses import replace

import numpy as np
import pytest
from cohort_builder import clustered_normals, study_of
from M1SHThkLib.cohort.analysis import analyse
from M1SHThkLib.cohort.first_page import first_page
from M1SHThkLib.cohort.options import CohortOptions, Primary


def page_of(values, ages, patients=14, **options):
    study = study_of(values[:patients], values[patients:], age=list(ages), sex=["F", "M"] * 12)
    options = CohortOptions(replicates=20, permutations=99, **options)
    return first_page(study, analyse((study,), options).findings[3.0], options)


@pytest.fixture(scope="module")
def ageing():
    """Values made of age alone, and patients twenty years older."""
    random = np.random.default_rng(0)
    ages = np.where(np.arange(24) < 14, 70, 50) + random.normal(0, 8, 24).round()
    return np.square(0.1 + 0.003 * ages[:, None] + 0.01 * clustered_normals(random, 24, 0.5)), ages


def test_a_difference_of_age_stands_beside_the_answer_with_what_is_left_of_it(ageing):
    page = page_of(*ageing)
    assert "the AUC is" in page.answer
    assert (
        page.cautions[0].startswith("The groups differ in age (") and "Adjusted for age the AUC is" in page.cautions[0]
    )
    rows = {what: number for what, number, _ in page.rows}
    crude, adjusted = (
        float(rows[what].split()[0]) for what in ("AUC, patients against controls", "AUC adjusted for age")
    )
    assert crude > 0.85 and adjusted < 0.7


def test_an_adjusted_area_whose_interval_contradicts_the_test_beside_it_is_marked():
    """P is of the means' difference, the interval of the area."""
    random = np.random.default_rng(3)
    ages = np.where(np.arange(24) < 14, 70, 50) + random.normal(0, 8, 24).round()
    patient = (np.arange(24) < 14)[:, None]
    values = np.square(0.1 + 0.003 * ages[:, None] + 0.05 * patient + 0.03 * clustered_normals(random, 24, 0.5))
    page = page_of(values, ages)
    (row,) = [row for row in page.rows if row[0] == "AUC adjusted for age"]
    assert row[1:] == ("0.92 (0.34 to 1.00)", "P = .001, which the interval contradicts")
    assert "Adjusted for age the AUC is 0.92 (95 % CI 0.34 to 1.00), P = .001, which" in page.cautions[0]


def test_groups_too_small_for_any_answer_are_told():
    page = page_of(np.repeat([[0.2], [0.3], [0.1], [0.15]], 4, axis=1), [60.0, 61.0, 60.0, 61.0], patients=2)
    assert page.answer.endswith("P = .333; groups this small, with these ties, cannot go below P = .333.")


def test_what_is_not_known_of_the_groups_is_told(ageing):
    ages = np.where(np.arange(24) < 14, ageing[1], np.nan)
    first, *_ = page_of(ageing[0], ages).cautions
    assert first == "Whether the groups differ in age is not known: it is not given for enough of both."


def test_patients_against_all_others_are_so_many_mimics_or_controls(ageing):
    study = study_of(ageing[0][:14], ageing[0][14:], age=list(ageing[1]), sex=["F", "M"] * 12)
    subjects = [replace(own, group="mimic") if number > 18 else own for number, own in enumerate(study.subjects)]
    study = replace(study, subjects=tuple(subjects))
    options = CohortOptions(replicates=20, permutations=99, primary=Primary(against="mimics and controls"))
    page = first_page(study, analyse((study,), options).findings[3.0], options)
    assert "in 14 patients and 10 mimics or controls the AUC is" in page.answer


def test_gaps_leave_the_adjusted_area_of_all_regions(ageing):
    """Since the greatest of fewer regions is less."""
    values, ages = ageing[0].copy(), ageing[1]
    values[20:, 1:] = np.nan
    rows = [what for what, *_ in page_of(values, ages).rows]
    assert "AUC adjusted for age, mean over regions" in rows and "AUC adjusted for age" not in rows


def test_a_cutoff_that_was_given_is_the_one_that_is_shown(ageing):
    rows = [row for row in page_of(*ageing, cutoff_per_mm=0.0777).rows if row[0].startswith(("Sens", "Spec"))]
    assert [row[2] for row in rows] == ["at 0.0777 1/mm or more, given"] * 2


def test_where_interval_and_p_disagree_the_answer_is_no_yes():
    """7 against 6: P is below .05 and the interval of the AUC reaches below one half."""
    patients, controls = (0.181, 0.035, 0.183, 0.165, 0.118, 0.086, 0.061), (0.054, 0.066, 0.062, 0.051, 0.035, 0.019)
    study = study_of(*(np.repeat(np.array(own)[:, None], 4, axis=1) for own in (patients, controls)))
    options = CohortOptions(replicates=20, permutations=99)
    findings = analyse((study,), options).findings[3.0]
    (primary,) = [finding for finding in findings if finding.standing == "primary"]
    assert primary.p < 0.05 and primary.ci[0] < 0.5
    page = first_page(study, findings, options)
    assert page.answer.startswith("It was not shown for certain: in 7 patients and 6 controls the AUC is")
    assert "the more cautious of the two counts" in page.answer


def test_permutations_too_few_for_so_many_tests_are_told(ageing):
    """99 of them give no P below 1 / 100, which five tests already bring to .05."""
    (*_, others) = page_of(*ageing).cautions
    assert "one by 99 permutations, 0.01 at the least, cannot" in others


def test_a_score_stands_beside_how_many_were_scored(ageing):
    """Two patients and a control lack a score that the others have."""
    scores = [{("A", "1"): np.array([2.0, 1, 0, 1 + (i < 14), np.nan, np.nan])} for i in range(24)]
    for i in (0, 5, 20):
        scores[i]["A", "1"][1] = np.nan
    study = study_of(ageing[0][:14], ageing[0][14:], scores=scores)
    options = CohortOptions(replicates=20, permutations=99)
    rows = first_page(study, analyse((study,), options).findings[3.0], options).rows
    (remark,) = [row[2] for row in rows if row[0] == "AUC, sum score of reader A"]
    assert remark.startswith("session 1, 12 and 9 with all scores; with SH/Thk")


def test_a_p_that_its_interval_contradicts_is_marked():
    """Two patients of seven lie among the controls' values; P of all regions is .04, and the interval reaches 0.47."""
    patients, controls = (0.181, 0.035, 0.183, 0.165, 0.118, 0.086, 0.061), (0.054, 0.066, 0.062, 0.051, 0.035, 0.019)
    study = study_of(*(np.repeat(np.array(own)[:, None], 4, axis=1) for own in (patients, controls)))
    options = CohortOptions(replicates=20, permutations=99)
    rows = first_page(study, analyse((study,), options).findings[3.0], options).rows
    (remark,) = [row[2] for row in rows if row[0] == "AUC, patients against controls"]
    assert remark == "P = .037, which the interval contradicts"
