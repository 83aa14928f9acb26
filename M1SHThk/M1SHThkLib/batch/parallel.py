"""One function for many tasks: run here, by several processes or by a cluster, with the same outcomes in one order."""

import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import uuid
from collections import deque
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

DEATHS = 3  # of processes that ran one task and nothing else, after which the task is given up
CONNECT_S = 10  # within which a scheduler must answer and have a worker
IDLE_S = 60  # after which a cluster of which no worker is at anything is given up
POLL_S = 0.05
_LIBRARY = __package__.partition(".")[0]  # the whole package, in whatever room of it this file lies
# What numpy's and scipy's linear algebra looks at when it is loaded. Processes side by side have no core to spare.
_THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass(frozen=True)
class Failure:
    """What a task without a result leaves: the reason, in one line."""

    reason: str


def run(function, tasks, jobs=1, dask=None, on_done=None):
    """Outcomes of `function` for every task, in the order of the tasks, whatever runs them.

    A process or worker that dies loses nothing: its task is run again elsewhere.

    Parameters
    ----------
    function : callable
        Takes one task. Where other processes run it, it must be importable by name, and task and result be pickled.
    tasks : iterable
    jobs : int
        Processes at once on this machine; 1 = this one.
    dask : str, or None
        Address of the scheduler of a dask.distributed cluster that runs the tasks in their stead. This package is
        brought to its workers; what else the function imports, and the files that it reads, must be there.
    on_done : callable, or None
        Called here as each task is done, in any order, with its number and its outcome.

    Returns
    -------
    list
        A result for every task, or a Failure: the message of a ValueError, the type and message of any other
        exception, or that processes died of the task.

    Raises
    ------
    ValueError
        If the cluster cannot be reached or has no workers.
    """
    tasks = list(tasks)
    outcomes = [None] * len(tasks)

    def done(number, outcome):
        outcomes[number] = outcome
        if on_done:
            on_done(number, outcome)

    if dask is not None:
        _on_cluster(function, tasks, dask, done)
    elif jobs > 1:
        _in_processes(function, tasks, jobs, done)
    else:
        for number, task in enumerate(tasks):
            done(number, outcome_of(function, task))
    return outcomes


def outcome_of(function, task):
    """The function's result for a task, or a Failure in place of any exception."""
    try:
        return function(task)
    except Exception as error:
        return _failure(error)


def _failure(error):
    text = " ".join(str(error).split())
    if isinstance(error, ValueError):
        return Failure(text)
    return Failure(f"unexpected {type(error).__name__}{text and f' ({text})'}; please report it")


def _in_processes(function, tasks, jobs, done):
    deaths = dict.fromkeys(range(len(tasks)), 0)  # of the tasks that are not done

    def forget(number, outcome):
        del deaths[number]
        done(number, outcome)

    while deaths:
        suspect = max(deaths, key=deaths.get)
        if not deaths[suspect]:
            suspects = _in_pool(function, tasks, list(deaths), jobs, forget)
        elif deaths[suspect] <= DEATHS:  # alone, to be sure that it is to blame
            suspects = _in_pool(function, tasks, [suspect], 1, forget)
        else:
            forget(suspect, Failure(f"a process died {deaths[suspect]} times while it was at this"))
            continue
        for number in suspects:
            deaths[number] += 1


def _in_pool(function, tasks, numbers, jobs, done):
    """Run tasks until all are done or a process dies; returns those that it may have been at."""
    waiting, running, suspects = deque(numbers), {}, []
    with _single_threaded(), _pool(min(jobs, len(numbers))) as pool:
        while running or (waiting and not suspects):
            # No more than can run: what merely waits is no suspect.
            while waiting and len(running) < jobs and not suspects:
                try:
                    running[pool.submit(outcome_of, function, tasks[waiting[0]])] = waiting[0]
                except BrokenProcessPool:  # a process has died, be it between two tasks
                    waiting.clear()  # for the next pool
                    break
                waiting.popleft()
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                number, error = running.pop(future), future.exception()
                if isinstance(error, BrokenProcessPool):
                    suspects.append(number)
                else:
                    done(number, _failure(error) if error else future.result())
    return suspects


def _pool(processes):
    # Spawned, not forked: the same on every system, and without what this process holds.
    return ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=_prepare_process)


def _prepare_process():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches every process: end at once, without a word
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)


@contextmanager
def _single_threaded():
    """Processes that are started meanwhile compute in one thread each, unless the user's environment says otherwise."""
    unset = [name for name in _THREAD_COUNTS if name not in os.environ]
    os.environ.update(dict.fromkeys(unset, "1"))
    try:
        yield
    finally:
        for name in unset:
            del os.environ[name]


