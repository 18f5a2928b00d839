"""The benchmark's returns by half of the session, from daily bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.benchmarks import benchmark_of
from analysis.errors import IntegrityError
from analysis.inference.effects.halves import Halves
from analysis.prices.table_checks import PRICES
from analysis.prices.tables import read_table
from analysis.returns import anchored_weight
from analysis.run.purging import weight_anchors

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from analysis._typing import FloatArray
    from analysis.prices.manifest import InputFile
    from analysis.prices.market_data import MarketData
    from analysis.run.case import Case
    from analysis.study import Benchmark


def case_halves(case: Case, symbol: str) -> Halves | None:
    """
    Split the returns of a firm's benchmark at the open, over all sessions of the data.

    Returns
    -------
    Halves or None
        None where there is no benchmark, or the data hold no bars of it.
    """
    benchmark = split_benchmark(case, symbol)
    if benchmark is None:
        return None
    bars, _ = daily_bars(case.plan.data, [benchmark.symbol, *benchmark.firms])
    return market_halves(case, benchmark, bars)


def daily_bars(
    data: MarketData, symbols: Sequence[str]
) -> tuple[dict[str, pd.DataFrame], tuple[InputFile, ...]]:
    """
    Lay out the daily bars of securities on the sessions of the data.

    Parameters
    ----------
    data : MarketData
        Whose own bars go before the bundled ones, which are not mixed with them.
    symbols : sequence of str

    Returns
    -------
    bars : dict of str to pandas.DataFrame
        Columns ``open, high, low, close, volume`` by symbol; NaN where there is none, no entry for
        a symbol without bars.
    inputs : tuple of InputFile
        The bundled table, where that was read.
    """
    index, columns = data.levels.index, [*PRICES, "volume"]
    if data.bars:
        own = {symbol: data.bars[symbol] for symbol in symbols if symbol in data.bars}
        return {symbol: frame.reindex(index)[columns] for symbol, frame in own.items()}, ()
    if data.folder is None:
        return {}, ()
    try:
        bars, identity = read_table(
            "daily-bars", data.folder, columns=["symbol", "session", *columns]
        )
    except IntegrityError:
        return {}, ()
    wanted = bars[bars["symbol"].isin(symbols)]
    return {
        str(symbol): frame.set_index("session").reindex(index)[columns]
        for symbol, frame in wanted.groupby("symbol", observed=True)
    }, (identity,)


def split_benchmark(case: Case, symbol: str) -> Benchmark | None:
    """Find a firm's benchmark in a case; that beside the headline where its model takes none."""
    wanted = (case.specification.benchmark, case.study.headline.beside)
    found = (benchmark_of(case.study, name, symbol) for name in wanted)
    return next((benchmark for benchmark in found if benchmark is not None), None)


def halves_of(total: FloatArray, frame: pd.DataFrame) -> Halves:
    """
    Split total returns at the open.

    Parameters
    ----------
    total : ndarray of shape (T,)
        Simple returns from close to close, dividends included.
    frame : pandas.DataFrame of T rows
        Columns ``open`` and ``close`` on one basis, whichever.

    Returns
    -------
    Halves
        What the intraday return of the bar leaves of the total is the overnight return.
    """
    intraday = (frame["close"] / frame["open"] - 1).to_numpy(dtype=np.float64)
    return Halves((1 + total) / (1 + intraday) - 1, intraday)


def market_halves(
    case: Case, benchmark: Benchmark, frames: dict[str, pd.DataFrame]
) -> Halves | None:
    """
    Split the returns of a benchmark at the open; a purged one is purged in each half.

    The weights are those at the beginning of the half: at the close before, and at the open.

    Returns
    -------
    Halves or None
        None where it, or a firm that it is purged of, has no bars.
    """
    data, columns = case.plan.data, case.plan.columns
    members = weight_anchors(benchmark, data) if benchmark.firms else {}
    if benchmark.symbol not in frames or not set(members) <= set(frames):
        return None
    index = halves_of(columns[benchmark.symbol], frames[benchmark.symbol])
    overnight, intraday = index.overnight.copy(), index.intraday.copy()
    first, second = np.zeros(len(overnight)), np.zeros(len(overnight))
    for symbol, anchors in members.items():
        own = halves_of(columns[symbol], frames[symbol])
        levels = data.levels
        weight = anchored_weight(levels[symbol], levels[benchmark.symbol], anchors).to_numpy()
        close = np.append(np.nan, weight[:-1])
        opened = close * (1 + own.overnight) / (1 + index.overnight)
        overnight, first = overnight - close * own.overnight, first + close
        intraday, second = intraday - opened * own.intraday, second + opened
    return Halves(overnight / (1 - first), intraday / (1 - second))
