"""Labels beside points, placed by a library where they cover no point, no line and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import textalloc
from matplotlib.lines import Line2D
from matplotlib.text import Text

from analysis.formatting import true_minus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from analysis._typing import FloatArray
    from analysis.figures.style import Style

FARTHEST = 0.3
"""Of the axes' width: a label that finds no place nearer is left out."""

PLACES = 400
"""Places tried for a label, the nearest first."""

UNDER = 1.8
"""Labels lie under marks and lines, and over what is behind these."""


def place_labels(
    axes: Axes,
    x: Sequence[float] | FloatArray,
    y: Sequence[float] | FloatArray,
    texts: Sequence[str],
    style: Style,
    *,
    points: tuple[FloatArray, FloatArray] | None = None,
    lines: Sequence[tuple[FloatArray, FloatArray]] = (),
    around: Sequence[Text] = (),
    colours: Sequence[str] | None = None,
    bold: Sequence[bool] | None = None,
) -> list[Text]:
    """
    Write labels beside points, each with a thin line to its point where it is not near.

    The figure is laid out first, so nothing may be added to it afterwards that takes room.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        With its limits as they shall be; labels stay inside.
    x, y : sequence of float
        What the labels are of, the most important first: where all do not fit the last are left
        out.
    texts : sequence of str
        May have several lines.
    style : Style
    points : pair of ndarray, optional
        All marks that no label may cover; those of the labels by default.
    lines : sequence of pair of ndarray
        Lines that no label may cover, as their x and y.
    around : sequence of matplotlib.text.Text
        Texts that are there already.
    colours : sequence of str, optional
        Of the labels.
    bold : sequence of bool, optional

    Returns
    -------
    list of matplotlib.text.Text
        Those that found a place.

    Notes
    -----
    The library tries places in a fixed order, with no chance and no clock, and knows lines; the
    other that is made for this, adjustText, pushes labels apart for as long as a clock allows.
    """
    figure = axes.get_figure(root=True)
    if figure is None or not texts:
        return []
    layout = figure.get_layout_engine()
    if layout is not None:
        layout.execute(figure)
        figure.set_layout_engine(None)  # the library draws the figure, which would lay it out anew
    marks = (np.asarray(x, float), np.asarray(y, float)) if points is None else points
    walls = [*lines, *(_outline(text, axes) for text in around)]
    _, _, placed, leaders = textalloc.allocate(
        axes,
        np.asarray(x, float),
        np.asarray(y, float),
        [true_minus(text) for text in texts],
        x_scatter=marks[0],
        y_scatter=marks[1],
        x_lines=[line[0] for line in walls],
        y_lines=[line[1] for line in walls],
        textsize=style.small,
        textcolor=list(colours or [style.text] * len(texts)),
        fontweight=["bold" if flag else "normal" for flag in bold or [False] * len(texts)],
        margin=0.01,
        min_distance=0.012,
        max_distance=FARTHEST,
        linecolor=style.faint,
        linewidth=0.7,
        nbr_candidates=PLACES,
        draw_all=False,
        avoid_label_lines_overlap=True,
        avoid_crossing_label_lines=True,
        bbox={"facecolor": style.background, "edgecolor": "none", "pad": 0.5},
        zorder=UNDER,
    )
    figure.set_layout_engine(layout)
    drawn = [text for text in placed if isinstance(text, Text)]
    for artist in (*drawn, *(line for line in leaders if isinstance(line, Line2D))):
        artist.set_in_layout(False)
    return drawn


def _outline(text: Text, axes: Axes) -> tuple[FloatArray, FloatArray]:
    """Trace the box of a text in the units of the axes."""
    box = text.get_window_extent()
    corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
    place = axes.transData.inverted().transform([*corners, corners[0]])
    return place[:, 0], place[:, 1]
