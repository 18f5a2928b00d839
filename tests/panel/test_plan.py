"""What is said of events that cannot be measured, and of windows with gaps, of every window."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.panel.engine import estimate_windows
from analysis.panel.estimates import LinearModel
from analysis.panel.layout import (
    EVENT_OUTSIDE,
    MISSING_FACTOR,
    MISSING_RETURN,
    OK,
    UNKNOWN_FIRM,
    WINDOW_OUTSIDE,
)
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
