"""The event among placebo dates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.figures.figure import ResultFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import counted, rank_probability, relation
from analysis.models.catalog import MODELS
from analysis.results.names import benchmark_words, introduced

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.results import StudyResult


def draw(result: StudyResult, style: Style = LIGHT) -> Figure:
    """
    Draw the distribution of the headline's t statistic on placebo dates, and the event's place.

    Parameters
    ----------
    result : StudyResult
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    head, cell = result.headline, result.headline_window
    draws = cell.draws[np.isfinite(cell.draws)]
    figure, axes = style.figure(3.9)
    with style.applied():
        statistic, tallest = cell.t.statistic, 1.0
        if len(draws):
            edge = max(np.abs(draws).max(), abs(statistic or 0.0)) * 1.08
            bins = np.linspace(-edge, edge, 61)
            counts, _, _ = axes.hist(draws, bins=bins.tolist(), color=style.plain, rwidth=0.92)
            tallest = float(np.max(counts))
        if statistic is not None:
            axes.axvline(statistic, color=style.accent, lw=2)
            axes.set_ylim(0, 1.2 * tallest)
            left = statistic < 0
            axes.annotate(
                f"the event: t = {statistic:.2f}",
                xy=(statistic, 1.1 * tallest),
                xytext=(6 if left else -6, 0),
                textcoords="offset points",
                ha="left" if left else "right",
                va="center",
                color=style.accent,
                fontweight="bold",
            )
        axes.set_xlabel("abnormal return in prediction standard errors (t)")
        axes.set_ylabel("placebo dates")
        axes.grid(axis="y", lw=0.6)
        detail = (
            f"{introduced(result, head.symbol)}, window {cell.window}, {MODELS[head.model].title}, "
            f"benchmark {benchmark_words(result, head.benchmark)}; {len(draws):,} pseudo-dates "
            "before the event, model estimated anew for each"
        )
        title(figure, _finding(result), detail, style)
    return figure


def _finding(result: StudyResult) -> str:
    cell = result.headline_window
    draws = cell.placebo.draws or 0
    extreme = round((cell.placebo.p or math.nan) * (draws + 1)) - 1
    dates, p = counted(draws, "placebo date"), relation(rank_probability(cell.placebo))
    verb = "reach" if extreme > 1 else "reaches"
    return f"{extreme or 'None'} of {dates} {verb} the size of the event (p {p})"


def _absent(result: StudyResult) -> str:
    return result.headline_window.placebo.unavailable


FIGURE = ResultFigure(
    name="placebo-dates",
    place=60,
    caption="The event among placebo dates",
    draw=draw,
    absent=_absent,
)
