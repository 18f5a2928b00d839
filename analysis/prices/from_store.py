"""The price store as the figures of a study."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from analysis.currency import HUNDREDTHS
from analysis.errors import DataError, nearest
from analysis.prices.manifest import InputFile, sha256_of
from analysis.prices.reference import Reference, ShareCount
from analysis.prices.refresh.rows import EXPECTED_CURRENCY
from analysis.prices.schemas import check_factors, check_levels
from analysis.prices.snapshot import index_base, load_snapshot
from analysis.prices.store import PriceStore
from analysis.sessions import sessions_between

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from analysis.prices.market_data import MarketData
    from analysis.prices.store.reader import Reader
    from analysis.prices.store.records import SymbolState


def load_store(
    path: Path,
    symbols: Sequence[str] | None = None,
    *,
    also: Sequence[str] = (),
    rates: Sequence[str] = (),
    as_of: dt.datetime | None = None,
    calendar: str = "XNYS",
    companion: MarketData | None = None,
) -> MarketData:
    """
    Read a study's figures from the price store.

    Parameters
    ----------
    path : pathlib.Path
        The database, see `analysis.prices.place.default_store`.
    symbols : sequence of str, optional
        By default every symbol of the store that trades on `calendar`.
    also : sequence of str
        Further symbols, read where the store has them on `calendar`; only with `symbols`.
    rates : sequence of str
        Exchange rates, read where the store has them; they trade on no exchange of their own.
    as_of : timezone-aware datetime, optional
        Use what was known then; by default what is known now.
    calendar : str
        Market code of the exchange whose sessions the rows are.
    companion : MarketData, optional
        By default the bundled snapshot. Its factors are used where the store has none, its filed
        share counts and printed closes always before the store's. The store's own closes and
        counts are put on the split basis of the companion's, so that their product is the market
        value of any session, splits before and since notwithstanding.

    Returns
    -------
    MarketData
        Levels are adjusted closes (splits and dividends), so their returns are total returns.
        A session on which no symbol has a bar is a row of NaN.

    Raises
    ------
    StoreError
        If the store cannot be read.
    DataError
        If it lacks a symbol, or what it has breaks the contract of levels.
    """
    companion = companion or load_snapshot()
    with PriceStore(path).reading() as reader:
        names = _wanted(reader, symbols, also, calendar, path)
        levels = _every_session(reader.levels("adj_close", names, as_of), calendar)
        there = [state.symbol for state in reader.states(rates) if state.sessions] if rates else []
        there = [name for name in there if name not in names]
        if there:
            levels = levels.join(reader.levels("close", there, as_of).astype(float))
        currencies = {
            state.symbol: unit[0]
            for state in reader.states(names)
            if (unit := _unit(state)) is not None
        }
        factors, vintage = reader.factors(as_of)
        reference = _reference(
            reader, names, companion.reference, index_base(companion.levels), as_of
        )
    data = replace(companion, calendar=calendar, reference=reference, currencies=currencies)
    return _checked(data, levels, factors, vintage, str(path), as_of)


def _checked(
    data: MarketData,
    levels: pd.DataFrame,
    factors: pd.DataFrame,
    vintage: str | None,
    where: str,
    as_of: dt.datetime | None,
) -> MarketData:
    """Put a store's levels and factors, where it has any, in place of the companion's."""
    known = "now" if as_of is None else f"as of {as_of.isoformat()}"
    check_levels(levels, calendar=data.calendar, where=where)
    inputs = [InputFile(f"price store, levels known {known}", _hash(levels))]
    if len(factors):
        factors = check_factors(factors, calendar="XNYS", where=where)
        inputs.append(InputFile(f"price store, factors of CRSP vintage {vintage}", _hash(factors)))
    return replace(
        data,
        name=f"price store, {levels.index[0].date()} to {levels.index[-1].date()}",
        levels=levels,
        dividends=True,
        factors=factors if len(factors) else data.factors,
        inputs=(*inputs, *data.inputs),
    )


def _wanted(
    reader: Reader,
    symbols: Sequence[str] | None,
    also: Sequence[str],
    calendar: str,
    path: Path,
) -> list[str]:
    asked = None if symbols is None else [*symbols, *also]
    states = {state.symbol: state for state in reader.states(asked) if state.sessions}
    if symbols is None:
        names = [name for name, state in states.items() if state.calendar == calendar]
        if not names:
            raise DataError(f"{path} holds no symbol that trades on {calendar}")
        return names
    missing = [name for name in symbols if name not in states]
    if missing:
        raise DataError(
            f"{path} has no prices of {', '.join(missing[:5])}; fetch them with 'market-impact "
            f"fetch {' '.join(missing[:5])}' ({nearest(missing[0], _known(reader))})"
        )
    other = [
        f"{name} ({states[name].calendar})" for name in symbols if states[name].calendar != calendar
    ]
    if other:
        raise DataError(
            f"{', '.join(other[:5])} trade(s) on another exchange than the study's {calendar}"
        )
    besides = [n for n in also if n in states and states[n].calendar == calendar]
    return list(dict.fromkeys([*symbols, *besides]))


def _known(reader: Reader) -> list[str]:
    return [state.symbol for state in reader.states() if state.sessions]


def _every_session(levels: pd.DataFrame, calendar: str) -> pd.DataFrame:
    sessions = sessions_between(calendar, levels.index[0].date(), levels.index[-1].date())
    return levels.reindex(sessions.rename("session")).astype(float)


def _reference(
    reader: Reader,
    symbols: Sequence[str],
    filed: Reference,
    basis: pd.Timestamp,
    as_of: dt.datetime | None,
) -> Reference:
    """Take filed figures first; fill with the store's counts and its closes of every session."""
    states = reader.states(symbols)
    splits = {symbol: _splits(reader.actions(symbol, as_of)) for symbol in symbols}
    shares, currencies = dict(filed.shares), dict(filed.daily_currencies)
    based = replace(filed, splits={**filed.splits, **splits}, basis=basis.date())
    closes: dict[str, pd.Series] = {}
    for state in states:
        symbol = state.symbol
        if symbol not in shares:
            counts = _counts(reader.shares(symbol, as_of), symbol, based)
            if counts:
                shares[symbol] = counts
        unit = _unit(state)
        if unit is not None:
            currencies[symbol], parts = unit
            since = math.prod(ratio for day, ratio in splits[symbol] if day > basis.date())
            closes[symbol] = reader.bars(symbol, as_of)["close"].astype(float) * (since / parts)
    own = pd.DataFrame(closes)
    daily = own if filed.daily_closes is None else own.combine_first(filed.daily_closes)
    return replace(based, shares=shares, daily_closes=daily, daily_currencies=currencies)


