"""The price store as the figures of a study."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import DataError, nearest
from analysis.prices.manifest import InputFile, sha256_of
from analysis.prices.reference import PrintedClose, Reference, ShareCount
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


def load_store(
    path: Path,
    symbols: Sequence[str] | None = None,
    *,
    also: Sequence[str] = (),
    as_of: dt.datetime | None = None,
    calendar: str = "XNYS",
    anchor: dt.date | None = None,
    companion: MarketData | None = None,
) -> MarketData:
    """
    Read a study's figures from the price store.

    Parameters
    ----------
    path : pathlib.Path
        The database, see `analysis.prices.store.default_store`.
    symbols : sequence of str, optional
        By default every symbol of the store that trades on `calendar`.
    also : sequence of str
        Further symbols, read where the store has them on `calendar`; only with `symbols`.
    as_of : timezone-aware datetime, optional
        Use what was known then; by default what is known now.
    calendar : str
        Market code of the exchange whose sessions the rows are.
    anchor : datetime.date, optional
        Session whose closes anchor market values where the companion has no printed close, by
        default the snapshot's; they are put back on that day's split basis.
    companion : MarketData, optional
        By default the bundled snapshot. Its factors are used where the store has none, its filed
        share counts and printed closes always before Yahoo's.

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
        levels = reader.levels("adj_close", names, as_of)
        factors, vintage = reader.factors(as_of)
        reference = _reference(
            reader, names, companion.reference, anchor or index_base(companion.levels).date(), as_of
        )
    data = replace(companion, calendar=calendar, reference=reference)
    return _checked(data, _every_session(levels, calendar), factors, vintage, str(path), as_of)


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
    anchor: dt.date,
    as_of: dt.datetime | None,
) -> Reference:
    """Take filed figures first; fill with Yahoo's counts and the store's closes, named as such."""
    day = pd.Timestamp(anchor).as_unit("us")
    shares = dict(filed.shares)
    closes = dict(filed.closes)
    for symbol in symbols:
        if symbol not in shares:
            counts = _counts(reader.shares(symbol, as_of), symbol)
            if counts:
                shares[symbol] = counts
        if symbol not in closes:
            printed = printed_close(
                reader.bars(symbol, as_of), reader.actions(symbol, as_of), symbol, day
            )
            if printed is not None:
                closes[symbol] = (printed,)
    return replace(filed, shares=shares, closes=closes)


def printed_close(
    bars: pd.DataFrame, actions: pd.DataFrame, symbol: str, session: pd.Timestamp
) -> PrintedClose | None:
    """
    Put a split-adjusted close back on the basis of its day.

    Returns
    -------
    PrintedClose or None
        The close times every split ratio since; None where there is no bar that session.
    """
    if session not in bars.index:
        return None
    later = actions[(actions["kind"] == "split") & (actions["session"] > session)]["value"]
    close = float(bars["close"].loc[session]) * float(np.prod(later.to_numpy(dtype=float)))
    return PrintedClose(symbol, session, close, "price store, split adjustment undone")


def _counts(counts: pd.DataFrame, symbol: str) -> tuple[ShareCount, ...]:
    return tuple(
        ShareCount(
            symbol=symbol,
            shares=float(row["shares"]),
            as_of=pd.Timestamp(row["as_of"]).date(),
            source=str(row["source"]),
            kind="level",
            note="as the vendor shows it, not held against a filing",
        )
        for row in counts.sort_values("as_of").to_dict("records")
    )


def _hash(frame: pd.DataFrame) -> str:
    return sha256_of(frame.to_csv(float_format="%.17g", lineterminator="\n").encode())
