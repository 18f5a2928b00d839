"""Values at the ends of bars, of the tallest where not all have room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.font_manager import FontProperties

from analysis.figures.style import FONT, points_of
from analysis.formatting import true_minus

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from analysis._typing import BoolArray, FloatArray
    from analysis.figures.style import Style

MARGINS = 60
"""Points of a figure's width beside its axes."""


def label_bars(
    axes: Axes, x: FloatArray, values: FloatArray, style: Style, *, bold: BoolArray
) -> None:
    """
    Write the values of bars at their ends, the tallest first, none over another.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        With its limits of x as they shall be, as wide as the figure.
    x, values : ndarray of shape (n,)
        Of the bars to label.
    style : Style
    bold : ndarray of shape (n,)
    """
    left, right = axes.get_xlim()
    font = FontProperties(family=FONT, size=style.small, weight="bold")
    points = (72 * style.width - MARGINS) / (right - left)
    apart = (points_of("\u221288.8", font) + 3) / points
    taken: list[tuple[float, bool]] = []
    for place in np.argsort(-np.abs(values), kind="stable"):
        value, at = float(values[place]), float(x[place])
        below = value < 0
        if any(abs(at - other) < apart and side == below for other, side in taken):
            continue
        taken.append((at, below))
        axes.annotate(
            true_minus(f"{value:.1f}"),
            xy=(at, value),
            xytext=(0, -3 if below else 3),
            textcoords="offset points",
            ha="center",
            va="top" if below else "bottom",
            fontsize=style.small,
            fontweight="bold" if bold[place] else "normal",
        )
