"""A panel of returns in little memory: each firm from its first to its last session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import DataError, StudyError
from analysis.panel.layout import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    import numpy.typing as npt

    from analysis._typing import FloatArray, IntArray
    from analysis.windows import Window

    Piece: TypeAlias = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], FloatArray]


class RepeatedReturnError(DataError):
    """
    A firm has two returns on one session.

    Attributes
    ----------
    firm, position : int
        Which firm, and which session.
    """

    def __init__(self, firm: int, position: int) -> None:
        super().__init__(f"firm {firm} has two returns on session {position}; keep one")
        self.firm = firm
        self.position = position


@dataclass(frozen=True, slots=True, eq=False)
class PanelReturns:
    """
    Returns of many firms on one list of sessions.

    Attributes
    ----------
    rows : Rows
        The firms' returns one after the other, NaN on missing days within a firm's life.
    n_sessions : int
        Sessions in all.
    """

    rows: Rows
    n_sessions: int

    @property
    def n_firms(self) -> int:
        """Number of firms."""
        return self.rows.first.size

    @classmethod
    def from_matrix(cls, matrix: FloatArray) -> PanelReturns:
        """
        Take a matrix of returns, one row a session and one column a firm.

        Parameters
        ----------
        matrix : ndarray of shape (n_sessions, n_firms) or (n_sessions,)
            Simple returns; NaN where missing.

        Examples
        --------
        >>> import numpy as np
        >>> panel = PanelReturns.from_matrix(np.array([[0.01, np.nan], [0.02, 0.03]]))
        >>> panel.n_firms, panel.rows.first.tolist(), panel.rows.values.tolist()
        (2, [0, 1], [0.01, 0.02, 0.03])
        """
        matrix = np.asarray(matrix, dtype=np.float64)
        if matrix.ndim == 1:
            matrix = matrix[:, None]
        if matrix.ndim != 2:
            raise StudyError(f"returns of shape {matrix.shape}; give one row a session")
        n_sessions, n_firms = matrix.shape
        seen = np.isfinite(matrix)
        any_seen = seen.any(axis=0)
        first = np.where(any_seen, seen.argmax(axis=0), 0)
        last = np.where(any_seen, n_sessions - seen[::-1].argmax(axis=0), 0)
        offsets = np.concatenate([[0], np.cumsum(last - first)])
        values = np.empty(offsets[-1])
        for firm in range(n_firms):
            values[offsets[firm] : offsets[firm + 1]] = matrix[first[firm] : last[firm], firm]
        return cls(_rows(values, offsets.astype(np.int64), first.astype(np.int64)), n_sessions)

    @classmethod
    def from_long(cls, pieces: Sequence[Piece], *, n_firms: int, n_sessions: int) -> PanelReturns:
        """
        Take returns in any order, each with its firm and session.

        Parameters
        ----------
        pieces : sequence of tuple of ndarray
            Firm, session (both counted from 0) and simple return of each row, the rows in as many
            pieces as they came in: they are never copied together.
        n_firms, n_sessions : int
            How many there are.

        Raises
        ------
        RepeatedReturnError
            If a firm has two returns on one session.
        """
        first = np.full(n_firms, n_sessions, dtype=np.int32)
        last = np.full(n_firms, -1, dtype=np.int32)
        for firm, position, _ in pieces:
            np.minimum.at(first, firm, position)
            np.maximum.at(last, firm, position)
        first[last < 0] = 0
        offsets = np.zeros(n_firms + 1, dtype=np.int64)
        np.cumsum(last - first + 1, out=offsets[1:])
        values = np.full(int(offsets[-1]), np.nan)
        given = 0
        for firm, position, returns in pieces:
            values[offsets[firm] + (position - first[firm])] = returns
            given += int(np.count_nonzero(~np.isnan(returns)))
        if np.count_nonzero(~np.isnan(values)) != given:
            raise _repeated(pieces, offsets, first)
        return cls(_rows(values, offsets, first.astype(np.int64)), n_sessions)

    def part(self, start: int, stop: int) -> PanelReturns:
        """Cut out a run of firms, from `start` up to and without `stop`."""
        offsets = self.rows.offsets[start : stop + 1]
        inside = slice(int(offsets[0]), int(offsets[-1]))
        rows = Rows(
            self.rows.values[inside],
            offsets - offsets[0],
            self.rows.first[start:stop],
            self.rows.left_out[inside],
        )
        return PanelReturns(rows, self.n_sessions)

    def leaving_out(self, firm: IntArray, position: IntArray, span: Window) -> PanelReturns:
        """
        Keep models from being fitted on the sessions around some events.

        Event windows still hold these returns. The other sessions of the firm, and all of other
        firms, are estimated as before, to the last bit.

        Parameters
        ----------
        firm, position : ndarray of shape (n_events,)
            Firm and session of each event, both counted from 0; what lies outside is passed over.
        span : Window
            The sessions to leave out, from the event.

        Examples
        --------
        >>> import numpy as np
        >>> from analysis.windows import Window
        >>> panel = PanelReturns.from_matrix(np.zeros((5, 1)))
        >>> panel.leaving_out(np.array([0]), np.array([3]), Window(-1, 0)).rows.left_out.tolist()
        [False, False, True, True, False]
        """
        left_out = np.zeros(self.rows.values.size, dtype=np.bool_)
        known = (firm >= 0) & (firm < self.n_firms)
        begin, end = self.rows.offsets[firm[known]], self.rows.offsets[firm[known] + 1]
        day = begin + position[known] - self.rows.first[firm[known]]
        for step in range(span.start, span.end + 1):
            at = day + step
            left_out[at[(at >= begin) & (at < end)]] = True
        return replace(self, rows=self.rows._replace(left_out=left_out))


def _rows(values: FloatArray, offsets: IntArray, first: IntArray) -> Rows:
    return Rows(values, offsets, first, np.zeros(0, dtype=np.bool_))


def _repeated(
    pieces: Sequence[Piece], offsets: IntArray, first: npt.NDArray[np.int32]
) -> RepeatedReturnError:
    """Find the first cell that two rows fill."""
    cells = np.sort(
        np.concatenate(
            [
                (offsets[firm] + (position - first[firm]))[~np.isnan(returns)]
                for firm, position, returns in pieces
            ]
        )
    )
    twice = cells[:-1][cells[1:] == cells[:-1]][0]
    firm = int(np.searchsorted(offsets, twice, side="right")) - 1
    return RepeatedReturnError(firm, int(twice - offsets[firm]) + int(first[firm]))
