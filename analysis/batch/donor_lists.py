"""Which securities of a file of returns may be donors of which events."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.columns import NO_DAY
from analysis.errors import DataError, StudyError, nearest
from analysis.tabular import read_pieces, table_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import BoolArray, IntArray
    from analysis.batch.batch import BatchRequest
    from analysis.pieces import Piece

DONOR = "donor"
"""Column of a file of donors that names them."""

ALL_UNTREATED = "all-untreated"
"""Stands for every security of the returns that has no event of its own at the time."""


@dataclass(frozen=True, slots=True, eq=False)
class DonorLists:
    """
    Donors by firm, by firm and date, and for all.

    Attributes
    ----------
    common : ndarray of int, shape (k,)
        Firms that are donors of every event without a list of its own.
    own : mapping of (int, int) to ndarray of int
        Donors of a firm's events on a day (days since 1970; `NO_DAY` for all its events).
    """

    common: IntArray
    own: Mapping[tuple[int, int], IntArray] = field(default_factory=dict)

    def of(self, firm: int, day: int) -> IntArray:
        """List the donors of an event: those of its firm and day, of its firm, or the common."""
        for key in ((firm, day), (firm, NO_DAY)):
            if key in self.own:
                return self.own[key]
        return self.common


@dataclass(frozen=True, slots=True, eq=False)
class EventDays:
    """
    When which firms have events, in order of the sessions.

    Attributes
    ----------
    firm, position : ndarray of int, shape (n,)
    """

    firm: IntArray
    position: IntArray

    @classmethod
    def of(cls, firm: IntArray, position: IntArray) -> EventDays:
        """Sort events by their sessions; those without a firm or session are passed over."""
        known = (firm >= 0) & (position >= 0)
        order = np.argsort(position[known], kind="stable")
        return cls(firm[known][order], position[known][order])

    def touched(self, position: int, reach: int, count: int) -> BoolArray:
        """
        Mark the firms with an event of their own within `reach` sessions of a session.

        Returns
        -------
        ndarray of bool, shape (count,)
        """
        ends = np.searchsorted(self.position, [position - reach, position + reach + 1])
        marks = np.zeros(count, dtype=np.bool_)
        marks[self.firm[ends[0] : ends[1]]] = True
        return marks


def read_donors(given: str, request: BatchRequest, symbols: Mapping[str, int]) -> DonorLists:
    """
    Read which firms may be donors.

    Parameters
    ----------
    given : str
        ``"all-untreated"``, or the name of a table with a column ``donor``. With a column of
        symbols, named as in the events, a row holds for the events of that symbol; with one of
        event dates besides, for its event on that date.
    request : BatchRequest
        Names of the columns, and the file of returns for messages.
    symbols : mapping of str to int

    Returns
    -------
    DonorLists

    Raises
    ------
    DataError
        If the file cannot be read, or names a donor without returns.
    StudyError
        If a firm is listed as its own donor.
    """
    if given == ALL_UNTREATED:
        return DonorLists(np.arange(len(symbols)))
    path = Path(given)
    known = table_file(path).names
    keys = [name for name in (request.symbol_column, request.event_date_column) if name in known]
    if keys == [request.event_date_column]:
        raise DataError(
            f"{path}: has event dates but no column '{request.symbol_column}'; add the symbols"
        )
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for piece in read_pieces(path, [DONOR, *keys]):
        donors = _firms(piece, 0, request, symbols)
        firms = _firms(piece, 1, request, symbols) if keys else np.full(len(donors), -1)
        days = piece.days(2) if len(keys) > 1 else np.full(len(donors), NO_DAY)
        same = np.flatnonzero(donors == firms)
        if same.size:
            raise StudyError(
                f"{piece.where(same[0])}: {piece.shown(0, same[0])} is the treated firm and no "
                "donor of itself; drop the row"
            )
        for donor, firm, day in zip(donors, firms, days, strict=True):
            found[int(firm), int(day)].append(int(donor))
    lists = {key: np.unique(np.array(donors)) for key, donors in found.items()}
    common = lists.pop((-1, NO_DAY), np.zeros(0, dtype=np.int64))
    return DonorLists(common, lists)


def _firms(
    piece: Piece, column: int, request: BatchRequest, symbols: Mapping[str, int]
) -> IntArray:
    codes, words = piece.texts(column)
    if (codes < 0).any():
        row = int(np.flatnonzero(codes < 0)[0])
        raise DataError(f"{piece.where(row)}: no symbol; fill it in or drop the row")
    unknown = [word for word in words if word not in symbols]
    if unknown:
        row = int(np.flatnonzero(codes == words.index(unknown[0]))[0])
        raise DataError(
            f"{piece.where(row)}: {unknown[0]} is not in {request.returns}; "
            f"{nearest(unknown[0], list(symbols))}"
        )
    return np.array([symbols[word] for word in words], dtype=np.int64)[codes]
