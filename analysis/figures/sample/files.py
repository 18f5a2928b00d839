"""The figures of a study of many firm-events, in reading order, as files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.figures.export import render
from analysis.figures.sample import bars, calendar, distribution, exposure, forest, path
from analysis.figures.style import DARK, LIGHT, Style

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure

    from analysis._typing import FigureFormat, FigureStyle
    from analysis.sample.regression import Regression
    from analysis.sample.result import SampleResult


@dataclass(frozen=True, slots=True)
class SampleFigure:
    """
    A figure of a study of many firm-events.

    Attributes
    ----------
    name, caption : str
    draw : callable
        Takes the results and a style.
    reason : callable
        Why it is not drawn from some results; empty where it is.
    """

    name: str
    caption: str
    draw: Callable[[SampleResult, Style], Figure]
    reason: Callable[[SampleResult], str] = lambda _result: ""


SAMPLE_FIGURES: tuple[SampleFigure, ...] = (
    SampleFigure("caar-path", "Cumulative average abnormal return with its band", path.draw),
    SampleFigure("aar-bars", "Average abnormal returns session by session", bars.draw),
    SampleFigure("car-distribution", "Distribution of abnormal returns", distribution.draw),
    SampleFigure("forest", "Every firm-event with its interval", forest.draw, forest.reason),
    SampleFigure("events-calendar", "The events on the calendar", calendar.draw),
)
"""Figures of every sample; a regression adds `exposure`."""


def sample_figure_files(
    result: SampleResult,
    regressions: Sequence[Regression] = (),
    *,
    formats: Sequence[FigureFormat] = ("png", "svg", "pdf"),
    style: FigureStyle = "light",
    width: float = LIGHT.width,
) -> dict[str, bytes]:
    """
    Draw the figures of a study of many firm-events.

    Parameters
    ----------
    result : SampleResult
    regressions : sequence of Regression
        Each with a numeric characteristic adds a scatter with its fit.
    formats : sequence of {"png", "svg", "pdf"}
    style : {"light", "dark"}
    width : float
        Inches.

    Returns
    -------
    dict of str to bytes
        File name to content.
    """
    chosen = replace(DARK if style == "dark" else LIGHT, width=width)
    drawn = {f.name: f.draw(result, chosen) for f in SAMPLE_FIGURES if not f.reason(result)}
    for number, regression in enumerate(regressions, start=1):
        if exposure.terms(regression):
            drawn[f"exposure-{number}"] = exposure.draw(regression, chosen)
    return {
        f"{name}.{suffix}": render(figure, suffix, chosen)
        for name, figure in drawn.items()
        for suffix in formats
    }
