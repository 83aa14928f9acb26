"""All measurements of the benchmark, one after the other, and the file that they are written to."""

import math
import os
import platform
import time

import numpy as np
import scipy
from absence import measure_absence
from accuracy import measure_accuracy
from alignment import measure_alignment
from click_counts import measure_click_counts
from coverage import measure_coverage
from hands import measure_hands
from large_exam import make_large_exam
from live import measure_live_update
from M1SHThkLib import __version__
from M1SHThkLib.files.disk import write_json
from maps import measure_maps_of_echoes
from memory import measure_memory
from odd_files import measure_odd_files
from precision import measure_precision
from real_exam import measure_real_exam
from right_layer import measure_right_layer
from robustness import measure_robustness
from roi_coverage import measure_roi_coverage
from speed import measure_speed
from start_up import measure_start_up
from throughput import measure_throughput
from tilts import measure_tilts
from veins import measure_veins
from widths import measure_widths
from workers import show_progress

NOTICE = "Digital exams: nothing here says how well the measurement does in people."


def measure_all(full):
    """Everything that is measured, as plain data."""
    begin = time.perf_counter()
    results = {"version": __version__, "full": full, "notice": NOTICE, "machine": _machine()}
    # Time and memory come first, while this process is the only one.
    show_progress("speed and memory")
    large = make_large_exam()
    results.update(measure_speed(large, full))
    results.update(measure_memory(large))
    show_progress("start-up and live update")
    results.update(measure_start_up())
    results.update(measure_live_update())
    results.update(measure_throughput(full))
    for measure in (
        measure_accuracy,
        measure_precision,
        measure_coverage,
        measure_roi_coverage,
        measure_right_layer,
        measure_robustness,
        measure_hands,
        measure_alignment,
        measure_click_counts,
        measure_absence,
        measure_veins,
        measure_maps_of_echoes,
        measure_tilts,
        measure_widths,
    ):
        results.update(measure(full))
    results.update(measure_real_exam())
    results.update(measure_odd_files(full))
    results["seconds"] = time.perf_counter() - begin
    return results


def measure_statistics(full, kept):
    """The claims of a cohort's report, as plain data; time and memory first, while this process is the only one.

    `kept`: where parts that are done are kept, so that what was interrupted goes on from there.
    """
    from claims import measure_claims
    from study_size import measure_sizes

    begin = time.perf_counter()
    results = {
        "version": __version__,
        "full": full,
        "machine": _machine(),
        **measure_sizes(),
        **measure_claims(full, kept),
    }
    return results | {"seconds": time.perf_counter() - begin}


def write_results(path, results, required):
    """Write the figures and whether they meet what is required.

    Raises
    ------
    ValueError
        If the file cannot be written.
    """
    verdicts = [{**vars(one), "met": one.met} for one in required]
    write_json(path, _with_null({**results, "requirements": verdicts}))


def _with_null(data):
    """The same with None, JSON's null, for numbers that are missing."""
    if isinstance(data, dict):
        return {key: _with_null(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_with_null(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _machine():
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        # What else the machine was doing: times mean little where this exceeds the cores.
        "load_average": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }
