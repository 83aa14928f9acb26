"""Correlation with the clinical score: the paper's intervals, other libraries, and patients as clusters."""

import numpy as np
import pytest
from cohort_builder import NONE, clustered_normals, study_of
from M1SHThkLib.cohort.correlation import correlation_findings
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.rank_correlation import fieller_interval, permuted_p, rho_and_influence, spearman
from scipy import stats

QUICK = CohortOptions(replicates=300, permutations=499)


def cohort(seed=0, patients=27, scale=2.0):
    """Values and whole scores of 0 to 8 that go together."""
    random = np.random.default_rng(seed)
    shared = clustered_normals(random, patients, 0.5)
    scores = np.clip(np.round(4 + scale * (0.7 * shared + 0.7 * clustered_normals(random, patients, 0.5))), 0, 8)
    return np.exp(0.7 * shared - 3), scores


def found(findings, limbs, unit=None, marker="sh_thk_per_mm"):
    wanted = {"marker": marker, "limbs": limbs} | ({"unit": unit} if unit else {})
    (one,) = (finding for finding in findings if wanted.items() <= finding.labels.items())
    return one


class TestFieller:
    @pytest.mark.parametrize(("n", "printed"), [(108, (0.42, 0.69)), (76, (0.39, 0.71))])
    def test_papers_intervals_to_their_digits(self, n, printed):
        assert tuple(round(limit, 2) for limit in fieller_interval(0.57, n)) == printed

    def test_covers_independent_pairs(self):
        # Spearman's rho of normals whose correlation is r is 6/pi asin(r/2).
        truth, random, covered = 6 / np.pi * np.arcsin(0.3), np.random.default_rng(1), []
        for _ in range(400):
            x = random.normal(size=40)
            low, high = fieller_interval(stats.spearmanr(x, 0.6 * x + 0.8 * random.normal(size=40)).statistic, 40)
            covered.append(low <= truth <= high)
        assert np.mean(covered) == pytest.approx(0.95, abs=0.03)

    def test_perfect_correlation_has_none(self):
        assert fieller_interval(1.0, 20) is None


class TestClustered:
    def test_influence_is_what_leaving_one_out_does(self):
        """The jackknife's pseudo-values less rho, to the order 1 / n; ties among them."""
        random = np.random.default_rng(2)
        x = np.round(random.normal(size=400), 1)
        y = np.round(0.6 * x + random.normal(size=400), 1)
        rho, influence = rho_and_influence(x, y)
        assert rho == pytest.approx(stats.spearmanr(x, y).statistic) and influence.sum() == pytest.approx(0, abs=1e-9)
        left_out = [stats.spearmanr(np.delete(x, i), np.delete(y, i)).statistic for i in range(60)]
        assert influence[:60] == pytest.approx(399 * (rho - np.array(left_out)), abs=0.02)

    def test_pairs_that_lack_one_value_count_for_nothing(self):
        values, scores = cohort()
        values[0, 0] = scores[1, 1] = scores[2, 3] = np.nan
        paired = np.isfinite(values + scores)
        result = spearman(values, scores)
        assert result.rho == pytest.approx(stats.spearmanr(values[paired], scores[paired]).statistic)
        assert result.n == paired.sum()

    def test_one_pair_a_subject_permutes_to_the_usual_p(self):
        random = np.random.default_rng(3)
        x = random.normal(size=(30, 1))
        y = 0.4 * x + random.normal(size=(30, 1))
        assert permuted_p(x, y, 9999, 0) == pytest.approx(stats.spearmanr(x, y).pvalue, abs=0.01)

    def test_only_whole_patients_keep_the_level_and_the_coverage(self):
        # Marker and score both run in patients, but do not go together: rho is 0.
        random = np.random.default_rng(4)
        naive, permuted, fieller, clustered = [], [], [], []
        for _ in range(300):
            result = spearman(clustered_normals(random, 27, 0.6), clustered_normals(random, 27, 0.6))
            naive.append(result.naive_p < 0.05)
            permuted.append(permuted_p(result.values, result.scores, 199, 0) <= 0.05)
            low, high = fieller_interval(result.rho, result.n)
            fieller.append(low <= 0 <= high)
            low, high = result.ci
            clustered.append(low <= 0 <= high)
        assert np.mean(naive) > 0.12 and np.mean(permuted) == pytest.approx(0.05, abs=0.04)
        assert np.mean(fieller) < 0.88 and 0.92 < np.mean(clustered) < 0.98

    @pytest.mark.parametrize("share", [0.15, 0.3])
    @pytest.mark.parametrize("scores_lack_them_too", [False, True])
    def test_level_is_kept_where_regions_are_missing(self, share, scores_lack_them_too):
        random, rejected = np.random.default_rng(5), []
        for _ in range(300):
            values, scores = (clustered_normals(random, 27, 0.6) for _ in range(2))
            values[random.random(values.shape) < share] = np.nan
            if scores_lack_them_too:
                scores[np.isnan(values)] = np.nan
            result = spearman(values, scores)
            rejected.append(permuted_p(result.values, result.scores, 199, 0) <= 0.05)
        assert np.mean(rejected) == pytest.approx(0.05, abs=0.035)

    def test_scores_are_dealt_with_all_that_they_have(self):
        """A score whose value is missing takes its part where it meets another's value."""
        values, scores = cohort()
        values[0, 0] = np.nan
        assert np.isfinite(spearman(values, scores).scores).all()

    def test_rounding_makes_no_ranks(self):
        values = np.array([0.1 + 0.2, 0.3, 0.5, 0.7, 0.9])[:, None]
        scores = np.array([2.0, 1, 3, 4, 5])[:, None]
        expected = stats.spearmanr([1, 1, 2, 3, 4], scores[:, 0]).statistic
        assert spearman(values, scores).rho == pytest.approx(expected)


