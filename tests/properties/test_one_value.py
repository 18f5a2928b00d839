"""A cell has one value, to the last bit, whatever else is asked with it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from analysis.inference.rank import FEWEST_DRAWS
from analysis.models.catalog import MODELS
from analysis.results import benchmark_name
from analysis.run import placebo
from analysis.run.study import run_study
from analysis.study import Event, Group
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.prices.market_data import MarketData
    from analysis.results import StudyResult
    from analysis.study import Study

FIRMS = ("NVDA", "AMD", "VST", "MSFT")
FIRM_CELL = ["event", "symbol", "model", "benchmark", "window"]
GROUP_CELL = ["event", "group", "model", "benchmark", "window"]

QUICK = ("mean", "market-adjusted", "market", "ff3", "market-industry", "scholes-williams", "did")
"""Models that every change is tried on, one by one, among the quick tests."""

DEAR = ("matrix-completion",)
"""Models whose placebo refits take minutes a study: tried with few donors and pseudo-dates."""

OTHERS = tuple(model for model in MODELS if model not in {*QUICK, *DEAR})
"""The rest, on which changes are tried together."""


@pytest.fixture(scope="module")
def gappy(snapshot: MarketData) -> MarketData:
    """The bundled figures, two firms without some sessions of the estimation window."""
    levels = snapshot.levels.copy()
    row = levels.index.get_loc(pd.Timestamp("2025-01-27"))
    levels.iloc[row - 90 : row - 70, levels.columns.get_loc("AMD")] = np.nan
    levels.iloc[row - 200 : row - 190, levels.columns.get_loc("VST")] = np.nan
    levels.iloc[row - 75 : row - 60, levels.columns.get_loc("VST")] = np.nan
    return replace(snapshot, levels=levels)


def asked(study: Study, model: str) -> Study:
    """Four firms in two groups around one event, in one window, by one model."""
    head = replace(study.headline, model=model, window=Window(0, 1), beside="")
    return replace(
        study,
        events=tuple(event for event in study.events if event.id == "sell-off"),
        symbols=FIRMS,
        groups=(Group("chips", "Chips", ("NVDA", "AMD", "MSFT")), Group("power", "P", ("VST",))),
        models=(model,),
        benchmarks=tuple(b for b in study.benchmarks if b.id == "SPY-ex"),
        windows=(Window(0, 1),),
        headline=head,
    )


def with_a_window(study: Study, whole: Study) -> Study:
    return replace(study, windows=(Window(-10, 10), Window(0, 1), Window(3, 5)))


def with_an_event(study: Study, whole: Study) -> Study:
    later = Event("later", "Later", dt.date(2025, 3, 3), "")
    earlier = Event("earlier", "Earlier", dt.date(2024, 12, 27), "")
    return replace(study, events=(later, *study.events, earlier))


def with_a_model(study: Study, whole: Study) -> Study:
    first, last = [m for m in ("ff3", "mean", "dimson") if m not in study.models][:2]
    return replace(study, models=(first, *study.models, last))


def with_a_benchmark(study: Study, whole: Study) -> Study:
    others = tuple(b for b in whole.benchmarks if b.id != "SPY-ex")
    return replace(study, benchmarks=(others[0], *study.benchmarks, *others[1:]))


def with_firms_reordered(study: Study, whole: Study) -> Study:
    chips = Group("chips", "Chips", ("AMD", "MSFT", "NVDA"))
    return replace(study, symbols=FIRMS[::-1], groups=(study.groups[1], chips))


def with_groups_cut(study: Study, whole: Study) -> Study:
    one, rest = Group("one", "One", ("NVDA",)), Group("rest", "Rest", ("AMD", "MSFT"))
    return replace(study, groups=(one, rest, study.groups[1]))


def with_groups_joined(study: Study, whole: Study) -> Study:
    return replace(study, groups=(Group("joined", "Joined", FIRMS),))


CHANGES = (
    with_a_window,
    with_an_event,
    with_a_model,
    with_a_benchmark,
    with_firms_reordered,
    with_groups_cut,
    with_groups_joined,
)


def everything(study: Study, whole: Study) -> Study:
    for change in CHANGES[:5]:
        study = change(study, whole)
    return study


def hold(alone: pd.DataFrame, together: pd.DataFrame, cell: list[str]) -> int:
    """
    Compare the cells that both have, bit for bit; the groups' names and lists may change.

    A family-wise p is of the whole family: it may change with the groups that are asked at once.
    """
    if "test" in cell and {*alone["subject"]} != {*together["subject"]}:
        alone, together = (f[f["test"] != "romano-wolf"] for f in (alone, together))
    first, second = (frame.set_index(cell).sort_index() for frame in (alone, together))
    common = first.index.intersection(second.index)
    told = [c for c in first.columns if c not in {"group", "symbols", "symbols_valued"}]
    pd.testing.assert_frame_equal(
        first.loc[common, told], second.loc[common, told], check_exact=True, check_dtype=False
    )
    return len(common)


@pytest.fixture(scope="module")
def alone(study: Study, gappy: MarketData) -> Callable[[str], StudyResult]:
    found: dict[str, StudyResult] = {}

    def run(model: str) -> StudyResult:
        if model not in found:
            found[model] = run_study(asked(study, model), gappy)
        return found[model]

    return run


def held(model: str, change, study, data, alone) -> None:
    base = asked(study, model)
    one, other = alone(model), run_study(change(base, study), data)
    assert hold(one.tidy, other.tidy, FIRM_CELL) == len(one.firms)
    assert hold(one.tidy_groups, other.tidy_groups, GROUP_CELL) >= 1
    tests = [frame[frame["kind"] == "group"] for frame in (one.tidy_tests, other.tidy_tests)]
    assert hold(*tests, ["subject", "test"]) >= 20


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("model", QUICK)
def test_a_cell_is_the_same_alone_and_with(model, change, study, gappy, alone) -> None:
    held(model, change, study, gappy, alone)


def another_window_and_order(study: Study, whole: Study) -> Study:
    return with_a_window(with_firms_reordered(study, whole), whole)


@pytest.mark.slow
@pytest.mark.parametrize("change", [another_window_and_order, everything])
@pytest.mark.parametrize("model", OTHERS)
def test_a_cell_of_any_other_model_is_the_same_with(model, change, study, gappy, alone) -> None:
    held(model, change, study, gappy, alone)


def a_little_more(study: Study, whole: Study) -> Study:
    """Another window, another event and another order, each of few sessions."""
    study = with_firms_reordered(study, whole)
    earlier = Event("earlier", "Earlier", dt.date(2024, 12, 27), "")
    return replace(study, windows=(Window(-1, 2), *study.windows), events=(earlier, *study.events))


@pytest.mark.slow
@pytest.mark.parametrize("model", DEAR)
def test_a_cell_of_a_dear_model_is_the_same_with_all_else(model, study, gappy, monkeypatch) -> None:
    """Five donors and as many refits as a rank needs: which these are depends on nothing else."""
    monkeypatch.setattr(placebo, "MOST_REFITS", FEWEST_DRAWS)
    few = replace(study, donors=study.donors[:5])
    one = run_study(asked(few, model), gappy)
    held(model, a_little_more, few, gappy, lambda _: one)
    assert all(firm.at(Window(0, 1)).placebo.available for firm in one.firms)


@pytest.mark.parametrize(
    "model", [*QUICK, *(pytest.param(model, marks=pytest.mark.slow) for model in OTHERS)]
)
def test_groups_and_tests_say_the_same(model, study, gappy, alone) -> None:
    """What groups.csv, tests.csv, tables and figures read of a group is one number."""
    result = alone(model)
    name = benchmark_name(MODELS[model], "SPY-ex")
    tests = result.tidy_tests.set_index(["subject", "test"])
    own = {f.symbol: f.at(Window(0, 1)) for f in result.headline_firms}
    for group in result.headline_groups:
        assert (group.model, group.benchmark) == (model, name)
        cars = [own[symbol].car for symbol in group.symbols]
        assert group.caar == pytest.approx(np.mean(cars), abs=1e-15)
        dollars = [own[s].impact.abnormal for s in group.valued]
        if dollars:
            assert group.impact.abnormal == pytest.approx(sum(dollars), rel=1e-12)
        if len(group.symbols) < 2:
            continue
        for outcome, test in ((group.t, "portfolio"), (group.bmp, "bmp"), (group.kp, "kp")):
            row = tests.loc[(group.group, test)]
            for column in ("statistic", "p", "df", "low", "high"):
                value = getattr(outcome, column)
                assert pd.isna(row[column]) if value is None else row[column] == value
            assert row["unavailable"] == outcome.unavailable
