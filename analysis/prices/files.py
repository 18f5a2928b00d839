"""
Levels from a user's file, CSV or Parquet.

Wide files hold ``session, SYMBOL...``, long ones ``session, symbol, close``. Nothing is sorted,
filled or guessed: what breaks the contract is refused with the mend.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import DataError, nearest
from analysis.prices.manifest import InputFile, sha256_of
from analysis.prices.schemas import check_levels

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.prices.market_data import MarketData

SESSION, SYMBOL, LEVEL = "session", "symbol", "close"
_PARQUET_MAGIC = b"PAR1"


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
        If the file cannot be read or breaks the contract of `check_levels`.
    """
    where = str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{where}: cannot be read ({error.strerror}); name a CSV or Parquet file of levels"
        ) from error
    table = _parse(content, where)
    if SESSION not in table.columns:
        raise DataError(
            f"{where}: column '{SESSION}' is missing; {nearest(SESSION, map(str, table.columns))}"
        )
    sessions = _dates(table[SESSION], where)
    if SYMBOL in table.columns:
        levels = _from_long(table, sessions, where)
    else:
        levels = _from_wide(table, sessions, where)
    return replace(
        companion,
        name=path.name,
        calendar=calendar,
        levels=check_levels(levels, calendar=calendar, where=where),
        inputs=(InputFile(path.name, sha256_of(content)), *companion.inputs),
    )


def _parse(content: bytes, where: str) -> pd.DataFrame:
    if not content.strip():
        raise DataError(f"{where}: the file is empty")
    try:
        if content.startswith(_PARQUET_MAGIC):
            table = pd.read_parquet(io.BytesIO(content))
            return table if SESSION in table.columns else table.reset_index()
        _refuse_broken_lines(content, where)
        return pd.read_csv(io.BytesIO(content), dtype={SYMBOL: str}, skipinitialspace=True)
    except DataError:
        raise
    except (ValueError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{where}: neither a sound CSV nor a sound Parquet file ({reason}); "
            "is it truncated? fetch or export it again"
        ) from error


def _refuse_broken_lines(content: bytes, where: str) -> None:
    lines = content.rstrip().split(b"\n")
    header = lines[0].decode("utf-8", errors="replace").strip()
    names = [name.strip().strip('"') for name in header.split(",")]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"{where}: column '{name}' occurs twice; keep one column a symbol")
    cells = lines[0].count(b",")
    for number, line in enumerate(lines, start=1):
        if line.strip() and line.count(b",") < cells:
            which = "the last line" if number == len(lines) else f"line {number}"
            raise DataError(
                f"{where}: {which} has fewer cells than the header; the file is truncated or "
                "damaged, fetch or export it again"
            )


def _dates(column: pd.Series, where: str) -> pd.DatetimeIndex:
    try:
        dates = pd.DatetimeIndex(pd.to_datetime(column, format="ISO8601"))
    except (ValueError, TypeError) as error:
        raise DataError(
            f"{where}: the column '{SESSION}' is not all dates ({str(error).splitlines()[0]}); "
            "write them as 2025-01-27"
        ) from None
    if dates.hasnans:
        row = int(np.argmax(dates.isna()))
        raise DataError(f"{where}: data row {row + 1} has no date in the column '{SESSION}'")
    if dates.tz is not None or (dates.normalize() != dates).any():
        raise DataError(f"{where}: '{SESSION}' holds clock times; write dates as 2025-01-27")
    return pd.DatetimeIndex(dates.as_unit("us"), name=SESSION)


def _numbers(column: pd.Series, symbol: str, sessions: pd.DatetimeIndex, where: str) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    text = column.notna() & numbers.isna()
    if text.any():
        row = int(np.argmax(text.to_numpy()))
        raise DataError(
            f"{where}: {symbol} on {sessions[row].date()} is {column.iloc[row]!r}, not a number"
        )
    return numbers.astype(float)


def _from_wide(table: pd.DataFrame, sessions: pd.DatetimeIndex, where: str) -> pd.DataFrame:
    symbols = [str(name) for name in table.columns if name != SESSION]
    return pd.DataFrame(
        {name: _numbers(table[name], name, sessions, where).to_numpy() for name in symbols},
        index=sessions,
    )


def _from_long(table: pd.DataFrame, sessions: pd.DatetimeIndex, where: str) -> pd.DataFrame:
    if LEVEL not in table.columns:
        raise DataError(
            f"{where}: column '{LEVEL}' is missing beside '{SYMBOL}'; "
            f"{nearest(LEVEL, map(str, table.columns))}"
        )
    if table[SYMBOL].isna().any():
        row = int(np.argmax(table[SYMBOL].isna().to_numpy()))
        raise DataError(f"{where}: data row {row + 1} ({sessions[row].date()}) names no symbol")
    frame = pd.DataFrame(
        {
            SESSION: sessions,
            SYMBOL: table[SYMBOL].astype(str).to_numpy(),
            LEVEL: _numbers(table[LEVEL], "close", sessions, where).to_numpy(),
        }
    )
    twice = frame[frame.duplicated([SESSION, SYMBOL])]
    if len(twice):
        first = twice.iloc[0]
        raise DataError(
            f"{where}: {first[SYMBOL]} on {first[SESSION].date()} occurs twice; keep one row"
        )
    back = frame.groupby(SYMBOL, sort=False)[SESSION].diff() < pd.Timedelta(0)
    if back.any():
        first = frame.iloc[int(np.argmax(back.to_numpy()))]
        raise DataError(
            f"{where}: {first[SYMBOL]} is not sorted: {first[SESSION].date()} comes after a later "
            "session; sort the rows of each symbol by session"
        )
    wide = frame.pivot_table(
        index=SESSION, columns=SYMBOL, values=LEVEL, aggfunc="first", sort=False, dropna=False
    ).sort_index()
    wide.columns.name = None
    return wide
