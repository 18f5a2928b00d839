"""The cut of a panel into parts, on a cluster that runs each task on the spot."""

from __future__ import annotations

import functools

import pytest

from analysis.batch import partition
from analysis.batch.batch import run_batch
from analysis.batch.partition import DaskEstimator


class OnTheSpot:
    """A cluster of one that waits for nothing."""

    def submit(self, function, *given, pure):
        return function(*given)

    def gather(self, futures):
        return futures


@pytest.mark.parametrize("part_values", [100, 1000, 1_000_000])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_parts_write_the_bytes_of_the_whole(
    request_for, panel_frames, monkeypatch, part_values, kind
):
    returns, factors, events = panel_frames
    events = events.copy()
    events.loc[::9, "symbol"] = 5  # unknown
    request = request_for(kind, out=f"out.{kind}", frames=(returns, factors, events))
    run_batch(request)
    whole = request.out.read_bytes()
    monkeypatch.setattr(partition, "PART_VALUES", part_values)
    run_batch(request, estimator=functools.partial(DaskEstimator.over, OnTheSpot()))
    assert request.out.read_bytes() == whole
