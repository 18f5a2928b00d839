"""Average abnormal returns session by session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from analysis.figures.sample.path import fitting
from analysis.figures.style import LIGHT, Style, title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.sample.average import Average
    from analysis.sample.result import SampleResult


def draw(result: SampleResult, style: Style = LIGHT) -> Figure:
    """
    Draw the AAR of each session of the path with its interval; family-wise significant ones stand
    out.

    Parameters
    ----------
    result : SampleResult
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """  # noqa: D205
    days = path_days(result)
    offsets = np.array([a.window.start for a in days])
    mean = np.array([100 * a.mean for a in days])
    low = np.array([np.nan if a.battery is None else 100 * a.battery.low for a in days])
    high = np.array([np.nan if a.battery is None else 100 * a.battery.high for a in days])
    alpha = 1 - result.spec.level
    marked = np.array([(family_p(a) or 1.0) <= alpha for a in days])
    figure, axes = style.figure(4.2)
    with style.applied():
        for flags, colour, shape in ((marked, style.accent, "D"), (~marked, style.plain, "o")):
            axes.vlines(offsets[flags], low[flags], high[flags], color=colour, lw=1.3)
            axes.plot(offsets[flags], mean[flags], shape, color=colour, ms=5)
        axes.axhline(0, color=style.faint, lw=0.8)
        axes.set_xlabel("sessions from the reaction session")
        axes.set_ylabel("average abnormal return, %")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", lw=0.6)
        detail = (
            f"{result.spec.title}; lines are {100 * result.spec.level:g} % intervals of single "
            "sessions, diamonds those beyond chance for the whole path"
        )
        title(figure, _finding(days, marked), detail, style)
    return figure


def path_days(result: SampleResult) -> list[Average]:
    """List the averages of the path's sessions over all pairs."""
    return [a for a in result.averages if a.kind == "day" and a.group == "all"]


def family_p(average: Average) -> float | None:
    """Take the p of a session that allows for the length of the path."""
    found = {outcome.test: outcome.p for _, outcome in average.extra}
    return found.get("romano-wolf") or found.get("holm")


def _finding(days: list[Average], marked: np.ndarray) -> str:
    if not marked.any():
        return "No session of the path stands out beyond chance"
    chosen = [day for day, flag in zip(days, marked, strict=True) if flag]
    most = max(chosen, key=lambda day: abs(day.mean))
    if len(chosen) == 1:
        return (
            f"Only session {most.window.start} stands out beyond chance, with "
            f"{fitting(most.mean, most)} on average"
        )
    return (
        f"{len(chosen)} of {len(days)} sessions stand out beyond chance; most of all session "
        f"{most.window.start}, with {fitting(most.mean, most)} on average"
    )
