"""All that a study says of its verdicts, together: word by word, and without contradiction."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analysis.inference.outcome import Outcome
from analysis.narrative import summary_paragraph
from analysis.narrative_shock import moved_market, shock_sentences
from analysis.narrative_tests import each_firm, firms_together, plain
from analysis.overrides import Overrides, override
from analysis.report.words import headline_words
from analysis.results.verdict import firm_verdict, window_verdict
from analysis.run.study import run_study
from analysis.study_file import load_study
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis.results import StudyResult

DAY = (Window(0, 0),)


def sentences(result: StudyResult) -> dict[str, str]:
    """Everything that the program says of verdicts, by where it stands."""
    said = {
        "headline": headline_words(result, plain),
        "firm": window_verdict(result.headline_window, result.study.level).text,
        "together": firms_together(result, plain),
        "each": each_firm(result),
        "shock": shock_sentences(result, plain),
    }
    return {
        **{where: text for where, text in said.items() if text},
        **{f"{b.kind} {b.subject}": b.verdict for b in result.batteries},
    }


def with_window(result: StudyResult, **changes: object) -> StudyResult:
    """Replace tests of the headline's cell, and the verdict of its battery with them."""
    head, cell = result.headline, result.headline_window
    other = replace(cell, **changes)
    windows = tuple(other if w is cell else w for w in head.windows)
    firms = tuple(replace(f, windows=windows) if f is head else f for f in result.firms)
    found = firm_verdict((other.scaled, other.placebo, other.sq, other.t))
    batteries = tuple(
        replace(b, verdict=found.text, significant=found.significant) if b.kind == "firm" else b
        for b in result.batteries
    )
    return replace(result, firms=firms, batteries=batteries)


@pytest.fixture(scope="module")
def scenarios(study, small, snapshot) -> dict[str, StudyResult]:
    return scenarios_of(study, small, snapshot)


def scenarios_of(study, small, snapshot) -> dict[str, StudyResult]:
    """Run what can be run, and put other outcomes into a result where no day gives them."""

    def run(event: str, *symbols: str) -> StudyResult:
        chosen = Overrides(
            events=(event,),
            symbols=symbols,
            models=("market",),
            benchmarks=("SPY",),
            windows=DAY,
        )
        return run_study(override(study, chosen), snapshot)

    tariffs = Overrides(
        events=("april-3",),
        symbols=("AAPL", "NVDA", "MSFT", "TSM", "CEG"),
        models=("market",),
        benchmarks=("RSP",),
        windows=DAY,
    )
    group = study.group_of("ANET")
    networking = next(g.symbols for g in study.groups if g.id == group)
    few = Outcome("placebo-ewma", -5.6, 1 / 13, draws=12)
    return {
        "clear fall, one firm": small,
        "clear gain, one firm": run("sell-off", "AAPL"),
        "null, one firm": run("v3-report", "NVDA"),
        "tests disagree": with_window(
            small,
            scaled=replace(small.headline_window.scaled, p=0.04),
            placebo=replace(small.headline_window.placebo, p=0.10),
        ),
        "too few dates": with_window(
            small,
            scaled=few,
            placebo=replace(few, test="placebo"),
            sq=Outcome.missing("sq", "few"),
        ),
        "untested": with_window(
            small,
            **{
                name: Outcome.missing(test, "the model has no covariance of its prediction errors")
                for name, test in (
                    ("scaled", "placebo-ewma"),
                    ("placebo", "placebo"),
                    ("sq", "sq"),
                    ("t", "t"),
                )
            },
        ),
        "small group": run("sell-off", *networking),
        "null, small group": run("v3-report", *networking),
        "market-wide shock": run_study(override(load_study("tariffs-2025"), tariffs), snapshot),
    }


CASES = (
    "clear fall, one firm",
    "clear gain, one firm",
    "null, one firm",
    "tests disagree",
    "too few dates",
    "untested",
    "small group",
    "null, small group",
    "market-wide shock",
)


def written(result: StudyResult) -> str:
    return "".join(f"{where}: {text}\n" for where, text in sentences(result).items())


def golden(root, case: str) -> str:
    text = (root / "tests" / "golden" / "verdicts.txt").read_text(encoding="utf-8")
    parts = re.split(r"^# (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[case].rstrip("\n") + "\n"


@pytest.mark.parametrize("case", CASES)
def test_every_sentence_is_the_golden_one(scenarios, root, case: str) -> None:
    assert written(scenarios[case]) == golden(root, case)


@pytest.mark.parametrize("case", CASES)
def test_no_sentence_contradicts_another(scenarios, case: str) -> None:
    agrees(scenarios[case])


@pytest.mark.slow
def test_the_large_group_says_it_without_contradiction(full, root) -> None:
    agrees(full)
    assert written(full) == golden(root, "large group")


def agrees(result: StudyResult) -> None:
    """Hold every sentence against the numbers that they all are of."""
    said, cell = sentences(result), result.headline_window
    verdict = window_verdict(cell, result.study.level)
    text = " ".join(said.values())
    own = f"{said['headline']} {said['firm']} {said['firm ' + result.headline.symbol]}"
    # the headline firm's verdict is one, wherever it stands
    starts = {True: "more than chance", False: "not more than chance", None: ("on which", "untest")}
    assert said["firm"].startswith(starts[verdict.significant])
    assert said[f"firm {result.headline.symbol}"].startswith(starts[verdict.significant])
    if verdict.significant is False:
        assert "beyond its ordinary days" not in said["headline"]
    if verdict.significant:
        assert not re.search(r"no abnormal return|what ordinary|disagree|untested", own)
    if verdict.significant is None:
        assert not re.search(r"more than chance explains|beyond chance", own)
    # gains are gains, losses losses
    if not moved_market(result):
        wrong = "gain" if cell.car < 0 else "loss"
        assert f"abnormal {wrong}" not in said["headline"]
    # groups: the sentence is its battery's, and its sign the portfolio's
    for battery in result.batteries:
        if battery.kind != "group":
            continue
        group = next(g for g in result.headline_groups if g.group == battery.subject)
        assert battery.significant == (
            "ordinary days at" in battery.verdict.split(":")[0]
            and not battery.verdict.startswith("within")
        )
        side = "fall" if group.caar < 0 else "rise"
        other = "rise" if group.caar < 0 else "fall"
        assert battery.verdict.startswith((f"a {side} beyond", "within"))
        assert f"a {other}" not in battery.verdict
    together = said.get("together", "")
    everyone = next((b for b in result.batteries if b.subject == "all"), None)
    if everyone is not None and everyone.significant is not None:
        assert ("beyond the ordinary days" in together) == everyone.significant
    # one count of firms
    counted = len(result.family.beyond)
    if "each" in said:
        assert (f"{counted} of" in said["each"]) == bool(counted)
        assert ("none of" in said["each"]) == (not counted)
        alone = verdict.significant and result.headline.symbol not in result.family.beyond
        assert ("asked about" in said["each"]) == bool(alone)
    # numbers and nouns agree
    assert not re.search(r"\b1 (firms|dates|sessions|other dates|times)\b", text)
    assert not re.search(r"\b(0|[2-9]|\d\d+) (firm|date|session)\b", text)
    assert "None" not in text
    assert "nan" not in text
    # a Student p below 0.001 stands with its caveat
    for found in re.finditer(r"exact prediction error p < 0\.000\d(.{0,40})", text):
        assert found[1].startswith(", which takes errors for normal")
    assert summary_paragraph(result)
