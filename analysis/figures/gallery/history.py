"""The event among a firm's worst sessions, and among the largest losses as published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, date_label, title
from analysis.formatting import percent
from analysis.results.names import introduced, name_of
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.context.details import Details
    from analysis.context.history import LargestLoss, WorstDay

FEWER = 10
"""Rows of a part on a telephone."""

ROW = 0.22
"""Inches of a row in a column."""


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw the worst sessions in percent beside the largest losses of market value.

    Parameters
    ----------
    details : Details
        With `worst_days`, `largest_losses`, or both.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    days, losses = _shown(details, style)
    parts = [len(part) for part in (days, losses) if part]
    rows = sum(parts) if style.narrow else max(parts)
    height = 1.3 + ROW * rows + (0.75 if style.narrow and len(parts) > 1 else 0)
    ratios = [float(count) for count in parts] if style.narrow else [1.0] * len(parts)
    figure, panels = style.panels(height, ratios, across=not style.narrow)
    with style.applied():
        panel = iter(panels)
        if days:
            _worst(next(panel), details, days, style)
        if losses:
            _largest(next(panel), details, losses, style)
        for axes, count in zip(panels, parts, strict=True):
            axes.set_ylim((count if style.narrow else max(parts)) - 0.4, -0.6)
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="x", lw=0.6)
        title(figure, _finding(details), _detail(details), style)
    return figure


def _shown(details: Details, style: Style) -> tuple[tuple[WorstDay, ...], tuple[LargestLoss, ...]]:
    """Take the rows of both parts: on a telephone fewer, down to the event at least."""
    days, losses = _days(details), details.largest_losses
    if not style.narrow:
        return days, losses
    head = details.result.headline
    event = head.session.date()
    at = next((i for i, day in enumerate(days, 1) if day.session == event), 0)
    key = (head.symbol, event)
    among = next((i for i, item in enumerate(losses, 1) if (item.company, item.date) == key), 0)
    return days[: max(FEWER, at)], losses[: max(FEWER, among)]


def _days(details: Details) -> tuple[WorstDay, ...]:
    """Take the worst sessions; none where the event was a gain, which is not among them."""
    return () if _gained(details) else details.worst_days


def _gained(details: Details) -> bool:
    head = details.result.headline
    move = details.result.levels[head.symbol].pct_change(fill_method=None).loc[head.session]
    return bool(move >= 0)


def _worst(axes: Axes, details: Details, days: tuple[WorstDay, ...], style: Style) -> None:
    event = details.result.headline.session.date()
    for y, day in enumerate(days):
        own = day.session == event
        _bar(axes, y, -100 * day.move, percent(-day.move, 1), own, style)
    axes.set_yticks(range(len(days)), [date_label(day.session) for day in days])
    _embolden(axes, [day.session == event for day in days])
    axes.set_xlim(0, 1.3 * max(-100 * day.move for day in days))
    axes.set_xlabel("fall, %")


def _largest(axes: Axes, details: Details, losses: tuple[LargestLoss, ...], style: Style) -> None:
    """Draw published losses; a line spans what publishers give for the same day."""
    result = details.result
    key = (result.headline.symbol, result.headline.session.date())
    largest = max(max(item.loss, *item.others) if item.others else item.loss for item in losses)
    for y, item in enumerate(losses):
        values = sorted(value / 1e9 for value in (item.loss, *item.others))
        text = f"{values[0]:,.0f}"
        if len(values) > 1 and f"{values[-1]:,.0f}" != text:
            text += f" to {values[-1]:,.0f}"
        _bar(axes, y, values[0], text, (item.company, item.date) == key, style, end=values[-1])
    labels = [f"{name_of(result, item.company)}, {date_label(item.date)}" for item in losses]
    axes.set_yticks(range(len(losses)), labels)
    _embolden(axes, [(item.company, item.date) == key for item in losses])
    axes.set_xlim(0, 1.45 * largest / 1e9)
    axes.set_xlabel("published loss of a day, USD bn")


def _bar(
    axes: Axes,
    y: int,
    value: float,
    text: str,
    own: bool,
    style: Style,
    *,
    end: float | None = None,
) -> None:
    axes.barh(y, value, color=style.accent if own else style.plain, height=0.66)
    if end is not None and end > value:
        axes.plot([value, end], [y, y], color=style.text, lw=1.6)
    axes.annotate(
        text,
        xy=(value if end is None else end, y),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=style.small,
        fontweight="bold" if own else "normal",
    )


def _embolden(axes: Axes, flags: list[bool]) -> None:
    for text, flag in zip(axes.get_yticklabels(), flags, strict=True):
        text.set_fontweight("bold" if flag else "normal")


def _finding(details: Details) -> str:
    """Say the event's place in percent, and in money among the published losses."""
    said = [text for text in (_in_percent(details), _in_money(details)) if text]
    return "; ".join([said[0][0].upper() + said[0][1:], *said[1:]])


