"""Where a drawing shows which value: what a reader's finger or pointer finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.dates import DateConverter, num2date
from matplotlib.ticker import FixedFormatter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    from analysis._typing import FloatArray

MOST = 250
"""Points kept of one drawing; of more, every second, third, ... is."""

THINNEST = 0.7
"""A thinner line is background."""

POINTS_AN_INCH = 72


@dataclass(frozen=True, slots=True)
class HotPoint:
    """
    A point of a drawing and what stands there.

    Attributes
    ----------
    x, y : float
        In the units of the drawing, from its left and its top.
    text : str
    """

    x: float
    y: float
    text: str


def hot_points(figure: Figure) -> tuple[HotPoint, ...]:
    """
    Read from a drawing where its marks lie and what they say.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Laid out.

    Returns
    -------
    tuple of HotPoint
        Of markers, bars and lines in data units, from the left to the right.

    Examples
    --------
    >>> from analysis.figures.style import LIGHT
    >>> figure, axes = LIGHT.figure(3)
    >>> _ = axes.plot([0, 1], [2.0, 3.5], "o")
    >>> [point.text for point in hot_points(figure)]
    ['0: 2', '1: 3.5']
    """
    height = POINTS_AN_INCH * figure.get_figheight()
    scale = POINTS_AN_INCH / figure.dpi
    found: dict[tuple[float, float], HotPoint] = {}
    for axes in figure.axes:
        for data in _marks(axes):
            places = axes.transData.transform(data) * scale
            for (x, y), (px, py) in zip(data.tolist(), places.tolist(), strict=True):
                if not (np.isfinite(px) and np.isfinite(py)) or not _inside(axes, x, y):
                    continue
                point = HotPoint(round(px, 1), round(height - py, 1), _said(axes, x, y))
                found.setdefault((point.x, point.y), point)
    points = sorted(found.values(), key=lambda p: (p.x, p.y))
    return tuple(points[:: max(1, -(-len(points) // MOST))])


def frame_of(figure: Figure) -> tuple[float, ...]:
    """
    Say where the first axes of a drawing lie, so that a script can mark a value on them.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Laid out.

    Returns
    -------
    tuple of float
        Ends of the x axis, where they lie from the left, ends of the y axis, where they lie from
        the top; then width and height of the drawing.
    """
    axes, scale = figure.axes[0], POINTS_AN_INCH / figure.dpi
    width, height = (POINTS_AN_INCH * float(size) for size in figure.get_size_inches())
    box = axes.get_window_extent()
    across = (*axes.get_xlim(), box.x0 * scale, box.x1 * scale)
    along = (*axes.get_ylim(), height - box.y0 * scale, height - box.y1 * scale)
    return tuple(round(float(value), 4) for value in (*across, *along, width, height))


def _inside(axes: Axes, x: float, y: float) -> bool:
    (left, right), (low, high) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    return left <= x <= right and low <= y <= high


def _marks(axes: Axes) -> Iterator[FloatArray]:
    for line in axes.lines:
        marked = line.get_marker() not in ("None", "none", "", None)
        if line.get_transform() != axes.transData or (
            not marked and (line.get_linewidth() < THINNEST or len(line.get_xdata()) < 3)  # type: ignore[arg-type]
        ):
            continue
        yield np.column_stack(
            [np.asarray(line.get_xdata(orig=False)), np.asarray(line.get_ydata(orig=False))]
        ).astype(float)
    for collection in axes.collections:
        offsets: FloatArray = np.ma.filled(
            np.ma.asarray(collection.get_offsets(), dtype=float), np.nan
        )
        if len(offsets) > 1 and collection.get_offset_transform() == axes.transData:
            yield offsets
    bars = [
        _tip(patch, lies=_lies(axes))
        for container in axes.containers
        for patch in getattr(container, "patches", ())
        if patch.get_width() and patch.get_height()
    ]
    if bars:
        yield np.array(bars, dtype=float)


def _tip(bar: Rectangle, *, lies: bool) -> tuple[float, float]:
    x, y, width, height = bar.get_x(), bar.get_y(), bar.get_width(), bar.get_height()
    return (x + width, y + height / 2) if lies else (x + width / 2, y + height)


def _lies(axes: Axes) -> bool:
    """Say whether the axes name categories from top to bottom."""
    return isinstance(axes.yaxis.get_major_formatter(), FixedFormatter)


def _said(axes: Axes, x: float, y: float) -> str:
    if _lies(axes):
        return f"{_written(axes.yaxis, y)}: {_written(axes.xaxis, x)}"
    return f"{_written(axes.xaxis, x)}: {_written(axes.yaxis, y)}"


def _written(axis: Axis, value: float) -> str:
    formatter = axis.get_major_formatter()
    if isinstance(formatter, FixedFormatter):
        ticks = np.asarray(axis.get_majorticklocs())
        place = int(np.argmin(abs(ticks - value)))
        return str(formatter(ticks[place], place)).replace("\n", " ")
    if isinstance(axis.get_converter(), DateConverter) or "Date" in type(formatter).__name__:
        day = num2date(value)  # type: ignore[no-untyped-call]
        return f"{day.day} {day:%b %Y}"
    unit = " %" if "%" in axis.get_label_text() else ""
    return f"{value:.4g}{unit}".replace("-", "\u2212")
