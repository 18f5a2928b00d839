"""Abnormal returns session by session with their prediction band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from analysis.figures.figure import ResultFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import percent
from analysis.models.catalog import MODELS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis._typing import BoolArray, FloatArray, IntArray
    from analysis.results import StudyResult


def draw(result: StudyResult, style: Style = LIGHT) -> Figure:
    """
    Draw the abnormal return of each session of the event windows for the headline firm.

    Parameters
    ----------
    result : StudyResult
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    head = result.headline
    offsets = np.arange(len(head.path.raw)) + head.path.first
    abnormal = 100 * head.path.abnormal
    band = None if head.band is None else 100 * head.band
    outside = np.zeros(len(offsets), bool) if band is None else np.abs(abnormal) > band
    figure, axes = style.figure(4.2)
    with style.applied():
        if band is not None:
            edges = np.concatenate([offsets - 0.5, offsets[-1:] + 0.5])
            heights = np.concatenate([band, band[-1:]])
            axes.fill_between(
                edges, -heights, heights, step="post", color=style.plain, alpha=0.16, lw=0
            )
            axes.annotate(
                f"{100 * result.study.level:g} % prediction band: chance alone",
                xy=(offsets[-1] + 0.5, band[-1]),
                xytext=(-3, 3),
                textcoords="offset points",
                ha="right",
                fontsize=8.5,
                color=style.faint,
            )
        axes.axhline(0, color=style.faint, lw=0.8)
        colours = [style.accent if flag else style.plain for flag in outside]
        axes.bar(offsets, abnormal, width=0.66, color=colours)
        for offset, value, flag in zip(offsets, abnormal, outside, strict=True):
            if flag:
                axes.annotate(
                    f"{value:.1f}",
                    xy=(offset, value),
                    xytext=(0, -10 if value < 0 else 3),
                    textcoords="offset points",
                    ha="center",
                    fontsize=8.5,
                )
        axes.margins(y=0.12)
        axes.set_xlabel(f"sessions from the event ({head.session.date()} is 0)")
        axes.set_ylabel("abnormal return, %")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", lw=0.6)
        detail = (
            f"{head.symbol}, {MODELS[head.model].title}, benchmark {head.benchmark}, estimation "
            f"window {result.study.estimation}"
        )
        title(figure, _finding(offsets, abnormal, outside), detail, style)
    return figure


def _finding(offsets: IntArray, abnormal: FloatArray, outside: BoolArray) -> str:
    if not outside.any():
        return "No session's abnormal return leaves the band of chance"
    days, values = offsets[outside], abnormal[outside]
    worst = int(np.argmax(np.abs(values)))
    extreme = percent(values[worst] / 100, 1)
    if len(days) == 1:
        return f"Only session {days[0]} leaves the band of chance, with {extreme}"
    return (
        f"{len(days)} of {len(offsets)} sessions leave the band of chance; the largest, {extreme}, "
        f"on session {days[worst]}"
    )


FIGURE = ResultFigure(
    name="abnormal-returns",
    place=50,
    caption="Abnormal returns session by session with their prediction band",
    draw=draw,
)
