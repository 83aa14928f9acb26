"""Scores of the regions by eye: their sum, agreement, limbs, and what the measurement adds to them."""

import numpy as np
import pytest
from cohort_builder import clustered_normals, study_of
from M1SHThkLib.cohort.added import added_findings
from M1SHThkLib.cohort.logistic import fit, likelihood_ratio
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.scores import score_findings, score_sums
from scipy.optimize import minimize
from sklearn.metrics import cohen_kappa_score, roc_auc_score

OPTIONS = CohortOptions(replicates=20, permutations=99)


def scored_study(seed=0, patients=20, controls=15, effect=1.0, **fields):
    """Two readers in two sessions score six regions by how dark they are; SH/Thk follows the same darkness."""
    random = np.random.default_rng(seed)
    dark = clustered_normals(random, patients + controls, 0.6)
    dark = np.concatenate([dark, clustered_normals(random, patients + controls, 0.6)[:, :2]], axis=1)
    dark[:patients] += effect
    scores = [{} for _ in dark]
    for reader in "AB":
        for session in "12":
            seen = np.digitize(dark + 0.5 * random.normal(size=dark.shape), (0.5, 1.5)).astype(float)
            for own, row in zip(scores, seen, strict=True):
                own[reader, session] = row
    values = 0.05 * np.exp(0.4 * dark + 0.2 * random.normal(size=dark.shape))
    limbs = np.clip(np.round(3 + 2 * dark[:patients]), 0, 8)
    study = study_of(values[:patients], values[patients:], scores=scores, umn=list(limbs), **fields)
    return study, scores


def matrix_of(scores, key):
    return np.array([own[key] for own in scores])


def of(findings, quantity, **labels):
    (found,) = [f for f in findings if f.quantity == quantity and labels.items() <= f.labels.items()]
    return found


@pytest.fixture(scope="module")
def scored():
    study, scores = scored_study()
    return scores, score_findings(study, OPTIONS)


class TestScores:
    def test_area_of_the_sum(self, scored):
        scores, findings = scored
        found = of(findings, "AUC", reader="B", session="2")
        sums = matrix_of(scores, ("B", "2")).sum(axis=1)
        assert found.estimate == pytest.approx(roc_auc_score(np.arange(35) < 20, sums))
        assert np.trapezoid(found.details["sensitivity"], found.details["false_positive_rate"]) == pytest.approx(
            found.estimate
        )

    def test_a_sum_lacks_what_a_region_lacks(self):
        study, scores = scored_study()
        scores[3]["A", "1"][2] = np.nan
        sums = score_sums(study.subjects)["A", "1"]
        assert np.isnan(sums[3]) and np.isfinite(np.delete(sums, 3)).all()
        assert of(score_findings(study, OPTIONS), "AUC", reader="A", session="1").n == {"patients": 19, "controls": 15}

    @pytest.mark.parametrize("weights", ["linear", "quadratic"])
    def test_weighted_agreement_is_that_of_scikit_learn(self, scored, weights):
        scores, findings = scored
        for place, columns in (("all regions", slice(None)), ("left orofacial", slice(4, 5))):
            found = of(findings, "weighted kappa", reader="A", region=place, weights=weights)
            one, other = (matrix_of(scores, ("A", session))[:, columns].ravel() for session in "12")
            assert found.estimate == pytest.approx(cohen_kappa_score(one, other, weights=weights, labels=[0, 1, 2]))
            assert found.ci[0] < found.estimate < found.ci[1]

    def test_regions_of_a_subject_are_no_subjects(self, scored):
        """Two hundred and ten scores of 35 subjects: an interval as of 35 is wider than one as of 210."""
        _, findings = scored
        pooled = of(findings, "weighted kappa", session="1", region="all regions", weights="linear")
        assert pooled.n == {"subjects": 35, "scores": 210}

    def test_scores_meet_the_limbs_that_their_regions_serve(self, scored):
        scores, findings = scored
        study, _ = scored_study()
        from scipy.stats import spearmanr

        limbs = np.array([subject.umn for subject in study.group("patient")])
        own = matrix_of(scores, ("A", "1"))[:20]
        for name, columns in (("all limbs", slice(0, 4)), ("right hand knob", slice(1, 2)), ("bulbar", slice(4, 6))):
            found = of(findings, "Spearman rho", reader="A", session="1", limbs=name)
            assert found.estimate == pytest.approx(
                spearmanr(own[:, columns].ravel(), limbs[:, columns].ravel()).statistic
            )

    def test_one_subject_gives_no_interval_of_agreement(self):
        scores = [{("A", "1"): np.array([0.0, 1, 2, 0, 1, 2]), ("A", "2"): np.array([0.0, 1, 2, 1, 2, 0])}]
        findings = score_findings(study_of(np.ones((1, 6)), scores=scores), OPTIONS)
        found = of(findings, "weighted kappa", region="all regions", weights="linear")
        assert found.estimate < 1 and found.ci is None and "perfect" not in found.words

    def test_nobody_scored(self):
        (found,) = score_findings(study_of(np.ones((3, 4)), np.ones((3, 4))), OPTIONS)
        assert "No region was scored by eye" in found.words


