"""Abnormal returns session by session with their prediction band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from analysis.figures.bars import label_bars
from analysis.figures.figure import ResultFigure
from analysis.figures.style import LIGHT, Style, band, date_label, title
from analysis.formatting import percent
from analysis.models.catalog import MODELS
from analysis.results.names import benchmark_words, introduced

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis._typing import BoolArray, FloatArray, IntArray
    from analysis.results import StudyResult

FEWEST = 9
"""Sessions of the axis at least: a single one is a bar among empty places and no slab."""


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
    spread = None if head.band is None else 100 * head.band
    outside = np.zeros(len(offsets), bool) if spread is None else np.abs(abnormal) > spread
    figure, axes = style.figure(4.2)
    with style.applied():
        if spread is not None:
            edges = np.concatenate([offsets - 0.5, offsets[-1:] + 0.5])
            heights = np.concatenate([spread, spread[-1:]])
            band(axes, edges, -heights, heights, style, step=True)
        axes.axhline(0, color=style.faint, lw=0.8)
        colours = [style.accent if flag else style.plain for flag in outside]
        axes.bar(offsets, abnormal, width=0.66, color=colours)
        axes.margins(y=0.14)
        room = max(0.0, (FEWEST - len(offsets)) / 2)
        axes.set_xlim(offsets[0] - 0.6 - room, offsets[-1] + 0.6 + room)
        shown = offsets[outside].astype(float), abnormal[outside]
        label_bars(axes, *shown, style, bold=np.ones(len(shown[0]), bool))
        axes.set_xlabel(f"sessions from the event ({date_label(head.session)} is 0)")
        axes.set_ylabel("abnormal return, %")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", lw=0.6)
        detail = (
            f"{introduced(result, head.symbol)}, {MODELS[head.model].title}, benchmark "
            f"{benchmark_words(result, head.benchmark)}, estimation window "
            f"{result.study.estimation}"
        )
        if spread is not None:
            detail += f"; band: {100 * result.study.level:g} % prediction interval, chance alone"
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
