"""What is said of events that cannot be measured, and of windows with gaps, of every window."""

from __future__ import annotations

import os

import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.panel import plan
from analysis.panel.engine import estimate_windows
from analysis.panel.estimates import LinearModel
from analysis.panel.layout import (
    EVENT_OUTSIDE,
    MISSING_FACTOR,
    MISSING_RETURN,
    OK,
    UNKNOWN_FIRM,
    WINDOW_OUTSIDE,
    Events,
)
from analysis.panel.plan import usable_processors
from analysis.panel.returns import PanelReturns
from analysis.windows import Window

WINDOWS = [Window(0, 0), Window(-1, 2)]
HOW = {"models": [LinearModel((0,)), LinearModel(())], "estimation": Window(-30, -4)}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(31)
    factors = 0.01 * rng.standard_normal((80, 1))
    return factors + 0.02 * rng.standard_normal((80, 3)), factors


def test_an_event_that_is_none_has_a_status_everywhere_and_no_number(data):
    firm, position = [0, 3, -1, 1, 1, 3, 0], [40, 40, 40, 80, -1, 80, 79]
    found = estimate_windows(*data, firm, position, windows=WINDOWS, **HOW)
    wanted = [OK, UNKNOWN_FIRM, UNKNOWN_FIRM, EVENT_OUTSIDE, EVENT_OUTSIDE, UNKNOWN_FIRM]
    for model in range(2):
        assert found.status[:6, model].tolist() == wanted
        for window in range(2):
            assert found.window_status[:6, model, window].tolist() == wanted
            numbers = found.car[:, model, window]
            assert np.isfinite(numbers).tolist() == [True] + 5 * [False] + [window == 0]
    assert found.window_status[6, 0].tolist() == [OK, WINDOW_OUTSIDE]
    assert found.n_window[6].tolist() == [[1, 2], [1, 2]]
    assert np.isnan(found.coefficients[1:6]).all()
    assert (found.n_window[1:6] == 0).all()


def test_a_gap_ends_a_window_unless_it_is_to_be_skipped(data):
    returns, factors = data[0].copy(), data[1].copy()
    returns[41, 0] = np.nan
    factors[51] = np.nan
    firm, position = [0, 0, 1, 1], [40, 42, 50, 51]
    found = estimate_windows(returns, factors, firm, position, windows=WINDOWS, **HOW)
    assert found.window_status[:, 0, 1].tolist() == [
        MISSING_RETURN, MISSING_RETURN, MISSING_FACTOR, MISSING_FACTOR,
    ]  # fmt: skip
    assert found.n_window[:2, 0, 1].tolist() == [3, 3]
    assert np.isnan(found.car[:, 0, 1]).all()
    skipping = estimate_windows(
        returns, factors, firm, position, windows=WINDOWS, skip_missing=True, **HOW
    )
    assert (skipping.window_status[:, 0, 1] == OK).all()
    assert skipping.n_window[:, 0, 1].tolist() == [3, 3, 3, 3]
    for event, days in enumerate(([39, 40, 42], [42, 43, 44], [49, 50, 52], [50, 52, 53])):
        alpha, beta = skipping.coefficients[event, 0]
        ar = returns[days, firm[event]] - alpha - beta * factors[days, 0]
        assert skipping.car[event, 0, 1] == pytest.approx(ar.sum())
        rows = position[event] + np.arange(-30, -3)
        x, y = factors[rows, 0], returns[rows, firm[event]]
        known = np.isfinite(x) & np.isfinite(y)
        assert (beta, alpha) == pytest.approx(np.polyfit(x[known], y[known], 1))


def test_events_come_in_pairs(data):
    for firm, position in (([0, 1], [40]), ([[0]], [[40]])):
        with pytest.raises(StudyError, match="one firm and one position"):
            estimate_windows(*data, firm, position, windows=WINDOWS, **HOW)


def runs_of(events_of_each, threads, monkeypatch, least=100):
    """Cut firms of 50 sessions, each with so many events."""
    monkeypatch.setattr(plan, "_LEAST_WORK", least)
    firms = len(events_of_each)
    returns = PanelReturns.from_matrix(np.zeros((50, firms)))
    starts = np.concatenate([[0], np.cumsum(events_of_each)]).astype(np.int64)
    nothing = np.zeros(0, np.int64)
    return plan._runs(returns, Events(starts, nothing, nothing, nothing), threads)


@pytest.mark.parametrize("threads", [2, 3, 4])
def test_firms_are_cut_into_runs_of_about_the_same_work(threads, monkeypatch):
    """Each firm in one run; no run works more than its share and one firm."""
    events = np.random.default_rng(1).integers(0, 9, 400)
    runs = runs_of(events, threads, monkeypatch)
    assert len(runs) == 8 * threads
    assert [run[0] for run in runs] == [0, *(run[1] for run in runs[:-1])]
    assert runs[-1][1] == 400
    work = np.where(events > 0, 50 + 10 * events, 0)
    done = [int(work[a:b].sum()) for a, b in runs]
    assert max(done) <= work.sum() / len(runs) + work.max()
    assert min(done) >= work.sum() / len(runs) - work.max()


def test_little_work_is_one_run_and_none_is_none(monkeypatch):
    events = [1] * 10
    assert runs_of(events, 4, monkeypatch, least=10_000) == [(0, 10)]
    assert len(runs_of(events, 4, monkeypatch, least=200)) == 4  # 600 of work: 3 cuts at the most
    assert runs_of(events, 1, monkeypatch) == [(0, 10)]
    assert runs_of([0] * 10, 4, monkeypatch) == []
    assert runs_of([], 4, monkeypatch) == []
    # firms without events cost nothing, wherever they lie
    assert runs_of([0] * 50 + [1, 1] + [0] * 50, 4, monkeypatch, least=61) == [(0, 51), (51, 102)]


def test_the_processors_of_this_process_are_counted():
    assert 1 <= usable_processors() <= (os.cpu_count() or 1)
