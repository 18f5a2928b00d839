"""
Levels of several currencies in one, by named exchange rates.

``level * rate``, session by session, so that a return is ``(1 + local) * (1 + rate's) - 1`` and a
log return the sum of both. Nothing is filled: where the rate of a session is missing, so are the
returns of that session and the next.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from analysis.currency import USD
from analysis.errors import StudyError
from analysis.prices.tables import read_table
from analysis.run.needs import mentioned_symbols, wants_everything
from analysis.study_securities import said_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.prices.market_data import MarketData
    from analysis.study import ExchangeRate, Study


def with_rates(rates: Sequence[ExchangeRate], data: MarketData) -> MarketData:
    """
    Put bundled exchange rates beside the levels, where one is named that the data lack.

    Parameters
    ----------
    rates : sequence of ExchangeRate
    data : MarketData

    Returns
    -------
    MarketData
        NaN where a bundled rate has no value; a rate that is not bundled is left to the caller.

    Raises
    ------
    IntegrityError, DataError
        If the bundled table is not what its manifest says.
    """
    lacking = [rate.symbol for rate in rates if rate.symbol not in data.levels]
    if not lacking or data.folder is None:
        return data
    markets, _ = read_table("world-markets", data.folder)
    known = set(markets.loc[markets["kind"] == "rate", "symbol"])
    wanted = [name for name in lacking if name in known]
    if not wanted:
        return data
    daily, identity = read_table("world-daily", data.folder)
    rows = daily[daily["symbol"].isin(wanted)].astype({"symbol": str})
    table = rows.pivot_table(index="session", columns="symbol", values="close")
    found = table[wanted].reindex(data.levels.index)
    joined = data.levels.join(found)
    quoted = None if data.quoted is None else data.quoted.join(found)
    return replace(data, levels=joined, quoted=quoted, inputs=(*data.inputs, identity))


def in_common_currency(study: Study, data: MarketData) -> MarketData:
    """
    Put the levels into the currency of a study.

    Parameters
    ----------
    study : Study
    data : MarketData
        With the columns of its exchange rates; what is in the currency already stays.

    Returns
    -------
    MarketData
        With `MarketData.quoted` the levels as they were; `data` itself where the study names no
        currency. Securities of unknown currency that the study does not use are left out; longer
        histories stay for dollars alone.

    Raises
    ------
    StudyError
        If the currency of a security that the study uses, or its rate, is not known.

    Examples
    --------
    >>> from analysis.prices.abroad import load_abroad
    >>> from analysis.study_file import load_study
    >>> from analysis.overrides import Overrides
    >>> data = load_abroad("XKRX")
    >>> study = load_study("deepseek-seoul-2025", Overrides(currency="USD"))
    >>> common = in_common_currency(study, data).levels.loc["2025-01-31", "000660.KS"]
    >>> won, rate = data.levels.loc["2025-01-31", ["000660.KS", "USDKRW=X"]]
    >>> float(won), round(float(common), 4), bool(common == won * (1 / rate))
    (199200.0, 138.174, True)
    """
    if not study.currency:
        return data
    before = data.levels if data.quoted is None else data.quoted
    new = [str(name) for name in data.levels.columns if data.quoted is None or name not in before]
    rates = {rate.symbol for rate in study.fx}
    codes = {**data.currencies, **said_of(study.securities, "currency")}
    used = set(new) if wants_everything(study) else {*mentioned_symbols(study)}
    levels, left_out = data.levels.copy(), []
    for symbol in new:
        code = codes.get(symbol)
        if symbol in rates or code == study.currency:
            continue
        if symbol not in used and (code is None or not _known(study, code)):
            left_out.append(symbol)
            continue
        if code is None:
            raise StudyError(
                f"returns in {study.currency}: the currency of {symbol} is not known; write "
                f'[[securities]] with symbols = ["{symbol}"] and its currency'
            )
        levels[symbol] = data.levels[symbol] * _rate(study, code, data.levels)
    return replace(
        data,
        name=f"{data.name}, in {study.currency}" if data.quoted is None else data.name,
        levels=levels.drop(columns=left_out),
        quoted=before.join(data.levels[[name for name in new if name not in before]]),
        histories=data.histories if study.currency == USD else {},
    )


def quote_currencies(study: Study, data: MarketData) -> tuple[str, ...]:
    """List the currencies of the firms' levels, sorted; none where one is not known."""
    codes = {**data.currencies, **said_of(study.securities, "currency")}
    found = {codes.get(symbol, "") for symbol in study.symbols}
    return () if "" in found else tuple(sorted(found))


def _known(study: Study, code: str) -> bool:
    rates = {rate.currency for rate in study.fx} | {USD}
    return {code, study.currency} <= rates


def _rate(study: Study, code: str, levels: pd.DataFrame) -> pd.Series:
    """Give the study's currency a unit of another, over all sessions; (T,)."""
    rate = _dollars(study, code, levels)
    return rate if study.currency == USD else rate / _dollars(study, study.currency, levels)


def _dollars(study: Study, code: str, levels: pd.DataFrame) -> pd.Series:
    """Give USD a unit of a currency; NaN where the data have none."""
    if code == USD:
        return pd.Series(1.0, index=levels.index)
    quoted: ExchangeRate | None = next((r for r in study.fx if r.currency == code), None)
    if quoted is None:
        raise StudyError(
            f"returns in {study.currency} need the exchange rate of {code}; write [[fx]] with "
            f'currency = "{code}" and the symbol of its rate'
        )
    series = levels[quoted.symbol].where(levels[quoted.symbol] > 0)
    return 1 / series if quoted.per_dollar else series
