"""The paragraph says what the numbers say, whatever they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from analysis.impact import Impact
from analysis.inference.outcome import Outcome
from analysis.narrative import (
    beyond_chance,
    summary_paragraph,
)
from analysis.narrative_tests import plain, together
from analysis.overrides import Overrides, override
from analysis.report.words import headline_words
from analysis.run.study import run_study
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis.results import StudyResult, WindowResult


def with_cell(result: StudyResult, **changes: object) -> StudyResult:
    """Replace fields of the headline's window."""
    head, cell = result.headline, result.headline_window
    windows = tuple(replace(w, **changes) if w is cell else w for w in head.windows)
    firms = tuple(replace(f, windows=windows) if f is head else f for f in result.firms)
    return replace(result, firms=firms)


def money(raw: float, abnormal: float, half: float = 10e9) -> Impact:
    return Impact(3e12, raw, raw - abnormal, abnormal, half / 2, abnormal - half, abnormal + half)


def test_the_bundled_study(full: StudyResult) -> None:
    text = summary_paragraph(full)
    assert "\n" not in text
    for part in (
        "On 27 January 2025 NVDA returned -16.97 % in one session.",
        "The market model on SPY without NVDA, fitted on 250 earlier sessions, had expected -0.33",
        "the abnormal return is -16.64 %, 95 % interval -22.49 % to -10.79 %: more than chance",
        "(rank among 2,994 placebo dates, each by its own volatility: p = 0.0027;",
        "rank among 3,014 placebo dates: p = 0.0036; of 2,202 dates without its results: p ≤",
        "p ≤ 0.0005; GARCH-t: p = 0.0006; t = -5.60 with 248 degrees of freedom",
        "p < 0.0001, which takes errors for normal; with tails as fat as on placebo dates p = 0.00",
        "lost USD 592.3 bn of market value, USD 580.9 bn of it abnormal (95 % interval 376.6 to",
        "Against SPY, an index that itself holds NVDA, the abnormal return would be -13.37 %",
        "No abnormal return beyond chance is seen on 26 December 2024 (v3-release), 27 December",
        "or 21 January 2025 (r1-release)",
        "first closed at or above its level of 24 January 2025 again on 9 June 2025, 92 sessions",
    ):
        assert part in text


def test_a_null_result(study, snapshot) -> None:
    quiet = override(study, Overrides(events=("v3-report",), symbols=("NVDA",), models=("market",)))
    text = summary_paragraph(run_study(quiet, snapshot))
    assert "-0.14 %, 95 % interval -5.90 % to 5.62 %: not more than chance explains" in text
    assert "bn of it abnormal" in text


def test_a_gain(study, snapshot) -> None:
    gain = override(study, Overrides(events=("sell-off",), symbols=("AAPL",), models=("market",)))
    text = summary_paragraph(run_study(gain, snapshot))
    assert "AAPL returned 3.18 %" in text
    assert "The firm gained USD" in text
    assert "more than chance explains" in text
    assert "again" not in text  # nothing to recover from
    assert "USD 115.1 bn" in text
    assert "where a loss was expected" in text  # the abnormal gain is larger than the whole


def test_no_share_count_and_no_printed_close(study, snapshot) -> None:
    """A count that was filed later, and one that lacks a close."""
    one = override(study, Overrides(events=("sell-off",), symbols=("TSM",), models=("market",)))
    text = summary_paragraph(run_study(replace(one, market_value="known"), snapshot))
    assert "no figure in dollars: no share count was known on 2025-01-24." in text
    assert "USD" not in text
    bare = replace(snapshot.reference, closes={}, daily_closes=None)
    text = summary_paragraph(run_study(one, replace(snapshot, reference=bare)))
    assert "no figure in dollars: no printed close is at hand." in text


def test_not_recovered(study, snapshot) -> None:
    one = override(study, Overrides(events=("sell-off",), symbols=("MRVL",), models=("market",)))
    until = replace(snapshot, levels=snapshot.levels.loc[:"2026-01-30"])
    text = summary_paragraph(run_study(one, until))
    assert "By 30 January 2026, where the data end, the stock had not closed at its level" in text


