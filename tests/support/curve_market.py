"""A made-up market for specification curves: a firm, indices with and without it, its sector."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.prices.market_data import MarketData
from analysis.prices.reference import IndexWeight, Reference
from analysis.sessions import sessions_between
from analysis.study_file import parse_study

if TYPE_CHECKING:
    from analysis.study import Study

SESSIONS = sessions_between("XNYS", dt.date(2023, 7, 3), dt.date(2025, 2, 28))
EVENT = SESSIONS.get_loc(pd.Timestamp("2025-01-27"))


def made_up(shock: float = -0.15, seed: int = 5) -> MarketData:
    """A firm, a market M that holds it, a wide market W, a sector S, and two sessions of shock."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0005, 0.01, len(SESSIONS))
    firm = 1.4 * market + rng.normal(0.001, 0.02, len(SESSIONS))
    firm[EVENT] += shock
    returns = {
        "A": firm,
        "M": market + 0.08 * firm,
        "W": market + rng.normal(0, 0.002, len(SESSIONS)),
        "S": 0.5 * firm + 0.7 * market + rng.normal(0, 0.005, len(SESSIONS)),
    }
    levels = 100 * (1 + pd.DataFrame(returns, index=SESSIONS)).cumprod()
    weight = IndexWeight("M", "A", 0.08, SESSIONS[EVENT - 1].date(), "made up")
    return MarketData("made up", "XNYS", levels, reference=Reference(weights=(weight,)))


def asked(models: tuple[str, ...] = ("mean", "market-adjusted", "market"), **more: Any) -> Study:
    """A study of the firm on 27 January 2025."""
    study = parse_study(
        f"""
        id = "t"
        event_firm = "A"
        symbols = ["A"]
        models = {list(models)}
        estimation = "-110..-11"
        windows = ["0..0"]
        [[events]]
        id = "e"
        title = "E"
        when = 2025-01-27
        [[benchmarks]]
        id = "W"
        [[benchmarks]]
        id = "M"
        [[benchmarks]]
        id = "S"
        sector = true
        """
    )
    return replace(study, **more)
