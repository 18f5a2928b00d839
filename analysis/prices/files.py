"""
Levels from a user's file: CSV, Parquet or Excel.

Wide files hold ``session, SYMBOL...``, long ones ``session, symbol, close``; `HEADS` lists the
spellings. Files of Stooq, and frames of yfinance with their two rows of heads, are known by their
columns, extracts of CRSP by theirs. Nothing is sorted, filled or guessed: what breaks the contract
is refused with the mend.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.columns import NO_DAY
from analysis.currency import HUNDREDTHS
from analysis.errors import DataError, nearest
from analysis.plausible import impossible_returns, why_impossible
from analysis.prices.manifest import InputFile
from analysis.prices.own_bars import FIELDS, bar_columns, bars_by_symbol, bars_of_long
from analysis.prices.schemas import check_levels, on_sessions
from analysis.prices.sources.crsp import CRSP_COLUMNS, read_crsp
from analysis.tabular import check_cells, read_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from analysis._typing import FloatArray, IntArray
    from analysis.pieces import Piece
    from analysis.prices.market_data import MarketData

SESSION, SYMBOL, LEVEL = "session", "symbol", "close"
RETURN, CURRENCY = "return", "currency"

HEADS: Mapping[str, tuple[str, ...]] = {
    SESSION: (SESSION, "date", "timestamp", "datetime"),
    SYMBOL: (SYMBOL, "ticker", "permno", "cusip", "isin"),
    LEVEL: ("adj close", "adj_close", "adjusted close", "adjclose", LEVEL),
    RETURN: (RETURN, "ret", "total_return"),
    CURRENCY: (CURRENCY,),
}
"""Heads that stand for a column, in any case; where a file has several, the first counts."""

_BAR = frozenset({"open", "high", "low", "close"})
_MIDNIGHT = r"[T ]00:00(:00(\.0+)?)?[+-][0-9]{2}:?[0-9]{2}$"


def load_levels_file(
    path: Path,
    companion: MarketData,
    *,
    calendar: str,
    needed: tuple[pd.Timestamp, pd.Timestamp] | None = None,
) -> MarketData:
    """
    Read levels from a file; factors and reference figures come from a companion.

    Parameters
    ----------
    path : pathlib.Path
        CSV, Parquet or Excel. Wide: a column ``session`` and one column of levels a symbol. Long:
        the columns ``session``, ``symbol`` and ``close``, or ``return`` (simple, decimal) in place
        of levels, sorted by session within each symbol. The bars of one symbol: ``session, open,
        high, low, close``, the symbol being the file's name. An adjusted close goes before the
        close. Levels are taken as total-return levels: adjusted closes, or prices if nothing was
        paid.
    companion : MarketData
        Whose factors and reference figures are used with these levels.
    calendar : str
        Market code of the exchange whose sessions the rows must be.
    needed : tuple of pandas.Timestamp, optional
        First and last session that must be right; all by default. What is wrong with the sessions
        elsewhere is counted in the name of the data.

    Returns
    -------
    MarketData

    Raises
    ------
    DataError
        If the file cannot be read, is too large, or breaks the contract of `check_levels`.
    """
    read = read_table(path)
    levels = read.values
    if read.returns:
        grown = _compounded(levels.to_numpy(), path)
        levels = pd.DataFrame(grown, index=levels.index, columns=levels.columns)
    levels, note = on_sessions(levels, calendar=calendar, where=str(path), needed=needed)
    return replace(
        companion,
        name=f"{path.name} ({note})" if note else path.name,
        calendar=calendar,
        levels=check_levels(levels, calendar=calendar, where=str(path)),
        inputs=(InputFile(path.name, read.digest), *companion.inputs),
        bars=read.bars,
        currencies=read.currencies,
    )


@dataclass(frozen=True, slots=True, eq=False)
class ReadTable:
    """
    A table of levels or returns as it stands in a file.

    Attributes
    ----------
    values : pandas.DataFrame of shape (T, symbols)
        NaN where a cell is empty.
    returns : bool
        Whether they are simple returns rather than levels.
    digest : str
        SHA-256 of the file.
    bars : mapping of str to pandas.DataFrame
        Opens, highs, lows, closes as printed and volumes, of symbols that have some.
    currencies : mapping of str to str
        Of symbols whose rows name one.
    """

    values: pd.DataFrame
    returns: bool
    digest: str
    bars: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    currencies: Mapping[str, str] = field(default_factory=dict)


def read_table(path: Path) -> ReadTable:
    """
    Read a file of levels or returns in any of the layouts of `load_levels_file`.

    Nothing is held against the sessions of an exchange, nor against what levels can be.

    Parameters
    ----------
    path : pathlib.Path

    Raises
    ------
    DataError
        If the file cannot be read, or is none of these layouts.
    """
    table, digest = read_whole(path)
    if any(needed <= {name.upper() for name in table.file.names} for needed in CRSP_COLUMNS):
        return _from_crsp(table, digest)
    heads = _heads(table)
    sessions = _sessions(table, heads[SESSION])
    plain = [_plain(name) for name in table.file.names]
    if table.file.heads:
        return _from_two_rows(table, sessions, digest)
    if SYMBOL in heads:
        return _from_long(table, sessions, heads, digest)
    if LEVEL in heads and set(plain) >= _BAR:
        values = _from_bars(table, sessions, heads[LEVEL])
        wide = {name: table.numbers(at)[0][:, None] for at, name in bar_columns(plain).items()}
        return ReadTable(values, returns=False, digest=digest, bars=bars_by_symbol(wide, values))
    return ReadTable(_from_wide(table, sessions, heads[SESSION]), returns=False, digest=digest)


def _plain(name: str) -> str:
    """Write a head without the marks that Stooq puts around it, in small letters."""
    return name.strip().strip("<>").lower()


def _heads(table: Piece) -> dict[str, int]:
    """Find the columns of `HEADS` that a table has; it must have one of sessions."""
    names = table.file.names
    plain = [_plain(name) for name in names]
    found = {
        what: plain.index(spelling)
        for what, spellings in HEADS.items()
        for spelling in reversed(spellings)
        if spelling in plain
    }
    if SESSION not in found:
        raise DataError(
            f"{table.file.path}: column '{SESSION}' is missing, and 'date' too; "
            f"{nearest(SESSION, names)}"
        )
    return found


def _sessions(table: Piece, column: int) -> pd.DatetimeIndex:
    where, head = table.file.path, table.file.names[column]
    cells = table.table.column(column)
    if pa.types.is_string(cells.type):  # midnight where the market is, as yfinance writes days
        cells = pc.replace_substring_regex(cells, _MIDNIGHT, "")
        table = replace(table, table=table.table.set_column(column, head, cells))
    days = table.days(column)
    wrong = np.flatnonzero(days == NO_DAY)
    if wrong.size:
        row = int(wrong[0])
        shown = table.shown(column, row).strip()
        if table.table.column(column)[row].as_py() is None or not shown:
            raise DataError(f"{where}: data row {row + 1} has no date in the column '{head}'")
        if table.moments(column).day[row] != NO_DAY:
            raise DataError(f"{where}: '{head}' holds clock times; write dates as 2025-01-27")
        raise DataError(
            f"{where}: the column '{head}' is not all dates ('{shown}' in data row {row + 1}); "
            "write them as 2025-01-27"
        )
    index = pd.DatetimeIndex(days.astype("datetime64[D]").astype("datetime64[us]"))
    return index.rename(SESSION)


def _from_crsp(table: Piece, digest: str) -> ReadTable:
    """Take an extract of CRSP, whose returns hold dividends and delistings."""
    cells = table.table.to_pandas()
    found = read_crsp(cells.mask(cells == ""), where=str(table.file.path))
    levels = pd.DataFrame({symbol: one.bars["adj_close"] for symbol, one in found.items()})
    bars = {symbol: one.bars[list(FIELDS)].astype(float) for symbol, one in found.items()}
    currencies = {symbol: one.currency for symbol, one in found.items() if one.currency}
    return ReadTable(
        levels.astype(float).rename_axis(SESSION), returns=False, digest=digest,
        bars=bars, currencies=currencies,
    )  # fmt: skip


def _from_wide(table: Piece, sessions: pd.DatetimeIndex, session: int) -> pd.DataFrame:
    columns = [at for at in range(len(table.file.names)) if at != session]
    return _matrix(table, sessions, columns, [table.file.names[at] for at in columns])


def _from_two_rows(table: Piece, sessions: pd.DatetimeIndex, digest: str) -> ReadTable:
    heads = [(_plain(field), symbol) for field, symbol in table.file.heads]
    fields = [field for field, _ in heads]
    level = next((name for name in HEADS[LEVEL] if name in fields), None)
    if level is None:
        raise DataError(
            f"{table.file.path}: no '{LEVEL}' in the first row of heads; "
            f"{nearest(LEVEL, dict.fromkeys(fields[1:]))}"
        )
    columns = [at for at, field in enumerate(fields) if field == level]
    symbols = [heads[at][1] for at in columns]
    values = _matrix(table, sessions, columns, symbols)
    wide: dict[str, FloatArray] = {}
    for at, name in bar_columns(fields).items():
        if heads[at][1] in symbols:
            cells = wide.setdefault(name, np.full(values.shape, np.nan))
            cells[:, symbols.index(heads[at][1])] = table.numbers(at)[0]
    return ReadTable(values, returns=False, digest=digest, bars=bars_by_symbol(wide, values))


def _from_bars(table: Piece, sessions: pd.DatetimeIndex, level: int) -> pd.DataFrame:
    stem = table.file.path.stem
    symbol = (stem.removesuffix("_us_d") or stem).upper()  # Stooq's NVDA is nvda_us_d.csv
    return _matrix(table, sessions, [level], [symbol])


def _matrix(
    table: Piece, sessions: pd.DatetimeIndex, columns: list[int], symbols: list[str]
) -> pd.DataFrame:
    values, wrong = table.matrix(columns)
    if wrong is not None:
        raise _no_level(table, wrong[0], columns[wrong[1]], symbols[wrong[1]], sessions)
    return pd.DataFrame(values, index=sessions, columns=symbols)


def _from_long(
    table: Piece, sessions: pd.DatetimeIndex, heads: Mapping[str, int], digest: str
) -> ReadTable:
    where, names = table.file.path, table.file.names
    if LEVEL not in heads and RETURN not in heads:
        raise DataError(
            f"{where}: column '{LEVEL}' (or '{RETURN}') is missing beside "
            f"'{names[heads[SYMBOL]]}'; {nearest(LEVEL, names)}"
        )
    if LEVEL in heads and RETURN in heads:
        raise DataError(
            f"{where}: '{names[heads[LEVEL]]}' and '{names[heads[RETURN]]}' both stand in it; keep "
            "the one that holds dividends"
        )
    given = heads[LEVEL] if LEVEL in heads else heads[RETURN]
    _check_frequency(table)
    codes, words = table.texts(heads[SYMBOL])
    if "<PER>" in names:
        words = [word.removesuffix(".US") for word in words]
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise DataError(f"{where}: data row {row + 1} ({sessions[row].date()}) names no symbol")
    symbols = list(dict.fromkeys(words[code] for code in np.unique(codes)))
    place = {symbol: at for at, symbol in enumerate(symbols)}
    column = np.array([place.get(word, -1) for word in words], dtype=np.int64)[codes]
    level, bad = table.numbers(given)
    if bad.size:
        raise _no_level(table, int(bad[0]), given, names[given], sessions)
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
    currencies = {}
    if CURRENCY in heads:
        currencies = _currencies(table, heads[CURRENCY], column, symbols)
    check_cells(where, rows.size * len(symbols))
    values = np.full((rows.size, len(symbols)), np.nan)
    values[at_row, column] = level
    levels = pd.DataFrame(values, index=pd.DatetimeIndex(rows, name=SESSION), columns=symbols)
    found = bar_columns([_plain(name) for name in names])
    bars = bars_of_long(table, found, (at_row, column), levels)
    return ReadTable(levels, LEVEL not in heads, digest, bars, currencies)


def _compounded(returns: FloatArray, where: Path) -> FloatArray:
    """Turn simple returns into levels, 1 before each symbol's first; no level where no return."""
    wrong = impossible_returns(returns)
    if wrong.any():
        value = float(returns[wrong][0])
        raise DataError(f"{where}: {why_impossible(value).partition(';')[0]}; give decimals")
    growth = np.where(np.isnan(returns), 1.0, 1 + returns).cumprod(axis=0)
    return np.where(np.isnan(returns), np.nan, growth)


def _check_frequency(table: Piece) -> None:
    """Refuse a file of Stooq that holds bars of minutes or weeks."""
    if "<PER>" not in table.file.names:
        return
    codes, words = table.texts(table.file.names.index("<PER>"))
    others = sorted({words[code] for code in np.unique(codes)} - {"D"})
    if others:
        raise DataError(f"{table.file.path}: bars of '{others[0]}'; daily ones ('D') are needed")


def _currencies(table: Piece, at: int, column: IntArray, symbols: list[str]) -> dict[str, str]:
    """Give the currency of each symbol; refuse one whose rows are of two."""
    codes, words = table.texts(at)
    kinds = np.unique(np.stack([column, codes]), axis=1)[0]
    twice = kinds[1:][np.diff(kinds) == 0]
    if twice.size:
        raise DataError(
            f"{table.file.path}: {symbols[twice[0]]} stands in two currencies; keep rows of one"
        )
    pairs = zip(column.tolist(), codes.tolist(), strict=True)
    named = {symbols[place]: words[code] for place, code in dict(pairs).items() if code >= 0}
    return {symbol: HUNDREDTHS.get(word, (word, 1))[0] for symbol, word in named.items()}


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
