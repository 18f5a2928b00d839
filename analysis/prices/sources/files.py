"""
Prices from vendors' files: a Yahoo CSV download, a WRDS/CRSP daily extract, a table of levels.

Which one a file is follows from its column names, never from its values.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import nearest
from analysis.prices.bars import bars_frame
from analysis.prices.files import load_levels_file
from analysis.prices.market_data import MarketData
from analysis.prices.sources.cells import read_dates, read_numbers
from analysis.prices.sources.crsp import CRSP_COLUMNS, read_crsp
from analysis.prices.sources.protocol import BadAnswer, Fetched, SymbolRefused
from analysis.tabular import read_whole

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

YAHOO_COLUMNS = {
    "Date": "session",
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Adj Close": "adj_close",
    "Volume": "volume",
}
"""Columns of the CSV file that Yahoo Finance lets its users download."""


class FileSource:
    """
    A vendor's file as a source.

    Parameters
    ----------
    path : pathlib.Path
        CSV or Parquet. ``Date, Open, ..., Adj Close, Volume`` (the symbol is the file's name),
        CRSP's ``PERMNO, date, TICKER, PRC, RET, ...`` or ``PERMNO, DlyCalDt, ...``, or adjusted
        closes, wide (``session``, one column a symbol) or long (``session, symbol, close``).
    calendar : str
        Market code of the exchange whose sessions they are.

    Raises
    ------
    DataError
        If the file is none of these.
    """

    client = "file"

    def __init__(self, path: Path, calendar: str = "XNYS") -> None:
        self.name = path.name
        self._path = path
        self._calendar = calendar

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols in the file."""
        return tuple(self._content)

    def fetch(self, symbol: str, since: dt.date) -> Fetched:
        """Give one symbol of the file from a date on; see `Source`."""
        if symbol not in self._content:
            raise SymbolRefused(
                f"{symbol}: {self.name} has no such symbol; {nearest(symbol, self._content)}"
            )
        whole = self._content[symbol]
        start = pd.Timestamp(since)
        bars = whole.bars[whole.bars.index >= start]
        if bars.empty:
            raise SymbolRefused(f"{symbol}: {self.name} has nothing since {since}")
        return Fetched(
            symbol=symbol,
            source=self.name,
            client=self.client,
            bars=bars,
            actions=whole.actions[whole.actions["session"] >= start],
            currency=whole.currency,
            calendar=self._calendar,
        )

    @functools.cached_property
    def _content(self) -> dict[str, Fetched]:
        table = _table(self._path)
        columns = {str(name) for name in table.columns}
        if set(YAHOO_COLUMNS) <= columns:
            return {self._path.stem.upper(): self._yahoo(table)}
        if any(needed <= {name.upper() for name in columns} for needed in CRSP_COLUMNS):
            return read_crsp(table, where=self.name)
        companion = MarketData(self.name, self._calendar, pd.DataFrame())
        levels = load_levels_file(self._path, companion, calendar=self._calendar).levels
        return {str(name): self._of_levels(levels[name].dropna()) for name in levels.columns}

    def _yahoo(self, table: pd.DataFrame) -> Fetched:
        if not len(table):
            raise BadAnswer(f"{self.name}: no rows in it; download it again")
        sessions = pd.DatetimeIndex(read_dates(table["Date"], where=self.name))
        values: dict[str, object] = {
            ours: read_numbers(table[theirs], ours, where=self.name).to_numpy()
            for theirs, ours in YAHOO_COLUMNS.items()
            if ours != "session"
        }
        bars = bars_frame(sessions, values).dropna(how="all")
        return Fetched(self._path.stem.upper(), self.name, self.client, bars)

    def _of_levels(self, levels: pd.Series) -> Fetched:
        values: dict[str, object] = {"close": levels.to_numpy(), "adj_close": levels.to_numpy()}
        bars = bars_frame(pd.DatetimeIndex(levels.index), values)
        return Fetched(str(levels.name), self.name, self.client, bars)


def _table(path: Path) -> pd.DataFrame:
    """Read a file whole; the cells of a CSV file are texts, none where empty."""
    table: pd.DataFrame = read_whole(path)[0].table.to_pandas()
    return table.mask(table == "")
