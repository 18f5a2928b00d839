"""What the tests of one firm work on, put together from a case."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import DataError
from analysis.inference.effects.buy_and_hold import HORIZONS
from analysis.inference.effects.halves import split_returns
from analysis.inference.effects.variance import SESSIONS_AFTER
from analysis.inference.effects.volume import log_turnover
from analysis.inference.firm import DailyHistory, FirmSample, LongRun
from analysis.panel.engine import estimate_windows
from analysis.panel.estimates import LinearModel
from analysis.run.fit import gap_before, rows_of
from analysis.run.halves import case_halves
from analysis.windows import Window

if TYPE_CHECKING:
    import pandas as pd

    from analysis._typing import FloatArray
    from analysis.inference.scaled import ScaledPlacebo
    from analysis.run.case import Case
    from analysis.run.fit import FirmFit


def event_sample(
    case: Case,
    symbol: str,
    window: Window,
    draws: FloatArray,
    scaled: ScaledPlacebo | None = None,
) -> FirmSample:
    """
    Put a firm's fit and event window together.

    Parameters
    ----------
    case : Case
    symbol : str
    window : Window
    draws : ndarray of shape (B,)
        The statistic of the window on pseudo-dates.
    scaled : ScaledPlacebo, optional
        Its CARs there, with forecasts of the volatility.

    Returns
    -------
    FirmSample
        What the tests of every cell need; see `whole_sample` for the rest.
    """
    design, fit = case.designs[symbol], case.fits[symbol]
    ahead = rows_of(case.placed.position, case.window(symbol, window))
    return FirmSample(
        estimator=case.specification.model.estimator,
        fit=fit.model,
        path=case.path(symbol, window),
        y=fit.y,
        x=fit.x,
        post_y=design.y[ahead],
        post_x=design.x[ahead],
        names=design.names,
        placebo=draws,
        scaled=scaled,
    )


def whole_sample(
    case: Case,
    symbol: str,
    window: Window,
    draws: FloatArray,
    scaled: ScaledPlacebo | None = None,
) -> FirmSample:
    """
    Add to `event_sample` what only some tests need: other sessions, long history, the long run.

    Parameters
    ----------
    case, symbol, window, draws, scaled
        As `event_sample`.

    Returns
    -------
    FirmSample
    """
    design, fit = case.designs[symbol], case.fits[symbol]
    window = case.window(symbol, window)
    between = slice(case.rows.stop, rows_of(case.placed.position, window).start)
    gap = design.complete[between]
    losses, loss = _losses(case, symbol)
    history, reason = _history(case, symbol, window)
    return replace(
        event_sample(case, symbol, window, draws, scaled),
        gap_y=design.y[between][gap],
        gap_x=design.x[between][gap],
        losses=losses,
        loss=loss,
        after=_after(fit, window),
        history=history,
        no_history=reason,
        long_run=_long_run(case, symbol) if fit_is_linear(case) else None,
    )


def fit_is_linear(case: Case) -> bool:
    """Say whether the case's model is fitted by least squares."""
    return case.specification.model.estimator.capabilities.linear


def _after(fit: FirmFit, window: Window) -> FloatArray:
    """Abnormal returns of the sessions that follow a window, those without a return left out."""
    end = min(window.end + SESSIONS_AFTER, len(fit.design.y) - 1 - fit.position)
    if end <= window.end:
        return np.empty(0)
    abnormal = fit.daily(Window(window.end + 1, end)).abnormal
    return abnormal[np.isfinite(abnormal)]


def _losses(case: Case, symbol: str) -> tuple[FloatArray, float]:
    """Losses of the sessions before the event and the event's own, simple and decimal."""
    history = case.plan.data.histories.get(symbol)
    if history is None or case.placed.session not in history.index:
        return np.empty(0), math.nan
    losses = -(history["adj_close"] / history["adj_close"].shift(1) - 1)
    before = losses.loc[losses.index < case.placed.session].dropna()
    return before.to_numpy(dtype=np.float64), float(losses.loc[case.placed.session])


