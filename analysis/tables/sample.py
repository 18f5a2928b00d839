"""Tables of a study of many firm-events."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from analysis.formatting import number, probability
from analysis.inference.catalog import TESTS
from analysis.tables.cells import Cell, CellTable, Column, label
from analysis.tables.latex import latex
from analysis.tables.render import WIDTH, points, render, terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analysis.inference.outcome import Outcome
    from analysis.sample.averages import Average
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
                _day_rows(days),
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
    heads = ("group", "window", "N", "CAAR (%)", "median (%)", "positive (%)", "test", "stat.", "p")
    rows = tuple(
        (
            label(average.group),
            label(str(average.window)),
            Cell(str(average.n), average.n),
            Cell(points(average.mean), average.mean),
            Cell(points(average.median), average.median),
            Cell(points(average.positive), average.positive),
            label(_title(average.lead)),
            Cell(number(average.lead.statistic), average.lead.statistic),
            Cell(probability(average.lead.p), average.lead.p),
        )
        for average in result.averages
        if average.kind == "window"
    )
    table = CellTable("averages", result.spec.title, tuple(map(Column, heads)), rows)
    return "\n".join([latex(table), *(latex(_regression_table(r)) for r in regressions)])


def regression_text(regression: Regression) -> str:
    """
    Lay out a regression for a terminal.

    Parameters
    ----------
    regression : Regression
    """
    parts = [terminal(_regression_table(regression))]
    if regression.left_out:
        parts.append(f"{regression.left_out:,} firm-events lack a characteristic and are left out")
    if regression.note:
        parts.append(textwrap.fill(regression.note, WIDTH))
    return "\n\n".join(parts) + "\n"


def _regression_table(regression: Regression) -> CellTable:
    heads = ("weights", "errors", "term", "estimate", "s.e.", "t", "df", "p")
    rows = tuple(
        (
            label(row["weighting"]),
            label(row["covariance"]),
            label(row["term"]),
            *(Cell(f"{row[name]:.5g}", float(row[name])) for name in ("estimate", "se")),
            Cell(number(row["t"]), float(row["t"])),
            Cell(number(row["df"], 0), float(row["df"])),
            Cell(probability(row["p"]), float(row["p"])),
        )
        for row in regression.rows.to_dict("records")
    )
    caption = f"{regression.formula} over {regression.window}, {regression.n:,} firm-events"
    return CellTable("characteristics", caption, tuple(map(Column, heads)), rows, left=3)


def interval(low: float | None, high: float | None) -> str:
    """Write an interval of decimal fractions in percent, without the sign."""
    return f"{points(low)} .. {points(high)}"


def _head(result: SampleResult) -> str:
    spec = result.spec
    total = len(result.pairs)
    measured = sum(n for word, n in result.statuses.items() if word.startswith("ok"))
    benchmark = f" on {spec.benchmark}" if result.measurer.takes_benchmark else ""
    measured_by = f"{spec.model} model{benchmark}, estimation {spec.estimation}, {result.data.name}"
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


def _day_rows(days: list[Average]) -> Iterable[tuple[str, ...]]:
    running = 0.0
    for average in days:
        running += average.mean
        family = next((o.p for _, o in average.extra if o.test == "romano-wolf"), None)
        if family is None:
            family = next((o.p for _, o in average.extra if o.test == "holm"), None)
        inner = average.battery
        yield (
            str(average.window.start),
            f"{average.n:,}",
            points(average.mean),
            points(running),
            interval(inner.low, inner.high) if inner is not None else "",
            f"{100 * average.positive:.0f}",
            number(average.lead.statistic),
            probability(average.lead.p),
            probability(family),
        )
