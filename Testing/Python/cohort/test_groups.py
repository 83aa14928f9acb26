"""Group comparisons: van Elteren against SAS, closed forms and other libraries, error rates by simulation."""

import re
from itertools import combinations, product

import numpy as np
import pandas
import pingouin
import pytest
from cohort_builder import NONE, clustered_normals, study_of
from M1SHThkLib.cohort.auc import area_over_strata, score_interval, wins
from M1SHThkLib.cohort.auc_test import area_p, contests_over_strata
from M1SHThkLib.cohort.field_strengths import field_strength_findings
from M1SHThkLib.cohort.finding import disagreement, p_text
from M1SHThkLib.cohort.groups import group_findings
from M1SHThkLib.cohort.options import CohortOptions
from M1SHThkLib.cohort.rank_sum import mann_whitney, rank_sum_p, signed_rank_p, smallest_p, van_elteren
from M1SHThkLib.cohort.selection import selection_findings
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

QUICK = CohortOptions(replicates=300, permutations=499)


def table_of(strata, values):
    """Values in the column of their stratum, a row a subject, nan elsewhere."""
    return np.where(np.asarray(strata)[:, None] == np.unique(strata), np.asarray(values, float)[:, None], np.nan)


def cohort(seed=0, effect=1.0, patients=27, controls=13):
    """Lognormal values of about the paper's size, two decimals so that some tie."""
    random = np.random.default_rng(seed)
    logs = effect + clustered_normals(random, patients, 0.6), clustered_normals(random, controls, 0.6)
    return tuple(np.round(np.exp(0.7 * own - 3), 2) for own in logs)


def found(findings, **wanted):
    """The only finding whose labels hold these, and that has a test."""
    (one,) = (finding for finding in findings if finding.test and wanted.items() <= finding.labels.items())
    return one


class TestVanElteren:
    def test_lehmanns_example_as_sas_gives_it(self):
        # Lehmann, Nonparametrics, 1975, pp 132-141; chi-square 2.744, P = .09765 by PROC FREQ with modified ridits, as
        # quoted with Stata's vanelteren (Coveney 2004).
        block = [1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4]
        treatment = np.array([1, 2, 1, 2, 2, 1, 1, 2, 1, 1, 1, 2, 2, 2])
        response = [236, 255, 183, 179, 193, 115, 128, 132, 61, 70, 79, 67, 84, 88]
        result = van_elteren(table_of(block, response), treatment == 1)
        assert result.chi_square == pytest.approx(2.744, abs=5e-4)
        assert result.naive_p == pytest.approx(0.09765, abs=5e-6)

    def test_one_stratum_is_the_wilcoxon_rank_sum_test(self):
        values = np.round(np.random.default_rng(0).normal(size=40), 1)
        is_first = np.arange(40) < 15
        result = van_elteren(values[:, None], is_first)
        kruskal = stats.kruskal(values[is_first], values[~is_first])
        assert result.chi_square == pytest.approx(kruskal.statistic)
        assert result.naive_p == pytest.approx(kruskal.pvalue)
        auc = area_over_strata(values[:, None], is_first).auc
        assert auc == pytest.approx(mann_whitney(values[is_first], values[~is_first]).auc)

    def test_yes_or_no_in_strata_of_equal_size_is_mantel_haenszel(self):
        random = np.random.default_rng(1)
        strata, is_first = np.repeat([0, 1, 2], 20), random.random(60) < 0.4
        answer = random.random(60) < 0.3 + 0.3 * is_first
        tables = [
            [[((strata == s) & (is_first == g) & (answer == a)).sum() for a in (1, 0)] for g in (1, 0)]
            for s in range(3)
        ]
        expected = StratifiedTable(np.transpose(tables, (1, 2, 0))).test_null_odds(correction=False)
        assert van_elteren(table_of(strata, answer), is_first).chi_square == pytest.approx(expected.statistic)

    def test_strata_of_one_pair_each_are_friedmans_blocks_of_two(self):
        pairs = np.random.default_rng(2).normal(size=(30, 2)) + [0.3, 0]
        result = van_elteren(table_of(np.repeat(np.arange(30), 2), pairs.ravel()), np.tile([True, False], 30))
        wins = (pairs[:, 0] > pairs[:, 1]).sum()
        assert result.chi_square == pytest.approx((2 * wins - 30) ** 2 / 30)

    @pytest.mark.parametrize(("correlation", "least", "most"), [(0.3, 0.11, 0.22), (0.7, 0.20, 0.33)])
    def test_only_the_permuted_p_keeps_its_level_when_strata_share_subjects(self, correlation, least, most):
        # Naive: 0.16 to 0.27 at correlations of 0.3 to 0.7.
        random = np.random.default_rng(3)
        is_patient = np.arange(40) < 27
        naive, permuted = [], []
        for values in clustered_normals(random, 40, correlation, 600):
            naive.append(van_elteren(values, is_patient).naive_p < 0.05)
            found = area_over_strata(values, is_patient)
            p, _ = area_p(found, lambda values=values: contests_over_strata(values, is_patient), 199, 0)
            permuted.append(p <= 0.05)
        assert least < np.mean(naive) < most
        assert np.mean(permuted) == pytest.approx(0.05, abs=0.03)


