"""Many digital exams at once: calls spread over the processor's cores, with progress on a terminal."""

import sys
from concurrent.futures import ProcessPoolExecutor


def spread(function, tasks, label, keep=None):
    """Results of `function` for every task, in the order of the tasks.

    Function, tasks and results travel between processes: the function must be importable by name. `keep` is told each
    result as it comes.
    """
    results = []
    with ProcessPoolExecutor() as pool:
        for result in pool.map(function, tasks):
            results.append(result)
            if keep:
                keep(result)
            show_progress(f"{label}: {len(results)} of {len(tasks)}")
    show_progress("")
    return results


def show_progress(text):
    """Replace the terminal's last line; silent where the output goes to a file."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
