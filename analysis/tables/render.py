"""Fixed-width tables: the same results give the same text anywhere."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

from analysis.formatting import NOTHING, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analysis.tables.cells import CellTable, Column

FEWEST = 12
"""Columns that the first cell of a narrow table keeps."""

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


def fitted(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], left: int, width: int
) -> str:
    """
    Lay out a table as text of a width: what has no room stands below, under the same first columns.

    Parameters
    ----------
    title, columns, rows, left
        As `render`.
    width : int
        Columns of the text; a first column that is wider by itself is cut.

    Returns
    -------
    str
        Without a line break at the end.

    Examples
    --------
    >>> print(fitted("T", ["a", "b", "c"], [["x", "11111", "22222"]], 1, 9))
    T
    a      b
    ────────
    x  11111
    <BLANKLINE>
    a      c
    ────────
    x  22222
    """
    whole = render(title, columns, rows, left)
    table = whole[len(title) :]
    title = textwrap.fill(title, width)
    if max(map(len, table.splitlines()), default=0) <= width:
        return title + table
    widest = max(_sizes(columns, rows)[1:], default=0)
    room = max(FEWEST, width - 2 - min(widest, width // 2))
    most = width - 2 - min(room, _sizes(columns, rows)[0])
    rows = [[_cut(row[0], room), *(_cut(cell, most) for cell in row[1:])] for row in rows]
    sizes = _sizes(columns, rows)
    kept = list(range(left if sum(sizes[:left]) <= width // 2 else 1))
    blocks = [[*kept]]
    for place in range(len(kept), len(columns)):
        full = sum(sizes[at] + 2 for at in (*blocks[-1], place)) - 2 > width
        if full and len(blocks[-1]) > len(kept):
            blocks.append([*kept])
        blocks[-1].append(place)
    parts = [
        render("", [columns[at] for at in b], [[r[at] for at in b] for r in rows], _left(b, left))
        for b in blocks
    ]
    return title + "\n" + "\n\n".join(parts)


def _sizes(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, (head, *(r[at] for r in rows)))) for at, head in enumerate(columns)]


def _left(block: Sequence[int], left: int) -> int:
    return sum(place < left for place in block)


def _cut(cell: str, width: int) -> str:
    return cell if len(cell) <= width else cell[: width - 3] + "..."


def terminal(table: CellTable, width: int = WIDTH) -> str:
    """
    Write a table for a terminal: the columns that it has room for, units in the headings.

    Parameters
    ----------
    table : CellTable
    width : int
        Columns of the text where fewer than `WIDTH`; with `WIDTH` tables are as wide as they need.

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
    title = table.heading or table.caption
    if width >= WIDTH:
        return render(title, heads, rows, left=table.left)
    return fitted(title, heads, rows, table.left, width)


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
