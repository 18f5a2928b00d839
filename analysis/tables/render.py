"""Fixed-width tables: the same results give the same text anywhere."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

from analysis.formatting import billions, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH = 110
"""Columns that prose is wrapped to; tables are as wide as they need to be."""


def render(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """
    Lay out a table as text.

    Parameters
    ----------
    title : str
    columns : sequence of str
    rows : iterable of sequence of str
        Cells as they are to be read.
    left : int
        How many columns are aligned left; the others are aligned right.

    Returns
    -------
    str
        Without a line break at the end.
    """
    table = Table(
        title=title,
        title_justify="left",
        title_style="",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for place, column in enumerate(columns):
        table.add_column(
            column,
            justify="left" if place < left else "right",
            no_wrap=True,
        )
    for row in rows:
        table.add_row(*row)
    buffer = io.StringIO()
    wide = Console(file=buffer, width=10 * WIDTH, color_system=None, markup=False, highlight=False)
    wide.print(table)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()).strip("\n")


def points(value: float | None) -> str:
    """Write a decimal fraction in percent without the sign, which stands in the header."""
    return number(None if value is None else 100 * value)


def interval(low: float | None, high: float | None) -> str:
    """Write an interval of decimal fractions in percent."""
    return f"{points(low)} .. {points(high)}"


def usd_interval(low: float | None, high: float | None) -> str:
    """Write an interval of USD in billions."""
    return f"{billions(low)} .. {billions(high)}"
