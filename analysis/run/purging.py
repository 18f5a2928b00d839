"""Which weights a purged benchmark takes: dated anchors of the study or of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.benchmarks import every_benchmark
from analysis.errors import DataError, WindowError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.prices.market_data import MarketData
    from analysis.results import PlacedEvent
    from analysis.study import Benchmark, Study

MARKET = "MKT"
"""Stands for the whole market where a benchmark names it: the factors' market return."""

OLDEST_WEIGHT = 150
"""Days between an event and the nearest known weight beyond which a purged benchmark is refused."""


def index_level(symbol: str, data: MarketData) -> pd.Series:
    """
    Give the level of a benchmark: a column of the data, or the compounded market of the factors.

    Raises
    ------
    DataError
        If the market is asked for and the data hold no factors.
    """
    if symbol in data.levels or symbol != MARKET:
        return data.levels[symbol]
    if data.factors is None:
        raise DataError(f"benchmark {MARKET} needs daily factors, and {data.name} has none")
    market = (data.factors["mkt_rf"] + data.factors["rf"]).reindex(data.levels.index)
    return (1 + market).cumprod().rename(MARKET)


def weight_anchors(
    benchmark: Benchmark, data: MarketData
) -> Mapping[str, Mapping[pd.Timestamp, float]]:
    """
    List the dated weights of the firms that a benchmark is purged of.

    Parameters
    ----------
    benchmark : Benchmark
    data : MarketData

    Returns
    -------
    mapping of str to mapping of pandas.Timestamp to float
        By firm and session, decimal. A firm of which the data know no weight in the index is taken
        for no member of it.

    Raises
    ------
    DataError
        If no weight of any of the firms is known.
    """
    if benchmark.weight and benchmark.weight_session is not None:
        return {benchmark.firms[0]: {pd.Timestamp(benchmark.weight_session): benchmark.weight}}
    found: dict[str, dict[pd.Timestamp, float]] = {}
    sessions = data.levels.index
    for weight in data.reference.weights:
        session = pd.Timestamp(weight.as_of)
        if (
            weight.index.split()[0] == benchmark.symbol
            and weight.symbol in benchmark.firms
            and session in sessions
            and data.levels[weight.symbol].loc[session] > 0
        ):
            found.setdefault(weight.symbol, {})[session] = weight.weight
    if not found:
        raise DataError(
            f"benchmark '{benchmark.id}': {data.name} knows no weight of {benchmark.purged_of} in "
            f"{benchmark.symbol}; give weight and weight_session under [[benchmarks]]"
        )
    return {symbol: found[symbol] for symbol in benchmark.firms if symbol in found}


def treated_firms(study: Study) -> tuple[str, ...]:
    """List the firms that a study takes for touched by its event, the headline's first."""
    head = study.headline.symbol
    return tuple(dict.fromkeys((head, study.event_firm, *study.symbols, *study.industry)))


def check_weights(study: Study, events: tuple[PlacedEvent, ...], data: MarketData) -> None:
    """
    Hold the weights of a study's purged benchmarks against the dates of its events.

    Raises
    ------
    WindowError
        If the nearest weight of a firm is more than `OLDEST_WEIGHT` days from an event.
    """
    for benchmark in every_benchmark(study):
        if not benchmark.firms:
            continue
        for symbol, anchors in weight_anchors(benchmark, data).items():
            for placed in events:
                day = min(anchors, key=lambda anchor: abs(anchor - placed.session))
                if abs((day - placed.session).days) > OLDEST_WEIGHT:
                    raise WindowError(
                        f"benchmark '{benchmark.id}': the weight of {symbol} is of {day.date()}, "
                        f"more than {OLDEST_WEIGHT} days from event '{placed.event.id}' "
                        f"({placed.session.date()}); give one nearer to it, or leave the "
                        "benchmark out with --benchmark"
                    )
