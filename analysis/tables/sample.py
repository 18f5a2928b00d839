"""Tables of a study of many firm-events."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from analysis.formatting import number, probability
from analysis.inference.catalog import TESTS
from analysis.sample.caar import caar_path
from analysis.tables.latex import latex
from analysis.tables.render import WIDTH, points, render, terminal
from analysis.tables.sample_cells import average_table, long_run_table, regression_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from analysis.inference.outcome import Outcome
    from analysis.sample.average import Average
    from analysis.sample.caar import CaarPath
    from analysis.sample.regression import Regression
    from analysis.sample.result import SampleResult

MOST_WARNINGS = 6
"""Warnings of tests that a text shows; the rest stand in the files."""


def sample_text(result: SampleResult) -> str:
    """
    Lay out a study of many firm-events for a terminal.

    Parameters
    ----------
    result : SampleResult

    Returns
    -------
    str
        What became of the pairs, the averages of the windows and of the path, every test of the
        first window over all pairs, and why its lead leads.
    """
    first = result.spec.windows[0]
    shown = [average for average in result.averages if average.kind == "window"]
    leading = next(a for a in shown if a.group == "all" and a.window == first)
    days = [a for a in result.averages if a.kind == "day" and a.group == "all"]
    parts = [
        _head(result),
        render(
            "Cumulative average abnormal returns (CAAR), %",
            ("group", "window", "n", "mean", "interval", "median", "positive", "test", "stat", "p"),
            map(_window_row, shown),
            left=2,
        ),
        _why(leading),
        render(
            f"Tests of {first}, all pairs",
            ("test", "statistic", "df", "p"),
            map(_test_row, (o for o in _outcomes(leading) if o.available)),
        ),
        *_remarks(leading),
    ]
    if days:
        parts.append(
            render(
                "Average abnormal returns by session (AAR), %",
                ("day", "n", "AAR", "CAAR", "interval", "positive", "stat", "p", "p (path)"),
                _day_rows(days, caar_path(result)),
            )
        )
    return "\n\n".join(parts) + "\n"


def sample_latex(result: SampleResult, regressions: Sequence[Regression] = ()) -> str:
    r"""
    Write the averages of the windows as a LaTeX table (package booktabs); returns in percent.

    Parameters
    ----------
    result : SampleResult
    regressions : sequence of Regression
        Each becomes a table of its own below.
    """
    tables = [average_table(result), *map(regression_table, regressions)]
    return "\n".join(map(latex, tables))


def regression_text(regression: Regression) -> str:
    """
    Lay out a regression for a terminal.

    Parameters
    ----------
    regression : Regression
    """
    table = regression_table(regression)
    parts = [terminal(table), *([textwrap.fill(table.note, WIDTH)] if table.note else [])]
    return "\n\n".join(parts) + "\n"


def long_run_text(held: pd.DataFrame) -> str:
    """
    Lay out the long run for a terminal.

    Parameters
    ----------
    held : pandas.DataFrame
        From `analysis.sample.longrun.long_run`.
    """
    table = long_run_table(held)
    parts = [terminal(table), *([textwrap.fill(table.note, WIDTH)] if table.note else [])]
    return "\n\n".join(parts) + "\n"


def interval(low: float | None, high: float | None) -> str:
    """Write an interval of decimal fractions in percent, without the sign."""
    return f"{points(low)} .. {points(high)}"


def _head(result: SampleResult) -> str:
    spec = result.spec
    total = len(result.pairs)
    measured = sum(n for word, n in result.statuses.items() if word.startswith("ok"))
    measured_by = f"{result.model_words}, estimation {spec.estimation}, {result.data.name}"
    lines = [
        spec.title,
        f"{measured:,} of {total:,} firm-events measured; {measured_by}",
        *(f"  {count:>10,}  {word}" for word, count in result.statuses.items()),
        *textwrap.wrap(
            "Policies: " + "; ".join(spec.policies.describe()), WIDTH, subsequent_indent="  "
        ),
    ]
    return "\n".join(lines)


def _why(average: Average) -> str:
    if average.battery is None:
        return ""
    lead = average.battery.lead
    title = TESTS[lead.test].title
    return textwrap.fill(f"{title} leads: {lead.reason}.", WIDTH)


def _title(outcome: Outcome) -> str:
    return TESTS[outcome.test].title


def _window_row(average: Average) -> tuple[str, ...]:
    lead = average.lead
    low, high = (
        (lead.low, lead.high)
        if average.battery is None
        else (average.battery.low, average.battery.high)
    )
    return (
        average.group,
        str(average.window),
        f"{average.n:,}",
        points(average.mean),
        interval(low, high),
        points(average.median),
        f"{100 * average.positive:.0f}",
        _title(lead),
        number(lead.statistic),
        probability(lead.p),
    )


def _outcomes(average: Average) -> Iterable[Outcome]:
    inner = () if average.battery is None else average.battery.outcomes
    return (*inner, *(outcome for _, outcome in average.extra))


def _test_row(outcome: Outcome) -> tuple[str, ...]:
    df = "" if outcome.df is None else number(outcome.df, 0)
    mark = " *" if outcome.warning else ""
    return (_title(outcome) + mark, number(outcome.statistic), df, probability(outcome.p))


def _remarks(average: Average) -> list[str]:
    outcomes = list(_outcomes(average))
    texts = dict.fromkeys(outcome.warning for outcome in outcomes if outcome.warning)
    lines = [textwrap.fill(f"* {text}", WIDTH) for text in list(texts)[:MOST_WARNINGS]]
    lines += [
        textwrap.fill(f"not given: {_title(outcome)} ({outcome.unavailable})", WIDTH)
        for outcome in outcomes
        if not outcome.available
    ]
    return ["\n".join(lines)] if lines else []


def _day_rows(days: list[Average], path: CaarPath) -> Iterable[tuple[str, ...]]:
    running = dict(zip(path.days.tolist(), path.caar.tolist(), strict=True))
    for average in days:
        family = next((o.p for _, o in average.extra if o.test == "romano-wolf"), None)
        if family is None:
            family = next((o.p for _, o in average.extra if o.test == "holm"), None)
        inner = average.battery
        yield (
            str(average.window.start),
            f"{average.n:,}",
            points(average.mean),
            points(running[average.window.start]),
            interval(inner.low, inner.high) if inner is not None else "",
            f"{100 * average.positive:.0f}",
            number(average.lead.statistic),
            probability(average.lead.p),
            probability(family),
        )
