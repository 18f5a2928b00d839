"""How much of an index's move was single firms' own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.context.index_arithmetic import FARTHEST
from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, date_label, title
from analysis.formatting import percent
from analysis.results.names import name_of
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.context.details import Details
    from analysis.context.index_arithmetic import IndexShare

MOST = {"narrow": 6, "column": 10}
"""Firms drawn beside the headline's, those that moved the index most."""


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
    rows = [
        (share, name, value, lead) for share in shares for name, value, lead in _bars(share, style)
    ]
    figure, axes = style.figure(1.5 + 0.26 * (len(rows) + len(shares)))
    with style.applied():
        y, ticks, labels = 0.0, [], []
        for share in shares:
            axes.annotate(
                f"{_index(details, share)}: {percent(share.move)}",
                xy=(0, y),
                xycoords=("axes fraction", "data"),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontweight="bold",
            )
            y += 1
            for name, value, lead in _bars(share, style):
                axes.barh(y, 100 * value, height=0.7, color=style.accent if lead else style.plain)
                axes.annotate(
                    _signed(value),
                    xy=(100 * value, y),
                    xytext=(4 if value > 0 else -4, 0),
                    textcoords="offset points",
                    ha="left" if value > 0 else "right",
                    va="center",
                    fontsize=style.small,
                )
                ticks.append(y)
                labels.append(name_of(details.result, name))
                y += 1
            y += 0.4
        axes.axvline(0, color=style.faint, lw=0.8)
        axes.set_yticks(ticks, labels)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(y - 0.6, -0.8)
        axes.margins(x=0.3 if style.narrow else 0.14)
        axes.set_xlabel("percentage points of the index's return")
        axes.grid(axis="x", lw=0.6)
        anchors = ", ".join(
            f"{_index(details, share)} {date_label(share.parts[0].anchor)} "
            f"({percent(share.parts[0].weight)} at the eve)"
            for share in shares
        )
        detail = (
            f"{date_label(details.result.headline.session)}; weight at the close before times "
            f"return; published weights carried by relative returns, of "
            f"{name_of(details.result, shares[0].parts[0].symbol)}: {anchors}; all others: the "
            "other members together"
        )
        title(figure, _finding(details), detail, style)
    return figure


def _bars(share: IndexShare, style: Style) -> list[tuple[str, float, bool]]:
    """List the headline's firm, the firms that moved the index most, and all others together."""
    first, *others = share.parts
    most = MOST["narrow" if style.narrow else "column"]
    kept = sorted(others, key=lambda p: -abs(p.points))[:most]
    rest = share.rest + sum(p.points for p in others if p not in kept)
    bars = [(first.symbol, first.points, True)]
    bars += [(p.symbol, p.points, False) for p in sorted(kept, key=lambda p: p.points)]
    return [*bars, ("all others", rest, False)]


def _signed(points: float) -> str:
    """Write percentage points with their sign; nothing that rounds to 0 has one."""
    text = f"{100 * points:+.2f}"
    return "0.00" if float(text) == 0 else text


def _index(details: Details, share: IndexShare) -> str:
    return name_of(details.result, share.index.split(" (")[0])


def _finding(details: Details) -> str:
    shares = details.index_shares
    who = name_of(details.result, shares[0].parts[0].symbol)
    return f"{who} {', and '.join(_of_index(details, share) for share in shares)}"


def _of_index(details: Details, share: IndexShare) -> str:
    """Say what the first firm, the other known ones and the rest made of the index's points."""
    fell, word = share.move < 0, "lost" if share.move < 0 else "gained"
    net = "net of risers" if fell else "net of fallers"
    lead, count = share.parts[0].points, len(share.parts) - 1
    known = ""
    if count:
        known = f"{'the other firm' if count == 1 else f'the other {count} firms'} of known weight "
        known += f"{_signed(share.others)}, "
    index = f"the {_index(details, share)}"
    start = (
        f"made {100 * abs(lead):.2f} of the {100 * abs(share.move):.2f} points that {index} "
        f"{word} {net}"
        if lead * share.move > 0
        else f"moved against the {100 * abs(share.move):.2f} points that {index} {word}, by "
        f"{_signed(lead)}"
    )
    return f"{start} ({known}the rest {_signed(share.rest)})"


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
