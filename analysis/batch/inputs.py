"""Returns and factors from files: what the panel engine works on."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.columns import NO_DAY, NO_INSTANT, as_date
from analysis.errors import DataError, ReliabilityWarning, StudyError, nearest
from analysis.panel.layout import LARGEST_REGRESSORS
from analysis.panel.returns import PanelReturns, RepeatedReturnError
from analysis.plausible import (
    CRSP_CODES,
    LARGEST_FACTOR,
    TypicalSize,
    impossible_returns,
    why_impossible,
)
from analysis.sessions import reaction_days, sessions_between
from analysis.tabular import read_pieces, table_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from analysis._typing import FloatArray, IntArray
    from analysis.columns import Moments
    from analysis.panel.estimates import ModelKind
    from analysis.pieces import Piece, Problems

_MISSING = "taken as missing"


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
    kind : {"constant", "origin", "fixed"}
        Least squares with a constant; without one (``0+``); or nothing estimated, slopes of one
        (``1*``), which is the market-adjusted model.

    Examples
    --------
    >>> FactorModel.parse("adjusted=1*mktrf").kind, FactorModel.parse("raw=0+mktrf").kind
    ('fixed', 'origin')
    >>> FactorModel.parse("ff3=mktrf+smb+hml")
    FactorModel(name='ff3', factors=('mktrf', 'smb', 'hml'), kind='constant')
    >>> FactorModel.parse("mktrf").name, FactorModel.parse("mean=1").factors
    ('mktrf', ())
    """

    name: str
    factors: tuple[str, ...]
    kind: ModelKind = "constant"

    @classmethod
    def parse(cls, text: str) -> FactorModel:
        """
        Read ``NAME=FACTOR+FACTOR``, or the factors alone.

        ``NAME=1`` is the constant mean, ``NAME=0+FACTOR`` has no constant, ``NAME=1*FACTOR`` has
        nothing estimated.

        Raises
        ------
        StudyError
            If the text names no factor, one twice, or more than seven.
        """
        name, given, listed = text.partition("=")
        words = tuple(word.strip() for word in (listed if given else name).split("+"))
        kind: ModelKind = "constant"
        if words == ("1",):
            words = ()
        elif words[0] == "0" and len(words) > 1:
            words, kind = words[1:], "origin"
        elif all(word.startswith("1*") for word in words):
            words, kind = tuple(word.removeprefix("1*").strip() for word in words), "fixed"
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
        return cls(name.strip(), words, kind)


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
    calendar : str or None
        Exchange whose sessions they are; None where they are the file's own dates.
    """

    sessions: npt.NDArray[np.int32]
    names: tuple[str, ...]
    values: FloatArray
    calendar: str | None = None

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

    def sessions_of(self, moments: Moments) -> npt.NDArray[np.int64]:
        """
        Find the session of each event.

        A bare date falls as in `session_of`, an instant on the first session that closes after it.

        Parameters
        ----------
        moments : Moments
            Dates and instants; an instant needs `calendar`.

        Returns
        -------
        ndarray of shape (n_events,)
            Positions; -1 where there is none.
        """
        day = moments.day
        timed = np.flatnonzero(moments.instant != NO_INSTANT)
        if timed.size and self.calendar is not None:
            day = day.copy()
            day[timed] = reaction_days(self.calendar, moments.instant[timed])
        return self.session_of(day)


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
        Columns to read. Returns are simple, in decimals.
    date_column : str
        Column of the sessions; where the file has no such column, ``session``.
    calendar : str, optional
        Exchange whose sessions count, between the file's first and last date; the file's own
        dates where None.
    problems : Problems
        Unreadable figures, and those beyond `LARGEST_FACTOR`, are noted here and count as missing.

    Raises
    ------
    DataError
        If the file cannot be read, a date in it cannot, or dates repeat.

    Warns
    -----
    ReliabilityWarning
        If the figures look like percent.
    """
    known = table_file(path).names
    if date_column not in known and "session" in known:
        date_column = "session"
    missing = [name for name in names if name not in known]
    if missing:
        choice = nearest(missing[0], [name for name in known if name != date_column])
        raise DataError(f"{path}: no factor '{missing[0]}'; {choice}")
    found_days: list[npt.NDArray[np.int32]] = []
    found: list[FloatArray] = []
    typical = TypicalSize()
    for piece in read_pieces(path, [date_column, *names]):
        day = piece.days(0)
        if (day == NO_DAY).any():
            row = int(np.flatnonzero(day == NO_DAY)[0])
            raise DataError(
                f"{piece.where(row)}: '{piece.shown(0, row)}' is no date; write it as 2025-01-27"
            )
        block = np.empty((day.size, len(names)))
        for at, name in enumerate(names):
            block[:, at] = _factor(piece, at + 1, name, typical, problems)
        found_days.append(day)
        found.append(block)
    if not found:
        raise DataError(f"{path}: no factor returns in it")
    _warn_of_percent(path, "factors", typical)
    return _by_session(path, np.concatenate(found_days), tuple(names), np.vstack(found), calendar)


