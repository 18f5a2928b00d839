"""Figures to files: PNG, SVG and PDF, the same bytes for the same results."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from analysis.errors import StudyError, nearest
from analysis.figures.abnormal_returns import abnormal_returns
from analysis.figures.cross_section import cross_section
from analysis.figures.event_path import event_path
from analysis.figures.loss_by_benchmark import loss_by_benchmark
from analysis.figures.placebo_dates import placebo_dates
from analysis.figures.specification_curve import specification_curve
from analysis.figures.style import DARK, LIGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.figure import Figure

    from analysis._typing import FigureFormat, FigureStyle, Progress
    from analysis.details import Details
    from analysis.figures.style import Style
    from analysis.results import StudyResult

FIGURES: Mapping[str, Callable[[StudyResult, Style], Figure]] = {
    "event-path": event_path,
    "abnormal-returns": abnormal_returns,
    "cross-section": cross_section,
    "loss-by-benchmark": loss_by_benchmark,
    "placebo-dates": placebo_dates,
}
"""The figures of a study's own results by name, in reading order."""

DETAIL_FIGURES: Mapping[str, Callable[[Details, Style], Figure]] = {
    "specification-curve": specification_curve,
}
"""The figures of what surrounds them by name, in reading order."""

RESOLUTION = 160
"""Dots an inch of PNG files."""

_METADATA: Mapping[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def figure_files(
    result: StudyResult,
    *,
    formats: Sequence[FigureFormat] = ("png", "svg", "pdf"),
    only: Sequence[str] = (),
    style: FigureStyle = "light",
    width: float = LIGHT.width,
    progress: Progress | None = None,
) -> dict[str, bytes]:
    """
    Draw a study's figures.

    Parameters
    ----------
    result : StudyResult
    formats : sequence of {"png", "svg", "pdf"}
    only : sequence of str
        Names of the figures wanted; all by default.
    style : {"light", "dark"}
    width : float
        Inches.
    progress : callable, optional
        Told ``(label, done, total)`` after each figure.

    Returns
    -------
    dict of str to bytes
        File name to content.

    Raises
    ------
    StudyError
        If a figure is unknown or the width is not between 6 and 20 inches.
    """
    check_choices(only, width)
    chosen = replace(DARK if style == "dark" else LIGHT, width=width)
    names = tuple(only or FIGURES)
    files = {}
    for done, name in enumerate(names, start=1):
        figure = FIGURES[name](result, chosen)
        for suffix in formats:
            files[f"{name}.{suffix}"] = render(figure, suffix, chosen)
        if progress is not None:
            progress(f"figure {name}", done, len(names))
    return files


def check_choices(only: Sequence[str], width: float) -> None:
    """
    Refuse a figure that there is not, or a width out of bounds, before anything is computed.

    Raises
    ------
    StudyError
        As `figure_files`.
    """
    for name in only:
        if name not in FIGURES:
            raise StudyError(f"figure '{name}' is unknown; {nearest(name, FIGURES)}")
    if not 6 <= width <= 20:
        raise StudyError(f"width {width:g} is not between 6 and 20 inches")


def render(figure: Figure, suffix: FigureFormat, style: Style) -> bytes:
    """
    Turn a figure into the bytes of a file, without times or versions in them.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    suffix : {"png", "svg", "pdf"}
    style : Style

    Returns
    -------
    bytes
    """
    buffer = io.BytesIO()
    with style.applied():
        figure.savefig(buffer, format=suffix, dpi=RESOLUTION, metadata=_METADATA[suffix])
    return buffer.getvalue()
