"""Great studies on the command line: how long `cohort` takes from tables to report, and how much memory."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from simulated_studies import Design, draw_study, write_tables

PROGRAM = Path(__file__).resolve().parent.parent.parent / "M1SHThk" / "M1SHThkLib"
SIZES = (1000, 10_000)


def design_of(size):
    """Patients, mimics and controls with six regions, of which a tenth is missing; one in ten measured four times."""
    patients, mimics = size // 2, size // 5
    return Design(
        patients=patients,
        controls=size - patients - mimics,
        mimics=mimics,
        regions=6,
        effect=0.5,
        mimics_effect=0.2,
        missing=0.1,
        score=0.5,
        repeats=0.1,
        eyes=True,
    )


def measure_sizes():
    """Seconds and peak MiB of `cohort` by number of subjects, as plain data."""
    return {"sizes": {str(size): _measured(size) for size in SIZES}}


def _measured(size):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        measurements, clinical = write_tables(folder, draw_study(np.random.default_rng(0), design_of(size)))
        command = [sys.executable, PROGRAM, "cohort", measurements, "--clinical", clinical, "-o", folder / "out"]
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        told = process.stderr.read().decode()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        if status:
            raise RuntimeError(f"cohort of {size} subjects ended with {status}: {told[-500:]}")
    # Linux counts in KiB, macOS in bytes.
    peak = used.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    processor = used.ru_utime + used.ru_stime
    return {"seconds": seconds, "processor_seconds": processor, "peak_mib": peak, "tells_progress": "next:" in told}
