"""The headline's firm in every window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.narrative import other_news
from analysis.results.names import name_of
from analysis.tables.cells import (
    RESULT_COLUMNS,
    CellTable,
    Column,
    label,
    result_cells,
    said,
    specified,
)
from analysis.tables.table import Table

if TYPE_CHECKING:
    from analysis.results import StudyResult
    from analysis.tables.cells import Cell
    from analysis.windows import Window


def lay_out(result: StudyResult) -> CellTable:
    """Lay out one row a window."""
    firm = result.headline
    return CellTable(
        "windows",
        f"{name_of(result, firm.symbol)} in every window: {said(result, firm)}",
        (Column("window"), *RESULT_COLUMNS, Column("other news")),
        tuple(
            (
                label(str(cell.window)),
                *result_cells(result, firm, cell.window),
                _news(result, cell.window),
            )
            for cell in firm.windows
        ),
        heading=f"WINDOWS of {firm.symbol}, {firm.event}, {specified(firm)}",
        narrow=(
            *("window", "realised", "expected", "abnormal", "from", "t", "p"),
            *("p, sample quantile", "p, placebo", "USD bn", "other news"),
        ),
    )


def _news(result: StudyResult, window: Window) -> Cell:
    placed = result.placed(result.headline.event, window)
    text = other_news(result, placed)
    short = {"none known": "-", "not covered": "?"}.get(text, str(len(placed.confounders)))
    return label(text, short=short)


TABLE = Table("windows", 30, lay_out)
