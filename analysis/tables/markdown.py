"""Results as Markdown, its tables those of GitHub's dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.narrative import summary_paragraph
from analysis.tables.catalog import cell_tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analysis.results import StudyResult
    from analysis.tables.cells import CellTable

_MARKDOWN = str.maketrans(
    {**{mark: "\\" + mark for mark in "\\`*_[]|#"}, "<": "&lt;", ">": "&gt;", "\n": " ", "\r": " "}
)


def markdown(table: CellTable) -> str:
    r"""
    Write a table as Markdown: its caption in bold, numbers to the right, the row that leads bold.

    Examples
    --------
    >>> from analysis.tables.cells import Cell, CellTable, Column
    >>> columns = (Column("firm"), Column("AR"))
    >>> row = Cell("A|B", "A|B"), Cell("1 %", 0.01)
    >>> print(markdown(CellTable("t", "Firms", columns, (row,))))
    **Firms**
    <BLANKLINE>
    | firm | AR |
    | --- | ---: |
    | A\|B | 1 % |
    """
    numeric = [all(row[place].numeric for row in table.rows) for place in range(len(table.columns))]
    rows = []
    for line, row in enumerate(table.rows):
        cells = [_escape(cell.text) for cell in row]
        rows.append(_line(f"**{c}**" if c and line == table.marked else c for c in cells))
    return "\n".join(
        [
            f"**{_escape(table.caption)}**",
            "",
            _line(_escape(column.name) for column in table.columns),
            _line("---:" if right else "---" for right in numeric),
            *rows,
        ]
    )


def markdown_text(result: StudyResult) -> str:
    """
    Write a study's title, its summary and all its tables as Markdown.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    str
        Ending in a line break.
    """
    parts = [
        f"# {_escape(result.study.title)}",
        _escape(summary_paragraph(result)),
        *map(markdown, cell_tables(result)),
    ]
    return "\n\n".join(parts) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    return text.translate(_MARKDOWN)
