"""Every test of the headline in tables, the test that survives leading."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from analysis.formatting import number, probability, rank_probability
from analysis.inference.catalog import TESTS
from analysis.tables.render import WIDTH, fitted, points, render

if TYPE_CHECKING:
    from analysis.inference.outcome import Outcome
    from analysis.results import Battery, StudyResult


def tests_text(result: StudyResult, width: int) -> str:
    """
    Lay out every test of the headline firm and of each group.

    Parameters
    ----------
    result : StudyResult
    width : int
        Columns of prose, and of tables where fewer than `WIDTH`.

    Returns
    -------
    str
        A table a subject; what is visibly broken is numbered and said below it.
    """
    head = result.headline
    intro = (
        f"TESTS, event {head.event} ({head.session.date()}), window "
        f"{result.study.headline.window}, {head.model} on {head.benchmark}. "
        "What a test assumes: market-impact tests --explain NAME"
    )
    intro = intro if width >= WIDTH else textwrap.fill(intro, width)
    return "\n\n".join([intro, *(_battery(battery, width) for battery in result.batteries)]) + "\n"


def _battery(battery: Battery, width: int) -> str:
    warnings = list(dict.fromkeys(o.warning for o in battery.outcomes if o.warning and o.available))
    rows = [_cells(outcome, warnings) for outcome in battery.outcomes if outcome.available]
    columns = ("test", "name", "statistic", "df", "draws", "p", "interval %", "see")
    title = f"{battery.kind} {battery.subject}"
    table = (
        render(title, columns, rows, left=2)
        if width >= WIDTH
        else fitted(title, columns, rows, 2, width)
    )
    notes = [
        *([f"verdict: {battery.verdict}"] if battery.verdict else []),
        *(f"({number}) {warning}" for number, warning in enumerate(warnings, start=1)),
        *(_absent(outcome) for outcome in battery.outcomes if not outcome.available),
    ]
    wrapped = [textwrap.fill(note, width, subsequent_indent="    ") for note in notes]
    return "\n".join([table, *wrapped])


def _absent(outcome: Outcome) -> str:
    of = f" ({outcome.warning})" if outcome.warning else ""
    return f"{TESTS[outcome.test].title}{of}: none, {outcome.unavailable}"


def _cells(outcome: Outcome, warnings: list[str]) -> tuple[str, ...]:
    test = TESTS[outcome.test]
    ends = "-"
    if test.of_return and outcome.low is not None and outcome.high is not None:
        ends = f"{points(outcome.low)} .. {points(outcome.high)}"
    shown = rank_probability(outcome, test.sides) if outcome.draws else probability(outcome.p)
    return (
        test.title,
        outcome.test,
        number(outcome.statistic, 3),
        "-" if outcome.df is None else f"{outcome.df:.4g}",
        "-" if outcome.draws is None else str(outcome.draws),
        shown,
        ends,
        f"({warnings.index(outcome.warning) + 1})" if outcome.warning else "",
    )
