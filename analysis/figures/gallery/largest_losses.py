"""The largest one-day losses of market value, as published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import billions
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.context.details import Details


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw the largest published losses; a line spans what publishers give for the same day.

    Parameters
    ----------
    details : Details
        With `largest_losses`.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    losses = details.largest_losses
    head = details.result.headline
    key = (head.symbol, head.session.date())
    figure, axes = style.figure(1.3 + 0.27 * len(losses))
    with style.applied():
        for y, item in enumerate(losses):
            colour = style.accent if (item.company, item.date) == key else style.plain
            axes.barh(y, item.loss / 1e9, color=colour, height=0.68)
            values = [value / 1e9 for value in (item.loss, *item.others)]
            if item.others:
                axes.plot([min(values), max(values)], [y, y], color=style.text, lw=1.6)
            axes.annotate(
                " / ".join(f"{value:,.0f}" for value in values),
                xy=(max(values), y),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
            )
        axes.set_yticks(range(len(losses)), [f"{i.company}, {i.date:%d %b %Y}" for i in losses])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(losses) - 0.4, -0.6)
        axes.margins(x=0.13)
        axes.set_xlabel("one-day loss of market value, USD bn, not adjusted for inflation")
        axes.grid(axis="x", lw=0.6)
        detail = (
            "single firms, as published; several figures where publishers differ over shares or "
            "closes; to January 2026"
        )
        title(figure, _finding(details), detail, style)
    return figure


def _finding(details: Details) -> str:
    first, second = details.largest_losses[:2]
    return (
        f"{first.company}'s loss of {first.date:%d %B %Y}, USD {billions(first.loss, 0)} bn or "
        f"more, is {first.loss / second.loss:.1f} times the next largest, {second.company}'s of "
        f"{second.date:%d %B %Y}"
    )


FILES: tuple[TidyFile[Details], ...] = (
    TidyFile(
        "largest-losses.csv",
        "Largest published losses",
        lambda d: pd.DataFrame([item.row for item in d.largest_losses]),
        on_page=True,
    ),
)


def _absent(details: Details) -> str:
    return "" if details.largest_losses else "no published losses belong to the study"


FIGURE = DetailFigure(
    name="largest-losses",
    place=160,
    caption="The largest one-day losses of market value, as published",
    draw=draw,
    absent=_absent,
    files=FILES,
)
