"""The way back to the old level, beside the ways back after earlier falls as deep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.context.absent import present, reason, when
from analysis.figures.figure import DetailFigure
from analysis.figures.labels import place_labels
from analysis.figures.style import LIGHT, Style, band, title
from analysis.formatting import counted
from analysis.results.names import introduced
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.context.details import Details
    from analysis.context.recovery import RecoveryPath


SHOWN = 12
"""Earlier falls drawn one by one, the latest; the band holds them all."""


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw the level after the event relative to its eve, with those after earlier falls.

    Parameters
    ----------
    details : Details
        With `recovery`.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    found = present(details.recovery)
    figure, axes = style.figure(4.2)
    length = len(found.path)
    with style.applied():
        if len(found.placebo):
            sessions = np.arange(found.placebo.shape[1], dtype=float)
            for path in found.placebo[-SHOWN:]:
                axes.plot(sessions, 100 * path, color=style.faint, lw=0.4, zorder=1)
            low, _, high = found.band
            band(axes, sessions, 100 * low, 100 * high, style)
        axes.axhline(100, color=style.faint, lw=0.8, ls=":")
        axes.plot(np.arange(length), 100 * found.path, color=style.accent, lw=1.9)
        inside = not found.recovery.censored and found.recovery.sessions < length
        back = found.recovery.sessions if inside else None
        if back is not None:
            axes.plot([back], [100 * found.path[back]], "o", color=style.accent, ms=7)
        axes.set_yscale("log")
        ticks = [50, 75, 100, 150, 200, 300]
        bottom, top = axes.get_ylim()
        shown = [tick for tick in ticks if bottom <= tick <= top]
        axes.set_yticks(shown, [str(tick) for tick in shown])
        axes.minorticks_off()
        axes.margins(x=0.01)
        axes.set_xlabel("sessions after the event")
        axes.set_ylabel("total-return level, eve = 100 (log scale)")
        axes.grid(axis="y", lw=0.6)
        earlier = counted(len(found.placebo), "earlier session")
        detail = (
            f"{introduced(details.result, found.symbol)}; thin: after its {earlier} that fell "
            f"{_depth(found)} ({_days(found)}); band: their middle 80 %"
        )
        title(figure, _finding(found), detail, style)
        if back is not None:
            sessions = np.arange(length, dtype=float)
            place_labels(
                axes,
                [back],
                [100 * found.path[back]],
                [f"back after {back}"],
                style,
                lines=[(sessions, 100 * found.path)],
                colours=[style.accent],
                bold=[True],
            )
    return figure


def _depth(found: RecoveryPath) -> str:
    return "as far" if found.depth == 1 else f"at least {100 * found.depth:g} % as far"


def _days(found: RecoveryPath) -> str:
    years = list(dict.fromkeys(str(day.year) for day in found.days))
    if len(years) > 8:
        return f"{years[0]} to {years[-1]}, the last {SHOWN} drawn"
    return ", ".join(years) or "none"


def _finding(found: RecoveryPath) -> str:
    recovery = found.recovery
    back = "Not back" if recovery.censored else "Back at the old level"
    start = f"{back} after {counted(recovery.sessions, 'session')}"
    deep = "as deep" if found.depth == 1 else f"at least {100 * found.depth:g} % as deep"
    if recovery.outcome.p is None:
        return f"{start}; too few earlier falls {deep} to compare with"
    longer = int(np.count_nonzero(recovery.placebo >= recovery.sessions))
    median = np.median(recovery.placebo)
    return (
        f"{start}; {longer or 'none'} of {len(recovery.placebo)} earlier falls {deep} took as long "
        f"or longer (median {median:.0f})"
    )


FILES: tuple[TidyFile[Details], ...] = (
    TidyFile(
        "recovery-path.csv",
        "Levels after the event and after earlier falls",
        lambda d: when(d.recovery, lambda part: part.tidy),
    ),
)


FIGURE = DetailFigure(
    name="recovery-path",
    place=140,
    caption="The way back to the old level, beside those after earlier falls",
    draw=draw,
    absent=lambda details: reason(details.recovery),
    files=FILES,
)
