"""The headline's event day by day: abnormal returns and their running sum, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.inference.student import critical_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.results.placed import PlacedEvent
    from analysis.results.records import FirmResult

PATH_COLUMNS = (
    *("event", "symbol", "model", "benchmark", "day", "session", "raw_return", "expected_return"),
    *("ar", "ar_low", "ar_high", "car", "car_low", "car_high"),
)
"""Columns of `StudyResult.path`."""


def path_frame(
    firms: Sequence[FirmResult], event: PlacedEvent, index: pd.Index, level: float
) -> pd.DataFrame:
    """
    Lay out one row a firm and day around an event.

    Parameters
    ----------
    firms : sequence of FirmResult
        Of that event, under one specification.
    event : PlacedEvent
    index : pandas.Index of shape (T,)
        The sessions of the data.
    level : float
        Confidence of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns `PATH_COLUMNS`. ``day`` counts sessions from the event's, over all that the study's
        windows span; ``car`` sums ``ar`` from the first of them. Returns are simple and in
        decimals; the ends of an interval are missing where the model has no standard error.
    """
    frames = [_firm_frame(firm, event, index, level) for firm in firms]
    return pd.concat(frames, ignore_index=True)


def _firm_frame(
    firm: FirmResult, event: PlacedEvent, index: pd.Index, level: float
) -> pd.DataFrame:
    path = firm.path
    days = path.first + np.arange(len(path.raw))
    start = event.position + path.first
    sessions = index[start : start + len(days)]
    ar, car = path.abnormal, path.abnormal.cumsum()
    wide = np.full(len(days), np.nan) if firm.band is None else firm.band
    running = np.full(len(days), np.nan)
    if path.covariance is not None:
        sums = np.diag(path.covariance.cumsum(axis=0).cumsum(axis=1))
        running = critical_value(level, firm.df) * np.sqrt(np.maximum(sums, 0))
    columns = (
        *(firm.event, firm.symbol, firm.model, firm.benchmark, days),
        *([str(session.date()) for session in sessions], path.raw, path.expected),
        *(ar, ar - wide, ar + wide, car, car - running, car + running),
    )
    return pd.DataFrame(dict(zip(PATH_COLUMNS, columns, strict=True)))
