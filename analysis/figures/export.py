"""Figures to files: PNG, SVG and PDF, the same bytes for the same results."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from analysis.errors import StudyError, nearest
from analysis.figures.catalog import FIGURES
from analysis.figures.style import DARK, LIGHT, texts_of
from analysis.figures.svg import finished

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.figure import Figure

    from analysis._typing import FigureFormat, FigureStyle, Progress
    from analysis.context.details import Details
    from analysis.figures.style import Style
    from analysis.results import StudyResult

RESOLUTION = 160
"""Dots an inch of PNG files."""

_METADATA: Mapping[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def wants_details(only: Sequence[str]) -> bool:
    """Say whether any of the figures asked for (all, where none is named) needs details."""
    return any(FIGURES[name].needs_details for name in only or FIGURES)


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
        In reading order.
    """
    return {
        name: figure.ready(result, details)
        for name, figure in FIGURES.items()
        if not figure.reason(result, details)
    }


def absent(details: Details) -> dict[str, str]:
    """Name the figures that a study has not, and why."""
    reasons = {name: figure.reason(details.result, details) for name, figure in FIGURES.items()}
    return {name: reason for name, reason in reasons.items() if reason}


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
        If a figure is unknown or not to be had from these results, or the width is not between 4
        and 20 inches.
    """
    check_choices(only, width)
    ready = drawers(result, details)
    for name in only:
        if name not in ready:
            reason = FIGURES[name].reason(result, details)
            raise StudyError(f"figure '{name}' cannot be drawn from these results: {reason}")
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


NARROWEST, WIDEST = 4, 20
"""Inches, from a column of a journal to a poster."""


def draw(result: StudyResult, name: str) -> Figure:
    """
    Draw one figure of the results alone.

    Raises
    ------
    StudyError
        If there is no figure of that name, or these results cannot draw it.
    """
    check_choices((name,), LIGHT.width)
    reason = FIGURES[name].reason(result, None)
    if reason:
        raise StudyError(f"figure '{name}' cannot be drawn from these results: {reason}")
    return FIGURES[name].ready(result, None)(LIGHT)


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
            raise StudyError(f"figure '{name}' is unknown; {nearest(name, FIGURES, most=20)}")
    if not NARROWEST <= width <= WIDEST:
        raise StudyError(f"width {width:g} is not between {NARROWEST} and {WIDEST} inches")


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
    if suffix == "svg":
        return finished(buffer.getvalue().decode(), *texts_of(figure)).encode()
    return buffer.getvalue()