def test_recovered_the_next_session(small: StudyResult) -> None:
    (recovery,) = small.recoveries
    soon = replace(recovery, session=pd.Timestamp("2025-01-28"), sessions=1)
    text = summary_paragraph(replace(small, recoveries=(soon,)))
    assert "again on 28 January 2025, 1 session after the event" in text


def test_several_sessions(study, snapshot) -> None:
    long = override(
        study,
        Overrides(
            events=("sell-off",),
            symbols=("NVDA",),
            models=("ff6",),
            windows=(Window(0, 4),),
        ),
    )
    text = summary_paragraph(run_study(long, snapshot))
    assert "Over the sessions 0..4 around 27 January 2025 the daily returns of NVDA sum to" in text
    assert "The Fama-French 5 + momentum model, fitted" in text
    assert "Against" not in text  # the model takes no benchmark


@pytest.mark.parametrize(
    ("raw", "abnormal", "said"),
    [
        (-50e9, -40e9, "lost USD 50.0 bn of market value, USD 40.0 bn of it abnormal (95 % inter"),
        (-50e9, -60e9, "where a gain was expected: the abnormal loss is USD 60.0 bn"),
        (50e9, 60e9, "gained USD 50.0 bn of market value, where a loss was expected: the abnormal"),
        (-50e9, 20e9, "lost USD 50.0 bn of market value, against an abnormal gain of USD 20.0 bn"),
        (50e9, -20e9, "against an abnormal loss of USD 20.0 bn (95 % interval 10.0 to 30.0)"),
        (
            -5e9,
            -4e9,
            "bn of it abnormal (95 % interval from a loss of 14.0 to a gain of 6.0)",
        ),
    ],
)
def test_dollars_of_either_sign(small, raw: float, abnormal: float, said: str) -> None:
    assert said in summary_paragraph(with_cell(small, impact=money(raw, abnormal)))


def outcomes(
    cell: WindowResult,
    t: float | None,
    placebo: float | None,
    scaled: float | None,
    draws: int = 246,
):
    """Give the window these p-values; the sample quantile is left out."""

    def ranked(test: str, p: float | None) -> Outcome:
        return Outcome.missing(test, "none") if p is None else Outcome(test, 1.0, p, draws=draws)

    return replace(
        cell,
        t=replace(cell.t, p=t) if t is not None else Outcome.missing("t", "none"),
        sq=Outcome.missing("sq", "none"),
        placebo=ranked("placebo", placebo),
        scaled=ranked("placebo-ewma", scaled),
    )


@pytest.mark.parametrize(
    ("t", "placebo", "scaled", "draws", "verdict"),
    [
        (0.01, 0.02, 0.02, 246, True),
        (0.20, 0.30, 0.30, 246, False),
        (0.20, 0.02, 0.02, 246, True),  # Student t stands beside, without a vote
        (0.01, 0.30, 0.30, 246, False),
        (0.01, 0.30, 0.01, 246, None),
        (0.01, 0.02, 0.40, 246, None),
        (0.01, 0.30, None, 246, False),
        (0.01, None, None, 246, True),
        (0.20, None, None, 246, False),
        (None, None, None, 246, None),
        (0.01, 0.0667, 0.0667, 14, True),  # fourteen dates cannot reach 5 %: they have no vote
        (0.20, 0.05, 0.05, 19, True),
    ],
)
def test_the_verdict(small, t, placebo, scaled, draws: int, verdict: bool | None) -> None:
    cell = outcomes(small.headline_window, t, placebo, scaled, draws)
    assert beyond_chance(cell, 0.95) is verdict


def test_tests_that_disagree_are_said_to(small: StudyResult) -> None:
    cell = outcomes(small.headline_window, 0.04, 0.2, 0.04)
    text = summary_paragraph(with_cell(small, scaled=cell.scaled, placebo=cell.placebo))
    assert "on which the tests disagree" in text


