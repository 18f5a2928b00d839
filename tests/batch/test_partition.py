"""Several worker processes give the bytes of one, also when one of them is killed."""

from __future__ import annotations

import functools
import os
import signal
import threading

import numpy as np
import pandas as pd
import pytest

from analysis.batch import partition
from analysis.batch.batch import run_batch
from analysis.batch.partition import DaskEstimator, connected
from analysis.errors import SourceError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
    ) as cluster:
        yield cluster


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(partition, "PART_VALUES", 1000)


def test_same_bytes_as_one_machine(cluster, request_for, small_parts):
    request = request_for()
    run_batch(request)
    alone = request.out.read_bytes()
    with connected(cluster.scheduler_address) as client:
        run_batch(request, estimator=functools.partial(DaskEstimator.over, client))
    assert request.out.read_bytes() == alone


def test_events_of_nobody(cluster, request_for, panel_frames):
    returns, factors, events = panel_frames
    request = request_for(frames=(returns, factors, events.assign(symbol=5)))
    with connected(cluster.scheduler_address) as client:
        summary = run_batch(request, estimator=functools.partial(DaskEstimator.over, client))
    assert summary.statuses == {"unknown symbol": 160}
    request = request_for(frames=(returns, factors, events.iloc[:0]))
    with connected(cluster.scheduler_address) as client:
        assert (
            run_batch(request, estimator=functools.partial(DaskEstimator.over, client)).n_events
            == 0
        )


def test_killed_worker_changes_nothing(cluster, request_for, panel_frames, small_parts):
    returns, factors, _ = panel_frames
    rng = np.random.default_rng(0)
    events = pd.DataFrame(
        {
            "symbol": rng.integers(10001, 10013, 300_000),
            "event_date": rng.choice(factors["session"], 300_000),
        }
    )
    request = request_for(frames=(returns, factors, events))
    run_batch(request)
    alone = request.out.read_bytes()
    with connected(cluster.scheduler_address) as client:
        before = set(client.run(os.getpid).values())
        over = threading.Event()
        (doomed,) = (name for name, pid in client.run(os.getpid).items() if pid == min(before))

        def kill():
            while not client.processing().get(doomed) and not over.is_set():
                over.wait(0.01)  # asks again whether the worker has a part to solve
            os.kill(min(before), signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        run_batch(request, estimator=functools.partial(DaskEstimator.over, client))
        over.set()
        killer.join()
        client.wait_for_workers(2, timeout=30)
        assert min(before) not in set(client.run(os.getpid).values())
    assert request.out.read_bytes() == alone


def test_no_scheduler_is_one_message():
    with (
        pytest.raises(SourceError, match="no Dask scheduler answers"),
        connected("tcp://127.0.0.1:9"),
    ):
        pass


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def test_workers_that_keep_dying_are_one_message(request_for, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(partition, "_solve", die)
    request = request_for()
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
        ) as cluster,
        pytest.raises(SourceError, match="lost its workers again and again"),
        connected(cluster.scheduler_address) as client,
    ):
        run_batch(request, estimator=functools.partial(DaskEstimator.over, client))
    assert not request.out.exists()