class TestMannWhitney:
    def test_effect_size_is_that_of_pingouin(self):
        patients, controls = (own.max(axis=1) for own in cohort())
        result, other = mann_whitney(patients, controls), pingouin.mwu(patients, controls).iloc[0]
        assert result.rank_biserial == pytest.approx(other["RBC"])
        assert result.auc == pytest.approx(other["CLES"])
        assert result.u == other.iloc[0]

    def test_auc_counts_ties_half(self):
        assert mann_whitney(np.array([1.0, 2, 2]), np.array([2.0, 3])).auc == pytest.approx(1 / 6)
        assert wins(np.array([1.0, 2]), np.array([2.0])).tolist() == [0, 0.5]

    def test_complete_separation_has_the_smallest_p_and_an_interval_with_a_width(self):
        result = mann_whitney(np.arange(10.0, 15), np.arange(5.0))
        assert result.p == pytest.approx(2 / 252) == result.smallest_p
        assert result.ci[1] == 1 and 0.5 < result.ci[0] < 0.9

    def test_interval_turns_with_the_groups(self):
        low, high = score_interval(0.8, 27, 13)
        assert score_interval(0.2, 13, 27) == pytest.approx((1 - high, 1 - low))

    @pytest.mark.parametrize("auc", [0.6, 0.9, 0.97])
    def test_interval_covers_in_groups_of_the_papers_size(self, auc):
        random = np.random.default_rng(6)
        shift = np.sqrt(2) * stats.norm.ppf(auc)
        first, second = random.normal(shift, size=(1000, 27)), random.normal(size=(1000, 13))
        covered = [
            low <= auc <= high
            for low, high in (
                score_interval(wins(one, other).mean() / 13, 27, 13) for one, other in zip(first, second, strict=True)
            )
        ]
        assert 0.935 < np.mean(covered) < 0.985


