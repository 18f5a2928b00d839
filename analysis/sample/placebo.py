"""All events of a sample moved back together: the averages on dates on which nothing happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.rank import rank_test
from analysis.sample.judging import judge_windows
from analysis.sample.pairs import OK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import FloatArray, IntArray
    from analysis.inference.outcome import Outcome
    from analysis.sample.average import Average
    from analysis.sample.measure import Measurer, Measures
    from analysis.windows import Window

LEAST_SHARE = 0.5
"""A shift on which fewer of the pairs can be measured is no placebo."""


@dataclass(frozen=True, slots=True, eq=False)
class Placebo:
    """
    Means of a window on shifts of all events.

    Attributes
    ----------
    window : Window
    shifts : ndarray of shape (B,)
        Sessions by which the events were moved back.
    car, scar : ndarray of shape (B,)
        Mean CAR and mean standardised CAR on each; NaN where too few pairs could be measured.
    """

    window: Window
    shifts: IntArray
    car: FloatArray
    scar: FloatArray

    def outcome(self, mean_scar: float) -> Outcome:
        """Rank a mean standardised CAR among the shifts."""
        return rank_test("placebo-shift", mean_scar, self.scar)

    def difference(self, mean_car: float) -> float:
        """Take the mean over the shifts off a mean CAR: event less placebo."""
        known = np.isfinite(self.car)
        return mean_car - float(self.car[known].mean()) if known.any() else np.nan

    def beside(self, average: Average, scar: FloatArray, level: float) -> Average:
        """
        Put the comparison with the shifts beside an average.

        Parameters
        ----------
        average : Average
            Of the same window and pairs.
        scar : ndarray of shape (N,)
            Their standardised CARs.
        level : float
            Of the interval, which takes the placebo means' own quantiles.
        """
        outcome = self.outcome(float(scar.mean()))
        if outcome.available:
            around = self.car[np.isfinite(self.car)]
            low, high = np.quantile(around - around.mean(), [(1 - level) / 2, (1 + level) / 2])
            mean = self.difference(average.mean)
            outcome = replace(outcome, low=mean - float(high), high=mean - float(low))
        return replace(average, extra=(*average.extra, (self.difference(average.mean), outcome)))


def placebo_shifts(
    measurer: Measurer, groups: Sequence[IntArray], windows: Sequence[Window]
) -> tuple[tuple[Placebo, ...], ...]:
    """
    Measure windows with every event moved back, shift by shift.

    Parameters
    ----------
    measurer : Measurer
    groups : sequence of ndarray
        The pairs whose means are wanted, group by group.
    windows : sequence of Window

    Returns
    -------
    tuple of tuple of Placebo
        By group, one a window; the shortest shift clears the path and all windows.
    """
    spec = measurer.spec
    first = min(spec.path.start, *(window.start for window in spec.windows))
    last = max(spec.path.end, *(window.end for window in spec.windows))
    shifts = np.arange(spec.placebos) + (last - first + 1)
    shape = (len(groups), len(windows), len(shifts))
    car, scar = np.full(shape, np.nan), np.full(shape, np.nan)
    pairs = measurer.pairs
    begin, _ = measurer.data.bounds(pairs.position)
    for at, shift in enumerate(shifts.tolist()):
        # into the sessions of another exchange nothing is moved
        inside = (pairs.position >= 0) & (pairs.position - shift >= begin)
        moved = replace(
            pairs,
            position=np.where(inside, pairs.position - shift, -1),
            status=pairs.status.copy(),
        )
        found, _ = replace(measurer, pairs=moved).measure(windows, fits=False)
        judge_windows(measurer.data, moved, found)
        for g, rows in enumerate(groups):
            for w in range(len(windows)):
                car[g, w, at], scar[g, w, at] = _means(found, w, rows)
    return tuple(
        tuple(
            Placebo(window, shifts.astype(np.int64), car[g, w], scar[g, w])
            for w, window in enumerate(windows)
        )
        for g in range(len(groups))
    )


def _means(found: Measures, at: int, rows: IntArray) -> tuple[float, float]:
    """Mean CAR and standardised CAR of a window over some pairs; NaN where too few have it."""
    known = (found.status[at, rows] == OK) & (found.se[at, rows] > 0)
    if not known.size or known.mean() < LEAST_SHARE:
        return np.nan, np.nan
    car = found.car[at, rows[known]]
    return float(car.mean()), float((car / found.se[at, rows[known]]).mean())
