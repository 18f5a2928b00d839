"""The event's residual among all sessions, the model refitted as if nothing had happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.context.absent import present, reason, when
from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import counted, percent, probability, relation
from analysis.results.names import introduced
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.context.conformal import ConformalRank
    from analysis.context.details import Details


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw all residuals by size, the event window's marked.

    Parameters
    ----------
    details : Details
        With `conformal`.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    rank = present(details.conformal)
    values = 100 * rank.residuals
    order = np.argsort(values, kind="stable")
    event = order >= len(values) - rank.length
    places = np.arange(1, len(values) + 1)
    figure, axes = style.figure(3.9)
    with style.applied():
        axes.axhline(0, color=style.faint, lw=0.8)
        axes.vlines(places[~event], 0, values[order][~event], color=style.plain, lw=1.1)
        axes.vlines(places[event], 0, values[order][event], color=style.accent, lw=2.4)
        axes.plot(places[event], values[order][event], "o", color=style.accent, ms=6)
        axes.set_xlabel("sessions of the estimation and event windows, by residual")
        axes.set_ylabel("residual under no effect, %")
        axes.grid(axis="y", lw=0.6)
        detail = (
            f"{introduced(details.result, rank.symbol)}; one fit on all sessions with the effect "
            "set to 0; thick, with a dot: the event window. "
            f"{_interval(rank, details.result.study.level)}"
        )
        title(figure, _finding(rank), detail, style)
    return figure


def _interval(rank: ConformalRank, level: float) -> str:
    low, high = rank.outcome.low, rank.outcome.high
    if low is None or high is None:
        return "Too few sessions to bound the effect at this level"
    return (
        f"Effects from {percent(low)} to {percent(high)} are not rejected ({100 * level:g} % "
        "conformal interval)"
    )


def _finding(rank: ConformalRank) -> str:
    p, draws = rank.outcome.p, rank.outcome.draws
    if p is None or draws is None:
        raise ValueError("a conformal figure has a p-value")
    what = "session" if rank.length == 1 else "permutation"
    extreme = round(p * draws) - 1 if rank.length == 1 else round(p * (draws + 1)) - 1
    count = draws - 1 if rank.length == 1 else draws
    shown = relation(probability(p))
    if extreme == 0:
        return f"As if nothing had happened, no other {what} of {count} is so extreme (p {shown})"
    verb = "is" if extreme == 1 else "are"
    return (
        f"As if nothing had happened, {extreme} of {counted(count, f'other {what}')} {verb} as "
        f"extreme (p {shown})"
    )


FILES: tuple[TidyFile[Details], ...] = (
    TidyFile(
        "conformal.csv",
        "Residuals under no effect",
        lambda d: when(d.conformal, lambda part: part.tidy),
    ),
)


def _absent(details: Details) -> str:
    why = reason(details.conformal)
    return why or present(details.conformal).outcome.unavailable


FIGURE = DetailFigure(
    name="conformal",
    place=70,
    caption="The event's residual among those of all sessions",
    draw=draw,
    absent=_absent,
    files=FILES,
)