class TestExact:
    """Every way to deal the ranks, counted; with ties as with none."""

    @pytest.mark.parametrize(("first", "second", "p"), [([1, 1, 1], [0, 0, 0], 0.1), ([2, 2], [0] * 7 + [1], 1 / 45)])
    def test_small_tied_groups(self, first, second, p):
        """Three to three: 2 of the 20 ways are as extreme. Two to eight: 1 of 45, since ties cut off the lower end."""
        result = mann_whitney(np.array(first, float), np.array(second, float))
        assert (result.p, result.how) == (pytest.approx(p), "exact")
        assert result.smallest_p == pytest.approx(p)

    @pytest.mark.parametrize(("n", "m"), [(2, 6), (4, 5), (7, 3)])
    def test_is_the_share_of_all_dealings(self, n, m):
        random = np.random.default_rng(n)
        for _ in range(20):
            values = np.round(1.5 * random.normal(size=n + m))
            ranks, mean = stats.rankdata(values), n * (n + m + 1) / 2
            sums = np.array([ranks[list(chosen)].sum() for chosen in combinations(range(n + m), n)])
            expected = np.mean(np.abs(sums - mean) >= abs(ranks[:n].sum() - mean) - 1e-9)
            p, how, least = rank_sum_p(values, np.arange(n + m) < n, 99, 0)
            assert (p, how) == (pytest.approx(expected), "exact")
            assert least == pytest.approx(np.mean(np.abs(sums - mean) >= np.abs(sums - mean).max() - 1e-9))

    def test_without_ties_of_the_papers_size_it_is_scipy_s(self):
        values = np.random.default_rng(0).normal(size=40) + 0.5 * (np.arange(40) < 27)
        p, how, least = rank_sum_p(values, np.arange(40) < 27, 99, 0)
        expected = stats.mannwhitneyu(values[:27], values[27:], method="exact").pvalue
        assert (p, how) == (pytest.approx(expected), "exact") and least == pytest.approx(smallest_p(27, 13))

    def test_beyond_it_permutes(self):
        values = np.round(np.random.default_rng(1).normal(size=320), 1)
        p, how, _ = rank_sum_p(values, np.arange(320) < 20, 9999, 0)
        assert how == "9999 permutations"
        assert p == pytest.approx(stats.mannwhitneyu(values[:20], values[20:]).pvalue, abs=0.02)

    def test_rounding_makes_no_ranks(self):
        """0.1 + 0.2 is not 0.3 to a computer, but to whoever measured it."""
        first, second = np.array([0.1 + 0.2, 0.7]), np.array([0.3, 0.7 + 1e-13])
        assert mann_whitney(first, second).auc == 0.5

    def test_signed_ranks_are_those_of_scipy_without_ties_and_of_all_signs_with_them(self):
        differences = np.random.default_rng(2).normal(size=11) + 0.4
        expected = stats.wilcoxon(differences, method="exact")
        assert signed_rank_p(differences) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
        tied = np.array([1.0, 1, 2, -1, 2, 3])
        ranks = stats.rankdata(np.abs(tied))
        sums = np.array([(ranks * np.array(signs)).sum() for signs in product((0, 1), repeat=6)])
        observed, middle = ranks[tied > 0].sum(), ranks.sum() / 2
        assert signed_rank_p(tied)[1] == pytest.approx(np.mean(np.abs(sums - middle) >= abs(observed - middle)))


