"""Tables of a study of many firm-events as cells: for LaTeX and the page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.formatting import number, percent, probability
from analysis.inference.catalog import TESTS
from analysis.tables.cells import Cell, CellTable, Column, label

if TYPE_CHECKING:
    import pandas as pd

    from analysis.sample.average import Average
    from analysis.sample.regression import Regression
    from analysis.sample.result import SampleResult

MOST_PAIRS = 2000
"""Pairs that a page lists; the file beside it has them all."""


def average_table(result: SampleResult, kind: str = "window") -> CellTable:
    """
    Lay out the averages of the windows, or of the sessions of the path over all pairs.

    Parameters
    ----------
    result : SampleResult
    kind : {"window", "day"}
    """
    span = "window" if kind == "window" else "session"
    heads = ("group", span, "N", "mean", "from", "to", "median", "positive", "test", "stat.")
    shown = [
        a for a in result.averages if a.kind == kind and (kind == "window" or a.group == "all")
    ]
    rows = tuple(_average_row(average) for average in shown)
    caption = (
        "Cumulative average abnormal returns" if kind == "window" else "Averages session by session"
    )
    return CellTable(f"averages-{kind}", caption, tuple(map(Column, (*heads, "p"))), rows)


def battery_table(average: Average) -> CellTable:
    """Lay out every test of one average, the leading one marked."""
    inner = () if average.battery is None else average.battery.outcomes
    outcomes = (*inner, *(outcome for _, outcome in average.extra))
    rows = tuple(
        (
            label(TESTS[o.test].title),
            Cell(number(o.statistic), o.statistic),
            Cell(number(o.df, 0), o.df),
            Cell(probability(o.p), o.p),
            label(o.warning or o.unavailable),
        )
        for o in outcomes
    )
    heads = ("test", "statistic", "df", "p", "to be known")
    caption = f"Every test of {average.window}, {average.n:,} firm-events"
    return CellTable("tests", caption, tuple(map(Column, heads)), rows, marked=0)


def pair_rows(result: SampleResult) -> CellTable:
    """List the pairs over the first window."""
    frame = result.firm_events
    first = frame[frame["window"] == str(result.spec.windows[0])].head(MOST_PAIRS)
    heads = ("id", "firm", "group", "public", "session", "n", "beta", "CAR", "s.e.", "t", "p")
    rows = tuple(
        (
            *(label(str(row[name])) for name in ("id", "symbol", "group", "when", "session")),
            Cell(str(row["n_estimation"]), int(row["n_estimation"])),
            Cell(number(row["beta"]), _given(row["beta"])),
            Cell(percent(row["car"]), _given(row["car"])),
            Cell(percent(row["se"]), _given(row["se"])),
            Cell(number(row["t"]), _given(row["t"])),
            Cell(probability(row["p"]), _given(row["p"])),
            label(row["status"]),
        )
        for row in first.to_dict("records")
    )
    caption = f"Every firm-event over {result.spec.windows[0]}"
    return CellTable("firm-events", caption, tuple(map(Column, (*heads, "status"))), rows)


def regression_table(regression: Regression) -> CellTable:
    """Lay out a regression: one row a term, weighting and covariance."""
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
    note = regression.note
    if regression.left_out:
        left = f"{regression.left_out:,} firm-events lack a characteristic and are left out"
        note = f"{left}; {note}" if note else left
    return CellTable("characteristics", caption, tuple(map(Column, heads)), rows, note=note, left=3)


def long_run_table(held: pd.DataFrame) -> CellTable:
    """Lay out the long run: one row a group, comparison, horizon and test."""
    heads = ("group", "against", "sessions", "n", "held", "other", "mean", "median", "wealth rel.")
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
    columns = tuple(map(Column, (*heads, "test", "stat.", "p")))
    most = float(held["overlap"].max()) if held["overlap"].notna().any() else 0.0
    note = (
        f"Up to {percent(most, 0)} of the firm-events are held while another is: the "
        "cross-sectional t and the bootstrap take them for independent; the rows clustered by "
        "date and of calendar time do not."
        if most > 0
        else ""
    )
    return CellTable("long-run", "The long run: held returns", columns, rows, note=note, left=2)


def _average_row(average: Average) -> tuple[Cell, ...]:
    lead = average.lead
    inner = average.battery
    low, high = (lead.low, lead.high) if inner is None else (inner.low, inner.high)
    return (
        label(average.group),
        label(str(average.window) if average.kind == "window" else str(average.window.start)),
        Cell(f"{average.n:,}", average.n),
        Cell(percent(average.mean), average.mean),
        Cell(percent(low), low),
        Cell(percent(high), high),
        Cell(percent(average.median), average.median),
        Cell(percent(average.positive, 0), average.positive),
        label(TESTS[lead.test].title),
        Cell(number(lead.statistic), lead.statistic),
        Cell(probability(lead.p), lead.p),
    )


def _given(value: float) -> float | None:
    return None if value is None or math.isnan(value) else float(value)
