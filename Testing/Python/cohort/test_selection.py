"""Which value stands for a subject: what the paper's rule makes out of nothing, and clustered AUCs."""

import numpy as np
import pytest
from cohort_builder import NONE, clustered_normals, study_of
from M1SHThkLib.cohort.groups import bootstrap_interval
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.rank_sum import auc_interval
from M1SHThkLib.cohort.resampling import bootstrap_subjects, times_drawn
from M1SHThkLib.cohort.selection import cluster_auc, selection_findings
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
    (auc,) = cluster_auc(values, is_patient[None].astype(int), ~is_patient[None], selection)
    return auc


class TestClusterAuc:
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

    @pytest.mark.parametrize("selection", ["paper", "clustered"])
    def test_weighted_subjects_are_subjects_repeated(self, selection):
        values = np.concatenate(cohort())
        weights = np.random.default_rng(1).integers(0, 3, (4, 40))
        aucs = cluster_auc(values, weights * IS_PATIENT, weights * ~IS_PATIENT, selection)
        for own, auc in zip(weights, aucs, strict=True):
            repeated = auc_of(np.repeat(values, own, axis=0), selection, np.repeat(IS_PATIENT, own))
            assert auc == pytest.approx(repeated)

    @pytest.mark.parametrize(("correlation", "expected"), [(0.0, 0.80), (0.5, 0.71), (0.7, 0.66)])
    def test_papers_rule_makes_an_auc_out_of_nothing(self, correlation, expected):
        # 1000 studies without any effect; the SD of one study's AUC is below 0.09.
        null = [auc_of(own, "paper") for own in clustered_normals(np.random.default_rng(2), 40, correlation, 1000)]
        assert np.mean(null) == pytest.approx(expected, abs=0.005 + 3 * 0.09 / np.sqrt(1000))

    def test_other_rules_make_none(self):
        null = clustered_normals(np.random.default_rng(3), 40, 0.5, 1000)
        assert np.mean([auc_of(own) for own in null]) == pytest.approx(0.5, abs=0.01)

    @pytest.mark.parametrize("correlation", [0.0, 0.7])
    def test_cluster_bootstrap_covers(self, correlation):
        truth, covered = stats.norm.cdf(1 / np.sqrt(2)), []
        weights = times_drawn(bootstrap_subjects(IS_PATIENT, 300, 0))
        for values in clustered_normals(np.random.default_rng(4), 40, correlation, 400):
            aucs = cluster_auc(values + IS_PATIENT[:, None], weights * IS_PATIENT, weights * ~IS_PATIENT)
            (low, high), _ = bootstrap_interval(aucs)
            covered.append(low <= truth <= high)
        assert 0.88 < np.mean(covered) < 0.98


class TestSelectionFindings:
    def test_three_rules_side_by_side(self):
        patients, controls = cohort()
        findings = by_selection(study_of(patients, controls))
        assert list(findings) == ["paper", "symmetric", "clustered"]
        assert [
            (finding.n["values_of_patients"], finding.n["values_of_controls"]) for finding in findings.values()
        ] == [(27, 52), (27, 13), (107, 52)]
        symmetric = findings["symmetric"]
        test = stats.mannwhitneyu(np.nanmax(patients, axis=1), controls.max(axis=1))
        assert symmetric.p == pytest.approx(test.pvalue) and symmetric.estimate == pytest.approx(
            test.statistic / (27 * 13)
        )
        assert findings["paper"].estimate > symmetric.estimate > 0.5
        assert findings["paper"].p < 0.02 and findings["clustered"].p < 0.02
        assert [finding.headline for finding in findings.values()] == [True, False, False]

    def test_papers_auc_stands_beside_what_the_rule_gives_without_disease(self):
        values = clustered_normals(np.random.default_rng(5), 40, 0.5) + 5
        paper = by_selection(study_of(values[:27], values[27:]))["paper"]
        assert 0.65 < paper.details["null_auc"] < 0.77
        low, high = paper.details["null_range"]
        assert low < paper.details["null_auc"] < high
        assert (
            f"Without any effect of disease this rule would give an AUC of {paper.details['null_auc']:.2f} on average "
            f"(95 % range {low:.2f} to {high:.2f})"
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
        assert {finding.ci for finding in findings.values()} == {auc_interval(1.0, 27, 13)}
        assert all("Newcombe" in finding.words for finding in findings.values())

    def test_what_the_interval_is_stands_in_words(self):
        findings = by_selection(study_of(*cohort()))
        assert "Newcombe's)" in findings["symmetric"].words
        assert all("bootstrap of whole subjects)" in findings[name].words for name in ("paper", "clustered"))

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