def test_a_model_without_a_test_is_untested(small: StudyResult) -> None:
    none = Outcome.missing("t", "the model has no covariance")
    text = summary_paragraph(with_cell(small, t=none, sq=none, placebo=none, scaled=none))
    assert "untested, for the model has no covariance" in text


def test_another_event_with_an_effect_is_told(full: StudyResult) -> None:
    """Lead with a quiet date: the sell-off is then the other event, with its return and p."""
    head = replace(full.study.headline, event="r1-release")
    text = summary_paragraph(replace(full, study=replace(full.study, headline=head)))
    assert "On 27 January 2025 (sell-off) it was -16.64 % (p = 0.0027)." in text


def test_t_and_p_stay_where_placebo_dates_lack(small: StudyResult) -> None:
    few = Outcome.missing("placebo", "few")
    bare = replace(with_cell(small, placebo=few, scaled=few), batteries=())
    text = summary_paragraph(bare)
    assert (
        "more than chance explains (t = -5.60 with 248 degrees of freedom, p < 0.0001, which takes "
        "errors for normal)." in text
    )


def test_a_small_firm_is_told_in_millions(small: StudyResult) -> None:
    lost = with_cell(small, impact=Impact(90e6, -14e6, -1e6, -13e6, 2e6, -17e6, -9e6))
    assert "lost USD 14.0 m of market value, USD 13.0 m of it abnormal (95 % interval 9.0 to" in (
        summary_paragraph(lost)
    )
    assert headline_words(lost, plain) == ("NVIDIA lost $13m more than the market explains")


def test_a_gain_leads_as_a_gain(study, snapshot) -> None:
    gain = override(study, Overrides(events=("sell-off",), symbols=("AAPL",), models=("market",)))
    assert headline_words(run_study(gain, snapshot), plain) == (
        "Apple gained $115bn more than the market explains"
    )


def test_an_untested_headline_is_not_one_on_which_tests_disagree(small: StudyResult) -> None:
    none = Outcome.missing("t", "the model has no covariance")
    cell = with_cell(small, t=none, sq=none, placebo=none, scaled=none)
    assert headline_words(cell, plain).endswith("than the market explains, which no test judges")


def test_the_end_of_a_firm_is_not_that_of_the_data(small: StudyResult) -> None:
    (recovery,) = small.recoveries
    last = pd.Timestamp("2025-03-10")
    gone = replace(recovery, session=None, sessions=29, last=last)
    text = summary_paragraph(replace(small, recoveries=(gone,)))
    assert "By 10 March 2025, when it last traded, the stock had not closed at its level" in text
    gone = replace(recovery, session=None, sessions=0, last=small.headline.session)
    text = summary_paragraph(replace(small, recoveries=(gone,)))
    assert "The prices of the firm end with that session" in text


@pytest.mark.parametrize(
    ("p", "significant", "said"),
    [
        (
            0.002,
            True,
            "a fall beyond the ordinary days of that portfolio (placebo dates, volatility",
        ),
        (
            0.2,
            False,
            "within the ordinary days of that portfolio (placebo dates, volatility-scaled",
        ),
    ],
)
def test_the_firms_together_go_by_the_test_that_leads(
    full: StudyResult, p: float, significant: bool, said: str
) -> None:
    battery = next(b for b in full.batteries if b.subject == "all")
    outcomes = tuple(replace(o, p=p) if o.test == "placebo-scaled" else o for o in battery.outcomes)
    changed = tuple(
        replace(b, outcomes=outcomes, significant=significant) if b is battery else b
        for b in full.batteries
    )
    group = next(g for g in full.headline_groups if g.group == "all")
    text = together(replace(full, batteries=changed), group, plain)
    assert text.startswith(said)
    assert ("times the ordinary" in text) is significant
    alone = tuple(b for b in full.batteries if b is not battery)
    assert together(replace(full, batteries=alone), group, plain) == (
        "no test of the cross-section is at hand"
    )
