"""One window of some pairs, ready for tests."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.date_sums import DateSums

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray
    from analysis.inference.date_sums import Codes
    from analysis.sample.gather import Gathered
    from analysis.sample.histories import Histories
    from analysis.windows import Window


@dataclass(frozen=True, slots=True, eq=False)
class PairColumn:
    """
    The abnormal returns of some pairs over one window.

    Attributes
    ----------
    window : Window
    rows : ndarray of shape (N,)
        Places of the pairs in `analysis.sample.pairs.Pairs`.
    car, se : ndarray of shape (N,)
        CARs and their prediction standard errors; no NaN.
    df : ndarray of shape (N,)
        Residual degrees of freedom.
    weight : ndarray of shape (N,)
        NaN where none is given.
    position : ndarray of shape (N,)
        Day of the reaction session of each pair.
    dates : Codes
        The different days, and each pair's.
    gathered : Gathered
        Sums over the pairs.
    histories : Histories
        Of the whole group, pairs without this window among them.
    place : int
        Row of the window among those ranked; -1 where it is not.
    """

    window: Window
    rows: IntArray
    car: FloatArray
    se: FloatArray
    df: FloatArray
    weight: FloatArray
    position: IntArray
    dates: Codes
    gathered: Gathered
    histories: Histories
    place: int = -1

    @property
    def n(self) -> int:
        """Number of pairs."""
        return len(self.car)

    @property
    def spread(self) -> float:
        """Standard deviation of the CARs, ``ddof=1``; of two pairs or more."""
        return self.gathered.size * math.sqrt(self.gathered.square / (self.n - 1))

    @property
    def by_date(self) -> DateSums:
        """CARs by date."""
        return DateSums(self.dates.found, self.gathered.pairs, self.gathered.total)

    @property
    def squares(self) -> tuple[tuple[float, int], ...]:
        """Squares of deviations summed by date, by firm and by both; and how many there are."""
        sums, by_date = self.gathered, self.by_date.deviation
        return (
            (float(by_date @ by_date), len(by_date)),
            (sums.firm_square, sums.firms),
            (sums.both_square, sums.both),
        )

    @property
    def reach(self) -> int:
        """Dates closer than so many sessions have windows that overlap."""
        return len(self.window)

    @property
    def scar(self) -> FloatArray:
        """Standardised CARs, shape (N,)."""
        scaled: FloatArray = self.car / self.se
        return scaled


@dataclass(frozen=True, slots=True)
class WindowOverlap:
    """
    How far the pairs of a window are from being independent.

    Attributes
    ----------
    pairs : int
    dates : int
        Different reaction sessions.
    effective_dates : float
        ``N^2 / sum(n_g^2)``, n_g the pairs of date g.
    share : float
        Pairs with another one, of any firm, whose window shares a session with theirs.
    same_firm : float
        Pairs with another one of the same firm whose window does.
    correlation : float
        Mean residual correlation of the pairs of pairs whose windows overlap, by the share of the
        windows that is common.
    inflation : float
        How many times the variance of the mean standardised CAR is what independent pairs give.
    """

    pairs: int
    dates: int
    effective_dates: float
    share: float
    same_firm: float
    correlation: float
    inflation: float

    @property
    def mean_correlation(self) -> float:
        """Mean over all pairs of pairs, those that do not overlap counted as 0."""
        return (self.inflation - 1) / (self.pairs - 1) if self.pairs > 1 else 0.0


def measure_overlap(column: PairColumn) -> WindowOverlap:
    """
    Measure how much the windows of a column's pairs overlap, and how alike those pairs are.

    Parameters
    ----------
    column : PairColumn

    Returns
    -------
    WindowOverlap
    """
    dates, count = column.dates.found, column.gathered.pairs.astype(np.int64)
    reach = column.reach
    low = np.searchsorted(dates, dates - reach, side="right")
    high = np.searchsorted(dates, dates + reach, side="left")
    running = np.concatenate([[0], np.cumsum(count)])
    near = running[high] - running[low] - 1  # others within reach, by date
    overlapping = int((near * count).sum())
    correlated = column.histories.close_correlation(reach) if overlapping else 0.0
    everyone = max(len(column.histories.positive), 1)
    total = correlated * (column.n / everyone) ** 2  # pairs without the window do not count
    return WindowOverlap(
        pairs=column.n,
        dates=len(dates),
        effective_dates=float(column.n**2 / np.square(count.astype(float)).sum()),
        share=float(count[near > 0].sum() / column.n),
        same_firm=column.gathered.near / column.n,
        correlation=total / overlapping if overlapping else 0.0,
        inflation=max(1 + total / column.n, 0.0),
    )
