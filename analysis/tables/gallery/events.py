"""The events and the first session that could react to each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.tables.cells import CellTable, Column, label
from analysis.tables.table import Table

if TYPE_CHECKING:
    from analysis.results import StudyResult


def lay_out(result: StudyResult) -> CellTable:
    """Lay out one row an event."""
    return CellTable(
        "events",
        "The events and the first session that could react",
        (Column("event"), Column("announced"), Column("session 0"), Column("title")),
        tuple(
            (
                label(placed.event.id),
                label(f"{placed.event.when:%Y-%m-%d}"),
                label(str(placed.session.date())),
                label(placed.event.title),
            )
            for placed in result.events
        ),
        heading="EVENTS and the first session that could react",
        left=4,
    )


TABLE = Table("events", 10, lay_out)
