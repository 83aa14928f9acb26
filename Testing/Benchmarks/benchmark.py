"""Measures what M1SHThk must reach: accuracy, precision, coverage, the right layer, hands, veins, speed and memory.

Prints a table and writes all figures to benchmark.json in the repository's root. Quick by default (about ten minutes on
two cores); --full takes the counts that the requirements name (about an hour). Exit status 1 where a requirement is not
met.
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
    options = parser.parse_args(arguments)

    # Every process works alone on its exams: threads within it would disturb the others, and the times. NumPy looks at
    # this when it is imported, which is why that happens no sooner; processes that are started here inherit both.
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    sys.path.insert(0, str(ROOT / "M1SHThk"))
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


if __name__ == "__main__":
    sys.exit(main())
