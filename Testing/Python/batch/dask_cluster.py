"""A real dask cluster on this machine: a scheduler and two workers, each a process that can be killed."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

STARTS_WITHIN_S = 60


@contextmanager
def running_cluster(folder, python_path, workers=2):
    """Address of the scheduler; the workers import what lies in `python_path`, and nothing of M1SHThk besides."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, python_path))}
    address_file = folder / "scheduler.json"
    processes = []

    def start(program, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *arguments, "--no-dashboard"]
        with open(folder / f"{len(processes)}-{program}.log", "w") as log:
            processes.append(subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log))

    try:
        start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(address_file))
        for number in range(workers):
            place = ("--local-directory", str(folder / f"worker-{number}"))
            start("worker", "--scheduler-file", str(address_file), "--no-nanny", "--nthreads", "1", *place)
        yield _address(address_file, workers)
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def _address(file, workers):
    from distributed import Client

    until = time.monotonic() + STARTS_WITHIN_S
    while not Path(file).is_file() and time.monotonic() < until:
        time.sleep(0.05)
    with Client(scheduler_file=str(file), timeout=STARTS_WITHIN_S, set_as_default=False) as client:
        if workers:
            client.wait_for_workers(workers, timeout=STARTS_WITHIN_S)
        return client.scheduler.address
