"""Measures what M1SHThk must reach: accuracy, precision, coverage, the right layer, hands, veins, speed and memory.

Prints a table and writes all figures to benchmark.json in the repository's root. Quick by default (about ten minutes on
two cores); --full takes the counts that the requirements name (about an hour). --statistics measures the claims of a
cohort's report instead: P and intervals over simulated studies, time and memory of great ones; what was interrupted
goes on where it stopped. Exit status 1 where a requirement is not met.
"""

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def main(arguments=None):
    """Run the benchmark; returns the exit status."""
    parser = argparse.ArgumentParser(prog="run.py benchmark", description=__doc__)
    parser.add_argument("--full", action="store_true", help="all counts, instead of a quick look")
    parser.add_argument("--json", type=Path, default=ROOT / "benchmark.json", metavar="FILE", help="where figures go")
    parser.add_argument("--statistics", action="store_true", help="the claims of a cohort's report instead")
    options = parser.parse_args(arguments)

    # Every process works alone on its exams: threads within it would disturb the others, and the times. NumPy looks at
    # this when it is imported, which is why that happens no sooner; processes that are started here inherit both.
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    sys.path.insert(0, str(ROOT / "M1SHThk"))
    if options.statistics:
        return _statistics(options)
    from results import measure_all, write_results
    from table import print_table, requirements

    results = measure_all(options.full)
    required = requirements(results)
    print_table(required, results)
    try:
        write_results(options.json, results, required)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Written to {options.json}")
    return 0 if all(one.met for one in required) else 1


def _statistics(options):
    from claims_table import print_claims, size_requirements, verdicts
    from results import measure_statistics, write_results

    path = options.json.with_name(f"{options.json.stem}-statistics.json")
    results = measure_statistics(options.full, path.with_suffix(".parts"))
    print_claims(results)
    required = size_requirements(results)
    claims = verdicts(results)
    write_results(path, {**results, "claims": claims}, required)
    path.with_suffix(".parts").unlink()
    return 0 if all(one.met for one in required) and all(claim["met"] for claim in claims) else 1


if __name__ == "__main__":
    sys.exit(main())
