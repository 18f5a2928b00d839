"""What can be measured of a drawing: texts that meet or leave it, and what is too pale to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colors
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection, FillBetweenPolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Patch, Rectangle
from matplotlib.text import Annotation, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

    from analysis.figures.style import Style

MARKS, WORDS = 3.0, 4.5
"""Least contrast of marks and of words (WCAG 2.2, 1.4.11 and 1.4.3)."""


def texts_drawn(figure: Figure, style: Style) -> list[tuple[str, Bbox]]:
    """List the texts that a figure shows, with their boxes in pixels."""
    canvas = FigureCanvasAgg(figure)
    with style.applied():
        canvas.draw()
    renderer = canvas.get_renderer()
    beyond = set(_beyond(figure))
    found = []
    for text in figure.findobj(Text):
        if text in beyond or not text.get_visible() or not text.get_text().strip():
            continue
        box = (
            Text.get_window_extent(text, renderer)
            if isinstance(text, Annotation)
            else text.get_window_extent(renderer)
        )
        found.append((text.get_text(), box))
    return found


def _beyond(figure: Figure) -> Iterator[Text]:
    """Give the labels of ticks outside the limits, which are never drawn."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low <= tick.get_loc() <= high:
                    yield from (tick.label1, tick.label2)


def faults(figure: Figure, style: Style) -> list[str]:
    """Say which texts overlap by more than a pixel, and which leave the figure."""
    drawn = texts_drawn(figure, style)
    page = figure.bbox.padded(2)
    said = [
        f"'{text}' leaves the figure"
        for text, box in drawn
        if not (page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1)
    ]
    for i, (first, a) in enumerate(drawn):
        for second, b in drawn[:i]:
            wide = min(a.x1, b.x1) - max(a.x0, b.x0)
            high = min(a.y1, b.y1) - max(a.y0, b.y0)
            if min(wide, high) > 1.0:
                said.append(f"'{second}' and '{first}' overlap")
    return said


def pale(figure: Figure, style: Style) -> list[str]:
    """Say which marks and words of a figure contrast too little with its ground."""
    rules = {line for axes in figure.axes for axis in _axes_of(axes) for line in axis}
    said = []
    for artist in figure.findobj():
        if not artist.get_visible() or artist in rules:
            continue
        least = WORDS if isinstance(artist, Text) else MARKS
        for colour in _colours(artist, style):
            value = contrast(colour, style.background)
            if value < least:
                said.append(f"{artist}: {colors.to_hex(colour)} contrasts {value:.2f}")
    return said


def _axes_of(axes: object) -> Iterator[list[Artist]]:
    for axis in (axes.xaxis, axes.yaxis):  # type: ignore[attr-defined]
        assert isinstance(axis, Axis)
        yield [*axis.get_gridlines(), *axis.get_ticklines()]


def _colours(artist: Artist, style: Style) -> Iterator[tuple[float, ...]]:
    """Give the colours in which an artist draws something that has to be seen."""
    if isinstance(artist, Text):
        if artist.get_text().strip():
            yield colors.to_rgba(artist.get_color())
    elif isinstance(artist, Line2D):
        yield from _of_line(artist, style)
    elif isinstance(artist, (FillBetweenPolyCollection, FancyBboxPatch)):
        return  # a shade has edges of its own, see `analysis.figures.style.band`
    elif isinstance(artist, Collection):
        drawn = (*artist.get_facecolor(), *artist.get_edgecolor())
        yield from (tuple(colour) for colour in drawn if colour[3] > 0)
    elif isinstance(artist, Patch) and artist.axes is not None and artist is not artist.axes.patch:
        shade = isinstance(artist, Rectangle) and (artist.get_alpha() or 1.0) < 1
        if not shade and colors.to_rgba(artist.get_facecolor())[3] > 0:
            yield colors.to_rgba(artist.get_facecolor())


def _of_line(line: Line2D, style: Style) -> Iterator[tuple[float, ...]]:
    """Give the colours of a line and of its markers; a hollow marker is seen by its edge."""
    none = ("None", "none", " ", "", None)
    if not len(np.atleast_1d(line.get_xdata())):
        return
    if line.get_linestyle() not in none:
        yield colors.to_rgba(line.get_color(), line.get_alpha())
    if line.get_marker() not in none:
        inside = line.get_markerfacecolor()
        hollow = line.get_markeredgewidth() and colors.same_color(inside, style.background)
        colour = line.get_markeredgecolor() if hollow else inside
        yield colors.to_rgba(colour, line.get_alpha())


def contrast(colour: tuple[float, ...], ground: str) -> float:
    """Measure the contrast of a colour, laid over a ground as opaque as it is (WCAG 2.2)."""
    rgb, back = np.array(colour[:3]), np.array(colors.to_rgb(ground))
    opaque = colour[3] if len(colour) > 3 else 1.0
    light, dark = sorted(
        (_luminance(opaque * rgb + (1 - opaque) * back), _luminance(back)), reverse=True
    )
    return (light + 0.05) / (dark + 0.05)


def _luminance(rgb: np.ndarray) -> float:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
