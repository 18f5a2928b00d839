"""The tables of a study, for reading at a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from analysis.models.catalog import MODELS
from analysis.narrative import summary_paragraph
from analysis.tables.catalog import cell_tables
from analysis.tables.notes import notes_text
from analysis.tables.render import WIDTH, terminal

if TYPE_CHECKING:
    from analysis.results import StudyResult


def summary_text(result: StudyResult, width: int = WIDTH) -> str:
    """
    Lay out a study's results for reading: tables, notes, and one paragraph at the end.

    Parameters
    ----------
    result : StudyResult
    width : int
        Columns of prose, and of tables where fewer than `WIDTH`.

    Returns
    -------
    str
        Plain text, ending in a line break.
    """
    study = result.study
    head = (
        f"{study.title}\n"
        f"data: {result.data_name}\n"
        f"{study.returns} returns in {result.returns_in}; estimation window {study.estimation} "
        f"({len(study.estimation)} sessions); "
        f"intervals {100 * study.level:g} %"
    )
    if any(MODELS[model].uses_donors for model in study.models):
        names = f"donors ({len(study.donors)}): {', '.join(study.donors)}"
        head += "\n" + textwrap.fill(names, width)
    parts = [
        head if width >= WIDTH else "\n".join(textwrap.fill(x, width) for x in head.splitlines()),
        *(terminal(table, width) for table in cell_tables(result)),
        notes_text(result, width),
        textwrap.fill(summary_paragraph(result), width),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
