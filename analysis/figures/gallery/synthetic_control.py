"""A firm beside its control portfolio of untouched donors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.context.absent import present, reason, when
from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import percent
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.context.details import Details
    from analysis.context.synthetic import SyntheticPath


MOST_SHOWN = 16
"""Donors whose weights are drawn, the largest."""

LEAST_SHOWN = 1e-6
"""A smaller weight is none."""


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw the firm's and the control's growth, and the donors' weights.

    Parameters
    ----------
    details : Details
        With `synthetic`.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    path = present(details.synthetic)
    offsets = np.arange(len(path.actual)) + path.first
    figure, (axes, side) = style.panels(4.6, (3.0, 1.0), across=True)
    with style.applied():
        axes.axvline(0, color=style.faint, lw=0.8, ls=":")
        for line in path.placebo_lines:
            axes.plot(offsets, 100 * (1 + line), color=style.faint, lw=0.5, alpha=0.45)
        axes.plot(offsets, 100 * path.control, color=style.plain, lw=1.6)
        axes.plot(offsets, 100 * path.actual, color=style.accent, lw=1.6)
        for values, name, colour in (
            (path.actual, path.symbol, style.accent),
            (path.control, "control", style.plain),
        ):
            axes.annotate(
                name,
                xy=(offsets[-1], 100 * values[-1]),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                color=colour,
                fontweight="bold",
                annotation_clip=False,
            )
        axes.set_xlabel("sessions from the event")
        axes.set_ylabel("growth, eve of the event = 100")
        axes.grid(axis="y", lw=0.6)
        _weights(side, path, style)
        title(figure, _finding(path), _detail(path), style)
    return figure


def _weights(axes: Axes, path: SyntheticPath, style: Style) -> None:
    """Draw the weights that are not zero, the largest on top."""
    used = [item for item in path.weights.items() if item[1] > LEAST_SHOWN]
    donors = sorted(used, key=lambda item: item[1])[-MOST_SHOWN:]
    axes.barh(range(len(donors)), [100 * w for _, w in donors], color=style.plain, height=0.6)
    axes.set_yticks(range(len(donors)), [name for name, _ in donors])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("weight, %")
    axes.grid(axis="x", lw=0.6)


def _detail(path: SyntheticPath) -> str:
    reaction, space = path.reaction, path.in_space
    placed = ""
    if space.p is not None and space.draws is not None:
        wide = round(space.p * (space.draws + 1)) - 1
        placed = f", of which {wide} of {space.draws} saw as wide a gap for their misfit"
    return (
        f"{len(path.weights)} donors, {percent(path.largest, 0)} of the weight in three; with "
        "factors of the donors in their place (interactive fixed effects) the gap is "
        f"{percent(path.gap_without_rotation, 1)}; "
        f"their own abnormal return had a median of {percent(reaction.median, 1)}, "
        f"{percent(reaction.rose, 0)} rose; thin lines: each donor against a control of "
        f"the others{placed}"
    )


def _finding(path: SyntheticPath) -> str:
    word = "below" if path.gap < 0 else "above"
    p, draws = path.outcome.p, path.outcome.draws
    rank = ""
    if p is not None and draws is not None:
        extreme = round(p * (draws + 1)) - 1
        rank = (
            f", further than on any of {draws} sessions before"
            if extreme == 0
            else f"; {extreme} of {draws} sessions before saw as wide a gap"
        )
    found = f"{path.symbol} closed {percent(abs(path.gap), 1)} {word} its control{rank}"
    if path.worse_than_market and path.market_error is not None:
        return (
            f"{found}; the control fits worse than the market model "
            f"({percent(path.error, 2)} a session against {percent(path.market_error, 2)})"
        )
    return found


FILES: tuple[TidyFile[Details], ...] = (
    TidyFile(
        "donors.csv",
        "Donors of the control",
        lambda d: when(d.synthetic, lambda part: part.tidy_weights),
        on_page=True,
    ),
    TidyFile(
        "placebo-donors.csv",
        "Each donor against a control of the others",
        lambda d: when(d.synthetic, lambda part: part.tidy_units),
    ),
    TidyFile(
        "synthetic-control.csv",
        "Growth of the firm and of its control",
        lambda d: when(d.synthetic, lambda part: part.tidy),
    ),
)


FIGURE = DetailFigure(
    name="synthetic-control",
    place=80,
    caption="The firm beside a control portfolio of donors",
    draw=draw,
    absent=lambda details: reason(details.synthetic),
    files=FILES,
)
