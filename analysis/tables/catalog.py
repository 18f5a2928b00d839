"""All tables in reading order, and the files of tidy rows that every study leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis._discovery import entries, in_reading_order
from analysis.tables import gallery
from analysis.tables.cells import in_currency
from analysis.tables.file import TidyFile
from analysis.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.results import StudyResult
    from analysis.tables.cells import CellTable

TABLES: Mapping[str, Table] = in_reading_order(entries(gallery, "TABLE", Table))
"""Tables by name, in reading order."""

STUDY_FILES: tuple[TidyFile[StudyResult], ...] = (
    TidyFile(
        "results.csv",
        "Every event, firm, model, benchmark and window",
        lambda result: result.tidy,
        key="rows",
    ),
    TidyFile(
        "groups.csv",
        "Every event, group, model, benchmark and window",
        lambda result: result.tidy_groups,
    ),
    TidyFile(
        "recoveries.csv",
        "When each firm was back at its level of the eve",
        lambda result: result.tidy_recoveries,
    ),
    TidyFile(
        "paths.csv",
        "Every firm and day around the headline's event, under its specification",
        lambda result: result.path,
    ),
    TidyFile("tests.csv", "Every test of the headline", lambda result: result.tidy_tests),
    TidyFile(
        "unmeasured.csv",
        "What of the firms could not be measured, and why",
        lambda result: result.tidy_unmeasured if result.unmeasured else None,
    ),
    TidyFile(
        "market_shock.csv",
        "Whether the event moved the whole market, and what can be said then",
        lambda result: None if result.shock is None else result.shock.tidy,
    ),
    *(file for table in TABLES.values() for file in table.files),
)
"""Files of tidy rows that every study leaves."""


def cell_tables(result: StudyResult) -> list[CellTable]:
    """Lay out the tables that a study has, in reading order."""
    laid_out = (table.lay_out(result) for table in TABLES.values())
    return [in_currency(table, result.currency) for table in laid_out if table is not None]
