"""A daily look as people read it: a sentence, and tables of 80 columns."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from analysis.formatting import NOTHING, no_value, percent, probability, scale_of
from analysis.tables.render import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.watch.records import Move, Watch

WIDTH = 80

CONTROLS = {"bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli"}

FAMILIES = (
    ("security", "market", "Securities against the market"),
    ("group", "market", "Groups against the market"),
    ("security", "market and group", "Members against market and group"),
)
"""What is controlled for false discoveries together, and its title."""

HEADS = ("name", "group", "return", "abnormal", "interval", "scaled", "p", "adjusted", "money")
"""Heads of `cells`."""

MOST_REASONS = 8


def finding(found: Watch) -> str:
    """
    Say in one sentence what moved.

    Parameters
    ----------
    found : Watch

    Returns
    -------
    str
    """
    request = found.request
    moved = [m for m in found.moves if m.moved and m.kind == "security" and m.against == "market"]
    judged = found.judged("security", "market")
    groups = [m.name for m in found.moves if m.moved and m.kind == "group"]
    day = found.session.date().isoformat()
    market = f"{request.benchmark} {percent(found.benchmark_return)}"
    if not moved:
        head = f"{day}: none of {_securities(judged)} moved beyond its ordinary days ({market})."
    else:
        verb = f"{len(moved)} of {_securities(judged)} moved beyond"
        whose = "its" if len(moved) == 1 else "their"
        head = f"{day}: {verb} {whose} ordinary days ({market})."
    if groups:
        head += f" {'Group' if len(groups) == 1 else 'Groups'}: {', '.join(groups)}."
    return head


def _securities(count: int) -> str:
    return "1 security" if count == 1 else f"{count:,} securities"


def method(found: Watch) -> str:
    """Say how the moves were judged."""
    request = found.request
    return (
        f"Abnormal returns over a market model on {request.benchmark}, fitted on "
        f"{request.estimation}, in units of a forecast of their standard deviation made the day "
        "before; p by the Student t that its own ordinary days follow. Expected share of "
        f"false discoveries in each table at most {percent(request.share, 0)} "
        f"({CONTROLS[request.control]}). Intervals hold {percent(request.level, 0)} of ordinary "
        "days. Money is the abnormal return times the market value of the eve."
    )


def notes(found: Watch) -> list[str]:
    """Say why firms that moved have no money, and what was not judged."""
    reasons: dict[str, list[str]] = {}
    for move in _silent(found):
        reasons.setdefault(f"no money: {no_value(move.note)}", []).append(move.name)
    for name, reason in found.left_out.items():
        reasons.setdefault(f"not judged: {reason}", []).append(name)
    lines = []
    for reason, names in reasons.items():
        shown = ", ".join(names[:MOST_REASONS])
        more = f" and {len(names) - MOST_REASONS} more" if len(names) > MOST_REASONS else ""
        lines.append(f"{shown}{more}: {reason}")
    return lines


def _silent(found: Watch) -> list[Move]:
    firms = [m for m in found.moves if m.kind == "security" and m.against == "market"]
    return [m for m in firms if m.moved and m.impact is None]


def cells(move: Move) -> tuple[str, ...]:
    """Write a move under `HEADS`; the percents without their sign."""
    money = NOTHING
    if move.impact is not None:
        scale = scale_of(move.impact)
        money = f"{scale.write(move.impact)} {scale.short} {move.currency}"
    return (
        move.name,
        move.group,
        f"{100 * move.raw:+.2f}",
        f"{100 * move.abnormal:+.2f}",
        f"{100 * move.low:.1f} to {100 * move.high:.1f}",
        f"{move.scaled:+.1f}",
        probability(move.p),
        probability(move.p_adjusted),
        money,
    )


def watch_text(found: Watch, *, most: int = 20) -> str:
    """
    Lay out a daily look for a terminal of 80 columns.

    Parameters
    ----------
    found : Watch
    most : int
        Rows of a table at the most; what moved stands in it in any case.

    Returns
    -------
    str
        With a line break at the end.
    """
    parts = [textwrap.fill(finding(found), WIDTH)]
    shown = [place for place, head in enumerate(HEADS) if head not in {"interval", "scaled"}]
    for kind, against, title in FAMILIES:
        family = [m for m in found.moves if (m.kind, m.against) == (kind, against)]
        moved: Sequence[Move] = [m for m in family if m.moved]
        if not family:
            continue
        if not moved:
            parts.append(f"{title}: nothing beyond ordinary days, of {len(family)}.")
            continue
        rows = [[cells(move)[place] for place in shown] for move in moved[:most]]
        heads = [HEADS[place] for place in shown]
        table = render(f"{title}: {len(moved)} of {len(family)}; returns in %", heads, rows, left=2)
        more = len(moved) - len(rows)
        parts.append(table + (f"\n... and {more} more (see --format csv)" if more else ""))
    parts.append(textwrap.fill(method(found), WIDTH))
    remarks = [textwrap.fill(line, WIDTH, subsequent_indent="  ") for line in notes(found)]
    return "\n\n".join([*parts, *(["\n".join(remarks)] if remarks else [])]) + "\n"
