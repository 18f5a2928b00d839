"""On which sessions the headline's firm reacted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.context.absent import present, reason, when
from analysis.figures.bars import label_bars
from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, band, date_label, title
from analysis.formatting import long_date, percent
from analysis.results.names import introduced
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.context.dates import ReactionDates
    from analysis.context.details import Details
    from analysis.inference.announcement import Reaction


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw the abnormal return of each session around the event, with the news that fell on it.

    Parameters
    ----------
    details : Details
        With `reaction_dates`.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    dates = present(details.reaction_dates)
    alpha = 1 - details.result.study.level
    values = np.array([100 * item.ar for item in dates.own])
    days = np.array([item.day for item in dates.own])
    told = {item.day for item in _told(dates, alpha)}
    figure, axes = style.figure(4.3)
    with style.applied():
        ends = np.array([-0.5, len(dates.sessions) - 0.5])
        half = np.full(2, 100 * dates.band)
        band(axes, ends, -half, half, style)
        axes.axhline(0, color=style.faint, lw=0.8)
        colours = [style.accent if day in told else style.plain for day in days]
        axes.bar(days, values, width=0.7, color=colours)
        outside = np.abs(values) > 100 * dates.band
        axes.margins(x=0.02, y=0.16)
        marked = np.array([day in told for day in days[outside]], bool)
        label_bars(axes, days[outside].astype(float), values[outside], style, bold=marked)
        low, high = axes.get_ylim()
        for placed in details.result.events:
            if placed.session in dates.sessions:
                day = dates.sessions.index(placed.session)
                axes.plot([day], [high], "v", color=style.text, ms=6, clip_on=False)
                axes.vlines(day, low, high, color=style.faint, lw=0.8, ls=":", zorder=0)
        axes.set_ylim(low, high)
        every = 10 if style.narrow else 5
        ticks = [d for d in range(len(dates.sessions)) if d % every == dates.event_day % every]
        axes.set_xticks(ticks, [date_label(dates.sessions[d], year=False) for d in ticks])
        axes.set_ylabel("abnormal return, %")
        axes.grid(axis="y", lw=0.6)
        detail = (
            f"{introduced(details.result, dates.symbol)}, {len(dates.sessions)} sessions predicted "
            f"from before the first; band: {100 * details.result.study.level:g} % for one "
            "session; triangles: events of the study; bold: told from chance with all sessions "
            "counted (Holm, Student t). "
            f"{_joint(dates)}"
        )
        title(figure, _finding(dates, alpha), detail, style)
    return figure


def _told(dates: ReactionDates, alpha: float) -> list[Reaction]:
    return [item for item in dates.own if item.p_holm < alpha]


def _joint(dates: ReactionDates) -> str:
    count, placebo = len(dates.own), dates.n_placebo
    least, floor = min(item.p_all for item in dates.own), count / (count + placebo)
    least_of = f"{count} sessions asked about and {placebo} before them"
    if least <= 1.1 * floor:  # the floor is met up to the chance of the random sets of sessions
        return (
            f"By ranks (Romano-Wolf) the least p is {least:.2f}, the lowest that ranks can give "
            f"with {least_of}"
        )
    return (
        f"By ranks (Romano-Wolf) the least p is {least:.2f}; the lowest that ranks can give with "
        f"{least_of} is about {floor:.2f}"
    )


def _finding(dates: ReactionDates, alpha: float) -> str:
    told = _told(dates, alpha)
    count = len(dates.own)
    if not told:
        return f"On none of {count} sessions is a reaction told from chance"
    worst = max(told, key=lambda item: abs(item.ar))
    day = long_date(dates.sessions[worst.day].date())
    if len(told) == 1:
        return f"Of {count} sessions only {day} stands out, with {percent(worst.ar, 1)}"
    return (
        f"{len(told)} of {count} sessions stand out; the largest is {day} with "
        f"{percent(worst.ar, 1)}"
    )


FILES: tuple[TidyFile[Details], ...] = (
    TidyFile(
        "own-dates.csv",
        "Every session around the event",
        lambda d: when(d.reaction_dates, lambda part: part.tidy),
        on_page=True,
    ),
    TidyFile(
        "reactions.csv",
        "Every firm on every session around the event",
        lambda d: when(d.reaction_dates, lambda part: part.tidy_firms),
    ),
    TidyFile(
        "reaction-groups.csv",
        "Every group on every session around the event",
        lambda d: when(d.reaction_dates, lambda part: part.tidy_groups),
    ),
)


FIGURE = DetailFigure(
    name="reaction-dates",
    place=40,
    caption="The abnormal return of each session around the event",
    draw=draw,
    absent=lambda details: reason(details.reaction_dates),
    files=FILES,
)
