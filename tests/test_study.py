"""A study is valid by construction, and options override it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from analysis.errors import StudyError
from analysis.study import (
    Benchmark,
    Event,
    Group,
    MarketValue,
    Overrides,
    default_min_estimation,
    override,
)
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis.study import Study


@pytest.mark.parametrize(
    ("field", "twice", "message"),
    [
        ("events", None, "event 'v3-release' occurs twice"),
        ("groups", None, "group 'accelerators' occurs twice"),
        ("benchmarks", None, "benchmark 'SPY' occurs twice"),
        ("models", None, "model 'mean' occurs twice"),
        ("symbols", None, "symbol 'NVDA' occurs twice"),
        ("windows", None, r"event window '0\.\.0' occurs twice"),
    ],
)
def test_nothing_occurs_twice(study: Study, field: str, twice: None, message: str) -> None:
    values = getattr(study, field)
    with pytest.raises(StudyError, match=message):
        replace(study, **{field: (*values, values[0])})


def test_a_firm_is_in_one_group(study: Study) -> None:
    again = Group("again", "Again", ("NVDA",))
    with pytest.raises(StudyError, match="symbol in the groups 'NVDA' occurs twice"):
        replace(study, groups=(*study.groups, again))


@pytest.mark.parametrize("field", ["events", "symbols", "benchmarks", "models", "windows"])
def test_nothing_is_empty(study: Study, field: str) -> None:
    with pytest.raises(StudyError, match="names no"):
        replace(study, **{field: ()})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"level": 95.0}, "level 95.0 is not between"),
        ({"level": 0.5}, "level 0.5 is not between"),
        ({"estimation": Window(-30, -11)}, "has 20 sessions; 30 or more"),
        ({"min_estimation": 251}, "min_estimation 251 is not between 30 and the 250"),
        ({"min_estimation": 10}, "min_estimation 10 is not"),
        ({"estimation": Window(-260, -1)}, r"reaches into the event window -1\.\.1"),
    ],
)
def test_impossible_choices_are_refused(
    study: Study, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(StudyError, match=message):
        replace(study, **changes)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event", "sel-off"),
        ("symbol", "NVDAA"),
        ("model", "markt"),
        ("benchmark", "SPX"),
        ("beside", "SPYY"),
        ("window", Window(0, 3)),
    ],
)
def test_the_headline_names_what_is_in_the_study(study: Study, field: str, value: Any) -> None:
    with pytest.raises(StudyError, match=f"headline names {field} '.*, which is not in the study"):
        replace(study, headline=replace(study.headline, **{field: value}))


def test_an_instant_needs_a_time_zone() -> None:
    with pytest.raises(StudyError, match="no time zone"):
        Event("x", "X", dt.datetime(2025, 1, 27, 9, 0, tzinfo=dt.UTC).replace(tzinfo=None))


@pytest.mark.parametrize("weight", [-0.1, 1.0, 6.96, float("nan")])
def test_a_weight_is_a_fraction(weight: float) -> None:
    with pytest.raises(StudyError, match="not between 0 and 1"):
        Benchmark("SPY-ex", "SPY", "NVDA", weight, dt.date(2025, 1, 24))


def test_a_purged_benchmark_needs_its_session() -> None:
    with pytest.raises(StudyError, match="give its weight and weight_session"):
        Benchmark("SPY-ex", "SPY", "NVDA", 0.07)


@pytest.mark.parametrize("shares", [0.0, -1.0, float("nan"), float("inf")])
def test_a_market_value_is_positive_and_finite(shares: float) -> None:
    with pytest.raises(StudyError, match="must be positive"):
        MarketValue("X", shares, "2025", "filing", 10.0, dt.date(2025, 1, 24))


def test_a_group_holds_firms_and_leaves_the_name_of_all_firms_alone() -> None:
    with pytest.raises(StudyError, match="holds no symbol"):
        Group("empty", "Empty", ())
    with pytest.raises(StudyError, match="kept for all firms"):
        Group("all", "All", ("NVDA",))


@pytest.mark.parametrize(("length", "fewest"), [(250, 200), (35, 30), (30, 30), (120, 96)])
def test_four_fifths_of_the_estimation_window_are_asked_for(length: int, fewest: int) -> None:
    assert default_min_estimation(Window(-10 - length, -11)) == fewest


def test_the_group_of_a_firm(study: Study) -> None:
    assert study.group_of("NVDA") == "accelerators"
    assert study.group_of("SPY") == ""


def test_no_override_changes_nothing(study: Study) -> None:
    assert override(study, Overrides()) == study


def test_overrides_replace_and_the_headline_follows(study: Study) -> None:
    changed = override(
        study,
        Overrides(
            events=("v3-report",),
            symbols=("MSFT", "AMD", "XLP"),
            models=("capm", "mean"),
            benchmarks=("QQQ",),
            estimation=Window(-120, -11),
            windows=(Window(0, 2),),
            data="x.csv",
        ),
    )
    assert changed.symbols == ("AMD", "MSFT", "XLP")  # the groups' order, then the rest
    assert [g.id for g in changed.groups] == ["accelerators", "hyperscalers"]
    assert changed.benchmarks == (Benchmark("QQQ", "QQQ"),)
    assert (changed.min_estimation, changed.data) == (88, "x.csv")
    head = changed.headline
    assert (head.event, head.symbol, head.model) == ("v3-report", "MSFT", "capm")
    assert (head.benchmark, head.window, head.beside) == ("QQQ", Window(0, 2), "")


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (Overrides(events=("selloff",)), "event 'selloff' is not in the study; did you mean 'sell"),
        (Overrides(symbols=("NVDA", "NVDA")), "symbol 'NVDA' occurs twice"),
        (Overrides(benchmarks=("RSP-ex",)), r"no weight of NVDA in RSP.*purged here: SPY-ex"),
    ],
)
def test_overrides_are_checked(study: Study, choices: Overrides, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        override(study, choices)
