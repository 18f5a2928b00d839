"""What the tests of the headline say in plain English, each number marked with its place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.formatting import counted, percent, probability, rank_probability, relation
from analysis.inference.catalog import TESTS
from analysis.inference.student import two_sided_p
from analysis.results.verdict import (
    GROUP_LEADS,
    NORMAL,
    family_count,
    family_method,
    leading,
    small,
    window_verdict,
)
from analysis.study import ALL_FIRMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.inference.outcome import Outcome
    from analysis.results import GroupResult, Place, StudyResult

    Cite = Callable[[str, Place], str]
    """Marks a number with the place in the results files where it stands."""


def plain(text: str, _place: Place) -> str:
    """Leave a number unmarked."""
    return text


def _of_the_firm(result: StudyResult, test: str) -> Outcome | None:
    """Find a test of the headline firm that was run and gave something."""
    symbol = result.headline.symbol
    battery = next((b for b in result.batteries if (b.kind, b.subject) == ("firm", symbol)), None)
    outcome = None if battery is None else battery.outcome(test)
    return outcome if outcome is not None and outcome.p is not None else None


def beside_the_rank(result: StudyResult, cite: Cite) -> list[str]:
    """Say the rank among sessions without results, and the law of that day."""
    symbol, said = result.headline.symbol, []
    for test, words in (
        ("placebo-unscheduled", "of {dates} without its results"),
        ("garch-t", "GARCH-t"),
    ):
        outcome = _of_the_firm(result, test)
        if outcome is not None:
            shown = rank_probability(outcome) if outcome.draws else probability(outcome.p)
            p = cite(relation(shown), result.test_place("firm", symbol, test, "p"))
            dates = counted(outcome.draws or 0, "date")
            said.append(f"{words.format(dates=dates)}: p {p}")
    return said


def led_by(outcome: Outcome) -> str:
    """Write the p of the test that leads."""
    sides = TESTS[outcome.test].sides
    return rank_probability(outcome, sides) if outcome.draws else probability(outcome.p)


def fair(result: StudyResult, cite: Cite) -> str:
    """Set a small Student p against what the tails of the placebo dates bear out."""
    if not small(result.headline_window.t.p):
        return ""
    fitted = _of_the_firm(result, "placebo-t")
    if fitted is None:
        return NORMAL
    borne = cite(
        relation(probability(fitted.p)),
        result.test_place("firm", result.headline.symbol, "placebo-t", "p"),
    )
    return f"{NORMAL}; with tails as fat as on placebo dates p {borne}"


def firms_together(result: StudyResult, cite: Cite) -> str:
    """Say what all firms returned, together and one by one, and what of it is beyond chance."""
    alone = each_firm(result)
    for group in result.headline_groups:
        if group.group != ALL_FIRMS:
            continue
        if group.t.p is None:
            return alone
        mean = cite(percent(group.caar), result.group_place(group, "caar"))
        return (
            f"The {len(group.symbols)} firms together returned {mean} abnormally on average: "
            f"{together(result, group, cite)}. {alone}"
        )
    return alone


def each_firm(result: StudyResult) -> str:
    """Say how many firms moved beyond chance with all asked at once; empty for a study of one."""
    family, symbol = result.family, result.headline.symbol
    if len(family.symbols) < 2:
        return ""
    method = family_method(family)
    count = family_count(family)
    said = f"With {method}, {count}" if method else f"Firm by firm, {count}"
    alone = window_verdict(result.headline_window, result.study.level).significant
    p = family.p.get(symbol)
    if alone and p is not None and symbol not in family.beyond:
        said += (
            f"; {symbol}, beyond chance where it alone is asked about, has p "
            f"{relation(probability(p))} among them"
        )
    return f"{said}."


def together(result: StudyResult, group: GroupResult, cite: Cite) -> str:
    """Say by the test that leads whether all firms together moved, and by how much to spare."""
    word, level = "fall" if group.caar < 0 else "rise", result.study.level
    battery = next(
        (b for b in result.batteries if (b.kind, b.subject) == ("group", ALL_FIRMS)), None
    )
    lead = None if battery is None else leading(battery.outcomes, GROUP_LEADS, 1 - level)
    if battery is None or lead is None or lead.p is None:
        return "no test of the cross-section is at hand"
    shown = rank_probability(lead) if lead.draws else probability(lead.p)
    p = cite(relation(shown), result.test_place("group", ALL_FIRMS, lead.test, "p"))
    if not battery.significant:
        return f"within the ordinary days of that portfolio ({TESTS[lead.test].title}: p {p})"
    k = ""
    if group.k is not None and group.k > 1:
        times = cite(f"{group.k:.1f}", result.group_place(group, "k"))
        k = (
            f"; for such a {word} to be chance the day's standard deviation would have to be "
            f"{times} times the ordinary"
        )
    return (
        f"a {word} beyond the ordinary days of that portfolio ({TESTS[lead.test].title}: p {p}{k})"
    )


def closure_sentence(result: StudyResult) -> str:
    """
    Say what a closure of the exchange before the headline's session would do to its interval.

    Empty where the window has several sessions, no closure or no t.
    """
    cell = result.headline_window
    closure = result.placed(result.study.headline.event, cell.window).closure
    t = cell.t
    if closure is None or len(cell.window) > 1 or t.statistic is None or t.low is None:
        return ""
    days, half = closure[1], (cell.car - t.low) * math.sqrt(closure[1])
    p = two_sided_p(t.statistic / math.sqrt(days), t.df or math.inf)
    return (
        f"That session came {days} weekdays after the one before: if errors grow with the "
        f"weekdays, the interval is {percent(cell.car - half)} to {percent(cell.car + half)} and p "
        f"{relation(probability(p))}."
    )
