"""Every firm in the headline's window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.formatting import rank_probability
from analysis.results import Place
from analysis.results.verdict import family_count, family_method
from analysis.tables.cells import (
    RESULT_COLUMNS,
    Cell,
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
    from analysis.results import FirmResult, StudyResult
    from analysis.results.records import Recovery


def lay_out(result: StudyResult) -> CellTable | None:
    """Lay out one row a firm, the lowest abnormal return first; None for a study of one firm."""
    head, window = result.headline, result.study.headline.window
    if len(result.study.symbols) < 2:
        return None
    titles = {group.id: group.title for group in result.study.groups}
    back = {
        recovery.symbol: _back(recovery, line)
        for line, recovery in enumerate(result.recoveries, start=2)
        if recovery.event == head.event
    }
    return CellTable(
        "firms",
        f"Every firm over {span_words(window)}: {said(result, head)}",
        (
            *(Column("firm"), Column("group"), *RESULT_COLUMNS),
            Column("p, all firms at once", "p R-W"),
            Column("back at its old level", "back at eve"),
        ),
        tuple(
            (
                label(firm.symbol),
                label(titles.get(firm.group, ""), short=firm.group),
                *result_cells(result, firm, window),
                _joint(result, firm),
                back[firm.symbol],
            )
            for firm in sorted(result.headline_firms, key=lambda f: f.at(window).car)
        ),
        note=f"p of each firm by itself; {_counted(result)}. No share count, no dollar figure.",
        heading=f"FIRMS, event {head.event}, window {window}, {specified(head)}",
        left=2,
        narrow=(
            *("firm", "group", "beta", "realised", "abnormal", "from", "t", "p", "USD bn"),
            "p, all firms at once",
            "back at its old level",
        ),
    )


def _joint(result: StudyResult, firm: FirmResult) -> Cell:
    window = result.study.headline.window
    joint = firm.at(window).joint
    if joint.p is None:
        return Cell("-")
    return Cell(rank_probability(joint), joint.p, result.place(firm, window, "p_romano_wolf"))


def _counted(result: StudyResult) -> str:
    method, count = family_method(result.family), family_count(result.family)
    return f"with {method}, {count}" if method else count


def _back(recovery: Recovery, line: int) -> Cell:
    if not recovery.fell:
        return label("did not fall")
    if recovery.session is None:
        return label("not yet")
    day = str(recovery.session.date())
    return Cell(day, day, Place("recoveries.csv", line, "recovered"))


TABLE = Table("firms", 50, lay_out)
