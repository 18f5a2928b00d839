"""
What a result shows of itself: text, HTML, LaTeX, Markdown, a workbook.

`analysis.results.StudyResult` finds these by name when one of its methods is called, so that
results themselves rest on nothing that draws or writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.export import tidy_frames
from analysis.tables.batteries import tests_text
from analysis.tables.html import html_text as html
from analysis.tables.latex import latex_table as latex
from analysis.tables.markdown import markdown_text as markdown
from analysis.tables.render import WIDTH
from analysis.tables.summary import summary_text

if TYPE_CHECKING:
    from analysis.results import StudyResult

__all__ = ["excel", "html", "latex", "markdown", "summary"]


def summary(result: StudyResult, *, tests: bool = False, width: int = WIDTH) -> str:
    """Lay out the tables for reading, those of every test first where they are asked for."""
    return (tests_text(result, width) + "\n" if tests else "") + summary_text(result, width)


def excel(result: StudyResult) -> bytes:
    """Write every file of tidy rows as a sheet of one Excel workbook."""
    from analysis.workbook import to_excel  # noqa: PLC0415 - slow to import

    return to_excel({name.removesuffix(".csv"): rows for name, rows in tidy_frames(result).items()})
