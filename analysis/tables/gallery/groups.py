"""The groups in the headline's window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.formatting import number, percent, probability, rank_probability
from analysis.results import Place
from analysis.study import ALL_FIRMS
from analysis.tables.cells import Cell, CellTable, Column, dollar_cells, label, specified
from analysis.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.results import GroupResult, StudyResult

COLUMNS = (
    *(Column("group"), Column("firms", "N"), Column("mean", "mean %")),
    *(Column("from", "interval %"), Column("to", joined=True), Column("p")),
    *(Column("correlation", "r"), Column("Kolari-Pynnonen t"), Column("p of it", "p KP")),
    *(Column("p, GRANK", "p GRANK"), Column("p, placebo", "p placebo"), Column("agree")),
    *(Column("USD bn"), Column("from bn", "interval"), Column("to bn", joined=True)),
    Column("valued"),
)


def lay_out(result: StudyResult) -> CellTable | None:
    """Lay out one row a group; None where a study has none."""
    head, window = result.headline, result.study.headline.window
    if not result.headline_groups:
        return None
    titles = {ALL_FIRMS: "All firms", **{g.id: g.title for g in result.study.groups}}
    return CellTable(
        "groups",
        f"Groups, window {window}, {specified(head)}",
        COLUMNS,
        tuple(
            (
                label(titles[group.group], short=group.group),
                *_portfolio(result, group),
                *_tests(result, group),
                *_dollars(result, group),
            )
            for group in result.headline_groups
        ),
        note="Mean, interval and p of the equally weighted portfolio, which carry the correlation "
        "of the firms' errors; agree: whether the three tests that survive one common date all "
        "reject; valued: firms with a share count, whose dollars are summed.",
        heading=(
            f"GROUPS, event {head.event}, window {window}, {specified(head)}\n"
            "mean, interval, p: equally weighted portfolio; r: mean residual correlation; p KP, "
            "GRANK, placebo: the tests\nthat survive one common date, and whether all three "
            "reject; valued: firms with a share count, whose dollars sum"
        ),
        narrow=tuple(c.name for c in COLUMNS if c.name != "Kolari-Pynnonen t"),
    )


def _portfolio(result: StudyResult, group: GroupResult) -> tuple[Cell, ...]:
    def at(column: str, value: float | None, text: str) -> Cell:
        return Cell(text, value, result.group_place(group, column))

    return (
        at("n_firms", len(group.symbols), str(len(group.symbols))),
        at("caar", group.caar, percent(group.caar)),
        at("caar_low", group.t.low, percent(group.t.low)),
        at("caar_high", group.t.high, percent(group.t.high)),
        at("p", group.t.p, probability(group.t.p)),
        at("mean_correlation", group.mean_correlation, number(group.mean_correlation)),
        at("t_kp", group.kp.statistic, number(group.kp.statistic)),
        at("p_kp", group.kp.p, probability(group.kp.p)),
    )


def _tests(result: StudyResult, group: GroupResult) -> Iterator[Cell]:
    battery = next(
        (b for b in result.batteries if (b.kind, b.subject) == ("group", group.group)), None
    )
    for test in ("grank-t", "placebo-bmp"):
        outcome = None if battery is None else battery.outcome(test)
        if outcome is None or outcome.p is None:
            yield Cell("-")
        else:
            text = rank_probability(outcome) if outcome.draws else probability(outcome.p)
            yield Cell(text, outcome.p, _test_place(result, group.group, test))
    agree = None if battery is None else battery.significant
    yield Cell("-") if battery is None else label("yes" if agree else "no")


def _test_place(result: StudyResult, group: str, test: str) -> Place:
    rows = ((b, o) for b in result.batteries for o in b.outcomes)
    line = next(
        line
        for line, (b, o) in enumerate(rows, start=2)
        if (b.kind, b.subject, o.test) == ("group", group, test)
    )
    return Place("tests.csv", line, "p")


def _dollars(result: StudyResult, group: GroupResult) -> tuple[Cell, ...]:
    def at(column: str, value: float | None, text: str) -> Cell:
        return Cell(text, value, result.group_place(group, column))

    valued, of = len(group.valued), len(group.symbols)
    return (
        *dollar_cells(group.impact, at),
        Cell(
            str(valued), valued, result.group_place(group, "symbols_valued"), short=f"{valued}/{of}"
        ),
    )


TABLE = Table("groups", 60, lay_out)
