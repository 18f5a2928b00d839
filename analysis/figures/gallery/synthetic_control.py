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
    from matplotlib.figure import Figure

    from analysis.context.details import Details
    from analysis.context.synthetic import SyntheticPath
    from analysis.results import FirmResult


MOST = 12
"""Donors named beside the drawing: those of the largest weights."""


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
    figure, (axes, side) = style.panels(4.2, (3.4, 1.0), across=True)
    with style.applied():
        axes.axvline(0, color=style.faint, lw=0.8, ls=":")
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
        donors = sorted(path.weights.items(), key=lambda item: item[1])[-MOST:]
        side.barh(range(len(donors)), [100 * w for _, w in donors], color=style.plain, height=0.6)
        side.set_yticks(range(len(donors)), [name for name, _ in donors])
        side.tick_params(axis="y", length=0)
        rest = len(path.weights) - len(donors)
        side.set_xlabel(f"weight, %; {rest} smaller not shown" if rest else "weight, %")
        side.grid(axis="x", lw=0.6)
        detail = (
            f"donors named by the study: {_named(path)}; weights from the estimation window, in "
            f"which the control missed the firm by {percent(path.error, 1)} a session, "
            f"{_compared(path, details.result.headline)}"
        )
        title(figure, _finding(path), detail, style)
    return figure


def _named(path: SyntheticPath) -> str:
    names = list(path.weights)
    return ", ".join(names) if len(names) <= 6 else f"{len(names)} securities"


def _compared(path: SyntheticPath, head: FirmResult) -> str:
    """Hold the fit against that of the headline's own model."""
    own = f"the headline's model by {percent(head.sigma, 1)}"
    if path.error <= head.sigma:
        return f"{own}: a close fit"
    return f"{own}: a looser fit than that model's"


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
    return f"{path.symbol} closed {percent(abs(path.gap), 1)} {word} its control{rank}"


FILES: tuple[TidyFile[Details], ...] = (
    TidyFile(
        "donors.csv",
        "Donors of the control",
        lambda d: when(d.synthetic, lambda part: part.tidy_weights),
        on_page=True,
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