def _on_cluster(function, tasks, address, done):
    with _connected(address) as client, _library_on_workers(client):
        from distributed import CancelledError, TimeoutError  # on Python 3.10 not the builtin one

        # Defined in here, it travels by value, and the task as bytes: the scheduler need not import anything.
        def unpacked(call):
            outcome_of, function, task = pickle.loads(call)
            return outcome_of(function, task)

        running = {}
        for number, task in enumerate(tasks):
            key = f"{_LIBRARY}-{number}-{uuid.uuid4().hex}"
            running[number] = client.submit(unpacked, pickle.dumps((outcome_of, function, task)), key=key, pure=False)
        at_work = time.monotonic()
        try:
            while running and time.monotonic() - at_work < IDLE_S:
                for number in _ended(running):
                    try:
                        outcome = _outcome_of_cluster(running[number])
                    except (TimeoutError, OSError):  # its worker died with the result, which is being made anew
                        continue
                    del running[number]
                    done(number, outcome)
                    at_work = time.monotonic()
                if any((_at_work(client) or {}).values()):
                    at_work = time.monotonic()
        except CancelledError:
            pass  # the connection is lost, or the scheduler has forgotten us
        if running:
            what = "can no longer be reached" if _at_work(client) is None else "has no workers left at work"
            for number in running:
                done(number, Failure(f"the cluster {address} {what}; start it again"))


def _ended(running):
    """Numbers of the futures that have ended, as soon as there are any, or after a second none.

    They are asked, not listened to: a future whose worker dies is told to have ended, and goes on elsewhere.
    """
    until = time.monotonic() + 1
    while time.monotonic() < until:
        time.sleep(POLL_S)
        if ended := [number for number, future in running.items() if future.done()]:
            return ended
    return []


def _outcome_of_cluster(future):
    from distributed import CancelledError, KilledWorker

    if future.cancelled():
        raise CancelledError
    error = future.exception(timeout=CONNECT_S)
    if isinstance(error, KilledWorker):
        return Failure("workers died again and again while they were at this")
    return _failure(error) if error else future.result(timeout=CONNECT_S)


def _at_work(client):
    """The tasks that each worker is at, others' included, as ours wait for them; None if the scheduler is silent."""
    from distributed import TimeoutError

    if client.status != "running":
        return None
    try:
        return client.sync(client.scheduler.processing, callback_timeout=CONNECT_S)
    except (OSError, TimeoutError):
        return None


@contextmanager
def _connected(address):
    try:
        from distributed import Client, TimeoutError
    except ImportError as error:
        remedy = "install it with: python3 -m pip install distributed"
        raise ValueError(f"a dask cluster needs the package distributed, which is missing here; {remedy}") from error

    class ConnectedClient(Client):
        def start(self, **options):
            try:
                super().start(**options)
            except BaseException:
                self.close()  # or the garbage collector does: in the middle of the next start, whose lock it never gets
                raise

    try:
        for name in ("distributed", "distributed.client", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is told by outcomes
        client = ConnectedClient(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        remedy = "give that of a running dask scheduler, such as tcp://192.168.1.10:8786"
        raise ValueError(f"{address}: no dask scheduler answers at this address; {remedy}") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT_S)
        except TimeoutError as error:
            remedy = f"start some with: dask worker {address}"
            raise ValueError(f"{address}: this dask scheduler has no workers; {remedy}") from error
        yield client


@contextmanager
def _library_on_workers(client):
    """See to it that every worker, later ones included, imports this very version of the package."""
    from distributed import TimeoutError, WorkerPlugin

    library, root = _LIBRARY, Path(sys.modules[_LIBRARY].__file__).parent
    files = {path.relative_to(root.parent).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.py"))}

    # Defined in here, it travels by value too.
    class LibraryPlugin(WorkerPlugin):
        name = f"{library}-{uuid.uuid4().hex}"  # of its own for each of the runs that share a cluster

        def setup(self, worker):
            self.folder = None
            loaded = sys.modules.get(library)
            if loaded and all(_holds(Path(loaded.__file__).parents[1] / name, files[name]) for name in files):
                return
            self.folder = Path(worker.local_directory) / self.name
            for name, content in files.items():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / name).write_bytes(content)
            for name in list(sys.modules):
                if name.split(".")[0] == library:
                    del sys.modules[name]
            sys.path.insert(0, str(self.folder))

        def teardown(self, worker):
            if self.folder:
                sys.path.remove(str(self.folder))

    def _holds(path, content):
        return path.is_file() and path.read_bytes() == content

    client.register_plugin(LibraryPlugin())
    try:
        yield
    finally:
        if client.status == "running":
            with suppress(OSError, TimeoutError):  # a worker that ends now, or hangs, keeps no outcome back
                unregister = client.scheduler.unregister_worker_plugin
                client.sync(unregister, name=LibraryPlugin.name, callback_timeout=CONNECT_S)
