"""Tables of a study of many firm-events as cells: for LaTeX and the page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.formatting import number, percent, probability
from analysis.inference.catalog import TESTS
from analysis.results import Place
from analysis.tables.cells import Cell, CellTable, Column, label
from analysis.windows import span_words

if TYPE_CHECKING:
    import pandas as pd

    from analysis.sample.average import Average
    from analysis.sample.regression import Regression
    from analysis.sample.result import SampleResult

MOST_PAIRS = 2000
"""Pairs that a page lists; the file beside it has them all."""


AVERAGES, FIRM_EVENTS = "averages.csv", "firm_events.csv"
"""Files in which the values of these tables stand."""


def average_line(result: SampleResult, average: Average) -> int:
    """Find the first line of an average in ``averages.csv``; 0 where no test of it stands there."""
    rows, window = result.tidy, average.window
    same = (
        (rows["group"] == average.group)
        & (rows["kind"] == average.kind)
        & (rows["start"] == window.start)
        & (rows["end"] == window.end)
    ).to_numpy()
    return int(np.argmax(same)) + 2 if same.any() else 0


def average_table(result: SampleResult, kind: str = "window") -> CellTable:
    """
    Lay out the averages of the windows, or of the sessions of the path over all pairs.

    Parameters
    ----------
    result : SampleResult
    kind : {"window", "day"}
    """
    span = "over" if kind == "window" else "session"
    heads = ("group", span, "firm-events", "mean", "from", "to", "median", "positive", "test")
    shown = [
        a for a in result.averages if a.kind == kind and (kind == "window" or a.group == "all")
    ]
    rows = tuple(_average_row(average, average_line(result, average)) for average in shown)
    caption = (
        "Average abnormal returns by group and window"
        if kind == "window"
        else "Averages session by session"
    )
    columns = tuple(map(Column, (*heads, "statistic", "p")))
    return CellTable(f"averages-{kind}", caption, columns, rows, left=2)


def battery_table(result: SampleResult, average: Average) -> CellTable:
    """Lay out every test of one average, the leading one marked."""
    inner = () if average.battery is None else average.battery.outcomes
    outcomes = (*inner, *(outcome for _, outcome in average.extra))
    lines = np.cumsum([o.available for o in outcomes]) - 1 + average_line(result, average)
    rows = tuple(
        (
            label(TESTS[o.test].title),
            *(
                Cell(text, value, Place(AVERAGES, int(line), name) if o.available else None)
                for text, value, name in (
                    (number(o.statistic), o.statistic, "statistic"),
                    (number(o.df, 0), o.df, "df"),
                    (probability(o.p), o.p, "p"),
                )
            ),
            label(o.warning or o.unavailable),
        )
        for o, line in zip(outcomes, lines, strict=True)
    )
    heads = ("test", "statistic", "degrees of freedom", "p", "to be known")
    caption = f"Every test of the average over {span_words(average.window)}"
    return CellTable("tests", caption, tuple(map(Column, heads)), rows, marked=0)


def pair_rows(result: SampleResult) -> CellTable:
    """List the pairs over the first window."""
    frame = result.firm_events
    first = frame[frame["window"] == str(result.spec.windows[0])].head(MOST_PAIRS)
    heads = ("id", "firm", "group", "public", "session", "days learned from", "beta")
    rows = tuple(
        (
            *(label(str(row[name])) for name in ("id", "symbol", "group", "when", "session")),
            *(
                Cell(write(row[name]), _given(row[name]), Place(FIRM_EVENTS, int(line) + 2, name))
                for name, write in (
                    ("n_estimation", lambda value: f"{value:g}"),
                    ("beta", number),
                    ("car", percent),
                    ("se", percent),
                    ("t", number),
                    ("p", probability),
                )
            ),
            label(row["status"]),
        )
        for line, row in zip(first.index, first.to_dict("records"), strict=True)
    )
    caption = f"Every firm-event over {span_words(result.spec.windows[0])}"
    more = ("abnormal", "standard error", "t", "p", "status")
    return CellTable("firm-events", caption, tuple(map(Column, (*heads, *more))), rows, left=2)


def regression_table(regression: Regression) -> CellTable:
    """Lay out a regression: one row a term, weighting and covariance."""
    heads = ("weights", "errors", "term", "estimate", "standard error", "t")
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
    note = regression.note
    if regression.left_out:
        left = f"{regression.left_out:,} firm-events lack a characteristic and are left out"
        note = f"{left}; {note}" if note else left
    columns = tuple(map(Column, (*heads, "degrees of freedom", "p")))
    return CellTable("characteristics", caption, columns, rows, note=note, left=3)


def long_run_table(held: pd.DataFrame) -> CellTable:
    """Lay out the long run: one row a group, comparison, horizon and test."""
    heads = ("group", "against", "sessions", "firm-events", "held", "other", "mean", "median")
    rows = tuple(
        (
            label(row["group"]),
            label(row["against"]),
            Cell(str(row["sessions"]), int(row["sessions"])),
            Cell(str(row["n"]), int(row["n"])),
            Cell(percent(row["held"]), _given(row["held"])),
            Cell(percent(row["benchmark"]), _given(row["benchmark"])),
            Cell(percent(row["mean"], 3 if "alpha" in row["against"] else 2), _given(row["mean"])),
            Cell(percent(row["median"]), _given(row["median"])),
            Cell(number(row["wealth_relative"], 3), _given(row["wealth_relative"])),
            label(TESTS[row["test"]].title),
            Cell(number(row["statistic"]), _given(row["statistic"])),
            Cell(probability(row["p"]), _given(row["p"])),
        )
        for row in held.to_dict("records")
    )
    columns = tuple(map(Column, (*heads, "relative wealth", "test", "statistic", "p")))
    most = float(held["overlap"].max()) if held["overlap"].notna().any() else 0.0
    note = (
        f"Up to {percent(most, 0)} of the firm-events are held while another is: the "
        "cross-sectional t and the bootstrap take them for independent; the rows clustered by "
        "date and of calendar time do not."
        if most > 0
        else ""
    )
    return CellTable("long-run", "The long run: held returns", columns, rows, note=note, left=2)


def _average_row(average: Average, line: int) -> tuple[Cell, ...]:
    lead = average.lead
    inner = average.battery
    low, high = (lead.low, lead.high) if inner is None else (inner.low, inner.high)

    def cell(text: str, value: float | None, column: str) -> Cell:
        return Cell(text, value, Place(AVERAGES, line, column) if line else None)

    window = average.window
    return (
        label(average.group),
        Cell(span_words(window), str(window))
        if average.kind == "window"
        else label(str(window.start)),
        cell(f"{average.n:,}", average.n, "n"),
        cell(percent(average.mean), average.mean, "mean"),
        cell(percent(low), low, "low"),
        cell(percent(high), high, "high"),
        cell(percent(average.median), average.median, "median"),
        cell(percent(average.positive, 0), average.positive, "positive"),
        label(TESTS[lead.test].title),
        cell(number(lead.statistic), lead.statistic, "statistic"),
        cell(probability(lead.p), lead.p, "p"),
    )


def _given(value: float) -> float | None:
    return None if value is None or math.isnan(value) else float(value)
