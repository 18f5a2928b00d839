"""The headline's firm on every date of the study."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from analysis.windows import span_words

if TYPE_CHECKING:
    from analysis.results import StudyResult


def lay_out(result: StudyResult) -> CellTable | None:
    """Lay out one row an event; None for a study of one event."""
    if len(result.events) < 2:
        return None
    head, window = result.headline, result.study.headline.window
    titles = {placed.event.id: placed.event.title for placed in result.events}
    return CellTable(
        "dates",
        f"{name_of(result, head.symbol)} on every date of the study, over {span_words(window)}: "
        f"{said(result, head)}",
        (Column("event"), Column("session 0"), *RESULT_COLUMNS),
        tuple(
            (
                label(titles[firm.event], short=firm.event),
                label(str(firm.session.date())),
                *result_cells(result, firm, window),
            )
            for firm in result.headline_dates
        ),
        heading=f"DATES: {head.symbol}, window {window}, {specified(head)}",
        left=2,
        narrow=(
            *("event", "session 0", "realised", "expected", "abnormal", "from", "t", "p"),
            *("p, sample quantile", "p, placebo"),
        ),
    )


TABLE = Table("dates", 40, lay_out)
