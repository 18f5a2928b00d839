"""Returns and factors from files: what the panel engine works on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import DataError, StudyError, nearest
from analysis.panel.layout import LARGEST_REGRESSORS
from analysis.panel.returns import PanelReturns, RepeatedReturnError
from analysis.sessions import sessions_between
from analysis.tabular import NO_DAY, Problems, column_names, days, numbers, read_pieces, texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt
    import pyarrow as pa

    from analysis._typing import FloatArray

EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class FactorModel:
    """
    A linear model by name: a constant and some factors.

    Attributes
    ----------
    name : str
        As it is called in the results.
    factors : tuple of str
        Columns of the factor file; empty for the constant mean.

    Examples
    --------
    >>> FactorModel.parse("ff3=mktrf+smb+hml")
    FactorModel(name='ff3', factors=('mktrf', 'smb', 'hml'))
    >>> FactorModel.parse("mktrf").name, FactorModel.parse("mean=1").factors
    ('mktrf', ())
    """

    name: str
    factors: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> FactorModel:
        """
        Read ``NAME=FACTOR+FACTOR``, or the factors alone; ``NAME=1`` is the constant mean.

        Raises
        ------
        StudyError
            If the text names no factor, one twice, or more than seven.
        """
        name, given, listed = text.partition("=")
        words = tuple(word.strip() for word in (listed if given else name).split("+"))
        if words == ("1",):
            words = ()
        if not all(words) or not name.strip():
            raise StudyError(
                f"'{text}' is no model; write NAME=FACTOR+FACTOR, as in ff3=mktrf+smb+hml"
            )
        if len(set(words)) < len(words):
            raise StudyError(f"model '{text}' names a factor twice; name each once")
        if len(words) >= LARGEST_REGRESSORS:
            raise StudyError(
                f"model '{text}' has {len(words)} factors; "
                f"at most {LARGEST_REGRESSORS - 1} fit beside the constant"
            )
        return cls(name.strip(), words)


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """
    Factor returns by session.

    Attributes
    ----------
    sessions : ndarray of shape (n_sessions,)
        Days since 1970, ascending.
    names : tuple of str
        The factors.
    values : ndarray of shape (n_sessions, n_factors)
        Simple returns; NaN where missing.
    """

    sessions: npt.NDArray[np.int32]
    names: tuple[str, ...]
    values: FloatArray

    def session_of(self, day: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """
        Find the session of each day, the next one where it is none.

        Parameters
        ----------
        day : ndarray of shape (n_days,)
            Days since 1970.

        Returns
        -------
        ndarray of shape (n_days,)
            Positions; -1 before the first session and after the last.
        """
        place = np.searchsorted(self.sessions, day, side="left").astype(np.int64)
        outside = (place == self.sessions.size) | (day < self.sessions[0])
        return np.where(outside, -1, place)


@dataclass(frozen=True, slots=True, eq=False)
class FirmReturns:
    """
    Returns of many firms, by their symbols.

    Attributes
    ----------
    symbols : dict of str to int
        The firm of each symbol.
    panel : PanelReturns
        Their returns on the factors' sessions.
    """

    symbols: dict[str, int]
    panel: PanelReturns


def read_factors(
    path: Path,
    names: Sequence[str],
    *,
    date_column: str,
    calendar: str | None,
    problems: Problems,
) -> Factors:
    """
    Read factor returns.

    Parameters
    ----------
    path : pathlib.Path
        Wide table: one row a session.
    names : sequence of str
        Columns to read.
    date_column : str
        Column of the sessions; where the file has no such column, ``session``.
    calendar : str, optional
        Exchange whose sessions count, between the file's first and last date; the file's own
        dates where None.
    problems : Problems
        Unreadable figures are noted here and count as missing.

    Raises
    ------
    DataError
        If the file cannot be read, a date in it cannot, or dates repeat.
    """
    known = column_names(path)
    if date_column not in known and "session" in known:
        date_column = "session"
    missing = [name for name in names if name not in known]
    if missing:
        choice = nearest(missing[0], [name for name in known if name != date_column])
        raise DataError(f"{path}: no factor '{missing[0]}'; {choice}")
    found_days: list[npt.NDArray[np.int32]] = []
    found: list[FloatArray] = []
    for piece in read_pieces(path, [date_column, *names]):
        day = days(piece.table.column(0))
        if (day == NO_DAY).any():
            row = int(np.flatnonzero(day == NO_DAY)[0])
            value = piece.table.column(0)[row].as_py()
            raise DataError(f"{piece.where(row)}: '{value}' is no date; write it as 2025-01-27")
        block = np.empty((day.size, len(names)))
        for at, name in enumerate(names):
            block[:, at], bad = numbers(piece.table.column(at + 1))
            for row in bad:
                value = piece.table.column(at + 1)[int(row)].as_py()
                problems.add(piece.where(row), f"{name} '{value}' is no number; taken as missing")
        found_days.append(day)
        found.append(block)
    if not found:
        raise DataError(f"{path}: no factor returns in it")
    return _by_session(path, np.concatenate(found_days), tuple(names), np.vstack(found), calendar)


def _by_session(
    path: Path,
    day: npt.NDArray[np.int32],
    names: tuple[str, ...],
    values: FloatArray,
    calendar: str | None,
) -> Factors:
    order = np.argsort(day, kind="stable")
    day, values = day[order], values[order]
    twice = np.flatnonzero(np.diff(day) == 0)
    if twice.size:
        raise DataError(f"{path}: {as_date(day[twice[0]])} is there twice; keep one row a session")
    if calendar is None:
        return Factors(day, names, values)
    index = sessions_between(calendar, as_date(day[0]), as_date(day[-1]))
    sessions = index.to_numpy().astype("datetime64[D]").astype(np.int32)
    stray = np.setdiff1d(day, sessions)
    if stray.size:
        raise DataError(
            f"{path}: {as_date(stray[0])} is no session of {calendar} ({stray.size} such rows); "
            "drop it, or leave --calendar out"
        )
    wide = np.full((sessions.size, len(names)), np.nan)
    wide[np.searchsorted(sessions, day)] = values
    return Factors(sessions, names, wide)


def as_date(day: int | np.int32) -> dt.date:
    """Turn days since 1970 into a date."""
    return EPOCH + dt.timedelta(days=int(day))


def read_returns(
    path: Path,
    sessions: npt.NDArray[np.int32],
    *,
    symbol_column: str,
    date_column: str,
    return_column: str,
    problems: Problems,
) -> FirmReturns:
    """
    Read long returns: one row a firm and session, in any order.

    Parameters
    ----------
    path : pathlib.Path
        The table.
    sessions : ndarray of shape (n_sessions,)
        Days since 1970, ascending; a row on another day is noted and left out.
    symbol_column, date_column, return_column : str
        The columns. Returns are simple, in decimals.
    problems : Problems
        Rows without a symbol, a readable date or a readable return are noted here.

    Raises
    ------
    DataError
        If the file cannot be read, or a symbol has two returns on one session.
    """
    symbols: dict[str, int] = {}
    pieces: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], FloatArray]] = []
    for piece in read_pieces(path, [symbol_column, date_column, return_column]):
        codes, words = texts(piece.table.column(0))
        day = days(piece.table.column(1))
        value, bad = numbers(piece.table.column(2))
        firm_of = [symbols.setdefault(word, len(symbols)) if word else -1 for word in words]
        place = np.searchsorted(sessions, day)
        place[place == sessions.size] = 0
        off = sessions[place] != day
        for row in map(int, np.flatnonzero(off | (codes < 0))):
            fault = _fault(piece.table, row, int(codes[row]), int(day[row]))
            problems.add(piece.where(row), fault)
        for row in bad:
            shown = piece.table.column(2)[int(row)].as_py()
            problems.add(piece.where(row), f"return '{shown}' is no number; taken as missing")
        keep = ~off & (codes >= 0) & np.isfinite(value)
        firm = np.array([*firm_of, -1], dtype=np.int32)[codes[keep]]
        pieces.append((firm, place[keep].astype(np.int32), value[keep]))
    if not pieces:
        raise DataError(f"{path}: no returns in it")
    shape = {"n_firms": len(symbols), "n_sessions": sessions.size}
    try:
        panel = PanelReturns.from_long(pieces, **shape)
    except RepeatedReturnError as error:
        symbol = list(symbols)[error.firm]
        raise DataError(
            f"{path}: {symbol} has two returns on {as_date(sessions[error.position])}; "
            "keep one row a symbol and session"
        ) from None
    return FirmReturns(symbols, panel)


def _fault(table: pa.RecordBatch, row: int, code: int, day: int) -> str:
    if code < 0:
        return "no symbol; left out"
    shown = table.column(1)[int(row)].as_py()
    if day == NO_DAY:
        return f"'{shown}' is no date; left out"
    return f"{shown} is no session of the factors; left out"
