"""Speed: from an edited line to SH/Thk, the same with VTK's probe filters, and the bootstrap behind the intervals."""

from dataclasses import replace
from statistics import median
from time import perf_counter, process_time

import numpy as np
from baseline import probe_and_fit, vtk_image
from M1SHThkLib.measurement import measure_region, with_intervals

MOVED_MM = 0.3


def measure_speed(exam, full):
    """Medians of the time on the clock, and of the processor's own time beside them: they agree on an idle machine."""
    volume = vtk_image(exam.image)
    lines = _edited_lines(exam, 300 if full else 120)
    _measured(exam, lines[0])  # what is loaded on first use
    # In turn, so that both meet the same other load.
    times = [(_timed(_measured, exam, line), _timed(probe_and_fit, volume, exam, line)) for line in lines]
    edit, edit_cpu, probes, probes_cpu = np.array(times).reshape(len(lines), 4).T
    measurement = _measured(exam, lines[0])
    bootstraps = [_timed(with_intervals, measurement)[0] for _ in range(31 if full else 11)]
    return {
        "edit_ms": 1000 * median(edit),
        "bootstrap_1000_s": median(bootstraps),
        "speedup_vs_probe_curve_fit": median(probes) / median(edit),
        "speed": {
            "edits": len(lines),
            "normals": measurement.n_normals,
            "edit_95_percentile_ms": 1000 * float(np.quantile(edit, 0.95)),
            "edit_cpu_ms": 1000 * median(edit_cpu),
            "probe_curve_fit_ms": 1000 * median(probes),
            "probe_curve_fit_cpu_ms": 1000 * median(probes_cpu),
            "sh_thk_per_mm": measurement.sh_thk_fit_per_mm,
            "probe_curve_fit_sh_thk_per_mm": float(probe_and_fit(volume, exam, lines[0])),
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
