"""
Frame contracts: what a frame of levels or of factors must be before anything is computed from it.

A breach is a `DataError` that names the file, the place and the mend. Nothing is
repaired, sorted or filled here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import DataError
from analysis.plausible import LARGEST_FACTOR
from analysis.sessions import sessions_between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import BoolArray, FloatArray

FACTOR_COLUMNS = ("mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf")
"""Daily factors in decimals: market excess return, size, value, profitability, investment,
momentum, risk-free rate."""


def check_levels(frame: pd.DataFrame, *, calendar: str, where: str) -> pd.DataFrame:
    """
    Hold a wide frame of levels to its contract.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a session, one float column a symbol; positive, NaN where a symbol has no price.
    calendar : str
        Market code of the exchange whose sessions the rows must be.
    where : str
        The file or source, for messages.

    Returns
    -------
    pandas.DataFrame
        The same frame.

    Raises
    ------
    DataError
        On wrong types, duplicate or unsorted rows, non-positive levels, dates that are no sessions
        of the exchange, or sessions of the exchange that are absent from the file.
    """
    if frame.empty or not len(frame.columns):
        raise DataError(f"{where}: no levels in it")
    _check_sessions(frame.index, calendar=calendar, where=where)
    values = _floats(frame, where)
    _refuse_some(frame, np.isinf(values), "a level must be finite", where)
    _refuse_some(frame, values <= 0, "a level must be positive", where)
    empty = [str(name) for name in frame.columns[np.flatnonzero(np.isnan(values).all(axis=0))]]
    if empty:
        raise DataError(f"{where}: no level at all for {_some(empty)}; drop the column or fill it")
    return frame


def on_sessions(
    frame: pd.DataFrame,
    *,
    calendar: str,
    where: str,
    needed: tuple[pd.Timestamp, pd.Timestamp] | None,
) -> tuple[pd.DataFrame, str]:
    """
    Put levels on the sessions of an exchange outside the sessions that a study needs.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `check_levels`.
    calendar, where : str
        As `check_levels`.
    needed : tuple of pandas.Timestamp, or None
        First and last session that must be right; None for all.

    Returns
    -------
    frame : pandas.DataFrame
        Outside `needed` rows that are no sessions are gone, and absent sessions have a row without
        levels; within it nothing is changed, so that `check_levels` finds what is wrong there.
    note : str
        How many there were of either, in words; empty for none.

    Raises
    ------
    DataError
        If the index is not all dates, or they are repeated or not sorted.
    """
    index = _check_dates(frame.index, where=where)
    if needed is None or not len(index):
        return frame, ""
    expected = sessions_between(calendar, index[0].date(), index[-1].date())
    strangers, absent = index.difference(expected), expected.difference(index)
    strangers = strangers[(strangers < needed[0]) | (strangers > needed[1])]
    absent = absent[(absent < needed[0]) | (absent > needed[1])]
    parts = [
        *([f"sessions absent outside the study: {len(absent):,}"] if len(absent) else []),
        *([f"rows on no session outside it: {len(strangers):,}"] if len(strangers) else []),
    ]
    if not parts:
        return frame, ""
    placed = frame.reindex(index.difference(strangers).union(absent).rename(index.name))
    return placed, "; ".join(parts)


def check_factors(frame: pd.DataFrame, *, calendar: str, where: str) -> pd.DataFrame:
    """
    Hold a frame of factor returns (decimals) to its contract; see `check_levels`.

    Raises
    ------
    DataError
        As `check_levels`; also where a factor is missing or looks like percent.
    """
    missing = [name for name in FACTOR_COLUMNS if name not in frame.columns]
    if missing:
        raise DataError(
            f"{where}: column {_some(missing)} is missing; needed: {', '.join(FACTOR_COLUMNS)}"
        )
    frame = frame[list(FACTOR_COLUMNS)]
    _check_sessions(frame.index, calendar=calendar, where=where)
    values = _floats(frame, where)
    _refuse_some(frame, np.isnan(values), "a value is missing", where)
    percent = "a daily factor this large is a figure in percent; give decimals"
    _refuse_some(frame, np.abs(values) > LARGEST_FACTOR, percent, where)
    return frame


def interior_gaps(levels: pd.DataFrame) -> dict[str, list[pd.Timestamp]]:
    """
    List the sessions on which a symbol has no level although it has one before and one after.

    Parameters
    ----------
    levels : pandas.DataFrame
        Levels as in `check_levels`.

    Returns
    -------
    dict of str to list of pandas.Timestamp
        Only the symbols that have gaps; leading and trailing NaN (not yet listed, delisted) are
        none.
    """
    gaps: dict[str, list[pd.Timestamp]] = {}
    for symbol in levels.columns:
        series = levels[symbol]
        inside = series.loc[series.first_valid_index() : series.last_valid_index()]
        missing = inside.index[inside.isna()]
        if len(missing):
            gaps[str(symbol)] = list(missing)
    return gaps


def _check_dates(index: pd.Index, *, where: str) -> pd.DatetimeIndex:
    if not isinstance(index, pd.DatetimeIndex) or index.hasnans:
        raise DataError(f"{where}: the session column is not all dates; write them as 2025-01-27")
    if index.has_duplicates:
        twice = index[index.duplicated()].unique()
        raise DataError(f"{where}: session {_days(twice)} occurs twice; keep one row a session")
    if not index.is_monotonic_increasing:
        after = next(i for i in range(1, len(index)) if index[i] < index[i - 1])
        raise DataError(
            f"{where}: sessions are not sorted: {index[after].date()} (data row {after + 1}) comes "
            f"after {index[after - 1].date()}; sort the rows by session"
        )
    return index


def _check_sessions(given: pd.Index, *, calendar: str, where: str) -> None:
    index = _check_dates(given, where=where)
    expected = sessions_between(calendar, index[0].date(), index[-1].date())
    strangers = index.difference(expected)
    if len(strangers):
        raise DataError(
            f"{where}: {_days(strangers)} is no session of {calendar}; drop the row, "
            "or name the exchange of these prices as the study's calendar"
        )
    absent = expected.difference(index)
    if len(absent):
        raise DataError(
            f"{where}: {len(absent)} session(s) of {calendar} absent between {index[0].date()} and "
            f"{index[-1].date()}: {_days(absent)}; add the rows (an empty cell says that a symbol "
            "did not trade)"
        )


def _floats(frame: pd.DataFrame, where: str) -> FloatArray:
    """Take a frame's values; every column must hold numbers and have a name of its own."""
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise DataError(f"{where}: column '{twice}' occurs twice; keep one column a symbol")
    for name, kind in frame.dtypes.items():
        if kind != np.float64:
            raise DataError(f"{where}: {name} holds values of type {kind}; numbers are needed")
    return frame.to_numpy(dtype=np.float64)


def _refuse_some(frame: pd.DataFrame, wrong: BoolArray, problem: str, where: str) -> None:
    """Refuse a frame with some wrong values: name the first, session by session, and count."""
    count = int(np.count_nonzero(wrong))
    if not count:
        return
    row, column = divmod(int(np.argmax(wrong)), wrong.shape[1])
    value = float(frame.to_numpy()[row, column])
    raise DataError(
        f"{where}: {frame.columns[column]} at {frame.index[row].date()} is {value}: {problem}"
        + (f" (and {count - 1} more like it)" if count > 1 else "")
    )


def _days(index: pd.DatetimeIndex, most: int = 5) -> str:
    return _some([str(day.date()) for day in index], most)


def _some(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
