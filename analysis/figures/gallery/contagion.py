"""Whether firms that used to move with the event firm moved with it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.context.absent import present, reason, when
from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis._typing import FloatArray
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
    x = np.array([point.correlation for point in found.points])
    y = np.array([100 * point.abnormal for point in found.points])
    figure, axes = style.figure(4.6)
    with style.applied():
        axes.axhline(0, color=style.faint, lw=0.8)
        ends = np.array([x.min(), x.max()])
        axes.plot(ends, 100 * (found.intercept + found.slope * ends), color=style.accent, lw=1.4)
        axes.plot(x, y, "o", ms=5.5, color=style.plain)
        for point, (right, lift) in zip(found.points, _sides(x, y), strict=True):
            axes.annotate(
                point.symbol,
                xy=(point.correlation, 100 * point.abnormal),
                xytext=(5 if right else -5, lift),
                textcoords="offset points",
                ha="left" if right else "right",
                va="center",
                fontsize=8,
            )
        axes.margins(x=0.08)
        axes.set_xlabel(f"correlation with {found.symbol} before the event, market taken out")
        axes.set_ylabel("abnormal return, %")
        axes.grid(lw=0.6)
        detail = (
            f"window {details.result.study.headline.window}; line: least squares; one date, so a "
            "description and not a test"
        )
        title(figure, _finding(found), detail, style)
    return figure


def _sides(x: FloatArray, y: FloatArray) -> list[tuple[bool, int]]:
    """Put a label to the left of close neighbours, and away from those above or below."""
    wide, high = np.ptp(x) or 1.0, np.ptp(y) or 1.0
    sides = []
    for own_x, own_y in zip(x, y, strict=True):
        right = (x > own_x) & (x - own_x < 0.09 * wide) & (np.abs(y - own_y) < 0.035 * high)
        near = (np.abs(x - own_x) < 0.06 * wide) & (np.abs(y - own_y) < 0.05 * high)
        above, below = (near & (y > own_y)).any(), (near & (y < own_y)).any()
        sides.append((not right.any(), 5 * (int(below) - int(above))))
    return sides


def _finding(found: Contagion) -> str:
    rho = found.rank_correlation
    if abs(rho) < 0.2:
        return f"How firms moved with {found.symbol} before says little of how they returned"
    more = "lower" if rho < 0 else "higher"
    return (
        f"Firms that had moved with {found.symbol} returned {more} (rank correlation {rho:.2f} of "
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
