"""A firm beside its control portfolio of untouched donors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.context.absent import present, reason, when
from analysis.figures.figure import DetailFigure
from analysis.figures.labels import place_labels
from analysis.figures.style import LIGHT, Style, band, title
from analysis.formatting import percent
from analysis.results.names import name_of
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis._typing import FloatArray
    from analysis.context.details import Details
    from analysis.context.synthetic import SyntheticPath


MOST_SHOWN = 16
"""Donors whose weights are drawn, the largest."""

MOST_LINES = 5
"""Donors' own lines drawn over their band, those with the widest gaps on session 0."""

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
    height, ratios = (6.4, (1.7, 1.0)) if style.narrow else (4.6, (3.0, 1.0))
    figure, (axes, side) = style.panels(height, ratios, across=not style.narrow)
    who = name_of(details.result, path.symbol)
    with style.applied():
        axes.axvline(0, color=style.faint, lw=0.8, ls=":")
        if len(path.placebo_lines):
            lines = 100 * (1 + np.asarray(path.placebo_lines))
            low, high = np.quantile(lines, [0.1, 0.9], axis=0)
            band(axes, offsets.astype(float), low, high, style)
            farthest = np.argsort(-np.abs(lines[:, -path.first] - 100), kind="stable")
            for line in lines[farthest[:MOST_LINES]]:
                axes.plot(offsets, line, color=style.faint, lw=0.5, zorder=1)
        axes.plot(offsets, 100 * path.control, "--", color=style.plain, lw=1.8)
        axes.plot(offsets, 100 * path.actual, color=style.accent, lw=1.8)
        axes.set_xlabel("sessions from the event")
        axes.set_ylabel("growth, eve of the event = 100")
        axes.grid(axis="y", lw=0.6)
        _weights(side, path, details, style)
        title(figure, _finding(path, who), _detail(path), style)
        _name_lines(axes, path, offsets.astype(float), who, style)
    return figure


def _name_lines(
    axes: Axes, path: SyntheticPath, offsets: FloatArray, who: str, style: Style
) -> None:
    """Name the two lines where they are farthest apart."""
    actual, control = 100 * path.actual, 100 * path.control
    at = int(np.argmax(np.abs(actual - control)))
    place_labels(
        axes,
        [offsets[at], offsets[at]],
        [actual[at], control[at]],
        [who, "control"],
        style,
        lines=[(offsets, actual), (offsets, control)],
        colours=[style.accent, style.plain],
        bold=[True, True],
    )


def _weights(axes: Axes, path: SyntheticPath, details: Details, style: Style) -> None:
    """Draw the weights that are not zero, the largest on top."""
    used = [item for item in path.weights.items() if item[1] > LEAST_SHOWN]
    donors = sorted(used, key=lambda item: item[1])[-MOST_SHOWN:]
    axes.barh(range(len(donors)), [100 * w for _, w in donors], color=style.plain, height=0.6)
    names = [name_of(details.result, name) for name, _ in donors]
    axes.set_yticks(range(len(donors)), names)
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
        f"{percent(reaction.rose, 0)} rose; band: the middle 80 % of the donors, "
        f"each against a control of the others{placed}; thin: those with the widest gaps"
    )


def _finding(path: SyntheticPath, who: str) -> str:
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
    found = f"{who} closed {percent(abs(path.gap), 1)} {word} its control{rank}"
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
