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

# What a report says beside a number that does not keep 5 or 95 %, in its own words or in those of the method.
SAYS = {
    "Mann-Whitney, one region": "exact: few dealings with ties, at most 5 %",
    "McNemar, given cut-off": "exact McNemar errs on the cautious side",
    "specificity, Youden's cut-off": "few subjects and groups that are alike: covers 88 % instead of 95 %",
    "mean (Student)": "Student's t, which covers less where values are skewed",
    "ICC(2,1)": "of normal values; skewed ones cover less",
    "kappa of calls": "where hardly anybody is called pathologic it covers less than 95 %",
    "ROC band at a false positive rate of 0.25": "covers 86 to 98 % in small groups",
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
        rows.append({"kind": kind, "claim": name, "says": SAYS.get(name), "by_condition": shares})
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
