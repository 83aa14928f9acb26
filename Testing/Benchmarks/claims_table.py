"""The claims of a cohort's report, each beside what it covers; and how long great studies take."""

import math

from claims import COVERAGE_BOUNDS, FULL, P_BOUNDS
from table import Requirement

TIMES_S = {1000: 20.0, 10_000: 300.0}
MOST_MIB = 2048.0


def verdicts(results):
    """Every claim with its worst conditions and whether it holds, as plain data.

    A claim holds where every condition lies within the bounds, widened where there are fewer studies than FULL, or
    where the report says in words what it covers; a P may err on the cautious side if it says so, on the other only
    where the report itself calls it not valid.
    """
    found = []
    for row in results["claims"]:
        low, high = P_BOUNDS if row["kind"] == "p" else COVERAGE_BOUNDS
        worst = {"least": (2.0, ""), "most": (-1.0, "")}
        met = True
        for where, (share, studies) in row["by_condition"].items():
            worst["least"] = min(worst["least"], (share, where))
            worst["most"] = max(worst["most"], (share, where))
            # The bounds hold three standard errors of FULL studies already.
            slack = max(3 * math.sqrt(0.05 * 0.95) * (studies**-0.5 - FULL**-0.5), 0.0)
            too_bold = share > high + slack if row["kind"] == "p" else share < low - slack
            too_cautious = share < low - slack if row["kind"] == "p" else share > high + slack
            met &= bool(row["says"]) if too_bold or too_cautious else True
            if row["kind"] == "p" and too_bold and row["is_valid"]:
                met = False
        found.append(row | {"least": worst["least"], "most": worst["most"], "met": met})
    return found


def size_requirements(results):
    """Time and memory of great studies, as requirements."""
    return [
        requirement
        for size, measured in results["sizes"].items()
        for requirement in (
            Requirement(f"cohort of {int(size):,} subjects", measured["seconds"], "s", most=TIMES_S[int(size)]),
            Requirement(f"cohort of {int(size):,} subjects, memory", measured["peak_mib"], "MiB", most=MOST_MIB),
        )
    ]


def print_claims(results):
    """Print every claim, and time and memory."""
    print(f"M1SHThk {results['version']}, statistics, {results['studies']} simulated studies a condition\n")
    for kind, title, bounds in (
        ("p", "P below .05 where there is no effect", P_BOUNDS),
        ("interval", "95 % intervals that hold the truth", COVERAGE_BOUNDS),
    ):
        print(f"{title} ({bounds[0]:g} to {bounds[1]:g})")
        for row in verdicts(results):
            if row["kind"] == kind:
                span = f"{row['least'][0]:.3f} to {row['most'][0]:.3f}"
                told = "met" if row["met"] else "NOT MET"
                says = f"  says: {row['says']}" if row["says"] else ""
                print(f"  {row['claim']:52}{span:18}{told:8}least: {row['least'][1]}{says}")
        print()
    for one in size_requirements(results):
        print(f"{one.what:44}{one.figure:9.4g} {one.unit:8}{one.bounds:17}{'met' if one.met else 'NOT MET'}")
