"""A firm's worst sessions on record, in percent and in dollars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import billions, percent
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.context.details import Details


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw the worst sessions since the history begins; dollars only where a figure supports them.

    Parameters
    ----------
    details : Details
        With `worst_days`.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    days = details.worst_days
    event = details.result.headline.session.date()
    symbol = details.result.headline.symbol
    figure, (left, right) = style.panels(4.6, (1.5, 1.0), across=True)
    with style.applied():
        for y, day in enumerate(days):
            colour = style.accent if day.session == event else style.plain
            left.barh(y, 100 * day.move, color=colour, height=0.66)
            left.annotate(
                percent(day.move, 1),
                xy=(100 * day.move, y),
                xytext=(-3, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=8.5,
            )
        left.set_yticks(range(len(days)), [f"{day.session:%d %b %Y}" for day in days])
        left.set_xlim((2.2 if style.narrow else 1.4) * 100 * min(day.move for day in days), 0)
        left.set_xlabel("return, %")
        dollars = sorted(
            [(item.date, item.loss) for item in details.largest_losses if item.company == symbol]
            or [(day.session, day.loss) for day in days if day.loss is not None],
            key=lambda pair: -pair[1],
        )
        computed = {day.session: day.loss for day in days if day.basis == "computed"}
        for y, (date, published) in enumerate(dollars):
            loss = computed.get(date) or published
            colour = style.accent if date == event else style.plain
            right.barh(y, -loss / 1e9, color=colour, height=0.66)
            right.annotate(
                billions(-loss, 0),
                xy=(-loss / 1e9, y),
                xytext=(-3, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=8.5,
            )
        right.set_yticks(range(len(dollars)), [f"{date:%d %b %Y}" for date, _ in dollars])
        if dollars:
            right.set_xlim(
                -(2.2 if style.narrow else 1.3) * max(loss for _, loss in dollars) / 1e9, 0
            )
        right.set_xlabel("loss, USD bn")
        for axes, count in ((left, len(days)), (right, len(days))):
            axes.set_ylim(count - 0.4, -0.6)
            axes.tick_params(axis="y", length=0, labelsize=8.5)
            axes.grid(axis="x", lw=0.6)
        detail = (
            f"{symbol}; dollars: shares times the fall from November 2024 on, before that only as "
            "published, since no earlier share count is at hand"
        )
        title(figure, _finding(details), detail, style)
    return figure


def _finding(details: Details) -> str:
    event = details.result.headline.session.date()
    symbol = details.result.headline.symbol
    place = next((i for i, d in enumerate(details.worst_days, 1) if d.session == event), None)
    first = details.worst_days[0]
    if place is None:
        return (
            f"{event:%d %B %Y} is not among the {len(details.worst_days)} worst sessions of "
            f"{symbol} since 1999; the worst was {percent(first.move, 1)} in {first.session.year}"
        )
    if place == 1:
        return f"The worst session of {symbol} since 1999"
    return (
        f"In percent only the {_ordinal(place)}-worst session of {symbol} since 1999; the worst "
        f"was {percent(first.move, 1)} in {first.session.year}"
    )


def _ordinal(place: int) -> str:
    words = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
    return words[place] if place < len(words) else f"{place}th"


FILES: tuple[TidyFile[Details], ...] = (
    TidyFile(
        "worst-days.csv",
        "Worst sessions",
        lambda d: pd.DataFrame([day.row for day in d.worst_days]),
        on_page=True,
    ),
)


def _absent(details: Details) -> str:
    head = details.result.headline
    move = details.result.levels[head.symbol].pct_change(fill_method=None).loc[head.session]
    if move >= 0:
        return f"{head.symbol} did not fall on session 0"
    return "" if details.worst_days else "no longer history of the firm is at hand"


FIGURE = DetailFigure(
    name="worst-days",
    place=150,
    caption="The firm's worst sessions on record",
    draw=draw,
    absent=_absent,
    files=FILES,
)
