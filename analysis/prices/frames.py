"""Levels from a caller's DataFrame, under the contract that files of levels are held to."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.errors import DataError
from analysis.prices.manifest import InputFile, sha256_of
from analysis.prices.market_data import MarketData
from analysis.prices.schemas import check_levels, on_sessions
from analysis.prices.snapshot import companion_of, load_snapshot

GIVEN = "levels given by the caller"


def as_market_data(
    data: MarketData | pd.DataFrame,
    *,
    calendar: str,
    needed: tuple[pd.Timestamp, pd.Timestamp] | None = None,
) -> MarketData:
    """
    Take a frame of levels for market data; factors and reference figures are the bundled ones.

    Parameters
    ----------
    data : MarketData or pandas.DataFrame of shape (sessions, symbols)
        Market data are given back as they are. A frame holds total-return levels (adjusted
        closes), any base, one column a symbol; its index, or a column ``session``, ``date`` or
        ``Date``, holds the sessions. NaN where a symbol has no level; nothing is filled.
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
        If the frame breaks the contract of `analysis.prices.schemas.check_levels`.

    Examples
    --------
    >>> days = ["2025-01-23", "2025-01-24", "2025-01-27"]
    >>> frame = pd.DataFrame({"A": [10.0, 11.0, 9.9]}, index=days)
    >>> as_market_data(frame, calendar="XNYS").levels.shape
    (3, 1)
    """
    if isinstance(data, MarketData):
        return data
    if not isinstance(data, pd.DataFrame):
        raise DataError(
            f"data are {type(data).__name__}; give MarketData, or a pandas DataFrame of levels "
            "with one row a session and one column a symbol"
        )
    levels = _levels(data)
    content = levels.to_csv(float_format="%.17g", lineterminator="\n").encode()
    companion = companion_of(load_snapshot(), calendar)
    levels, note = on_sessions(levels, calendar=calendar, where=GIVEN, needed=needed)
    return replace(
        companion,
        name=f"{GIVEN} ({note})" if note else GIVEN,
        calendar=calendar,
        levels=check_levels(levels, calendar=calendar, where=GIVEN),
        inputs=(InputFile(GIVEN, sha256_of(content)), *companion.inputs),
    )


def _levels(frame: pd.DataFrame) -> pd.DataFrame:
    for name in ("session", "date", "Date"):
        if name in frame.columns:
            frame = frame.set_index(name)
            break
    if frame.columns.nlevels > 1:
        raise DataError(
            f"{GIVEN}: the columns have {frame.columns.nlevels} levels; take one price of each "
            "symbol, as in frame['Close']"
        )
    if pd.api.types.is_numeric_dtype(frame.index.dtype):
        raise DataError(f"{GIVEN}: the rows are numbered; make the sessions the index")
    try:
        days = pd.DatetimeIndex(pd.to_datetime(frame.index))
        values = frame.astype(float)
    except (ValueError, TypeError) as error:
        raise DataError(f"{GIVEN}: not all dates and numbers ({error})") from error
    sessions = days.tz_localize(None) if days.tz is not None else days
    return pd.DataFrame(
        values.to_numpy(),
        index=sessions.normalize().as_unit("us").rename("session"),
        columns=[str(name) for name in frame.columns],
    )
