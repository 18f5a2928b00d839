"""The bundled snapshot: figures that travel with the program, verified by hash on every load."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from analysis._bundle import bundled_data
from analysis.currency import USD
from analysis.errors import DataError, nearest
from analysis.prices.manifest import InputFile, read_manifest, read_verified
from analysis.prices.market_data import MarketData
from analysis.prices.reference import (
    Reference,
    closes_from,
    results_days_from,
    shares_from,
    weights_from,
)
from analysis.prices.schemas import check_factors, check_levels, interior_gaps

if TYPE_CHECKING:
    from pathlib import Path

CALENDAR = "XNYS"
LEVELS = "prices/total_return_index.parquet"
FACTORS = "factors/fama_french_daily.csv"
SHARES = "reference/shares_outstanding.csv"
CLOSES = "prices/printed_closes.csv"
WEIGHTS = "reference/index_weights.csv"
RESULTS_DAYS = "reference/earnings.csv"
NAMES = "reference/names.csv"
HISTORY = "prices/history_"
"""Begins the file of a firm's longer history; its symbol and ``.csv`` follow."""

DAILY_BARS = "prices/daily_bars.parquet"

AS_PRINTED = "split"
"""Basis of bars whose prices are as printed on the split basis of the share counts."""

BASE = 100.0
"""Every bundled level on the session that the indices are based on."""


def load_snapshot(folder: Path | None = None) -> MarketData:
    """
    Load the bundled figures.

    Parameters
    ----------
    folder : pathlib.Path, optional
        A bundle with a manifest; by default the one that travels with the program.

    Returns
    -------
    MarketData

    Raises
    ------
    IntegrityError
        If a file is missing or its bytes are not those that the manifest names.
    DataError
        If a frame breaks its contract.

    Examples
    --------
    >>> data = load_snapshot()
    >>> data.levels.shape
    (3602, 35)
    """
    folder = folder or bundled_data()
    inputs: list[InputFile] = []

    def verified(name: str) -> bytes:
        content, identity = read_verified(folder, name)
        inputs.append(identity)
        return content

    def table(name: str) -> pd.DataFrame:
        return pd.read_csv(io.BytesIO(verified(name)), keep_default_na=False)

    levels = pd.read_parquet(io.BytesIO(verified(LEVELS))).set_index("session")
    check_levels(levels, calendar=CALENDAR, where=LEVELS)
    gaps = interior_gaps(levels)
    if gaps:
        symbol, days = next(iter(gaps.items()))
        raise DataError(f"{LEVELS}: {symbol} has no level on {days[0].date()}, inside its history")
    factors = check_factors(
        _sessions_first(verified(FACTORS)) / 100, calendar=CALENDAR, where=FACTORS
    )
    reference = Reference(
        shares=shares_from(table(SHARES), where=SHARES),
        closes=closes_from(table(CLOSES), where=CLOSES),
        daily_closes=_daily_closes(verified(DAILY_BARS)),
        weights=weights_from(table(WEIGHTS), where=WEIGHTS),
        results_days=results_days_from(table(RESULTS_DAYS)),
        names={str(row["symbol"]): str(row["name"]) for row in table(NAMES).to_dict("records")},
    )
    histories = {
        symbol: _history(verified(name), name) for symbol, name in history_files(folder).items()
    }
    return MarketData(
        name=f"bundled snapshot, {levels.index[0].date()} to {levels.index[-1].date()}",
        calendar=CALENDAR,
        levels=levels,
        factors=factors,
        reference=reference,
        inputs=tuple(inputs),
        histories=histories,
        dividends=True,
        currencies=dict.fromkeys(map(str, levels.columns), USD),
        folder=folder,
    )


def companion_of(snapshot: MarketData, calendar: str) -> MarketData:
    """
    Keep of a snapshot what goes with a user's own levels: factors and reference figures.

    Its levels stay until they are replaced; its longer histories, and the files of both, go, and
    so do its names where the levels are of another exchange than its own.
    """
    reference = snapshot.reference
    if calendar != snapshot.calendar:
        reference = replace(reference, names={})
    inputs = tuple(
        item
        for item in snapshot.inputs
        if item.name != LEVELS and not item.name.startswith(HISTORY)
    )
    return replace(
        snapshot, inputs=inputs, histories={}, dividends=None, currencies={}, reference=reference
    )


def history_files(folder: Path | None = None) -> dict[str, str]:
    """List the bundled longer histories: the file's path in the bundle by symbol."""
    names = [name for name in read_manifest(folder or bundled_data()) if name.startswith(HISTORY)]
    return {name.removeprefix(HISTORY).removesuffix(".csv"): name for name in names}


def load_history(symbol: str, folder: Path | None = None) -> pd.DataFrame:
    """
    Load a firm's daily history, longer than the bundled levels.

    Parameters
    ----------
    symbol : str
        One of `history_files`.
    folder : pathlib.Path, optional
        A bundle with a manifest; by default the one that travels with the program.

    Returns
    -------
    pandas.DataFrame
        Rows are sessions; columns ``open, high, low, close`` (USD, split-adjusted),
        ``adj_close`` (also dividend-adjusted) and ``volume`` (shares, split-adjusted).

    Raises
    ------
    IntegrityError, DataError
        As `load_snapshot`, and if there is no history of the symbol.

    Examples
    --------
    >>> str(load_history("NVDA").index[0].date())
    '1999-01-22'
    """
    names = history_files(folder)
    if symbol not in names:
        raise DataError(f"no longer history of '{symbol}' is bundled; {nearest(symbol, names)}")
    content, _ = read_verified(folder or bundled_data(), names[symbol])
    return _history(content, names[symbol])


def index_base(levels: pd.DataFrame) -> pd.Timestamp:
    """
    Find the session that bundled levels are based on, where every one of them is `BASE`.

    Raises
    ------
    DataError
        If there is none.
    """
    based = levels.index[(levels == BASE).all(axis=1)]
    if not len(based):
        raise DataError(f"the levels have no session on which all of them are {BASE:g}")
    return pd.Timestamp(based[-1])


def _daily_closes(content: bytes) -> pd.DataFrame:
    bars = pd.read_parquet(
        io.BytesIO(content), columns=["symbol", "session", "close", "basis"]
    ).astype({"symbol": str})
    printed = bars[bars["basis"] == AS_PRINTED]
    return printed.pivot(index="session", columns="symbol", values="close")


def _history(content: bytes, name: str) -> pd.DataFrame:
    frame = _sessions_first(content).astype(float)
    check_levels(frame.drop(columns="volume"), calendar=CALENDAR, where=name)
    return frame


def _sessions_first(content: bytes) -> pd.DataFrame:
    frame = pd.read_csv(io.BytesIO(content), index_col="session", parse_dates=["session"])
    frame.index = pd.DatetimeIndex(frame.index).as_unit("us")
    return frame
