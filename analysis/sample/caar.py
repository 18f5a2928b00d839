"""The cumulative average abnormal return along the path, with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.clustered import date_cluster_test
from analysis.inference.student import critical_value
from analysis.sample.averages import group_pairs
from analysis.sample.judging import running_sums
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray
    from analysis.sample.result import SampleResult


@dataclass(frozen=True, slots=True, eq=False)
class CaarPath:
    """
    CAAR from the first session of the path to each of its sessions.

    Attributes
    ----------
    group : str
    days : ndarray of shape (d,)
        Sessions from the event.
    n : int
        Pairs with an abnormal return on the first session.
    caar : ndarray of shape (d,)
    low, high : ndarray of shape (d,)
        Interval at the level of the sample; NaN where it cannot be had.
    band : str
        What the interval is from.
    """

    group: str
    days: IntArray
    n: int
    caar: FloatArray
    low: FloatArray
    high: FloatArray
    band: str


def caar_path(result: SampleResult, group: str = "all") -> CaarPath:
    """
    Cumulate the abnormal returns of a group's pairs along the path.

    Parameters
    ----------
    result : SampleResult
    group : str

    Returns
    -------
    CaarPath
        The mean of the pairs' own CARs of the windows up to each session; a pair without a return
        on a session keeps what it has. The interval is by date where dates cluster, else from the
        pairs' spread; of one pair it is its own prediction error.

    Raises
    ------
    KeyError
        If there is no such group.
    """
    spec, days = result.spec, result.days
    rows = next(g.rows for g in group_pairs(result.measurer, result.fits) if g.name == group)
    first = spec.path.start - days.windows[0].start
    ar = days.car[first : first + len(spec.path), :][:, rows]
    kept = np.isfinite(ar).any(axis=0)
    rows, ar = rows[kept], ar[:, kept]
    cumulative = running_sums(ar, result.fits.coefficients[rows, 0])
    offsets = np.arange(spec.path.start, spec.path.end + 1, dtype=np.int64)
    caar = cumulative.mean(axis=1)
    if len(rows) == 1:
        se = _own_errors(result, rows, offsets)
        half = critical_value(spec.level, float(result.fits.df[rows[0]])) * se
        low, high, band = caar - half, caar + half, "prediction error of the one pair"
    else:
        average = result.of(group, spec.windows[0])
        clustered = average.battery is not None and average.battery.lead.clustered
        low, high, clustered = _intervals(result, rows, cumulative, clustered=clustered)
        band = "clustered by date" if clustered else "from the spread of the pairs"
    return CaarPath(group, offsets, len(rows), caar, low, high, band)


def _own_errors(result: SampleResult, rows: IntArray, offsets: IntArray) -> FloatArray:
    windows = [Window(int(offsets[0]), int(day)) for day in offsets]
    measures, _ = result.measurer.measure(windows, fits=False)
    return measures.se[:, rows[0]]


def _intervals(
    result: SampleResult, rows: IntArray, cumulative: FloatArray, *, clustered: bool
) -> tuple[FloatArray, FloatArray, bool]:
    level, position = result.spec.level, result.pairs.date[rows]
    low = np.full(len(cumulative), np.nan)
    high = np.full(len(cumulative), np.nan)
    if clustered:
        for at, values in enumerate(cumulative):
            outcome = date_cluster_test(values, position, at + 1, level=level)
            if outcome.low is not None and outcome.high is not None:
                low[at], high[at] = outcome.low, outcome.high
    by_date = bool(np.isfinite(low).any())
    if not by_date:
        n = cumulative.shape[1]
        half = critical_value(level, n - 1) * cumulative.std(axis=1, ddof=1) / math.sqrt(n)
        low, high = cumulative.mean(axis=1) - half, cumulative.mean(axis=1) + half
    return low, high, by_date
