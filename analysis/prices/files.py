"""
Levels from a user's file, CSV or Parquet.

Wide files hold ``session, SYMBOL...``, long ones ``session, symbol, close``. Nothing is sorted,
filled or guessed: what breaks the contract is refused with the mend.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.columns import NO_DAY
from analysis.errors import DataError, nearest
from analysis.prices.manifest import InputFile
from analysis.prices.schemas import check_levels
from analysis.tabular import check_cells, read_whole

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from analysis._typing import IntArray
    from analysis.prices.market_data import MarketData
    from analysis.tabular import Piece

SESSION, SYMBOL, LEVEL = "session", "symbol", "close"


def load_levels_file(path: Path, companion: MarketData, *, calendar: str) -> MarketData:
    """
    Read levels from a file; factors and reference figures come from a companion.

    Parameters
    ----------
    path : pathlib.Path
        CSV or Parquet. Wide: a column ``session`` and one column of levels a symbol. Long: the
        columns ``session``, ``symbol`` and ``close``, sorted by session within each symbol.
        Levels are taken as total-return levels: adjusted closes, or prices if nothing was paid.
    companion : MarketData
        Whose factors and reference figures are used with these levels.
    calendar : str
        Market code of the exchange whose sessions the rows must be.

    Returns
    -------
    MarketData

    Raises
    ------
    DataError
        If the file cannot be read, is too large, or breaks the contract of `check_levels`.
    """
    table, digest = read_whole(path)
    names = table.file.names
    if SESSION not in names:
        raise DataError(f"{path}: column '{SESSION}' is missing; {nearest(SESSION, names)}")
    sessions = _sessions(table)
    levels = _from_long(table, sessions) if SYMBOL in names else _from_wide(table, sessions)
    return replace(
        companion,
        name=path.name,
        calendar=calendar,
        levels=check_levels(levels, calendar=calendar, where=str(path)),
        inputs=(InputFile(path.name, digest), *companion.inputs),
    )


def _sessions(table: Piece) -> pd.DatetimeIndex:
    where, column = table.file.path, table.file.names.index(SESSION)
    days = table.days(column)
    wrong = np.flatnonzero(days == NO_DAY)
    if wrong.size:
        row = int(wrong[0])
        shown = table.shown(column, row).strip()
        if table.table.column(column)[row].as_py() is None or not shown:
            raise DataError(f"{where}: data row {row + 1} has no date in the column '{SESSION}'")
        if table.moments(column).day[row] != NO_DAY:
            raise DataError(f"{where}: '{SESSION}' holds clock times; write dates as 2025-01-27")
        raise DataError(
            f"{where}: the column '{SESSION}' is not all dates ('{shown}' in data row {row + 1}); "
            "write them as 2025-01-27"
        )
    index = pd.DatetimeIndex(days.astype("datetime64[D]").astype("datetime64[us]"))
    return index.rename(SESSION)


def _from_wide(table: Piece, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    names = table.file.names
    columns = [at for at, name in enumerate(names) if name != SESSION]
    values, wrong = table.matrix(columns)
    if wrong is not None:
        raise _no_level(table, wrong[0], columns[wrong[1]], names[columns[wrong[1]]], sessions)
    return pd.DataFrame(values, index=sessions, columns=[names[at] for at in columns])


def _from_long(table: Piece, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    where, names = table.file.path, table.file.names
    if LEVEL not in names:
        raise DataError(
            f"{where}: column '{LEVEL}' is missing beside '{SYMBOL}'; {nearest(LEVEL, names)}"
        )
    codes, words = table.texts(names.index(SYMBOL))
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise DataError(f"{where}: data row {row + 1} ({sessions[row].date()}) names no symbol")
    symbols = list(dict.fromkeys(words[code] for code in np.unique(codes)))
    place = {symbol: at for at, symbol in enumerate(symbols)}
    column = np.array([place.get(word, -1) for word in words], dtype=np.int64)[codes]
    level, bad = table.numbers(names.index(LEVEL))
    if bad.size:
        raise _no_level(table, int(bad[0]), names.index(LEVEL), LEVEL, sessions)
    days = sessions.to_numpy()
    rows, at_row = np.unique(days, return_inverse=True)
    cells = at_row * len(symbols) + column
    found, first = np.unique(cells, return_index=True)
    if found.size < cells.size:
        repeated = np.ones(cells.size, dtype=np.bool_)
        repeated[first] = False
        second = int(np.flatnonzero(repeated)[0])
        day = sessions[second].date()
        raise DataError(f"{where}: {symbols[column[second]]} on {day} occurs twice; keep one row")
    _check_order(where, symbols, column, days)
    check_cells(where, rows.size * len(symbols))
    values = np.full((rows.size, len(symbols)), np.nan)
    values[at_row, column] = level
    return pd.DataFrame(values, index=pd.DatetimeIndex(rows, name=SESSION), columns=symbols)


def _check_order(
    where: Path, symbols: list[str], column: IntArray, days: npt.NDArray[np.datetime64]
) -> None:
    """Refuse rows of a symbol that are not in the order of their sessions."""
    order = np.argsort(column, kind="stable")
    back = (np.diff(days[order]) < np.timedelta64(0)) & (np.diff(column[order]) == 0)
    if back.any():
        first = int(order[np.flatnonzero(back) + 1].min())
        day = days[first].astype("datetime64[D]")
        raise DataError(
            f"{where}: {symbols[column[first]]} is not sorted: {day} comes after a later session; "
            "sort the rows of each symbol by session"
        )


def _no_level(
    table: Piece, row: int, column: int, what: str, sessions: pd.DatetimeIndex
) -> DataError:
    shown = table.shown(column, row)
    finite = shown.strip().lower().lstrip("+-") not in {"inf", "infinity"}
    return DataError(
        f"{table.file.path}: {what} on {sessions[row].date()} is '{shown}', "
        + ("not a number" if finite else "infinite: a level must be finite")
    )