def _factor(
    piece: Piece, column: int, name: str, typical: TypicalSize, problems: Problems
) -> FloatArray:
    values, bad = piece.numbers(column)
    problems.add_rows(
        piece, bad, lambda row: f"{name} '{piece.shown(column, row)}' is no number; {_MISSING}"
    )
    typical.add(values)
    large = np.abs(values) > LARGEST_FACTOR
    problems.add_rows(
        piece,
        np.flatnonzero(large),
        lambda row: f"{name} {values[row]:g} is no daily factor in decimals; {_MISSING}",
    )
    return np.asarray(np.where(large, np.nan, values))


def _warn_of_percent(path: Path, what: str, typical: TypicalSize) -> None:
    if typical.percent:
        warnings.warn(
            f"{path}: half of the {what} are larger than 10 % a day; are they in percent? "
            "give decimals, as in 0.01 for 1 %",
            ReliabilityWarning,
            stacklevel=2,
        )


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
    return Factors(sessions, names, wide, calendar)


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
        Rows without a symbol, a readable date or a readable return are noted here, and so are
        returns that cannot be (-1 and lower, codes of missing returns): they count as missing.

    Raises
    ------
    DataError
        If the file cannot be read, or a symbol has two returns on one session.

    Warns
    -----
    ReliabilityWarning
        If the figures look like percent.
    """
    symbols: dict[str, int] = {}
    pieces: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], FloatArray]] = []
    typical = TypicalSize()
    for piece in read_pieces(path, [symbol_column, date_column, return_column]):
        codes, words = piece.texts(0)
        day = piece.days(1)
        value = _return(piece, typical, problems)
        firm_of = [symbols.setdefault(word, len(symbols)) if word else -1 for word in words]
        place = np.searchsorted(sessions, day)
        place[place == sessions.size] = 0
        off = sessions[place] != day
        _note_faults(piece, np.flatnonzero(off | (codes < 0)), codes, day, problems)
        keep = ~off & (codes >= 0) & np.isfinite(value)
        firm = np.array([*firm_of, -1], dtype=np.int32)[codes[keep]]
        pieces.append((firm, place[keep].astype(np.int32), value[keep]))
    if not pieces:
        raise DataError(f"{path}: no returns in it")
    _warn_of_percent(path, "returns", typical)
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


def _return(piece: Piece, typical: TypicalSize, problems: Problems) -> FloatArray:
    value, bad = piece.numbers(2)
    problems.add_rows(
        piece, bad, lambda row: f"return '{piece.shown(2, row)}' is no number; {_MISSING}"
    )
    coded = np.isin(value, CRSP_CODES)
    typical.add(value[~coded])
    wrong = impossible_returns(value)
    problems.add_rows(piece, np.flatnonzero(wrong), lambda row: why_impossible(float(value[row])))
    return np.asarray(np.where(wrong, np.nan, value))


def _note_faults(
    piece: Piece,
    rows: IntArray,
    codes: IntArray,
    day: npt.NDArray[np.int32],
    problems: Problems,
) -> None:
    def fault(row: int) -> str:
        if codes[row] < 0:
            return "no symbol; left out"
        if day[row] == NO_DAY:
            return f"'{piece.shown(1, row)}' is no date; left out"
        return f"{as_date(day[row])} is no session of the factors; left out"

    problems.add_rows(piece, rows, fault)
