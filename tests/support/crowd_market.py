"""A made-up market of several firms and donors: what surrounds a headline can be judged in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.prices.market_data import MarketData
from analysis.prices.reference import IndexWeight, Reference
from analysis.run.plan import plan_headline
from analysis.sessions import sessions_between
from analysis.study_file import parse_study

if TYPE_CHECKING:
    from analysis.run.case import Case
    from analysis.study import Study

SESSIONS = sessions_between("XNYS", dt.date(2023, 10, 16), dt.date(2025, 4, 4))
EVENT = SESSIONS.get_loc(pd.Timestamp("2025-01-27"))
FIRMS = ("A", "B", "C", "E", "F", "G")
DONORS = ("D0", "D1", "D2", "D3")
ROWS = slice(EVENT - 110, EVENT - 10)
"""The estimation window, -110..-11."""


def levels(seed: int = 11) -> pd.DataFrame:
    """Six firms that share a factor of their own, a market M, a second fund N, four donors."""
    rng = np.random.default_rng(seed)
    size = len(SESSIONS)
    market, chips = rng.normal(0.0004, 0.009, size), rng.normal(0, 0.01, size)
    returns = {"M": market, "N": 0.9 * market + rng.normal(0, 0.003, size)}
    for place, name in enumerate(FIRMS):
        own = rng.normal(0.0005, 0.012 + 0.002 * place, size)
        returns[name] = (1 + 0.1 * place) * market + (1 - 0.18 * place) * chips + own
        returns[name][EVENT] -= 0.12 - 0.02 * place
    for place, name in enumerate(DONORS):
        returns[name] = (0.6 + 0.2 * place) * market + rng.normal(0.0002, 0.008, size)
    returns["A"][EVENT + 1 :] *= 2.0
    return 100 * (1 + pd.DataFrame(returns, index=SESSIONS)).cumprod()


def crowd(**more: Any) -> MarketData:
    """The market with weights of its firms in both funds."""
    eve, older = SESSIONS[EVENT - 1].date(), SESSIONS[EVENT - 30].date()
    weights = (
        IndexWeight("M", "A", 0.07, eve, "made up"),
        IndexWeight("M", "B", 0.05, older, "made up"),
        IndexWeight("M", "C", 0.02, eve, "made up"),
        IndexWeight("N", "A", 0.10, eve, "made up"),
    )
    given = {"levels": levels(), "reference": Reference(weights=weights), **more}
    return MarketData("made up", "XNYS", **given)


def asked(*, model: str = "market", **more: Any) -> Study:
    """A study of the six firms on 27 January 2025, under a model on M."""
    study = parse_study(
        f"""
        id = "t"
        event_firm = "A"
        symbols = {list(FIRMS)}
        models = ["{model}"]
        estimation = "-110..-11"
        windows = ["0..0", "0..1"]
        reaction_window = "-2..2"
        donors = {list(DONORS)}
        [headline]
        event = "e"
        symbol = "A"
        model = "{model}"
        benchmark = "M"
        window = "0..1"
        [[events]]
        id = "e"
        title = "E"
        when = 2025-01-27
        [[benchmarks]]
        id = "M"
        [[benchmarks]]
        id = "N"
        [[groups]]
        id = "two"
        title = "Two"
        symbols = ["B", "C"]
        [[groups]]
        id = "three"
        title = "Three"
        symbols = ["E", "F", "G"]
        """
    )
    return replace(study, **more)


def case_of(study: Study | None = None, data: MarketData | None = None) -> Case:
    """The headline of the study in the market."""
    return plan_headline(study or asked(), data or crowd())


def simple(frame: pd.DataFrame) -> pd.DataFrame:
    """Simple returns, by pandas alone."""
    return frame / frame.shift(1) - 1
