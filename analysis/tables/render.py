"""Fixed-width tables: the same results give the same text anywhere."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

from analysis.formatting import NOTHING, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analysis.tables.cells import CellTable, Column

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
    lines = [title, *buffer.getvalue().splitlines()]
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def points(value: float | None) -> str:
    """Write a decimal fraction in percent without the sign, which stands in the header."""
    return number(None if value is None else 100 * value)


def terminal(table: CellTable) -> str:
    """
    Write a table for a terminal: the columns that it has room for, units in the headings.

    Parameters
    ----------
    table : CellTable

    Returns
    -------
    str
        Without a line break at the end.
    """
    shown: list[int] = []
    for place, column in enumerate(table.columns):
        if place - 1 in shown if column.joined else _fits(table, column.name):
            shown.append(place)
    columns = [table.columns[place] for place in shown]
    heads = [column.short or column.name for column in columns if not column.joined]
    rows = [_joined([row[place].bare for place in shown], columns) for row in table.rows]
    if table.marked is not None:
        heads[0] = f"  {heads[0]}"
        for line, row in enumerate(rows):
            row[0] = f"{'*' if line == table.marked else ' '} {row[0]}"
    return render(table.heading or table.caption, heads, rows, left=table.left)


def _fits(table: CellTable, name: str) -> bool:
    return not table.narrow or name in table.narrow


def _joined(texts: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """Write the two ends of an interval into one cell."""
    row: list[str] = []
    for text, column in zip(texts, columns, strict=True):
        if not column.joined:
            row.append(text)
        elif {row[-1], text} != {NOTHING}:
            row[-1] = f"{row[-1]} .. {text}"
    return row
