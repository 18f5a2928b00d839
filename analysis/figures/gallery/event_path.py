"""The stock around the event, with the study's events named beside its path."""

from __future__ import annotations

import datetime as dt
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import dates as mdates

from analysis.figures.figure import ResultFigure
from analysis.figures.labels import place_labels
from analysis.figures.style import LIGHT, Style, date_label, title, wrapped
from analysis.formatting import long_date, percent
from analysis.results.names import introduced, name_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis._typing import FloatArray
    from analysis.results import PlacedEvent, StudyResult

BEFORE, AFTER = 40, 100
"""Sessions shown before and after the event, where the data have them."""

LABELLED = {"narrow": 2, "column": 4, "wide": 6}
"""Events named beside the path."""

LETTERS = 56
"""Longest title beside the path; longer ones end in an ellipsis."""

LISTED = 10
"""Most lines of other news below."""


@dataclass(frozen=True, slots=True)
class _News:
    """Something dated: the day it happened, and the first session that could react."""

    session: pd.Timestamp
    day: dt.date
    title: str
    own: bool
    """Whether it is an event of the study and not other news."""

    @property
    def first(self) -> str:
        """The first session that could react, where that is another day than its own."""
        session = self.session.date()
        return "" if session == self.day else f"first session {date_label(session, year=False)}"


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
    placed, shown = _shown(result)
    news = [item for item in _news(result) if item.session in shown.index]
    named = _named(news, placed, style)
    others = [item for item in news if item not in named]
    key = "" if style.narrow else _key(others, style)
    figure, axes = style.figure(4.6 + 0.16 * (key.count("\n") + 1 if key else 0))
    with style.applied():
        days = _numbers(shown)
        axes.plot(shown.index, shown, color=style.plain, lw=1.6)
        axes.axhline(100, color=style.faint, lw=0.8, ls=":")
        marked = [item.session for item in others]
        axes.plot(
            shown.loc[marked],
            "D",
            ms=4.5,
            mew=1.1,
            mfc=style.background,
            mec=style.faint,
            zorder=3,
        )
        own = [item.session for item in named]
        axes.plot(shown.loc[own], "o", color=style.accent, ms=6, zorder=4)
        axes.set_ylabel("total-return level, eve = 100")
        _limits(axes, shown, style)
        axes.grid(axis="y", lw=0.6)
        axes.set_xlabel(key, loc="left", fontsize=style.small, labelpad=7, linespacing=1.35)
        note = "; diamonds: other news, listed below" if key else ""
        note = "; diamonds: other news" if others and style.narrow else note
        who = introduced(result, result.headline.symbol)
        title(figure, _finding(result), f"{who}, {result.data_name}{note}", style)
        place_labels(
            axes,
            _numbers(shown.loc[own]),
            shown.loc[own].to_numpy(float),
            [_label(item, style) for item in named],
            style,
            points=(_numbers(shown.loc[marked]), shown.loc[marked].to_numpy(float)),
            lines=[(days, shown.to_numpy(float))],
        )
    return figure


def _shown(result: StudyResult) -> tuple[PlacedEvent, pd.Series]:
    head = result.study.headline
    placed = next(p for p in result.events if p.event.id == head.event)
    series = result.levels[head.symbol]
    eve = float(series.iloc[placed.position - 1])
    part = series.iloc[max(0, placed.position - BEFORE) : placed.position + AFTER + 1]
    return placed, part / eve * 100


def _limits(axes: Axes, shown: pd.Series, style: Style) -> None:
    """Leave room for the labels above and below the path, and few ticks of months."""
    low, high = float(shown.min()), float(shown.max())
    room = (high - low) or 10.0
    axes.set_ylim(low - 0.22 * room, high + 0.3 * room)
    axes.margins(x=0.01)
    every = 2 if style.narrow else 1
    axes.xaxis.set_major_locator(mdates.MonthLocator(range(1, 13, every)))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(
        lambda value, _: _month(mdates.num2date(value))  # type: ignore[no-untyped-call]
    )


def _month(day: dt.datetime) -> str:
    return f"{day:%b}\n{day:%Y}" if day.month <= 1 else f"{day:%b}"


def _finding(result: StudyResult) -> str:
    head = result.study.headline
    placed = next(p for p in result.events if p.event.id == head.event)
    back = next(r for r in result.recoveries if (r.event, r.symbol) == (head.event, head.symbol))
    series = result.levels[head.symbol]
    move = float(series.iloc[placed.position] / series.iloc[placed.position - 1] - 1)
    who, day = name_of(result, head.symbol), long_date(placed.session.date())
    first = f"{who} returned {percent(move, 1)} on {day}"
    if not back.fell:
        return first
    if back.session is None and not back.sessions:
        return f"{first}, its last session"
    if back.session is None:
        return f"{first} and was not back by {long_date(back.last.date())}"
    return f"{first} and was back at its old level on {long_date(back.session.date())}"


def _news(result: StudyResult) -> list[_News]:
    """List the study's events and the news that could have moved its firms, by session."""
    dated = [(e.session, e.event.when, e.event.title, True) for e in result.events]
    dated += [(e.session, e.date, e.title, False) for e in result.chronology if e.confounds]
    found = [
        _News(session, when.date() if isinstance(when, dt.datetime) else when, text, own)
        for session, when, text, own in dated
    ]
    return sorted(found, key=lambda item: (item.session, not item.own, item.day))


def _named(news: list[_News], placed: PlacedEvent, style: Style) -> list[_News]:
    """Choose the events to name, the headline's and the nearest to it in time; it comes first."""
    most = LABELLED["narrow" if style.narrow else "wide" if style.wide else "column"]
    own = [item for item in news if item.own]
    own.sort(
        key=lambda item: (
            item.session != placed.session or item.title != placed.event.title,
            abs(item.session - placed.session),
        )
    )
    first, *others = own[:most]
    return [first, *sorted(others, key=lambda item: item.session)]


def _label(item: _News, style: Style) -> str:
    text = textwrap.shorten(item.title.partition(" (")[0], LETTERS, placeholder=" …")
    points = 88 if style.narrow else 128
    when = "\n".join(part for part in (date_label(item.day), item.first) if part)
    return wrapped(f"{when}\n{text}", style.small, points * style.scale)


def _key(news: list[_News], style: Style) -> str:
    lines = [
        f"{date_label(item.day)}{f' ({item.first})' if item.first else ''}: {item.title}"
        for item in news[:LISTED]
    ]
    if len(news) > LISTED:
        lines.append(f"and {len(news) - LISTED} more")
    return "\n".join(wrapped(line, style.small, 72 * style.width - 60) for line in lines)


def _numbers(series: pd.Series) -> FloatArray:
    days: FloatArray = np.asarray(mdates.date2num(series.index.to_numpy()), dtype=np.float64)  # type: ignore[no-untyped-call]
    return days


FIGURE = ResultFigure(
    name="event-path",
    place=10,
    caption="The stock around the event, with the study's events and other news marked",
    draw=draw,
)
