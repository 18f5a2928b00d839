"""Bundled figures of other exchanges, as the data of a study that counts their sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.currency import USD
from analysis.errors import DataError
from analysis.prices.market_data import MarketData
from analysis.prices.reference import Reference
from analysis.prices.schemas import check_levels
from analysis.prices.tables import read_table
from analysis.sessions import sessions_between

if TYPE_CHECKING:
    from pathlib import Path

SECURITIES = ("firm", "control", "index")
AS_PRINTED = "split"
"""Basis of closes that are as printed; others are also less dividends."""


def load_abroad(calendar: str, folder: Path | None = None) -> MarketData:
    """
    Load the bundled firms and index of an exchange abroad.

    Parameters
    ----------
    calendar : str
        Its market code.
    folder : pathlib.Path, optional
        A bundle; by default the one that travels with the program.

    Returns
    -------
    MarketData
        Closes in local currency as levels, and exchange rates against USD, on every session of the
        exchange; NaN where there is none. Dividends are in the levels of those symbols alone whose
        basis says so. Closes as printed serve for market values; there are no factors.

    Raises
    ------
    DataError
        If the bundle has no security of that exchange; the message lists the exchanges it has.
    IntegrityError
        If a file is missing or its bytes are not those that the manifest names.

    Examples
    --------
    >>> data = load_abroad("XKRX")
    >>> list(data.levels.columns), data.reference.daily_currencies["000660.KS"]
    (['000660.KS', '005930.KS', '^KS11', 'USDKRW=X'], 'KRW')
    """
    markets, one = read_table("world-markets", folder)
    daily, other = read_table("world-daily", folder)
    listed = markets[markets["kind"].isin(SECURITIES)]
    here = listed[listed["calendar"] == calendar]
    if here.empty:
        known = ", ".join(sorted(set(listed["calendar"])))
        raise DataError(
            f"the bundled figures hold no security of {calendar} (of XNYS and {known}); bring "
            "levels of that exchange with --data PATH"
        )
    currencies = dict(zip(here["symbol"], here["currency"], strict=True))
    rates = [f"{USD}{code}=X" for code in sorted(set(currencies.values()))]
    rates = [rate for rate in rates if rate in set(markets["symbol"])]
    closes = daily.pivot_table(index="session", columns="symbol", values="close", observed=True)
    own = closes[list(currencies)].dropna(how="all")
    sessions = sessions_between(calendar, own.index[0].date(), own.index[-1].date())
    levels = closes[[*currencies, *rates]].reindex(sessions.rename("session")).astype(float)
    levels.columns = pd.Index([str(name) for name in levels.columns])
    printed = here[(here["basis"] == AS_PRINTED) & (here["kind"] != "index")]["symbol"]
    span = f"{sessions[0].date()} to {sessions[-1].date()}"
    return MarketData(
        name=f"bundled figures of {calendar}, {span}",
        calendar=calendar,
        levels=check_levels(levels, calendar=calendar, where="prices/world_daily.parquet"),
        reference=Reference(
            daily_closes=levels[list(printed)],
            daily_currencies={str(s): str(currencies[s]) for s in printed},
            names=dict(zip(here["symbol"], here["name"], strict=True)),
        ),
        inputs=(one, other),
        dividends=printed.empty,
        currencies={str(symbol): str(code) for symbol, code in currencies.items()},
    )
