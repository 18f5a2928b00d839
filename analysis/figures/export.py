"""Figures to files: PNG, SVG and PDF, the same bytes for the same results."""

from __future__ import annotations

import functools
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from analysis.errors import StudyError, nearest
from analysis.figures.abnormal_returns import abnormal_returns
from analysis.figures.conformal import conformal
from analysis.figures.contagion import contagion
from analysis.figures.cross_section import cross_section
from analysis.figures.cross_section_later import cross_section_later
from analysis.figures.event_path import event_path
from analysis.figures.index_arithmetic import index_arithmetic
from analysis.figures.largest_losses import largest_losses
from analysis.figures.loss_by_benchmark import loss_by_benchmark
from analysis.figures.placebo_dates import placebo_dates
from analysis.figures.reaction_dates import reaction_dates
from analysis.figures.recovery_path import recovery_path
from analysis.figures.specification_curve import specification_curve
from analysis.figures.style import DARK, LIGHT
from analysis.figures.synthetic_control import synthetic_control
from analysis.figures.volatility import volatility
from analysis.figures.worst_days import worst_days

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.figure import Figure

    from analysis._typing import FigureFormat, FigureStyle, Progress
    from analysis.context.details import Details
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
    "reaction-dates": reaction_dates,
    "cross-section-later": cross_section_later,
    "contagion": contagion,
    "index-arithmetic": index_arithmetic,
    "conformal": conformal,
    "synthetic-control": synthetic_control,
    "volatility": volatility,
    "recovery-path": recovery_path,
    "worst-days": worst_days,
    "largest-losses": largest_losses,
}
"""The figures of what surrounds them by name, in reading order."""

RESOLUTION = 160
"""Dots an inch of PNG files."""

_METADATA: Mapping[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def wants_details(only: Sequence[str]) -> bool:
    """Say whether any of the figures asked for (all, where none is named) needs details."""
    return not only or any(name in DETAIL_FIGURES for name in only)


def drawers(
    result: StudyResult, details: Details | None = None
) -> dict[str, Callable[[Style], Figure]]:
    """
    List the figures that there are, ready to be drawn in a style.

    Parameters
    ----------
    result : StudyResult
    details : Details, optional
        Without it, the figures of the study's own results alone.

    Returns
    -------
    dict of str to callable
        In reading order; a figure that `Details.absent` explains is not among them.
    """
    found: dict[str, Callable[[Style], Figure]] = {
        name: functools.partial(draw, result)
        for name, draw in FIGURES.items()
        if details is None or name not in details.absent
    }
    if details is not None:
        found |= {
            name: functools.partial(draw, details)
            for name, draw in DETAIL_FIGURES.items()
            if name not in details.absent
        }
    return found


def figure_files(
    result: StudyResult,
    details: Details | None = None,
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
    details : Details, optional
        What surrounds the results; without it, the figures of the results alone are drawn.
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
        If a figure is unknown or not to be had from these results, or the width is not between 6
        and 20 inches.
    """
    check_choices(only, width)
    ready = drawers(result, details)
    for name in only:
        if name not in ready:
            reason = "" if details is None else f": {details.absent[name]}"
            raise StudyError(f"figure '{name}' cannot be drawn from these results{reason}")
    chosen = replace(DARK if style == "dark" else LIGHT, width=width)
    names = tuple(only or ready)
    files = {}
    for done, name in enumerate(names, start=1):
        figure = ready[name](chosen)
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
        if name not in FIGURES and name not in DETAIL_FIGURES:
            known = (*FIGURES, *DETAIL_FIGURES)
            raise StudyError(f"figure '{name}' is unknown; {nearest(name, known, most=20)}")
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
        layout = figure.get_layout_engine()
        if layout is not None:  # laid out once; saving would do so by drawing everything twice
            layout.execute(figure)
            figure.set_layout_engine(None)
        figure.savefig(buffer, format=suffix, dpi=RESOLUTION, metadata=_METADATA[suffix])
    return buffer.getvalue()
