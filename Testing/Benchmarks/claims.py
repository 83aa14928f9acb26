"""Every P and every interval that a cohort's report prints, against studies whose truth is known.

In a world without any effect a P must fall below .05 in 5 % of the studies; in a world with effects an interval must
hold the truth in 95 %. Groups of the paper's size and small ones; no, 15 and 30 % of the regions missing; with ties.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
from claims_of_eyes import eyes_covered, eyes_p
from claims_of_groups import effect_p, group_covered, group_p, group_truth
from claims_of_repeats import repeat_covered, repeat_p
from claims_of_subjects import subject_covered, subject_p
from simulated_studies import Design
from workers import spread

FULL, QUICK = 2000, 150
SIZES = ((27, 13), (10, 8))
MISSING = (0.0, 0.15, 0.30)
DIGITS = (None, 2)  # of SH/Thk in 1/mm, of which the median is 0.03: the latter ties nearly all
TRUTH_SUBJECTS = 20_000
P_BOUNDS, COVERAGE_BOUNDS = (0.035, 0.065), (0.92, 0.98)
NULL = Design(score=0.0)
EFFECT = Design(effect=0.8, spread=0.8, controls_spread=0.5, score=0.6)
_PART = 50  # studies a task

# What a report says beside a number that does not keep 5 or 95 %, in its own words.
_EXACT = "Exact P of few subjects lie below .05 in less than 5 % of studies without any effect."
_MC_NEMAR = "without a difference P lies below .05 in 0 to 4 % of studies"
_SPECIFICITY = "this interval of the specificity covers from 84 to 95 %"
_DELONG = "errs on the cautious side: the interval covers up to 100 %, and P lies below .05 in less than 5 %"
_WILSON = "which of few subjects covers from 90 to 99 %"
_WANTED = "That of a wanted share covers up to 100 %."
_AUC = "of few subjects it covers from 93 to 99 %"
_ADJUSTED = "which of few subjects covers up to 99 %."
_CV = "which covers from 89 to 96 %; pairs"
_ANCOVA = "where the greater group scatters more its interval covers up to 99 %"
_KAPPA = "Of few subjects, or where hardly anybody is called pathologic, it covers from 90 to 99 %."
SAYS = {
    "Mann-Whitney, one region": _EXACT,
    "asymmetry, Mann-Whitney": _EXACT,
    "sum score, Mann-Whitney": _EXACT,
    "most pathologic region of each": _EXACT,
    "Wilcoxon signed-rank, two field strengths": _EXACT,
    "Friedman, regions within a group": "P by chi-square (rough below 10 subjects)",
    "McNemar, given cut-off": _MC_NEMAR,
    "McNemar, Youden's cut-off": _MC_NEMAR,
    "McNemar, subjects left out": _MC_NEMAR,
    "DeLong, two markers": _DELONG,
    "difference of two AUCs": _DELONG,
    "AUC, paper": _AUC,
    "AUC, symmetric": _AUC,
    "AUC, clustered": _AUC,
    "AUC, one region": _AUC,
    "AUC, within regions": _AUC,
    "AUC adjusted for age, most pathologic region": _ADJUSTED,
    "AUC adjusted for age, all regions": _ADJUSTED,
    "sensitivity, given cut-off": _WILSON,
    "specificity, given cut-off": _WILSON,
    "sensitivity over regions, given cut-off": _WILSON,
    "specificity over regions, given cut-off": _WILSON,
    "accuracy, given cut-off": _WILSON,
    "accuracy, Youden's cut-off": _WILSON,
    "sensitivity of a reader": _WILSON,
    "sensitivity, cut-off for a sensitivity of 0.9": _WANTED,
    "specificity, cut-off for a specificity of 0.9": _WANTED,
    "difference of sensitivities, paired": "Both err on the cautious side",
    "limit of agreement, one region": "approximate error of a limit, which of few subjects covers from 90 to 95 %",
    "specificity, Youden's cut-off": _SPECIFICITY,
    "specificity over regions, Youden's cut-off": _SPECIFICITY,
    "mean (Student)": "of few values as skewed as SH/Thk covers from 80 to 94 % instead of 95 %",
    "median": "median with interval by order statistics (binomial), which covers 95 % or more",
    "percentile (Clopper and Pearson)": "Clopper and Pearson's interval, which covers 95 % or more",
    "ICC(2,1)": "Of normal values; skewed ones cover less.",
    "rho, patient as cluster": "which covers from 90 to 96 %; P",
    "within-subject CV, one region": _CV,
    "within-subject CV, regions pooled": _CV,
    "difference adjusted for age, most pathologic region": _ANCOVA,
    "difference adjusted for age, all regions": _ANCOVA,
    "what SH/Thk adds, likelihood ratio": "P lies below .05 in 3 to 5 % of studies where nothing is added",
    "kappa of calls": _KAPPA,
    "kappa of scores, linear weights": _KAPPA,
    "kappa of scores, quadratic weights": _KAPPA,
    "kappa of one region's scores, quadratic weights": _KAPPA,
    "ROC band at a false positive rate of 0.25": "pointwise, about 95 % (86 to 100 % of few subjects)",
}
# What it calls not valid itself, since the paper has it: kept here to show by how much.
NOT_VALID = {
    "Spearman, regions as if independent": "Regions of one patient are not independent: the interval is too narrow and "
    "P too small.",
}


@dataclass(frozen=True)
class Condition:
    """How a study is drawn."""

    patients: int
    controls: int
    missing: float
    digits: int | None

    @property
    def name(self):
        ties = "" if self.digits is None else ", ties"
        return f"{self.patients}/{self.controls}, {100 * self.missing:.0f} % missing{ties}"

    def of(self, design, **more):
        own = {"patients": self.patients, "controls": self.controls, "missing": self.missing, "digits": self.digits}
        return replace(design, **own, **more)


CONDITIONS = tuple(Condition(*size, missing, digits) for digits, missing, size in product(DIGITS, MISSING, SIZES))


def measure_claims(full, kept):
    """Share of P below .05 and of intervals that cover, by claim and condition, as plain data.

    Parameters
    ----------
    full : bool
    kept : path
        Where parts that are done are kept, a line each; what the same program measured there is not measured again.
    """
    studies = FULL if full else QUICK
    done = _done(kept)
    # All conditions in turn, so that what was interrupted tells of each.
    wanted = [(number, first) for first in range(0, studies, _PART) for number in range(len(CONDITIONS))]
    missing = [place for place in wanted if place not in done]
    own = sorted({number for number, _ in missing})
    truths = dict(zip(own, spread(_truth, [CONDITIONS[number] for number in own], "claims, truths"), strict=True))
    tasks = [(*place, truths[place[0]]) for place in missing]
    with kept.open("a", encoding="utf-8") as file:

        def keep(part):
            print(json.dumps({"program": _program(), **part}), file=file, flush=True)

        done |= {(part["condition"], part["first"]): part for part in spread(_part, tasks, "claims, parts", keep)}
    return {"studies": studies, "claims": _shares([done[place] for place in wanted])}


def _done(kept):
    """Parts that the same program measured before, by condition and first study."""
    if not kept.exists():
        return {}
    parts = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
    return {(part["condition"], part["first"]): part for part in parts if part["program"] == _program()}


@cache
def _program():
    """SHA-256 of everything that the figures depend on."""
    here = Path(__file__).resolve().parent
    sources = [*here.glob("claims*.py"), here / "simulated_studies.py"]
    sources += (here.parent.parent / "M1SHThk" / "M1SHThkLib" / "cohort").glob("*.py")
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()


def _shares(parts):
    claims = {}
    for part in parts:
        for kind, name, hits, studies in part["counts"]:
            own = claims.setdefault((kind, name), {}).setdefault(CONDITIONS[part["condition"]].name, [0, 0])
            own[:] = own[0] + hits, own[1] + studies
    rows = []
    for (kind, name), by_condition in claims.items():
        shares = {where: [hits / studies, studies] for where, (hits, studies) in by_condition.items() if studies > 20}
        says = SAYS.get(name, NOT_VALID.get(name))
        is_valid = name not in NOT_VALID
        rows.append({"kind": kind, "claim": name, "says": says, "is_valid": is_valid, "by_condition": shares})
    return rows


def _truth(condition):
    """What the claims about groups are compared with: the same of very many subjects."""
    random = np.random.default_rng([1, CONDITIONS.index(condition)])
    many = {"patients": TRUTH_SUBJECTS, "controls": TRUTH_SUBJECTS}
    return group_truth(random, replace(condition.of(EFFECT), **many))


def _part(task):
    """How many P lie below .05 and intervals cover, of how many, in a part of the studies of one condition."""
    of, first, truth = task
    condition, found = CONDITIONS[of], {}
    for number in range(first, first + _PART):
        random = np.random.default_rng([2, of, number])
        ps = effect_p(random, condition.of(EFFECT), truth)
        for find in (group_p, eyes_p, repeat_p, subject_p):
            ps |= find(random, condition.of(NULL))
        for name, p in ps.items():
            if np.isfinite(p):
                found.setdefault(("p", name), []).append(p <= 0.05)
        for find in (group_covered, eyes_covered, repeat_covered, subject_covered):
            for name, does in find(random, condition.of(EFFECT), truth).items():
                if does is not None:
                    found.setdefault(("interval", name), []).append(does)
    counts = [[*claim, int(np.sum(own)), len(own)] for claim, own in found.items()]
    return {"condition": of, "first": first, "counts": counts}
