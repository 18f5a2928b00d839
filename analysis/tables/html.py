"""Results as a fragment of HTML, as notebooks show it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from analysis.narrative import summary_paragraph
from analysis.tables.catalog import cell_tables

if TYPE_CHECKING:
    from analysis.results import StudyResult
    from analysis.tables.cells import CellTable


def html(table: CellTable) -> str:
    """
    Write a table as HTML, every text escaped.

    Examples
    --------
    >>> from analysis.tables.cells import Cell, CellTable, Column
    >>> print(html(CellTable("t", "T", (Column("firm"),), ((Cell("A&B", "A&B"),),))))
    <table><caption>T</caption>
    <thead><tr><th>firm</th></tr></thead>
    <tbody>
    <tr><td>A&amp;B</td></tr>
    </tbody></table>
    """
    heads = "".join(f"<th>{escape(column.name)}</th>" for column in table.columns)
    lines = []
    for row in table.rows:
        cells = (
            f'<td style="text-align: right">{escape(cell.text)}</td>'
            if cell.numeric
            else f"<td>{escape(cell.text)}</td>"
            for cell in row
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join(
        [
            f"<table><caption>{escape(table.caption)}</caption>",
            f"<thead><tr>{heads}</tr></thead>",
            "<tbody>",
            *lines,
            "</tbody></table>",
        ]
    )


def html_text(result: StudyResult) -> str:
    """
    Write a study's title, its summary and its tables as HTML, without a page around them.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    str
        The first table open, the others folded away.
    """
    first, *others = map(html, cell_tables(result))
    more = f"<details><summary>{len(others)} more tables</summary>\n" if others else ""
    parts = [
        f"<h4>{escape(result.study.title)}</h4>",
        f"<p>{escape(summary_paragraph(result))}</p>",
        first,
        *([more, *others, "</details>"] if others else []),
    ]
    return "\n".join(parts)