def _unit(state: SymbolState) -> tuple[str, int] | None:
    """Give the currency of a symbol's closes and how many of their unit it has; None if unknown."""
    code = state.currency
    if code is None:
        usual = EXPECTED_CURRENCY.get(state.calendar, ())
        if len(usual) != 1:
            return None
        code = usual[0]
    return HUNDREDTHS.get(code, (code, 1))


def _splits(actions: pd.DataFrame) -> tuple[tuple[dt.date, float], ...]:
    splits = actions[actions["kind"] == "split"]
    return tuple(
        (session.date(), float(ratio))
        for session, ratio in zip(splits["session"], splits["value"], strict=True)
    )


def _counts(counts: pd.DataFrame, symbol: str, based: Reference) -> tuple[ShareCount, ...]:
    """Put counts, each on the split basis of its own day, on that of the closes."""
    return tuple(
        ShareCount(
            symbol=symbol,
            shares=float(row["shares"]) * based.restated(symbol, pd.Timestamp(row["as_of"]).date()),
            as_of=pd.Timestamp(row["as_of"]).date(),
            source=str(row["source"]),
            kind="level",
            note="as the vendor shows it, not held against a filing",
        )
        for row in counts.sort_values("as_of").to_dict("records")
    )


def _hash(frame: pd.DataFrame) -> str:
    return sha256_of(frame.to_csv(float_format="%.17g", lineterminator="\n").encode())
