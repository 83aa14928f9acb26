"""Speed: from an edited line to SH/Thk, the same with VTK's probe filters, and the bootstrap behind the intervals."""

from dataclasses import replace
from statistics import median
from time import perf_counter, process_time

import numpy as np
from baseline import bootstrap_and_fit, probe_and_fit, vtk_image
from M1SHThkLib.measuring.measurement import measure_region, with_intervals

MOVED_MM = 0.3


def measure_speed(exam, full):
    """Medians of the time on the clock, and of the processor's own time beside them: they agree on an idle machine.

    `speedup_vs_probe_curve_fit` compares a whole measurement, SH/Thk with its interval of 1,000 replicates, with the
    same by probe filters and curve_fit; `edit_speedup` compares SH/Thk alone.
    """
    volume = vtk_image(exam.image)
    lines = _edited_lines(exam, 300 if full else 120)
    measurement = with_intervals(_measured(exam, lines[0]), exam.image)  # and what is loaded on first use
    # In turn, so that both meet the same other load.
    times = [(_timed(_measured, exam, line), _timed(probe_and_fit, volume, exam, line)) for line in lines]
    edit, edit_cpu, probes, probes_cpu = (float(one) for one in np.median(times, axis=0).ravel())
    intervals = [_timed(with_intervals, measurement, exam.image)[0] for _ in range(31 if full else 11)]
    curve_fits = [_timed(bootstrap_and_fit, measurement)[0] for _ in range(5 if full else 1)]
    return {
        "edit_ms": 1000 * edit,
        "bootstrap_1000_s": median(intervals),
        "speedup_vs_probe_curve_fit": (probes + median(curve_fits)) / (edit + median(intervals)),
        "edit_speedup": probes / edit,
        "speed": {
            "edits": len(lines),
            "normals": measurement.n_normals,
            "edit_95_percentile_ms": 1000 * float(np.quantile([own[0] for own, _ in times], 0.95)),
            "edit_cpu_ms": 1000 * edit_cpu,
            "probe_curve_fit_ms": 1000 * probes,
            "probe_curve_fit_cpu_ms": 1000 * probes_cpu,
            "curve_fit_1000_s": median(curve_fits),
            "sh_thk_per_mm": measurement.sh_thk_fit_per_mm,
            "sh_thk_ci_per_mm": measurement.sh_thk_ci_per_mm,
            "probe_curve_fit_sh_thk_per_mm": float(probe_and_fit(volume, exam, lines[0])),
            "curve_fit_sh_thk_ci_per_mm": bootstrap_and_fit(measurement),
        },
    }


def _edited_lines(exam, count):
    """Lines, shape (n, 3), in each of which another control point was moved within the slice."""
    (points,) = exam.region.pial_lines
    random = np.random.default_rng(0)
    lines = []
    for number in range(count):
        moved = points.copy()
        moved[number % len(points), :2] += random.normal(0, MOVED_MM, 2)
        lines.append(moved)
    return lines


def _measured(exam, points):
    region = replace(exam.region, pial_lines=(points,))
    return measure_region(exam.image, region, exam.splenium, exam.white_matter, exam.settings)


def _timed(function, *arguments):
    """Seconds on the clock and of the processor that a call takes."""
    clock, processor = perf_counter(), process_time()
    function(*arguments)
    return perf_counter() - clock, process_time() - processor
