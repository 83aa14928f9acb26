"""Which value stands for a subject: what the paper's rule makes out of nothing, and clustered AUCs."""

from dataclasses import replace

import numpy as np
import pytest
from cohort_builder import NONE, clustered_normals, in_all_regions, study_of
from M1SHThkLib.cohort.auc import score_interval
from M1SHThkLib.cohort.auc_test import area_p, contests_clustered, contests_like_with_like, contests_paper
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.rank_sum import rank_sum_p
from M1SHThkLib.cohort.selection import null_of_papers_rule, selected_area, selection_findings
from M1SHThkLib.cohort.study import Study
from scipy import stats
from sklearn.metrics import roc_auc_score

QUICK = CohortOptions(replicates=300, permutations=999)
IS_PATIENT = np.arange(40) < 27


def cohort(seed=0, effect=0.7):
    """Positive values of the paper's group sizes; one region missing."""
    random = np.random.default_rng(seed)
    logs = effect + clustered_normals(random, 27, 0.6), clustered_normals(random, 13, 0.6)
    patients, controls = (np.round(np.exp(0.7 * own - 3), 2) for own in logs)
    patients[3, 1] = np.nan
    return patients, controls


def by_selection(study, marker="sh_thk_per_mm", options=QUICK):
    return {
        finding.labels["selection"]: finding
        for finding in selection_findings(study, options)
        if finding.labels["marker"] == marker
    }


def auc_of(values, selection="clustered", is_patient=IS_PATIENT):
    return selected_area(in_all_regions(values), is_patient, selection).auc


class TestSelectedArea:
    def test_is_the_auc_over_all_pairs_of_values(self):
        values = np.concatenate(cohort())
        present = np.isfinite(values)
        of_patient = np.broadcast_to(IS_PATIENT[:, None], values.shape)
        assert auc_of(values) == pytest.approx(roc_auc_score(of_patient[present], values[present]))

    def test_papers_rule_takes_the_greatest_of_a_patient_and_all_of_a_control(self):
        patients, controls = cohort()
        greatest, every = np.nanmax(patients, axis=1), controls.ravel()
        expected = roc_auc_score(np.arange(27 + 52) < 27, np.concatenate([greatest, every]))
        assert auc_of(np.concatenate([patients, controls]), "paper") == pytest.approx(expected)

    def test_of_whole_exams_the_symmetric_one_is_that_of_the_greatest_values(self):
        values = np.concatenate(cohort())
        values[3, 1] = 0.02
        assert auc_of(values, "symmetric") == pytest.approx(roc_auc_score(IS_PATIENT, values.max(axis=1)))

    def test_of_gaps_it_meets_over_the_regions_that_both_have(self):
        """Pair by pair: the greatest of shared regions."""
        random = np.random.default_rng(8)
        values = np.where(random.random((40, 4)) < 0.4, np.nan, np.concatenate(cohort()))
        won = []
        for patient in values[:27]:
            for control in values[27:]:
                shared = np.isfinite(patient) & np.isfinite(control)
                if shared.any():
                    one, other = patient[shared].max(), control[shared].max()
                    won.append((one > other) + 0.5 * (one == other))
        assert auc_of(values, "symmetric") == pytest.approx(np.mean(won))

    @pytest.mark.parametrize(
        ("selection", "contests"),
        [("clustered", contests_clustered), ("symmetric", contests_like_with_like), ("paper", contests_paper)],
    )
    def test_contests_of_all_pairs_of_subjects_give_the_same_area(self, selection, contests):
        """What is permuted, subject by subject, against what sorts: N^2 against N log N."""
        values = np.concatenate(cohort())
        values[30, 2:] = np.nan
        won, of = (own[np.ix_(IS_PATIENT, ~IS_PATIENT)].sum() for own in contests(values))
        assert won / of == pytest.approx(auc_of(values, selection))

    @pytest.mark.parametrize(("correlation", "expected"), [(0.0, 0.80), (0.5, 0.71), (0.7, 0.66)])
    def test_papers_rule_makes_an_auc_out_of_nothing(self, correlation, expected):
        # 1000 studies without any effect; the SD of one study's AUC is below 0.09.
        null = [auc_of(own, "paper") for own in clustered_normals(np.random.default_rng(2), 40, correlation, 1000)]
        assert np.mean(null) == pytest.approx(expected, abs=0.005 + 3 * 0.09 / np.sqrt(1000))

    def test_other_rules_make_none(self):
        null = clustered_normals(np.random.default_rng(3), 40, 0.5, 1000)
        assert np.mean([auc_of(own) for own in null]) == pytest.approx(0.5, abs=0.01)

    @pytest.mark.parametrize("correlation", [0.0, 0.7])
    def test_interval_covers(self, correlation):
        truth, covered = stats.norm.cdf(1 / np.sqrt(2)), []
        for values in clustered_normals(np.random.default_rng(4), 40, correlation, 1000):
            low, high = selected_area(in_all_regions(values + IS_PATIENT[:, None]), IS_PATIENT, "clustered").ci
            covered.append(low <= truth <= high)
        assert 0.92 < np.mean(covered) < 0.98

    def test_null_of_the_papers_rule_is_not_lowered_by_disease(self):
        """Within-subject correlation 0.3: 0.75 without disease; groups 2 SD apart mixed up would give 0.63."""
        values = clustered_normals(np.random.default_rng(9), 40, 0.3, 400)
        nulls = [null_of_papers_rule(own + 2 * IS_PATIENT[:, None], IS_PATIENT).auc for own in values]
        assert np.mean(nulls) == pytest.approx(0.75, abs=0.01)

    @pytest.mark.parametrize("correlation", [0.2, 0.6])
    def test_level_is_kept_where_controls_lack_half_of_their_regions(self, correlation):
        random, rejected = np.random.default_rng(10), []
        for own in clustered_normals(random, 40, correlation, 400):
            values = np.where((random.random((40, 4)) < 0.5) & ~IS_PATIENT[:, None], np.nan, own)
            values = values[np.isfinite(values).any(axis=1)]
            is_patient = np.arange(len(values)) < 27
            found = selected_area(in_all_regions(values), is_patient, "symmetric")
            p, _ = area_p(found, lambda values=values: contests_like_with_like(values), 199, 0)
            rejected.append(p <= 0.05)
        assert np.mean(rejected) == pytest.approx(0.05, abs=0.03)


class TestSelectionFindings:
    def test_three_rules_side_by_side(self):
        patients, controls = cohort()
        findings = by_selection(study_of(patients, controls))
        assert list(findings) == ["symmetric", "clustered", "paper"]
        assert [
            (finding.n["values_of_patients"], finding.n["values_of_controls"]) for finding in findings.values()
        ] == [(27, 13), (107, 52), (27, 52)]
        patients[3, 1] = 0.02
        symmetric = by_selection(study_of(patients, controls))["symmetric"]
        test = stats.mannwhitneyu(patients.max(axis=1), controls.max(axis=1))
        p, how, _ = rank_sum_p(np.concatenate([patients.max(axis=1), controls.max(axis=1)]), IS_PATIENT, 99, 0)
        assert how == "exact" and symmetric.p == p == pytest.approx(test.pvalue, abs=0.002)
        assert symmetric.estimate == pytest.approx(test.statistic / (27 * 13))
        assert findings["paper"].estimate > symmetric.estimate > 0.5
        assert findings["paper"].p < 0.02 and findings["clustered"].p < 0.02
        assert [finding.as_in_paper for finding in findings.values()] == [False, False, True]

    def test_papers_auc_stands_beside_what_the_rule_gives_without_disease(self):
        values = clustered_normals(np.random.default_rng(5), 40, 0.5) + 5
        paper = by_selection(study_of(values[:27], values[27:]))["paper"]
        assert 0.65 < paper.details["null_auc"] < 0.77
        assert (
            f"Without any effect of disease this rule would give an AUC of {paper.details['null_auc']:.2f} (estimated "
            "within the groups)"
        ) in paper.words
        assert "not valid" in paper.words

    def test_permutation_keeps_its_level_where_the_papers_test_does_not(self):
        quick = CohortOptions(replicates=2, permutations=99)
        naive, permuted = [], []
        for values in clustered_normals(np.random.default_rng(6), 40, 0.5, 120) + 5:
            paper = by_selection(study_of(values[:27], values[27:]), options=quick)["paper"]
            naive.append(paper.details["naive_p_not_valid"] < 0.05)
            permuted.append(paper.p <= 0.05)
        assert np.mean(naive) > 0.6
        assert np.mean(permuted) < 0.11

    def test_repeated_without_censoring(self):
        patients, controls = cohort()
        controls[:6] = 0
        uncensored = np.concatenate([patients, controls])
        uncensored[27:33] = 2.0
        study = study_of(patients, controls, uncensored=uncensored)
        for selection, finding in by_selection(study).items():
            assert by_selection(study, "sh_thk_fit_per_mm")[selection].estimate < finding.estimate

    def test_least_thickness_is_the_most_pathologic(self):
        patients, controls = cohort()
        thk = np.full((40, 4), 1.8)
        thk[:27, 2] = 1.0
        for finding in by_selection(study_of(patients, controls, thk=thk), "thk_mm").values():
            assert finding.estimate == (1.0 if finding.labels["selection"] != "clustered" else 0.5 + 0.5 * 27 / 107)

    def test_without_overlap_the_interval_is_newcombe_s_from_the_number_of_subjects(self):
        """Whole subjects drawn again do not overlap either; how many values they give makes nothing surer."""
        patients, controls = cohort()
        findings = by_selection(study_of(patients + 1, controls))
        assert {finding.ci for finding in findings.values()} == {score_interval(1.0, 27, 13)}
        assert all("Newcombe" in finding.words for finding in findings.values())

    def test_gaps_are_met_over_shared_regions_and_said(self):
        findings = by_selection(study_of(*cohort()))
        assert "over the regions that both have" in findings["symmetric"].words
        assert findings["symmetric"].test == "AUC over shared regions, labels permuted"
        whole = np.concatenate(cohort())
        whole[3, 1] = 0.02
        assert "valid, since every subject" in by_selection(study_of(whole[:27], whole[27:]))["symmetric"].words

    def test_unequal_gaps_are_said_where_all_pairs_meet(self):
        patients, controls = cohort()
        controls[:, 2:] = np.nan
        findings = by_selection(study_of(patients, controls))
        assert ["Not like with like" in findings[name].words for name in findings] == [False, True, True]

    def test_mimics_are_compared_with_too(self):
        patients, controls = cohort()
        subjects = study_of(np.concatenate([patients, controls[:6]]), controls[6:]).subjects
        mimics = [replace(subject, group="mimic") for subject in subjects[27:33]]
        study = Study(3.0, (*subjects[:27], *mimics, *subjects[33:]))
        found = {
            f.labels["against"]: f
            for f in selection_findings(study, QUICK)
            if f.labels["selection"] == "clustered" and f.labels["marker"] == "sh_thk_per_mm"
        }
        assert {name: f.n.get(name) for name, f in found.items()} == {
            "controls": 7,
            "mimics": 6,
            "mimics and controls": 13,
        }
        values = np.concatenate([patients, controls[:6]])
        assert found["mimics"].estimate == pytest.approx(auc_of(values, is_patient=np.arange(33) < 27))
        assert found["mimics and controls"].estimate == pytest.approx(auc_of(np.concatenate([patients, controls])))

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize(
        ("patients", "controls"),
        [
            (NONE, NONE),
            (cohort()[0], NONE),
            (cohort()[0], cohort()[1][:1]),
            (np.full((3, 4), 0.1), np.full((3, 4), 0.1)),
            (np.full((3, 4), np.nan), cohort()[1]),
        ],
    )
    def test_what_cannot_be_compared_gets_a_sentence(self, patients, controls):
        for finding in selection_findings(study_of(patients, controls), QUICK):
            assert finding.words.endswith(".") and "nan" not in finding.words
            assert finding.estimate is None and finding.p is None and finding.ci is None
