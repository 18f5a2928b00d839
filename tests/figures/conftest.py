"""Studies that drawings have to suit: one of each kind, small."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analysis.context.details import find_details
from analysis.overrides import Overrides, override
from analysis.run.study import run_study
from analysis.study import Event
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.context.details import Details
    from analysis.prices.market_data import MarketData
    from analysis.study import Study

    Kind = Callable[[Study, MarketData], tuple[Study, MarketData]]


def sell_off(study: Study, *symbols: str, **more) -> Study:
    choices = Overrides(events=("sell-off",), symbols=symbols, models=("market",), **more)
    return override(study, choices)


def null(study: Study, data: MarketData) -> tuple[Study, MarketData]:
    quiet = Overrides(events=("v3-release",), symbols=("NVDA", "AMD", "MU"), models=("market",))
    return override(study, quiet), data


def gain(study: Study, data: MarketData) -> tuple[Study, MarketData]:
    return sell_off(study, "AAPL"), data


def single(study: Study, data: MarketData) -> tuple[Study, MarketData]:
    return sell_off(study, "NVDA", windows=(Window(0, 0),)), data


def few_sessions(study: Study, data: MarketData) -> tuple[Study, MarketData]:
    """Thirty sessions after the event."""
    until = replace(data, levels=data.levels.loc[:"2025-03-11"])
    return sell_off(study, "NVDA", "AMD", "AVGO"), until


def millions(study: Study, data: MarketData) -> tuple[Study, MarketData]:
    """A firm a five-thousandth as large, whose name nobody knows."""
    counts = {
        symbol: tuple(replace(count, shares=count.shares / 5000) for count in known)
        for symbol, known in data.reference.shares.items()
    }
    return sell_off(study, "VRT"), replace(
        data, reference=replace(data.reference, shares=counts, names={})
    )


def currency(study: Study, data: MarketData) -> tuple[Study, MarketData]:
    closes = {
        symbol: tuple(replace(close, currency="EUR") for close in known)
        for symbol, known in data.reference.closes.items()
    }
    units = dict.fromkeys(data.levels, "EUR")
    return sell_off(study, "MU"), replace(
        data, reference=replace(data.reference, closes=closes, daily_currencies=units)
    )


def market_wide(study: Study, data: MarketData) -> tuple[Study, MarketData]:
    event = Event(
        id="tariffs",
        title="Tariffs on imports from most countries announced after the close",
        when=dt.datetime(2025, 4, 2, 20, 30, tzinfo=dt.UTC),
        source="",
    )
    head = replace(
        study.headline, event="tariffs", symbol="AAPL", model="market", benchmark="SPY", beside=""
    )
    benchmarks = tuple(b for b in study.benchmarks if not b.purged_of)
    changed = replace(
        study, id="tariffs", events=(event,), models=("market",), headline=head,
        benchmarks=benchmarks, claims=None, chronology=None,
    )  # fmt: skip
    return changed, data


KINDS: dict[str, Kind] = {
    kind.__name__: kind
    for kind in (null, gain, single, few_sessions, millions, currency, market_wide)
}


@pytest.fixture(scope="session", params=["bundled", *KINDS])
def kind_details(request, study, snapshot) -> Details:
    """What surrounds a study of each kind; the bundled one first."""
    if request.param == "bundled":
        found: Details = request.getfixturevalue("full_details")
        return found
    chosen, data = KINDS[request.param](study, snapshot)
    return find_details(run_study(chosen, data), data)
