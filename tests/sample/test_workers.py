"""A sample on two worker processes of a cluster against one process."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.batch.partition import connected
from analysis.sample.run import run_sample
from analysis.sample.spec import SampleSpec
from analysis.windows import Window
from tests.sample.conftest import make_data, make_events

SPEC = SampleSpec(
    benchmark="MKT",
    estimation=Window(-120, -11),
    windows=(Window(0, 0), Window(-1, 1)),
    path=Window(-5, 10),
    draws=99,
    placebos=19,
)


class OnTheSpot:
    """A cluster that runs every task when it is submitted."""

    def submit(self, function, *given, pure):
        assert not pure
        return function(*given)

    def gather(self, futures):
        return futures


@pytest.fixture
def pairs(world, monkeypatch):
    from analysis.sample import histories, measure

    monkeypatch.setattr(measure, "TASK", 16)
    monkeypatch.setattr(histories, "BLOCK", 16)
    rng = np.random.default_rng(2)
    firm, position = np.repeat(np.arange(12), 9), np.tile(rng.integers(200, 680, 9), 12)
    data = make_data(*world)
    return make_events(data, firm, position, group=["a", "b", "b"] * 36), data


def same(found, expected):
    pd.testing.assert_frame_equal(found.tidy, expected.tidy, check_exact=True)
    pd.testing.assert_frame_equal(found.firm_events, expected.firm_events, check_exact=True)
    pd.testing.assert_frame_equal(found.paths(), expected.paths(), check_exact=True)


def test_tasks_are_what_one_process_does(pairs):
    same(run_sample(*pairs, SPEC, client=OnTheSpot()), run_sample(*pairs, SPEC))


@pytest.mark.slow
def test_two_worker_processes_give_the_same_bits(pairs):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
        ) as cluster,
        connected(cluster.scheduler_address) as client,
    ):
        spec = replace(SPEC, placebos=0)
        same(run_sample(*pairs, spec, client=client), run_sample(*pairs, spec))