class TestLogistic:
    def data(self, seed=0, n=40):
        random = np.random.default_rng(seed)
        outcome = (np.arange(n) < n * 0.6).astype(float)
        score = random.normal(size=n) + outcome
        measured = 0.5 * score + random.normal(size=n)
        return np.column_stack([np.ones(n), score, measured]), outcome

    def test_is_where_the_penalised_likelihood_is_greatest(self):
        """Firth's penalty, half the logarithm of the information's determinant; R: logistf(y ~ score + measured)."""
        design, outcome = self.data()

        def loss(coefficients):
            linear = design @ coefficients
            shares = 1 / (1 + np.exp(-linear))
            information = (design * (shares * (1 - shares))[:, None]).T @ design
            return -(outcome * linear - np.logaddexp(0, linear)).sum() - np.linalg.slogdet(information)[1] / 2

        expected = minimize(
            loss, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 9999}
        )
        coefficients, likelihood = fit(design, outcome)
        assert coefficients == pytest.approx(expected.x, abs=1e-4) and likelihood == pytest.approx(
            -expected.fun, abs=1e-7
        )

    def test_a_two_by_two_table_has_half_a_subject_more_in_each_cell(self):
        """Of a saturated model Firth's penalty adds one half to every cell."""
        exposed = np.repeat([1.0, 1, 0, 0], [8, 2, 3, 7])
        outcome = np.repeat([1.0, 0, 1, 0], [8, 2, 3, 7])
        coefficients, _ = fit(np.column_stack([np.ones(20), exposed]), outcome)
        assert coefficients[1] == pytest.approx(np.log(8.5 * 7.5 / (2.5 * 3.5)))

    def test_groups_that_a_variable_parts_have_coefficients(self):
        outcome = np.repeat([1.0, 0], 10)
        coefficients, _ = fit(np.column_stack([np.ones(20), np.linspace(2, -2, 20)]), outcome)
        assert 0 < coefficients[1] < 20

    def test_chi_square_keeps_its_level(self):
        random, rejected = np.random.default_rng(1), []
        for _ in range(300):
            outcome = (np.arange(40) < 27).astype(float)
            score = random.normal(size=40) + outcome
            design = np.column_stack([np.ones(40), score, 0.5 * score + random.normal(size=40)])
            rejected.append(likelihood_ratio(design, outcome, (2,))[1] < 0.05)
        assert 0.02 < np.mean(rejected) < 0.08


class TestAdded:
    def test_what_knows_more_adds_and_what_knows_nothing_does_not(self):
        """SH/Thk of the same darkness with less noise; and SH/Thk drawn anew."""
        study, _ = scored_study(seed=3, effect=1.5)
        found = of(added_findings(study, OPTIONS), "AUC of both together", reader="A")
        assert found.labels["session"] == "1" and "likelihood-ratio" in found.words
        blind = study_of(
            np.random.default_rng(4).uniform(0.02, 0.1, (20, 4)),
            np.random.default_rng(5).uniform(0.02, 0.1, (15, 4)),
            scores=[subject.scores for subject in study.subjects],
        )
        other = of(added_findings(blind, OPTIONS), "AUC of both together", reader="A")
        assert found.p < other.p and other.p > 0.05 and "was not shown to add" in other.words
        assert other.details["auc_of_score"] == pytest.approx(found.details["auc_of_score"])

    def test_as_fitted_it_is_optimistic(self):
        study, _ = scored_study(seed=6)
        found = of(added_findings(study, OPTIONS), "AUC of both together", reader="A")
        assert found.estimate < found.details["auc_as_fitted"] and found.ci is None

    def test_net_reclassification_comes_with_its_caveats_and_without_p(self):
        study, _ = scored_study()
        found = of(added_findings(study, OPTIONS), "net reclassification", reader="B")
        assert found.p is None and found.ci is None and "positive even for a marker that adds nothing" in found.words

    def test_calls_serve_where_there_are_no_scores(self):
        random = np.random.default_rng(7)
        values = random.uniform(0.02, 0.1, (30, 4))
        visual = [{("A", "1"): bool(random.random() < (0.7 if n < 18 else 0.2))} for n in range(30)]
        study = study_of(values[:18], values[18:], visual=visual)
        assert "call as pathologic" in of(added_findings(study, OPTIONS), "AUC of both together", reader="A").words

    def test_gaps_that_make_p_invalid_are_said(self):
        """Controls measured in two of four regions have the greatest of fewer."""
        study, _ = scored_study()
        values = np.random.default_rng(8).uniform(0.02, 0.1, (35, 4))
        values[20:, 2:] = np.nan
        gaps = study_of(values[:20], values[20:], scores=[subject.scores for subject in study.subjects])
        for own, is_said in ((study, False), (gaps, True)):
            found = of(added_findings(own, OPTIONS), "AUC of both together", reader="A")
            assert ("P is not valid: 0 % of the patients' regions and 50 %" in found.words) == is_said

    @pytest.mark.filterwarnings("error")
    def test_why_there_is_none(self):
        study, _ = scored_study(patients=20, controls=3)
        for finding in added_findings(study, OPTIONS):
            assert "not answered" in finding.words
        (found,) = added_findings(study_of(np.ones((3, 4)), np.ones((3, 4))), OPTIONS)
        assert "Nobody read the images" in found.words
