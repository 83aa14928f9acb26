"""The same outcomes in the same order, whatever runs the tasks and whoever dies of them."""

import gc
import importlib
import os
import signal
import sys
import time
from pathlib import Path

import M1SHThkLib
import pytest
from dask_cluster import running_cluster
from errands import KILL, die_at_three, fail_at, square, version_and_place
from M1SHThkLib.batch import parallel
from M1SHThkLib.batch.parallel import Failure, run

HERE = Path(__file__).resolve().parent
pytestmark = pytest.mark.xdist_group("parallel")  # what its tests share is made once


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Its workers have an older version of M1SHThk at hand."""
    old = tmp_path_factory.mktemp("old")
    (old / "M1SHThkLib").mkdir()
    (old / "M1SHThkLib" / "__init__.py").write_text('__version__ = "0.0.1"\n')
    with running_cluster(tmp_path_factory.mktemp("cluster"), [HERE, old]) as address:
        yield address


RUNNERS = ("here", "two processes", "dask")


@pytest.fixture(params=RUNNERS)
def runner(request):
    if request.param == "dask":
        return {"dask": request.getfixturevalue("cluster")}
    return {"jobs": 2 if request.param == "two processes" else 1}


def test_outcomes_are_in_the_order_of_the_tasks_and_failures_among_them(runner):
    told = {}
    outcomes = run(fail_at, range(6), **runner, on_done=told.__setitem__)
    failures = [Failure("one is not wanted; give another"), Failure("unexpected LookupError (two); please report it")]
    assert outcomes == [0, *failures, 3, 4, 5]
    assert told == dict(enumerate(outcomes))


def test_no_tasks_give_no_outcomes(runner):
    assert run(fail_at, [], **runner) == []


@pytest.mark.parametrize("by", RUNNERS[1:])
def test_a_worker_killed_in_mid_run_loses_nothing(by, tmp_path):
    killed = []

    def kill_the_first(number, outcome):
        if not killed:
            killed.append(outcome[1])
            time.sleep(0.3)  # it dies with further results that nobody has fetched,
            os.kill(outcome[1], KILL)
            time.sleep(0.2)  # of which we are told before we fetch them

    if by == "dask":
        with running_cluster(tmp_path, [HERE]) as address:
            outcomes = run(square, range(16), dask=address, on_done=kill_the_first)
    else:
        outcomes = run(square, range(16), jobs=2, on_done=kill_the_first)
    assert [result for result, _ in outcomes] == [number**2 for number in range(16)]
    assert len({process for _, process in outcomes} - set(killed)) >= 1
    assert killed[0] not in {process for _, process in outcomes[-4:]}


def test_a_task_of_which_processes_die_is_a_failure_and_the_others_are_done():
    outcomes = run(die_at_three, range(6), jobs=2)
    assert [outcome for outcome in outcomes if not isinstance(outcome, Failure)] == [0, 1, 2, 4, 5]
    assert "died" in outcomes[3].reason


def test_processes_compute_in_one_thread_each_and_leave_the_environment_as_it_was(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    names = ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"]
    assert run(os.getenv, names, jobs=2) == ["1", "2"]
    assert os.getenv("OPENBLAS_NUM_THREADS") is None


def test_workers_run_this_version_wherever_they_would_take_another_from(cluster):
    from distributed import Client

    with Client(cluster, set_as_default=False) as client:
        assert set(client.run(importlib.import_module, "M1SHThkLib").values())  # the old one is loaded now
    outcomes = run(version_and_place, range(4), dask=cluster)
    assert {(version, module) for version, _, module in outcomes} == {
        (M1SHThkLib.__version__, "M1SHThkLib.batch.parallel")
    }
    for _, place, _ in outcomes:
        assert Path(place).read_bytes() == Path(M1SHThkLib.__file__).read_bytes()


@pytest.mark.parametrize("address", ("tcp://127.0.0.1:1", "nowhere", "pigeon://roof:8786"))
def test_a_scheduler_that_does_not_answer_is_named_with_the_remedy(address, monkeypatch):
    from distributed import Client

    monkeypatch.setattr(parallel, "CONNECT_S", 1)
    with pytest.raises(ValueError, match=rf"^{address}: no dask scheduler answers.*; give"):
        run(fail_at, range(3), dask=address)
    # The garbage collector may run anywhere; were it to close one, a later run could wait for itself.
    assert {client.status for client in gc.get_objects() if isinstance(client, Client)} <= {"closed"}


def test_a_cluster_without_workers_is_named_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "CONNECT_S", 1)
    with (
        running_cluster(tmp_path, [HERE], workers=0) as address,
        pytest.raises(ValueError, match="has no workers; start some with: dask worker tcp"),
    ):
        run(fail_at, range(3), dask=address)


def test_a_cluster_whose_workers_all_die_leaves_what_was_done(tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "IDLE_S", 1)
    with running_cluster(tmp_path, [HERE], workers=1) as address:
        outcomes = run(die_at_three, [1, 2, 3, 4], dask=address)
    assert all(outcome in (1, 2, 4) or "no workers left" in outcome.reason for outcome in outcomes)
    assert isinstance(outcomes[2], Failure)


@pytest.mark.parametrize("fate", ("SIGKILL", "SIGSTOP"))
def test_a_cluster_that_answers_no_more_leaves_what_was_done_in_bounded_time(fate, tmp_path, monkeypatch):
    from distributed import Client

    if not hasattr(signal, fate):
        pytest.skip(f"this system has no {fate}")
    monkeypatch.setattr(parallel, "IDLE_S", 1)
    monkeypatch.setattr(parallel, "CONNECT_S", 2)
    with running_cluster(tmp_path, [HERE]) as address:
        with Client(address, set_as_default=False) as client:
            scheduler = client.run_on_scheduler(os.getpid)
        told = []

        def strike_the_scheduler(number, outcome):
            if not told:
                os.kill(scheduler, getattr(signal, fate))
            told.append(number)

        outcomes = run(square, range(16), dask=address, on_done=strike_the_scheduler)
    assert sorted(told) == list(range(16))
    assert outcomes[told[0]][0] == told[0] ** 2
    assert {outcome.reason for outcome in outcomes if isinstance(outcome, Failure)} == {
        f"the cluster {address} can no longer be reached; start it again"
    }


def test_runs_that_share_a_cluster_do_not_end_one_another(cluster):
    others = []

    def run_another(number, outcome):
        if not others:
            others.append(None)
            others[0] = run(square, range(2), dask=cluster)

    outcomes = run(square, range(4), dask=cluster, on_done=run_another)
    assert [result for result, _ in outcomes + others[0]] == [0, 1, 4, 9, 0, 1]


def test_without_the_package_distributed_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match=r"needs the package distributed.*pip install distributed"):
        run(fail_at, range(3), dask="tcp://127.0.0.1:8786")