class TestGroupFindings:
    def test_mean_and_median_with_their_intervals(self):
        patients, controls = cohort()
        column = patients[:, 0]
        (described,) = (
            finding
            for finding in group_findings(study_of(patients, controls), QUICK)
            if finding.what == "SH/Thk (1/mm), left hand knob, patients"
        )
        test = stats.ttest_1samp(column, 0)
        assert described.estimate == pytest.approx(column.mean())
        assert described.ci == pytest.approx(tuple(test.confidence_interval()))
        # Of 27 values the 8th and the 20th: a fair coin falls heads at most 7 times in 27 with probability .0096.
        assert described.details["median_ci"] == tuple(np.sort(column)[[7, 19]])
        assert f"{column.mean():.3f} ± {column.std(ddof=1):.3f}" in described.words
        assert "n = 27 of 27" in described.words

    def test_thickness_states_how_many_have_one(self):
        patients, controls = cohort()
        controls[:5, 0] = 0
        (described,) = (
            finding
            for finding in group_findings(study_of(patients, controls), QUICK)
            if finding.what == "Thk (mm), left hand knob, controls"
        )
        assert described.n == {"controls": 8}
        assert "n = 8 of 13" in described.words and "no dark layer" in described.words

    def test_censored_values_are_counted_and_every_test_repeated_without_censoring(self):
        patients, controls = cohort()
        controls[:5] = patients[0, :2] = 0
        uncensored = np.concatenate([patients, controls])
        uncensored[27:32] = 1.0
        findings = group_findings(study_of(patients, controls, uncensored=uncensored), QUICK)
        assert (
            "2 of 108 regions of patients" in findings[0].words and "20 of 52 regions of controls" in findings[0].words
        )
        assert "in 1 of 27 patients" in findings[0].words and "in 5 of 13 controls" in findings[0].words
        censored = [finding for finding in findings if finding.labels.get("marker") == "sh_thk_per_mm"]
        repeated = [finding for finding in findings if finding.labels.get("marker") == "sh_thk_fit_per_mm"]
        assert [one.labels.get("region") for one in censored if one.test] == [
            one.labels.get("region") for one in repeated if one.test
        ]
        selected = selection_findings(study_of(patients, controls, uncensored=uncensored), QUICK)
        before = found(selected, marker="sh_thk_fit_per_mm", selection="symmetric")
        after = found(selected, marker="sh_thk_per_mm", selection="symmetric")
        assert before.estimate < after.estimate

    def test_thinner_in_patients_is_the_expected_direction(self):
        patients, controls = cohort()
        thk = np.concatenate([np.full((27, 4), 1.2), np.full((13, 4), 1.8)])
        thk += 0.01 * np.random.default_rng(0).normal(size=thk.shape)
        findings = group_findings(study_of(patients, controls, thk=thk), QUICK)
        finding = found(findings, marker="thk_mm", region="left hand knob")
        assert finding.estimate == 1 and "is less than" in finding.words

    def test_regions_are_compared_within_a_group_and_friedman_refused_between_the_groups(self):
        patients, controls = cohort()
        patients[0, 0] = np.nan
        findings = group_findings(study_of(patients, controls), QUICK)
        within = found(findings, marker="sh_thk_per_mm", group="patient")
        expected = pingouin.friedman(data=pandas.DataFrame(patients[1:]))
        assert within.statistic == pytest.approx(expected["Q"].iloc[0])
        assert within.estimate == pytest.approx(expected["W"].iloc[0])
        assert "26 of 27" in within.words
        assert "not computed" in findings[-1].words and findings[-1].p is None

    def test_interval_over_regions_covers(self):
        # Two normals one SD apart: AUC = Phi(1 / sqrt 2), the same in every region.
        truth, is_patient = stats.norm.cdf(1 / np.sqrt(2)), np.arange(40) < 27
        covered = []
        for values in clustered_normals(np.random.default_rng(7), 40, 0.5, 1000):
            low, high = area_over_strata(values + is_patient[:, None], is_patient).ci
            covered.append(low <= truth <= high)
        assert 0.92 < np.mean(covered) < 0.98

    def test_over_regions_every_subject_with_a_value_counts_and_both_directions_are_tested(self):
        patients, controls = cohort()
        patients[4, :3] = np.nan
        for own, sign in (((patients, controls), 1), ((controls, patients), -1)):
            finding = found(
                group_findings(study_of(*own), QUICK), marker="sh_thk_per_mm", region="stratified by region"
            )
            assert sorted(finding.n.values()) == [13, 27, 52, 105]
            assert finding.p < 0.02 and 0.3 < sign * finding.estimate < 1
            assert sign * finding.ci[0] > 0 and sign * finding.ci[1] > 0

    def test_same_seed_same_result(self):
        study = study_of(*cohort())
        assert group_findings(study, QUICK) == group_findings(study, QUICK)

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize(
        ("patients", "controls"),
        [
            (NONE, NONE),
            (NONE, cohort()[1]),
            (cohort()[0], NONE),
            (cohort()[0][:1], cohort()[1][:1]),
            (np.full((3, 4), 0.1), np.full((3, 4), 0.1)),
            (np.full((3, 4), np.nan), cohort()[1]),
            (np.zeros((5, 4)), np.zeros((5, 4))),
        ],
    )
    def test_what_cannot_be_compared_gets_a_sentence(self, patients, controls):
        for finding in group_findings(study_of(patients, controls), QUICK):
            assert finding.words.endswith(".") and "nan" not in finding.words
            if "against" in finding.what:
                assert finding.estimate is None and finding.p is None and finding.ci is None

    def test_one_subject_is_no_plural(self):
        for finding in group_findings(study_of(cohort()[0][:1], cohort()[1][:1]), QUICK):
            assert not re.search(r"(?<![\d.])1 (patients|controls)", finding.words)

    def test_without_overlap_the_interval_over_regions_has_a_width(self):
        patients, controls = cohort()
        findings = group_findings(study_of(patients + 1, controls), QUICK)
        finding = found(findings, region="stratified by region", marker="sh_thk_per_mm")
        assert finding.ci == pytest.approx([2 * limit - 1 for limit in score_interval(1.0, 27, 13)])
        assert "Newcombe" in finding.words

    def test_interval_that_contradicts_p_says_so(self):
        """Six against six: many results lie near the border."""
        findings = [
            finding
            for seed in range(40)
            for finding in group_findings(study_of(*cohort(seed, 0.9, 6, 6)), QUICK)
            if finding.ci and finding.p is not None and finding.quantity == "rank-biserial correlation"
        ]
        contradicts = [(finding.ci[0] <= 0 <= finding.ci[1]) != (finding.p >= 0.05) for finding in findings]
        assert 0 < sum(contradicts) < 0.2 * len(contradicts)
        assert contradicts == ["more cautious" in finding.words for finding in findings]


