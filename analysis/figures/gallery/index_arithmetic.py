"""How much of an index's move was single firms' own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.context.index_arithmetic import FARTHEST
from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import percent
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.context.details import Details
    from analysis.context.index_arithmetic import IndexShare


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw the parts of each index's return in percentage points.

    Parameters
    ----------
    details : Details
        With `index_shares`.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    shares = details.index_shares
    rows = [(share, name, value, lead) for share in shares for name, value, lead in _bars(share)]
    figure, axes = style.figure(1.5 + 0.26 * (len(rows) + len(shares)))
    with style.applied():
        y, ticks, labels = 0.0, [], []
        for share in shares:
            axes.annotate(
                f"{share.index}: {percent(share.move)}",
                xy=(0, y),
                xycoords=("axes fraction", "data"),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontweight="bold",
            )
            y += 1
            for name, value, lead in _bars(share):
                axes.barh(y, 100 * value, height=0.7, color=style.accent if lead else style.plain)
                axes.annotate(
                    f"{100 * value:+.2f}",
                    xy=(100 * value, y),
                    xytext=(4 if value > 0 else -4, 0),
                    textcoords="offset points",
                    ha="left" if value > 0 else "right",
                    va="center",
                    fontsize=8.5,
                )
                ticks.append(y)
                labels.append(name)
                y += 1
            y += 0.4
        axes.axvline(0, color=style.faint, lw=0.8)
        axes.set_yticks(ticks, labels)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(y - 0.6, -0.8)
        axes.margins(x=0.14)
        axes.set_xlabel("percentage points of the index's return")
        axes.grid(axis="x", lw=0.6)
        anchors = ", ".join(
            f"{share.index} {share.parts[0].anchor} ({percent(share.parts[0].weight)} at the eve)"
            for share in shares
        )
        detail = (
            f"session {details.result.headline.session.date()}; weight at the close before times "
            f"return; published weights carried by relative returns, of {shares[0].parts[0].symbol}"
            f": {anchors}; rest: all other members together"
        )
        title(figure, _finding(shares), detail, style)
    return figure


def _bars(share: IndexShare) -> list[tuple[str, float, bool]]:
    first, *others = share.parts
    bars = [(first.symbol, first.points, True)]
    bars += [(p.symbol, p.points, False) for p in sorted(others, key=lambda p: p.points)]
    return [*bars, ("rest", share.rest, False)]


def _finding(shares: tuple[IndexShare, ...]) -> str:
    symbol = shares[0].parts[0].symbol
    return f"{symbol} {', and '.join(map(_of_index, shares))}"


def _of_index(share: IndexShare) -> str:
    """Say what the first firm, the other known ones and the rest made of the index's points."""
    fell, word = share.move < 0, "lost" if share.move < 0 else "gained"
    net = "net of risers" if fell else "net of fallers"
    lead, count = share.parts[0].points, len(share.parts) - 1
    known = ""
    if count:
        known = f"{'the other firm' if count == 1 else f'the other {count} firms'} of known weight "
        known += f"{_points(share.others)}, "
    start = (
        f"made {100 * abs(lead):.2f} of the {100 * abs(share.move):.2f} points that {share.index} "
        f"{word} {net}"
        if lead * share.move > 0
        else f"moved against the {100 * abs(share.move):.2f} points that {share.index} {word}, by "
        f"{_points(lead)}"
    )
    return f"{start} ({known}the rest {_points(share.rest)})"


def _points(value: float) -> str:
    return f"{100 * value:+.2f}"


FILES: tuple[TidyFile[Details], ...] = (
    TidyFile(
        "index-arithmetic.csv",
        "Parts of the index",
        lambda d: pd.DataFrame([row for share in d.index_shares for row in share.rows]),
        on_page=True,
    ),
)


def _absent(details: Details) -> str:
    if details.index_shares:
        return ""
    symbol = details.result.headline.symbol
    return f"no weight of {symbol} in a fund of the data within {FARTHEST} days"


FIGURE = DetailFigure(
    name="index-arithmetic",
    place=120,
    caption="How much of an index's move was single firms' own",
    draw=draw,
    absent=_absent,
    files=FILES,
)
