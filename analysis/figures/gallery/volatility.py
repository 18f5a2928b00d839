"""Volatility of abnormal returns before and after the event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.context.absent import present, reason, when
from analysis.context.volatility import ROLLING
from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import counted, percent, probability, relation
from analysis.results.names import introduced
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.context.details import Details
    from analysis.context.volatility import VolatilityChange


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw the rolling standard deviation of abnormal returns around the event.

    Parameters
    ----------
    details : Details
        With `volatility`.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    change = present(details.volatility)
    before = change.offsets < 0
    figure, axes = style.figure(3.9)
    with style.applied():
        axes.plot(change.offsets[before], 100 * change.rolling[before], color=style.plain, lw=1.6)
        axes.plot(
            change.offsets[~before], 100 * change.rolling[~before], color=style.accent, lw=1.6
        )
        axes.axhline(100 * change.before, color=style.plain, lw=0.9, ls=":")
        axes.axhline(100 * change.after, color=style.accent, lw=0.9, ls=":")
        axes.axvline(0, color=style.faint, lw=0.8, ls=":")
        axes.set_ylim(bottom=0)
        axes.set_xlabel(
            f"last of {ROLLING} sessions, counted from the event, whose own is left out"
        )
        axes.set_ylabel("volatility a year, %")
        axes.grid(axis="y", lw=0.6)
        who, after = introduced(details.result, change.symbol), counted(change.n_after, "session")
        detail = (
            f"{who}, abnormal returns; dotted: the estimation window, and the {after} after the "
            "event; Brown-Forsythe takes sessions for independent"
        )
        title(figure, _finding(change), detail, style)
    return figure


def _finding(change: VolatilityChange) -> str:
    p = change.outcome.p
    levels = f"{percent(change.before, 0)} a year before, {percent(change.after, 0)} after"
    if p is None:
        return f"Volatility: {levels}"
    word = f"p {relation(probability(p))}"
    if p >= 0.05:
        return f"Volatility did not change beyond chance: {levels} ({word})"
    turned = "rose" if change.after > change.before else "fell"
    return f"Volatility {turned}: {levels} ({word})"


FILES: tuple[TidyFile[Details], ...] = (
    TidyFile(
        "volatility.csv", "Rolling volatility", lambda d: when(d.volatility, lambda part: part.tidy)
    ),
)


FIGURE = DetailFigure(
    name="volatility",
    place=130,
    caption="Volatility of abnormal returns before and after the event",
    draw=draw,
    absent=lambda details: reason(details.volatility),
    files=FILES,
)