def _in_percent(details: Details) -> str:
    days = _days(details)
    if not days:
        return ""
    event, symbol = details.result.headline.session.date(), details.result.headline.symbol
    who, since = name_of(details.result, symbol), f" since {days[0].since.year}"
    place = next((i for i, d in enumerate(days, 1) if d.session == event), None)
    first = days[0]
    if place is None:
        return (
            f"in percent the day is not among {who}'s {len(days)} worst sessions{since}; the worst "
            f"was {percent(first.move, 1)} in {first.session.year}"
        )
    if place == 1:
        return f"in percent {who}'s worst session{since}"
    return (
        f"in percent only {who}'s {ordinal(place)}-worst session{since}; the worst was "
        f"{percent(first.move, 1)} in {first.session.year}"
    )


def _in_money(details: Details) -> str:
    losses, result = details.largest_losses, details.result
    if not losses:
        return ""
    key = (result.headline.symbol, result.headline.session.date())
    keys = [(item.company, item.date) for item in losses]
    if key not in keys:
        return f"in money the day is not among the {len(losses)} largest published losses"
    place = keys.index(key)
    if place:
        return f"in money the {ordinal(place + 1)}-largest published loss of a day"
    if len(losses) == 1:
        return "in money the only published loss of a day"
    times = losses[0].loss / losses[1].loss
    return f"in money the largest published loss of a day, {times:.1f} times the next"


def ordinal(place: int) -> str:
    """
    Write a place as a word, as far as words are usual.

    Examples
    --------
    >>> ordinal(2), ordinal(9), ordinal(12), ordinal(21)
    ('second', 'ninth', '12th', '21st')
    """
    words = (
        *("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"),
        "ninth",
    )
    if place < len(words):
        return words[place]
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{place}{'th' if place % 100 in (11, 12, 13) else ends.get(place % 10, 'th')}"


def _detail(details: Details) -> str:
    who = introduced(details.result, details.result.headline.symbol)
    parts = []
    if _days(details):
        parts.append(f"{who}: worst sessions in percent, dividends included")
    if details.largest_losses:
        parts.append(
            "losses of market value as published, single firms, not adjusted for inflation; black "
            "lines: what publishers of the same day give"
        )
    return "; ".join(parts)


FILES: tuple[TidyFile[Details], ...] = (
    TidyFile(
        "worst-days.csv",
        "Worst sessions",
        lambda d: pd.DataFrame([day.row for day in d.worst_days]),
        on_page=True,
    ),
    TidyFile(
        "largest-losses.csv",
        "Largest published losses",
        lambda d: pd.DataFrame([item.row for item in d.largest_losses]),
        on_page=True,
    ),
)


def _absent(details: Details) -> str:
    if _gained(details):
        return f"{details.result.headline.symbol} did not fall on session 0"
    if details.worst_days or details.largest_losses:
        return ""
    return "no longer history of the firm is at hand, and no published losses belong to the study"


FIGURE = DetailFigure(
    name="history",
    place=35,
    caption="The event among the firm's worst sessions and the largest published losses",
    draw=draw,
    absent=_absent,
    files=FILES,
)
