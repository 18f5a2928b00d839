"""A study is valid by construction, and options override it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from analysis.errors import StudyError
from analysis.overrides import Overrides, override
from analysis.study import (
    Benchmark,
    Event,
    Group,
    Headline,
    MarketValue,
    Study,
    default_min_estimation,
)
from analysis.study_file import parse_study
from analysis.windows import Window


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
    with pytest.raises(StudyError, match=r"'NVDA' occurs twice in the groups \('accelerators' and"):
        replace(study, groups=(*study.groups, again))


@pytest.mark.parametrize("field", ["events", "symbols", "benchmarks", "models", "windows"])
def test_nothing_is_empty(study: Study, field: str) -> None:
    bare = {"groups": (), "market_values": ()} if field == "symbols" else {}
    with pytest.raises(StudyError, match="names no"):
        replace(study, **{field: ()}, **bare)


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
        MarketValue("X", shares, dt.date(2025, 1, 10), "filing", None, 10.0, dt.date(2025, 1, 24))


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
    ],
)
def test_overrides_are_checked(study: Study, choices: Overrides, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        override(study, choices)


NEWS = Event("e", "E", dt.date(2025, 1, 27))


def test_a_study_of_three_fields_has_the_usual_choices() -> None:
    study = Study("s", "NVDA", [NEWS])
    assert study == parse_study(
        'id = "s"\nevent_firm = "NVDA"\n[[events]]\nid = "e"\ntitle = "E"\nwhen = 2025-01-27\n'
    )
    assert (study.symbols, study.benchmarks) == (("NVDA",), (Benchmark("SPY"),))
    with pytest.raises(StudyError, match="names no benchmark"):
        Study("s", "7203.T", [NEWS], calendar="XTKS")


def test_a_study_understands_what_callers_write() -> None:
    study = Study(
        "s",
        "NVDA",
        {"id": "e", "title": "E", "when": "2025-01-27"},
        symbols="NVDA, AMD",
        windows=["-1..1", Window(0, 2)],
        models="market,mean",
        headline={"model": "mean"},
        benchmarks=[{"id": "SPY-ex", "weight": 0.07, "weight_session": "2025-01-24"}],
    )
    assert study.events == (NEWS,)
    assert study.symbols == ("NVDA", "AMD")
    assert study.windows == (Window(-1, 1), Window(0, 2))
    assert (study.headline.model, study.headline.window) == ("mean", Window(-1, 1))
    assert study.benchmarks[0].purged_of == "NVDA"


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"windows": (0, 1)}, "Study: 'windows' number 1 is 0; a window such as"),
        ({"windows": 3}, "Study: 'windows' is 3; a list is needed"),
        ({"symbols": [3]}, "Study: 'symbols' number 1 is 3; a text is needed"),
        ({"level": "high"}, "Study: 'level' is 'high'; a number is needed"),
        ({"headline": "NVDA"}, "Study: 'headline' is 'NVDA'; a table is needed"),
        ({"events": ["e"]}, r"Study: 'events' must be written as \[\[events\]\] tables"),
    ],
)
def test_a_study_refuses_in_words(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        Study(**{"id": "s", "event_firm": "NVDA", "events": [NEWS], **choices})


def test_overrides_understand_texts_and_refuse_unknown_names(study: Study) -> None:
    changed = override(study, Overrides(symbols="NVDA", windows=("-1..1",), events="sell-off"))
    assert (changed.symbols, changed.windows) == (("NVDA",), (Window(-1, 1),))
    assert override(study, Overrides(windows="0,1")).windows == (Window(0, 1),)
    with pytest.raises(StudyError, match=r"'symbol' is no choice .* did you mean 'symbols'"):
        Overrides(symbol="NVDA")
    with pytest.raises(StudyError, match="model 'marekt' is unknown; did you mean 'market'"):
        override(study, Overrides(models=("marekt",)))
    with pytest.raises(StudyError, match="'symbols' is empty"):
        override(study, Overrides(symbols=()))


def test_the_level_is_a_choice(study: Study) -> None:
    assert override(study, Overrides(level="0.99")).level == 0.99
    for wrong in ("99 %", "0_9", "nan", "\u0660.9"):
        with pytest.raises(StudyError, match=r"--level is .*; a number is needed"):
            Overrides(level=wrong)
    with pytest.raises(StudyError, match=r"level 95\.0 is not between"):
        override(study, Overrides(level="95"))


def test_a_caller_keeps_what_was_given_to_a_study() -> None:
    benchmark = Benchmark("SPY-ex", weight=0.07, weight_session=dt.date(2025, 1, 24))
    head = Headline()
    Study("s", "NVDA", [NEWS], benchmarks=[benchmark], headline=head)
    assert (benchmark.purged_of, head.event) == (None, None)
