"""Tests that need more of a firm than its daily levels: years of history, opens, volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.effects.halves import half_test, split_returns
from analysis.inference.effects.recovery import recovery_test
from analysis.inference.effects.volume import abnormal_volume_test, log_turnover
from analysis.inference.outcome import Outcome
from analysis.models.linear import LeastSquares
from analysis.run.fit import gap_before, rows_of

if TYPE_CHECKING:
    import pandas as pd

    from analysis._typing import FloatArray
    from analysis.results import PlacedEvent
    from analysis.run.records import Plan

IDS = ("overnight", "intraday", "volume", "recovery")


def losses_before(
    plan: Plan, placed: PlacedEvent, symbol: str
) -> tuple[FloatArray | None, float | None]:
    """
    List a firm's losses of the sessions before an event, and the event's own.

    Parameters
    ----------
    plan : Plan
    placed : PlacedEvent
    symbol : str

    Returns
    -------
    losses : ndarray of shape (n,) or None
        Simple returns with the sign turned, decimal; None where no long history is at hand.
    loss : float or None
        Of the event session.
    """
    history = plan.data.histories.get(symbol)
    if history is None or placed.session not in history.index:
        return None, None
    losses = -(history["adj_close"] / history["adj_close"].shift(1) - 1)
    before = losses.loc[losses.index < placed.session].dropna()
    return before.to_numpy(dtype=np.float64), float(losses.loc[placed.session])


def history_tests(plan: Plan, placed: PlacedEvent, symbol: str) -> tuple[Outcome, ...]:
    """
    Test the halves of the session, the volume, and the time to recovery.

    Parameters
    ----------
    plan, placed, symbol
        As `losses_before`.

    Returns
    -------
    tuple of Outcome
        One for each of `IDS`; unavailable where the firm's history is not at hand or ends early.
    """
    history = plan.data.histories.get(symbol)
    if history is None or placed.session not in history.index:
        reason = f"no daily history of {symbol} is at hand"
        return tuple(Outcome.missing(test, reason) for test in IDS)
    position = int(history.index.searchsorted(placed.session))
    window, estimation = plan.study.headline.window, plan.study.estimation
    if position + estimation.start < 1 or position + window.end >= len(history):
        reason = f"the daily history of {symbol} does not cover the windows"
        return tuple(Outcome.missing(test, reason) for test in IDS)
    rows, ahead = rows_of(position, estimation), rows_of(position, window)
    level = plan.study.level
    halves = split_returns(*(_column(history, name) for name in ("open", "close", "adj_close")))
    none, none_ahead = np.empty((len(estimation), 0)), np.empty((len(window), 0))
    turnover = log_turnover(_column(history, "volume"), 1.0)
    return (
        half_test(
            "overnight",
            LeastSquares(),
            (halves.overnight[rows], none),
            (halves.overnight[ahead], none_ahead),
            (),
            gap=gap_before(window, estimation),
            level=level,
        ),
        half_test(
            "intraday",
            LeastSquares(),
            (halves.intraday[rows], none),
            (halves.intraday[ahead], none_ahead),
            (),
            gap=gap_before(window, estimation),
            level=level,
        ),
        abnormal_volume_test(turnover[rows], none, turnover[ahead], none_ahead, level=level),
        recovery_test(_chained(history, plan.data.levels[symbol]), position).outcome,
    )


def _column(history: pd.DataFrame, name: str) -> FloatArray:
    return history[name].to_numpy(dtype=np.float64)


def _chained(history: pd.DataFrame, levels: pd.Series) -> FloatArray:
    """Carry the adjusted closes of the history on by the levels beyond its end."""
    end = history.index[-1]
    adjusted = history["adj_close"]
    later = levels.loc[levels.index > end].dropna()
    if end not in levels.index or not len(later):
        return adjusted.to_numpy(dtype=np.float64)
    carried = later * (float(adjusted.iloc[-1]) / float(levels.loc[end]))
    return np.concatenate([adjusted.to_numpy(), carried.to_numpy()]).astype(np.float64)
