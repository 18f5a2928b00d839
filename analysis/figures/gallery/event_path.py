"""The stock around the event, with the chronology marked."""

from __future__ import annotations

import datetime as dt
import textwrap
from typing import TYPE_CHECKING

from matplotlib import dates as mdates

from analysis.figures.figure import ResultFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import long_date, percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.results import StudyResult

BEFORE, AFTER = 40, 100
"""Sessions shown before and after the event, where the data have them."""


def draw(result: StudyResult, style: Style = LIGHT) -> Figure:
    """
    Draw the total-return level of the headline firm, the eve of the event being 100.

    Parameters
    ----------
    result : StudyResult
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    head = result.study.headline
    placed = next(p for p in result.events if p.event.id == head.event)
    series = result.levels[head.symbol]
    eve = float(series.iloc[placed.position - 1])
    shown = series.iloc[max(0, placed.position - BEFORE) : placed.position + AFTER + 1] / eve * 100
    entries = _entries(result, shown)
    key = _key(entries, int(14 * style.width))
    figure, axes = style.figure(4.4 + 0.155 * (key.count("\n") + 1))
    with style.applied():
        axes.plot(shown.index, shown, color=style.plain, lw=1.6)
        axes.axhline(100, color=style.faint, lw=0.8, ls=":")
        axes.plot(shown.loc[[placed.session]], "o", color=style.accent, ms=7, zorder=4)
        axes.set_ylabel("total-return level, eve = 100")
        axes.margins(x=0.01)
        if style.narrow:
            months = mdates.MonthLocator(range(1, 13, 2))  # type: ignore[no-untyped-call]
            axes.xaxis.set_major_locator(months)
        axes.grid(axis="y", lw=0.6)
        _mark(axes, entries, style)
        shown_as = "dates: the first session that could react; numbers: other news and the events"
        title(figure, _finding(result), f"{head.symbol}, {result.data_name}; {shown_as}", style)
        axes.set_xlabel(key, loc="left", fontsize=8, labelpad=8, linespacing=1.35)
    return figure


def _finding(result: StudyResult) -> str:
    head = result.study.headline
    placed = next(p for p in result.events if p.event.id == head.event)
    back = next(r for r in result.recoveries if (r.event, r.symbol) == (head.event, head.symbol))
    series = result.levels[head.symbol]
    move = float(series.iloc[placed.position] / series.iloc[placed.position - 1] - 1)
    first = f"{head.symbol} returned {percent(move, 1)} on {long_date(placed.session.date())}"
    if not back.fell:
        return first
    if back.session is None and not back.sessions:
        return f"{first}, its last session"
    if back.session is None:
        return f"{first} and was not back by {long_date(back.last.date())}"
    return f"{first} and was back at its old level on {long_date(back.session.date())}"


def _entries(result: StudyResult, shown: pd.Series) -> list[tuple[pd.Timestamp, str]]:
    news: dict[pd.Timestamp, list[str]] = {}
    dated = [(e.session, e.event.when, e.event.title) for e in result.events]
    dated += [(e.session, e.date, e.title) for e in result.chronology if e.confounds]
    for session, when, title_ in dated:
        day = when.date() if isinstance(when, dt.datetime) else when
        later = f" (news of {day.day} {day:%b})" if day != session.date() else ""
        news.setdefault(session, []).append(f"{title_}{later}")
    return [
        (session, "; ".join(titles)) for session, titles in sorted(news.items()) if session in shown
    ]


def _key(entries: list[tuple[pd.Timestamp, str]], width: int) -> str:
    lines = [
        textwrap.fill(f"{number:>2}  {session:%d %b %Y}  {text}", width, subsequent_indent=" " * 27)
        for number, (session, text) in enumerate(entries, start=1)
    ]
    return "\n".join(lines)


def _day_number(session: pd.Timestamp) -> float:
    return float(mdates.date2num(session))  # type: ignore[no-untyped-call]


def _mark(axes: Axes, entries: list[tuple[pd.Timestamp, str]], style: Style) -> None:
    """Write the numbers of the sessions along the top; close ones go to rows of their own."""
    low, high = axes.get_ylim()
    rows: list[float] = []
    left, right = axes.get_xlim()
    least = (right - left) * 0.022
    tops = []
    for session, _ in entries:
        x = _day_number(session)
        row = next((i for i, last in enumerate(rows) if x - last >= least), len(rows))
        if row == len(rows):
            rows.append(x)
        rows[row] = x
        tops.append((x, row))
    step = (high - low) * 0.058
    axes.set_ylim(low, high + step * (len(rows) + 0.4))
    for number, (x, row) in enumerate(tops, start=1):
        y = high + step * (row + 0.4)
        axes.vlines(x, low, y - step * 0.4, color=style.grid, lw=0.8, zorder=0)
        axes.plot([x], [y], "o", color=style.accent, ms=12)
        axes.text(
            x,
            y,
            str(number),
            ha="center",
            va="center_baseline",
            fontsize=7.5,
            color=style.background,
        )


FIGURE = ResultFigure(
    name="event-path",
    place=10,
    caption="The stock around the event, with the chronology marked",
    draw=draw,
)
