"""Throughput: how many exams a second 'measure' does from files, pictures included, in one process and in two."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from M1SHThkLib.batch.exams import ExamFile, measure_batch
from M1SHThkLib.digital_exam.phantom import PhantomOptions, make_phantom
from M1SHThkLib.files.exams import write_exam
from workers import show_progress


def measure_throughput(full):
    """Exams a second in one process, and one process's time over twice that of two; starting them counts."""
    exams = 100 if full else 40
    show_progress("throughput")
    with TemporaryDirectory() as folder:
        folder = Path(folder)
        phantom = make_phantom(PhantomOptions(field_strength=3, group="patient", seed=1, slices=3, cropped=True))
        paths = []
        for number in range(exams):
            noisy = phantom.with_noise(number)
            exam = replace(noisy.exam(), subject=f"sub-{number}")
            paths.append(write_exam(folder / f"{number}", exam, noisy.echoes, noisy.echo_times_ms))
        one, two = (_seconds(paths, folder / f"by-{jobs}", jobs) for jobs in (1, 2))
    return {
        "exams_per_s": exams / one,
        "exams_per_s_two_processes": exams / two,
        "two_process_efficiency": one / (2 * two),
        "throughput": {"exams": exams, "regions_an_exam": len(phantom.regions)},
    }


def _seconds(paths, folder, jobs):
    begin = perf_counter()
    measure_batch([ExamFile(path, folder / "figures") for path in paths], folder, jobs)
    return perf_counter() - begin
