"""Values of many firm-events gathered by their date, and products of dates that share sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class DateSums:
    """
    Pairs gathered by their date.

    Attributes
    ----------
    position : ndarray of shape (G,)
        The dates, in sessions, ascending.
    count : ndarray of shape (G,)
        Pairs on each.
    total : ndarray of shape (G,)
        Sum of their values.
    """

    position: IntArray
    count: FloatArray
    total: FloatArray

    @classmethod
    def of(cls, values: FloatArray, position: IntArray | Codes) -> DateSums:
        """
        Gather values by date.

        Parameters
        ----------
        values : ndarray of shape (N,)
            No NaN.
        position : ndarray of shape (N,)
            Session of each pair.
        """
        dates, code = codes_of(position)
        count = np.bincount(code, minlength=len(dates)).astype(np.float64)
        total = np.bincount(code, weights=values, minlength=len(dates)).astype(np.float64)
        return cls(dates, count, total)

    @property
    def mean(self) -> float:
        """Mean over the pairs."""
        return float(self.total.sum() / self.count.sum())

    @property
    def deviation(self) -> FloatArray:
        """Sum of the deviations from the mean, by date; shape (G,)."""
        summed: FloatArray = self.total - self.count * self.mean
        return summed

    def apart(self, reach: int) -> int:
        """Count the dates of which no two are closer than `reach` sessions, from the first on."""
        found, last = 0, None
        for day in self.position.tolist():
            if last is None or day - last >= reach:
                found, last = found + 1, day
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """
    Different values, and each row's among them: what `codes_of` finds, kept for several tests.

    Attributes
    ----------
    found : ndarray of shape (G,)
        Ascending.
    code : ndarray of shape (N,)
        Place of each row's value in `found`.
    """

    found: IntArray
    code: IntArray

    @classmethod
    def of(cls, values: IntArray) -> Codes:
        """Find them."""
        return cls(*codes_of(values))


def codes_of(values: IntArray | Codes) -> tuple[IntArray, IntArray]:
    """
    List the different values, ascending, and the place of each row's among them.

    Where they are known already they are given back. As `numpy.unique` with its inverse, without
    sorting where the rows are in order or the values lie close together.

    Examples
    --------
    >>> import numpy as np
    >>> [part.tolist() for part in codes_of(np.array([7, 5, 7]))]
    [[5, 7], [1, 0, 1]]
    """
    if isinstance(values, Codes):
        return values.found, values.code
    if len(values) and bool((np.diff(values) >= 0).all()):
        fresh = np.concatenate([[True], np.diff(values) > 0])
        return values[fresh].astype(np.int64), np.cumsum(fresh, dtype=np.int64) - 1
    low = int(values.min()) if len(values) else 0
    if len(values) and int(values.max()) - low <= 4 * len(values):
        there = np.bincount(values - low) > 0
        place = np.cumsum(there, dtype=np.int64) - 1
        return np.flatnonzero(there).astype(np.int64) + low, place[values - low]
    found, code = np.unique(values, return_inverse=True)
    return found.astype(np.int64), code.astype(np.int64)


def close_products(position: IntArray, sums: FloatArray, reach: int) -> float:
    """
    Sum the products of date sums over all ordered pairs of dates closer than `reach` sessions.

    Parameters
    ----------
    position : ndarray of shape (G,)
        Ascending.
    sums : ndarray of shape (G,)
    reach : int
        1 takes each date with itself alone.

    Examples
    --------
    >>> import numpy as np
    >>> close_products(np.array([0, 1, 5]), np.array([1.0, 2.0, 3.0]), 2)
    18.0
    """
    running = np.concatenate([[0.0], np.cumsum(sums)])
    upto = np.searchsorted(position, position + reach, side="left")
    after = running[upto] - running[1:]
    return float(sums @ sums) + 2 * float(sums @ after)
