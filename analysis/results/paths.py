"""The headline's event day by day: abnormal returns and their running sum, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.inference.student import critical_value
from analysis.models.base import alpha_used
from analysis.models.catalog import MODELS
from analysis.windows import SHORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import BoolArray, FloatArray
    from analysis.abnormal import AbnormalPath
    from analysis.results.placed import PlacedEvent
    from analysis.results.records import FirmResult

PATH_COLUMNS = (
    *("event", "symbol", "model", "benchmark", "day", "session", "raw_return", "expected_return"),
    *("ar", "ar_low", "ar_high", "alpha_used", "car", "car_low", "car_high"),
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
        windows span; ``car`` is the CAR of the window from the first of them to the day:
        ``alpha_used`` says whether the alpha of the estimation window counts in it, as it does in
        ``ar``, or the window is too long. Returns are simple and in decimals; the ends of an
        interval are missing where the model has no standard error.
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
    wide = np.full(len(days), np.nan) if firm.band is None else firm.band
    short = np.arange(1, len(days) + 1) <= SHORT
    car = np.where(short, path.abnormal.cumsum(), firm.unlevelled.abnormal.cumsum())
    running = critical_value(level, firm.df) * np.where(
        short, _running_error(path), _running_error(firm.unlevelled)
    )
    columns = (
        *(firm.event, firm.symbol, firm.model, firm.benchmark, days),
        *([str(session.date()) for session in sessions], path.raw, path.expected),
        *(path.abnormal, path.abnormal - wide, path.abnormal + wide),
        *(_alpha_used(firm, short), car, car - running, car + running),
    )
    return pd.DataFrame(dict(zip(PATH_COLUMNS, columns, strict=True)))


def _running_error(path: AbnormalPath) -> FloatArray:
    """Prediction standard error of the sum to each day; NaN where the model has none."""
    if path.covariance is None:
        return np.full(len(path.raw), np.nan)
    sums = np.diag(path.covariance.cumsum(axis=0).cumsum(axis=1))
    return np.sqrt(np.maximum(sums, 0))


def _alpha_used(firm: FirmResult, short: BoolArray) -> list[str]:
    return [alpha_used(MODELS[firm.model].estimator, long=not each) for each in short]
