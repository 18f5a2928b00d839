"""The benchmark's returns by half of the session, from daily bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import IntegrityError
from analysis.inference.effects.halves import Halves
from analysis.prices.tables import read_table
from analysis.returns import anchored_weight
from analysis.run.purging import weight_anchors

if TYPE_CHECKING:
    import pandas as pd

    from analysis._typing import FloatArray
    from analysis.run.case import Case
    from analysis.study import Benchmark


def case_halves(case: Case) -> Halves | None:
    """
    Split the returns of a case's benchmark at the open, over all sessions of the data.

    Returns
    -------
    Halves or None
        None where the data hold no bars of it.
    """
    benchmark, folder = benchmark_of(case), case.plan.data.folder
    if benchmark is None or folder is None:
        return None
    try:
        bars, _ = read_table("daily-bars", folder, columns=["symbol", "session", "open", "close"])
    except IntegrityError:
        return None
    wanted = [benchmark.symbol, *benchmark.firms]
    return market_halves(case, benchmark, bars_by_symbol(bars[bars["symbol"].isin(wanted)], case))


def bars_by_symbol(bars: pd.DataFrame, case: Case) -> dict[str, pd.DataFrame]:
    """Lay out daily bars by symbol on the sessions of the data, NaN where there is none."""
    return {
        str(symbol): frame.set_index("session").reindex(case.plan.data.levels.index)
        for symbol, frame in bars.groupby("symbol", observed=True)
    }


def benchmark_of(case: Case) -> Benchmark | None:
    """Name the benchmark of a case; that beside the headline where its model takes none."""
    wanted = (case.specification.benchmark, case.study.headline.beside)
    named = {benchmark.id: benchmark for benchmark in case.study.benchmarks}
    return next((named[name] for name in wanted if name in named), None)


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
