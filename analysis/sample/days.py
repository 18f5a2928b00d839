"""The single sessions of all pairs, measured so many at a time as memory holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis._typing import FloatArray, IntArray
    from analysis.sample.measure import Measurer, Measures, Regressors
    from analysis.windows import Window

MOST_CELLS = 32_000_000
"""Pairs times sessions that are held at once; beyond it sessions are measured part by part."""

MANY_PAIRS = 4_000_000
"""With more of them memory is scarce: fewer sessions are held, and one is tested at a time."""


def sessions_at_once(pairs: int) -> int:
    """Say how many sessions of so many pairs are held at once."""
    cells = MOST_CELLS if pairs <= MANY_PAIRS else MOST_CELLS // 2
    return max(1, cells // max(pairs, 1))


@dataclass(frozen=True, eq=False)
class Days:
    """
    Abnormal returns of single sessions.

    Attributes
    ----------
    measurer : Measurer
    windows : tuple of Window
        The sessions, each a window of its own, one after the other.
    held : Measures or None
        All of them, where they are measured already.
    """

    measurer: Measurer
    windows: tuple[Window, ...]
    held: Measures | None = None

    @property
    def first(self) -> int:
        """Session from the event with which they begin."""
        return self.windows[0].start

    @cached_property
    def whole(self) -> Measures:
        """All of them at once."""
        if self.held is not None:
            return self.held
        return self.measurer.measure(self.windows, fits=False)[0]

    @property
    def step(self) -> int:
        """How many sessions are held at once."""
        return sessions_at_once(len(self.measurer.pairs))

    def parts(self) -> Iterator[Measures]:
        """Yield some sessions of all pairs at a time; all at once where they fit into memory."""
        if self.step >= len(self.windows):
            yield self.whole
            return
        for first in range(0, len(self.windows), self.step):
            yield self.measurer.measure(self.windows[first : first + self.step], fits=False)[0]

    def of_rows(self, regressors: Regressors, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """
        Take all sessions of some pairs.

        Parameters
        ----------
        regressors : Regressors
            Of these pairs.
        rows : ndarray of shape (m,)

        Returns
        -------
        ar, se : ndarray of shape (m, d)
            NaN where there is none.
        """
        if self.step >= len(self.windows):
            return self.whole.car[:, rows].T, self.whole.se[:, rows].T
        return self.measurer.measure_rows(regressors, rows, self.windows)