class TestCorrelationFindings:
    def test_regions_meet_the_scores_of_their_limbs(self):
        values, scores = cohort()
        findings = correlation_findings(study_of(values, cohort(1)[0][:13], umn=scores), QUICK)
        for limbs, columns in (("all limbs", [0, 1, 2, 3]), ("upper limbs", [0, 1]), ("lower limbs", [2, 3])):
            expected = stats.spearmanr(values[:, columns].ravel(), scores[:, columns].ravel())
            as_paper, clustered = (found(findings, limbs, unit) for unit in ("region", "subject"))
            assert as_paper.estimate == clustered.estimate == pytest.approx(expected.statistic)
            assert as_paper.p == pytest.approx(expected.pvalue)
            assert as_paper.ci == fieller_interval(as_paper.estimate, 27 * len(columns))
            assert as_paper.n == {"patients": 27, "regions": 27 * len(columns)}
            assert as_paper.ci != clustered.ci

    def test_one_pair_a_patient_takes_the_total_score_or_else_the_mean_of_the_limbs(self):
        values, scores = cohort()
        totals = np.random.default_rng(5).integers(0, 33, 27)
        for fields, expected, name in (
            ({"umn": scores, "umn_total": totals}, totals, "total score"),
            ({"umn": scores}, scores.mean(axis=1), "mean score of the limbs"),
        ):
            finding = found(correlation_findings(study_of(values, **fields), QUICK), "mean of the subject")
            assert finding.estimate == pytest.approx(stats.spearmanr(values.mean(axis=1), expected).statistic)
            assert name in finding.what and finding.n == {"patients": 27}

    def test_four_patients_cannot_go_below_a_p_of_one_in_twelve(self):
        """Two of the 24 orders of four scores are as extreme as a perfect correlation; Student's t gives P = 0."""
        rising = np.arange(1.0, 5.0)[:, None] * np.ones(4)
        findings = correlation_findings(study_of(0.01 * rising, umn=rising, umn_total=4 * rising[:, 0]), QUICK)
        finding = found(findings, "mean of the subject")
        assert finding.estimate == 1 and finding.p == pytest.approx(2 / 24, abs=0.03)
        assert finding.ci is None and "no interval" in finding.words

    @pytest.mark.parametrize(
        "fields",
        [{"umn_scale": ["paper"] * 12 + ["Penn"] * 15}, {"umn_limb_max": [8.0] * 12 + [4.0] * 15}],
    )
    def test_different_scales_are_never_pooled(self, fields):
        values, scores = cohort()
        refusal, *apart = correlation_findings(study_of(values, umn=scores, **fields), QUICK)
        assert "not pooled" in refusal.words and refusal.estimate is None
        assert sorted({finding.n["patients"] for finding in apart}) == [12, 15]

    def test_missing_values_and_scores_leave_their_pairs_out(self):
        values, scores = cohort()
        values[0, 0] = scores[1, 1] = np.nan
        scores[2] = np.nan
        finding = found(correlation_findings(study_of(values, umn=scores), QUICK), "all limbs", "region")
        assert finding.n == {"patients": 26, "regions": 27 * 4 - 6}

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize(
        ("values", "scores", "why"),
        [
            (NONE, NONE, "None of 0 patients"),
            (cohort()[0], np.full((27, 4), np.nan), "None of 27 patients"),
            (cohort()[0], np.full((27, 4), 3.0), "scores are equal"),
            (np.zeros((27, 4)), cohort()[1], "values are equal"),
            (cohort()[0][:1], cohort()[1][:1], "(1); 4 are needed"),
        ],
    )
    def test_what_cannot_be_correlated_gets_a_sentence(self, values, scores, why):
        findings = correlation_findings(study_of(values, umn=scores), QUICK)
        assert why in findings[0].words
        for finding in findings:
            assert finding.words.endswith(".") and "nan" not in finding.words
        assert findings[0].estimate is None and findings[0].p is None
