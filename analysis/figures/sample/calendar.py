"""When the events were, and how they cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import dates as mdates

from analysis.figures.sample.path import leading
from analysis.figures.style import LIGHT, Style, title
from analysis.sample.regression import pair_table
from analysis.windows import span_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.sample.result import SampleResult


def draw(result: SampleResult, style: Style = LIGHT) -> Figure:
    """
    Draw the number of firm-events by reaction session above the CARs of their dates.

    Parameters
    ----------
    result : SampleResult
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = pair_table(result, result.spec.windows[0])
    by_date = table.groupby("position")["car"].agg(["size", "mean"])
    days = result.data.sessions[by_date.index.to_numpy()].astype(np.float64)  # matplotlib's own
    figure, (above, below) = style.panels(4.6, (1.0, 1.6))
    with style.applied():
        above.vlines(days, 0, by_date["size"], color=style.plain, lw=1.2)
        above.set_ylabel("firm-events")
        above.set_ylim(0, float(by_date["size"].max()) * 1.1)
        mean = 100 * by_date["mean"].to_numpy()
        size = 14 + 40 * by_date["size"].to_numpy() / float(by_date["size"].max())
        colours = [style.accent if value < 0 else style.gain for value in mean]
        below.scatter(days, mean, s=size, c=colours, lw=0)
        below.axhline(0, color=style.faint, lw=0.8)
        below.set_ylabel("mean abnormal return, %")
        span = float(np.ptp(days))
        for axes in (above, below):
            axes.grid(axis="y", lw=0.6)
            axes.xaxis_date()
            locator = mdates.AutoDateLocator(minticks=3, maxticks=9)  # type: ignore[no-untyped-call]
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(
                mdates.ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
            )
            if span == 0:
                axes.set_xlim(days[0] - 20, days[0] + 20)
        average = leading(result)
        detail = (
            f"{result.spec.title}; {average.n:,} firm-events; abnormal returns over "
            f"{span_words(result.spec.windows[0])}"
        )
        title(figure, _finding(result), detail, style)
    return figure


def _finding(result: SampleResult) -> str:
    average = leading(result)
    if average.battery is None:
        return "The events on the calendar"
    overlap = average.battery.overlap
    if overlap.dates == 1:
        return "All firm-events share one date"
    if overlap.share == 0:
        return f"{overlap.dates:,} dates, and no two windows overlap"
    return (
        f"{overlap.dates:,} dates, worth {overlap.effective_dates:,.0f}: {overlap.share:.0%} of "
        "the firm-events overlap with another"
    )
