"""A cell has one value: alone and beside any other, for every model, bit for bit."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from analysis.models.catalog import MODELS
from analysis.prices.market_data import MarketData
from analysis.run.study import run_study
from analysis.sessions import sessions_between
from analysis.study import Benchmark, Event, Headline
from analysis.study_file import parse_study
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis.study import Study

SESSIONS = sessions_between("XNYS", dt.date(2024, 4, 8), dt.date(2025, 3, 31))
FACTORS = ("mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf")
DAY = Window(0, 0)


@pytest.fixture(scope="module")
def data() -> MarketData:
    """Three firms, their industry, two benchmarks, six donors and factors; fat tails, clusters."""
    rng = np.random.default_rng(20240601)
    rows = len(SESSIONS)
    scale = np.exp(0.4 * np.sin(np.arange(rows) / 9))
    market = 0.0005 + 0.008 * scale * rng.standard_t(5, rows)
    returns = {"M": market, "N": 0.9 * market + rng.normal(0, 0.004, rows)}
    for name, beta in (("A", 1.4), ("B", 0.8), ("C", 1.1), ("I", 1.0), ("J", 1.2)):
        returns[name] = beta * market + 0.012 * scale * rng.standard_t(5, rows)
    for donor in range(6):
        returns[f"D{donor}"] = 0.5 * market + rng.normal(0, 0.007, rows)
    factors = {name: rng.normal(0.0002, 0.006, rows) for name in FACTORS}
    factors["rf"] = np.full(rows, 0.0001)
    return MarketData(
        "made up",
        "XNYS",
        100 * (1 + pd.DataFrame(returns, index=SESSIONS)).cumprod(),
        factors=pd.DataFrame(factors, index=SESSIONS),
    )


def asked(model: str) -> Study:
    """One firm, one event, one window, one model, one benchmark."""
    study = parse_study(
        """
        id = "t"
        event_firm = "A"
        symbols = ["A"]
        industry = ["I", "J"]
        donors = ["D0", "D1", "D2", "D3", "D4", "D5"]
        estimation = "-160..-11"
        windows = ["0..0"]
        [[events]]
        id = "e"
        title = "E"
        when = 2025-01-27
        [[benchmarks]]
        id = "M"
        """
    )
    return replace(study, models=(model,), headline=headline(study.headline, model))


@pytest.mark.parametrize("model", [name for name in MODELS if MODELS[name].uses_donors])
def test_a_session_of_the_path_is_the_same_beside_any_other(data, model):
    def session(*windows: Window) -> tuple[float, float]:
        asked_too = replace(asked(model), windows=windows)
        (firm,) = run_study(asked_too, data).firms
        at = -firm.path.first
        return float(firm.path.raw[at]), float(firm.path.expected[at])

    assert session(DAY) == session(DAY, Window(-4, 6))
    if MODELS[model].id != "did":
        alone = run_study(asked(model), data).firms[0]
        assert session(DAY)[1] == alone.at(DAY).expected


def headline(head: Headline, model: str) -> Headline:
    return replace(head, model=model)


def cell(study: Study, data: MarketData, model: str, symbol: str = "A") -> tuple:
    """Every number of the cell."""
    firm = next(
        firm
        for firm in run_study(study, data).firms
        if (firm.event, firm.symbol, firm.model) == ("e", symbol, model)
        and firm.benchmark in {"M", "none", "Mkt-RF"}
    )
    window = firm.at(DAY)
    outcomes = [(o.statistic, o.p, o.low, o.high) for o in (window.t, window.sq, window.placebo)]
    return (
        dict(firm.coefficients),
        (firm.sigma, firm.df, firm.n_estimation),
        (window.raw, window.expected, window.car, window.se, window.bhar),
        outcomes,
        window.draws.tolist(),
        window.flags,
    )


ANOTHER = {
    "window": lambda study: replace(study, windows=(Window(-10, 10), DAY, Window(3, 7))),
    "event": lambda study: replace(
        study, events=(Event("f", "F", dt.date(2025, 2, 5)), *study.events)
    ),
    "model": lambda study: replace(
        study, models=tuple(dict.fromkeys(("ff3", "mean", *study.models)))
    ),
    "benchmark": lambda study: replace(study, benchmarks=(Benchmark("N", "N"), *study.benchmarks)),
    "firm": lambda study: replace(study, symbols=("C", "B", "A")),
}


@pytest.fixture(scope="module")
def alone(data):
    found: dict[str, tuple] = {}

    def of(model: str) -> tuple:
        if model not in found:
            found[model] = cell(asked(model), data, model)
        return found[model]

    return of


@pytest.mark.slow
@pytest.mark.parametrize("another", ANOTHER)
@pytest.mark.parametrize("model", MODELS)
def test_a_cell_is_the_same_beside_another(model: str, another: str, alone, data) -> None:
    assert repr(cell(ANOTHER[another](asked(model)), data, model)) == repr(alone(model))


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(
            model,
            marks=pytest.mark.slow if model in {"elastic-net", "matrix-completion"} else (),
        )
        for model in MODELS
    ],
)
def test_a_cell_is_the_same_beside_all_others(model: str, alone, data) -> None:
    study = asked(model)
    for add in ANOTHER.values():
        study = add(study)
    assert repr(cell(study, data, model)) == repr(alone(model))


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_a_firm_is_the_same_in_any_order(model: str, data) -> None:
    one = replace(asked(model), symbols=("A", "B", "C"))
    other = replace(asked(model), symbols=("B", "C", "A"))
    for symbol in ("A", "B", "C"):
        assert repr(cell(one, data, model, symbol)) == repr(cell(other, data, model, symbol))


WHOLE = {"sdid", "matrix-completion"}
"""Models that predict a window as a whole: its sessions' returns weigh in together."""


@pytest.mark.parametrize("model", [model for model in MODELS if model not in WHOLE])
def test_each_window_is_predicted_on_its_own(model: str, data) -> None:
    """The path over all windows and the window alone differ in rounding at most."""
    study = replace(asked(model), windows=(Window(-3, 3), DAY))
    firm = run_study(study, data).firms[0]
    day = firm.path.within(DAY)
    assert day.abnormal.sum() == pytest.approx(firm.at(DAY).car, abs=1e-15)
    if day.covariance is not None:
        assert day.covariance[0, 0] ** 0.5 == pytest.approx(firm.at(DAY).se, rel=1e-12)
