"""
The bundled tables beside levels and factors: daily and intraday bars, markets abroad, holdings.

Each is read when something asks for it, its bytes held against the manifest and its rows against
what they must be; nothing is repaired.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analysis._bundle import bundled_data
from analysis.errors import DataError, IntegrityError, nearest
from analysis.prices.manifest import InputFile, read_verified
from analysis.prices.schemas import check_levels
from analysis.prices.table_checks import (
    check_bars,
    check_dated,
    check_intraday,
    check_results_days,
    check_shares_of_index,
    check_unique,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

CALENDAR = "XNYS"
PARQUET = ".parquet"


@dataclass(frozen=True, slots=True)
class BundledTable:
    """
    A table of the bundle.

    Attributes
    ----------
    path : str
        Within the bundle; Parquet or CSV.
    check : callable
        Takes ``(frame, where)``; raises `DataError` on the first row that cannot be.
    dates : tuple of str
        Columns that are dates, where the file is CSV.
    """

    path: str
    check: Callable[[pd.DataFrame, str], None]
    dates: tuple[str, ...] = ()


def _us_bars(frame: pd.DataFrame, where: str) -> None:
    check_bars(frame, where, calendar=CALENDAR)


def _us_intraday(frame: pd.DataFrame, where: str) -> None:
    check_intraday(frame, where, calendar=CALENDAR)


def _us_levels(frame: pd.DataFrame, where: str) -> None:
    levels = frame.set_index("session")
    check_levels(levels, calendar=CALENDAR, where=where)


TABLES = {
    "daily-bars": BundledTable("prices/daily_bars.parquet", _us_bars),
    "intraday-bars": BundledTable("prices/intraday_bars.parquet", _us_intraday),
    "intraday-parameters": BundledTable(
        "reference/intraday_parameters.csv", check_unique("symbol", "benchmark", "slot")
    ),
    "premarket-bars": BundledTable(
        "prices/premarket_bars.csv", check_unique("symbol", "label"), ("label",)
    ),
    "volatility-indices": BundledTable(
        "prices/volatility_indices.csv", check_dated(CALENDAR), ("session",)
    ),
    "world-daily": BundledTable("prices/world_daily.parquet", check_bars),
    "world-markets": BundledTable("reference/world_markets.csv", check_unique("symbol")),
    "donors": BundledTable("prices/donors_total_return_index.parquet", _us_levels),
    "donor-exposures": BundledTable("reference/donor_exposures.csv", check_unique("symbol")),
    "donor-checks": BundledTable("reference/donors.csv", check_unique("symbol")),
    "index-holdings": BundledTable(
        "reference/index_holdings.csv", check_shares_of_index, ("published_as_of", "eve")
    ),
    "names": BundledTable("reference/names.csv", check_unique("symbol")),
    "results-days": BundledTable(
        "reference/earnings.csv", check_results_days(CALENDAR), ("filed", "reaction_session")
    ),
    "sources": BundledTable("reference/sources.csv", check_unique("repository")),
}
"""The tables by name."""


def read_table(
    name: str, folder: Path | None = None, *, columns: Sequence[str] | None = None
) -> tuple[pd.DataFrame, InputFile]:
    """
    Read one of `TABLES`.

    Parameters
    ----------
    name : str
    folder : pathlib.Path, optional
        A bundle; by default the one that travels with the program.
    columns : sequence of str, optional
        Only these columns; the rows are then not held against one another. By default all.

    Returns
    -------
    frame : pandas.DataFrame
        In the order of the file; texts where a cell of a CSV file is text, NaN where it is empty.
    identity : InputFile

    Raises
    ------
    IntegrityError
        If the bytes are not those that the manifest names.
    DataError
        If there is no such table, or a row cannot be.

    Examples
    --------
    >>> bars, _ = read_table("daily-bars")
    >>> bars.loc[(bars["symbol"] == "NVDA") & (bars["session"] == "2025-01-27"), "open"].item()
    124.8
    """
    if name not in TABLES:
        raise DataError(f"no bundled table '{name}'; {nearest(name, TABLES)}")
    table = TABLES[name]
    content, identity = read_verified(folder or bundled_data(), table.path)
    if table.path.endswith(PARQUET):
        frame = pd.read_parquet(
            io.BytesIO(content), columns=None if columns is None else list(columns)
        )
    else:
        frame = pd.read_csv(
            io.BytesIO(content),
            usecols=None if columns is None else list(columns),
            parse_dates=[day for day in table.dates if columns is None or day in columns],
        )
    if columns is None:
        table.check(frame, table.path)
    return frame, identity


def held_tables(folder: Path | None, *names: str) -> list[tuple[pd.DataFrame, InputFile]] | None:
    """
    Read several of `TABLES` as `read_table` does.

    Returns
    -------
    list of tuple or None
        None where there is no folder, or it lacks one of them or holds other bytes.
    """
    try:
        return None if folder is None else [read_table(name, folder) for name in names]
    except IntegrityError:
        return None