def _history(case: Case, symbol: str, window: Window) -> tuple[DailyHistory | None, str]:
    history = _bars(case, symbol)
    if history is None or case.placed.session not in history.index:
        return None, f"no daily history of {symbol} is at hand"
    position = int(history.index.searchsorted(case.placed.session))
    estimation = case.study.estimation
    if position + estimation.start < 1 or position + window.end >= len(history):
        return None, f"the daily history of {symbol} does not cover the windows"
    rows, ahead = rows_of(position, estimation), rows_of(position, window)
    try:
        halves = split_returns(*(_column(history, name) for name in ("open", "close", "adj_close")))
        turnover = log_turnover(_column(history, "volume"), 1.0)
    except DataError as error:
        return None, str(error)
    whole = np.isfinite(halves.overnight)  # which needs the intraday return
    use = np.flatnonzero(whole[rows]) + rows.start
    if len(use) < case.study.min_estimation or not whole[ahead].all():
        use = use[:0]
    market = _market(case, symbol, history.index[use], history.index[ahead])
    traded = np.isfinite(turnover[rows]).all() and np.isfinite(turnover[ahead]).all()
    return DailyHistory(
        overnight=(halves.overnight[use], halves.overnight[ahead]),
        intraday=(halves.intraday[use], halves.intraday[ahead]),
        market_overnight=market[0],
        market_intraday=market[1],
        turnover=(turnover[rows] if traded else turnover[:0], turnover[ahead]),
        gap=gap_before(window, estimation),
        levels=_chained(history, case.plan.data.levels[symbol]),
        position=position,
    ), ""


def _market(
    case: Case, symbol: str, estimation: pd.Index, event: pd.Index
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """Lay out the benchmark's halves on a firm's sessions, without a column where some lack."""
    found, index = case_halves(case, symbol), case.plan.data.levels.index
    if found is not None:
        rows = [index.get_indexer(sessions) for sessions in (estimation, event)]
        overnight, intraday = (
            [half[row][:, None] for row in rows] for half in (found.overnight, found.intraday)
        )
        known = all((row >= 0).all() for row in rows)
        if known and all(np.isfinite(part).all() for part in (*overnight, *intraday)):
            return (overnight[0], overnight[1]), (intraday[0], intraday[1])
    none = np.empty((len(estimation), 0)), np.empty((len(event), 0))
    return none, none


def _bars(case: Case, symbol: str) -> pd.DataFrame | None:
    """Give a firm's longer history, or the bars that came with its levels; None for neither."""
    data = case.plan.data
    if symbol in data.histories or symbol not in data.bars:
        return data.histories.get(symbol)
    levels = data.levels[symbol]
    own = data.bars[symbol].reindex(levels.index).assign(adj_close=levels)
    return own.loc[levels.first_valid_index() : levels.last_valid_index()]


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


def _long_run(case: Case, symbol: str) -> LongRun:
    """Hold the firm from the event and from every earlier date on, by the fit before each."""
    design, position = case.designs[symbol], case.placed.position
    rows = np.arange(1 - case.study.estimation.start, position + 1)
    windows = [Window(0, sessions - 1) for sessions in HORIZONS]
    k, nothing = design.x.shape[1], np.zeros((len(design.y), 1))
    found = estimate_windows(
        design.y + design.base,
        design.x if k else nothing,
        np.zeros(len(rows), dtype=np.int64),
        rows,
        models=[LinearModel(tuple(range(k)), excess=True)],
        estimation=case.study.estimation,
        windows=windows,
        min_estimation=case.study.min_estimation,
        base=design.base,
        log=case.study.log,
    )
    held = found.bhar[:, 0]
    return LongRun(
        bhar={sessions: float(held[-1, at]) for at, sessions in enumerate(HORIZONS)},
        placebo={
            sessions: held[: max(0, len(rows) - sessions), at]
            for at, sessions in enumerate(HORIZONS)
        },
    )