class TestWords:
    def test_p_as_the_journals_print_it(self):
        assert [p_text(p) for p in (0.0004, 0.034, 0.25, 1.0)] == ["P < .001", "P = .034", "P = .250", "P = 1.000"]
        assert p_text(0.0498) == "P = .0498" and p_text(0.0502) == "P = .0502"

    @pytest.mark.parametrize(
        ("ci", "p", "differ"),
        [((0.1, 0.5), 0.06, True), ((-0.1, 0.5), 0.04, True), ((0.1, 0.5), 0.04, False), ((-0.1, 0.5), 0.06, False)],
    )
    def test_disagreement_of_interval_and_p(self, ci, p, differ):
        assert ("more cautious" in disagreement(ci, 0, p)) == differ
        assert disagreement(None, 0, p) == ""


class TestFieldStrengths:
    def test_five_subjects_cannot_go_below_a_p_of_0625(self):
        low = cohort()[1][:5]
        findings = field_strength_findings(
            [study_of(NONE, 3 * low + 0.01, field_strength_t=7.0), study_of(NONE, cohort()[1])], QUICK
        )
        finding = found(findings, marker="sh_thk_per_mm", region="mean of the regions")
        assert finding.p == 0.0625 and finding.n == {"subjects": 5}
        assert "cannot go below P = .0625" in finding.words
        assert finding.what.endswith("the same subjects at 7 T less 3 T")
        assert finding.estimate == pytest.approx(np.median((2 * low + 0.01).mean(axis=1)))

    def test_regions_count_where_measured_at_both(self):
        low = cohort()[1][:8]
        high = low + 0.1
        high[0, 1], high[1] = np.nan, np.nan
        findings = field_strength_findings([study_of(NONE, low), study_of(NONE, high, field_strength_t=7.0)], QUICK)
        assert found(findings, marker="sh_thk_per_mm", region="mean of the regions").n == {"subjects": 7}
        assert found(findings, marker="sh_thk_per_mm", region="right hand knob").n == {"subjects": 6}

    @pytest.mark.filterwarnings("error")
    def test_nothing_to_compare_is_said(self):
        patients, controls = cohort()
        studies = [study_of(patients), study_of(NONE, controls, field_strength_t=7.0)]
        (finding,) = field_strength_findings(studies, QUICK)
        assert "No subject was measured at both 3 T and 7 T" in finding.words
        same = field_strength_findings([study_of(patients), study_of(patients, field_strength_t=7.0)], QUICK)
        assert all(finding.p is None and "no difference" in finding.words for finding in same)
        assert field_strength_findings([study_of(patients)], QUICK) == []
