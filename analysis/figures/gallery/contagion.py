"""Whether firms that used to move with the event firm moved with it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.context.absent import present, reason, when
from analysis.figures.figure import DetailFigure
from analysis.figures.labels import place_labels
from analysis.figures.style import LIGHT, Style, title
from analysis.results.names import name_of
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis._typing import FloatArray, IntArray
    from analysis.context.contagion import Contagion
    from analysis.context.details import Details


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw other firms' abnormal returns against their earlier correlation with the event firm.

    Parameters
    ----------
    details : Details
        With `contagion`.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    found = present(details.contagion)
    who = name_of(details.result, found.symbol)
    x = np.array([point.correlation for point in found.points])
    y = np.array([100 * point.abnormal for point in found.points])
    figure, axes = style.figure(4.6)
    with style.applied():
        axes.axhline(0, color=style.faint, lw=0.8)
        ends = np.array([x.min(), x.max()])
        axes.plot(ends, 100 * (found.intercept + found.slope * ends), color=style.accent, lw=1.4)
        axes.plot(x, y, "o", ms=5.5, color=style.plain)
        axes.margins(x=0.08)
        axes.set_xlabel(f"correlation with {who} before the event, market taken out")
        axes.set_ylabel("abnormal return, %")
        axes.grid(lw=0.6)
        detail = (
            f"window {details.result.study.headline.window}; line: least squares; one date, so a "
            "description and not a test"
        )
        title(figure, _finding(found, who), detail, style)
        order = _by_distance(found, x, y)
        place_labels(
            axes,
            x[order],
            y[order],
            [name_of(details.result, found.points[place].symbol) for place in order],
            style,
            points=(x, y),
            lines=[(ends, 100 * (found.intercept + found.slope * ends))],
        )
    return figure


def _by_distance(found: Contagion, x: FloatArray, y: FloatArray) -> IntArray:
    """Order the firms for their labels: those far from the line first, who have most to say."""
    off = np.abs(y - 100 * (found.intercept + found.slope * x))
    return np.argsort(-off, kind="stable")


def _finding(found: Contagion, who: str) -> str:
    rho = found.rank_correlation
    if abs(rho) < 0.2:
        return f"How firms moved with {who} before says little of how they returned"
    more = "lower" if rho < 0 else "higher"
    return (
        f"Firms that had moved with {who} returned {more} (rank correlation {rho:.2f} of "
        f"{len(found.points)} firms)"
    )


FILES: tuple[TidyFile[Details], ...] = (
    TidyFile(
        "contagion.csv",
        "Other firms",
        lambda d: when(d.contagion, lambda part: part.tidy),
        on_page=True,
    ),
)


FIGURE = DetailFigure(
    name="contagion",
    place=110,
    caption="Other firms' abnormal returns against their earlier correlation with the event firm",
    draw=draw,
    absent=lambda details: reason(details.contagion),
    files=FILES,
)
