"""The groups in the headline's window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.formatting import number, percent, probability, rank_probability
from analysis.inference.catalog import TESTS
from analysis.study import ALL_FIRMS
from analysis.tables.cells import Cell, CellTable, Column, dollar_cells, label, said, specified
from analysis.tables.table import Table
from analysis.windows import span_words

if TYPE_CHECKING:
    from analysis.results import GroupResult, StudyResult

COLUMNS = (
    *(Column("group"), Column("firms", "N"), Column("firms down", "down")),
    *(Column("mean", "mean %"), Column("from", "interval %"), Column("to", joined=True)),
    *(Column("p, volatility-scaled placebo", "p scaled"), Column("p, GARCH-t", "p GARCH")),
    *(Column("p, plain placebo", "p plain"), Column("k"), Column("p, volatile dates", "p volat")),
    *(Column("p, all groups at once", "p R-W"), Column("correlation", "r")),
    *(Column("hit evenly? p Kolari-Pynnonen", "even: KP"), Column("p GRANK", "GRANK")),
    *(Column("p BMP ratio", "BMP"), Column("USD bn")),
    *(Column("from bn", "interval"), Column("to bn", joined=True), Column("valued")),
)
NARROW = (
    *("group", "firms", "firms down", "mean", "from", "to", "p, volatility-scaled placebo"),
    *("p, GARCH-t", "k", "p, volatile dates", "p, all groups at once"),
    *("hit evenly? p Kolari-Pynnonen", "USD bn", "valued"),
)


def lay_out(result: StudyResult) -> CellTable | None:
    """Lay out one row a group; None where a study has none."""
    head, window = result.headline, result.study.headline.window
    if not result.headline_groups:
        return None
    titles = {ALL_FIRMS: "All firms", **{g.id: g.title for g in result.study.groups}}
    return CellTable(
        "groups",
        f"Groups over {span_words(window)}: {said(result, head)}",
        COLUMNS,
        tuple(
            (
                label(titles[group.group], short=group.group),
                *_portfolio(result, group),
                *_dollars(result, group),
            )
            for group in result.headline_groups
        ),
        note="Mean and interval of the equally weighted portfolio, which carry the correlation of "
        "the firms' errors. p, volatility-scaled placebo, leads; its null: "
        f"{TESTS['placebo-scaled'].null}. GARCH-t on the portfolio and the plain placebo rank "
        "stand beside it; k: how many times the ordinary the day's standard deviation would have "
        "to be for the mean to be chance; volatile dates: rank among the most volatile quarter of "
        "placebo dates; all groups at once: Romano-Wolf. Hit evenly? is another question (a zero "
        "mean of firms drawn at random, judged by their spread) and has no vote. Valued: firms "
        "with a share count, whose dollars are summed.",
        heading=(
            f"GROUPS, event {head.event}, window {window}, {specified(head)}\n"
            "p scaled leads: rank of the portfolio's volatility-scaled return among placebo dates; "
            "k: times the ordinary\nsd for chance; p volat: among the most volatile quarter; p "
            "R-W: all groups at once; even: hit evenly?"
        ),
        narrow=NARROW,
    )


def _portfolio(result: StudyResult, group: GroupResult) -> tuple[Cell, ...]:
    def at(column: str, value: float | None, text: str) -> Cell:
        return Cell(text, value, result.group_place(group, column))

    return (
        at("n_firms", len(group.symbols), str(len(group.symbols))),
        at("n_down", group.down, str(group.down)),
        at("caar", group.caar, percent(group.caar)),
        at("caar_low", group.t.low, percent(group.t.low)),
        at("caar_high", group.t.high, percent(group.t.high)),
        at("p_scaled", group.scaled.p, rank_probability(group.scaled)),
        _test(result, group, "portfolio-garch"),
        _test(result, group, "placebo-mean"),
        at("k", group.k, number(group.k, 1)),
        at("p_volatile", group.volatile.p, rank_probability(group.volatile)),
        _test(result, group, "romano-wolf"),
        at("mean_correlation", group.mean_correlation, number(group.mean_correlation)),
        at("p_kp", group.kp.p, probability(group.kp.p)),
        _test(result, group, "grank-t"),
        _test(result, group, "placebo-bmp"),
    )


def _test(result: StudyResult, group: GroupResult, test: str) -> Cell:
    battery = next(
        (b for b in result.batteries if (b.kind, b.subject) == ("group", group.group)), None
    )
    outcome = None if battery is None else battery.outcome(test)
    if outcome is None or outcome.p is None:
        return Cell("-")
    text = rank_probability(outcome) if outcome.draws else probability(outcome.p)
    return Cell(text, outcome.p, result.test_place("group", group.group, test, "p"))


def _dollars(result: StudyResult, group: GroupResult) -> tuple[Cell, ...]:
    def at(column: str, value: float | None, text: str) -> Cell:
        return Cell(text, value, result.group_place(group, column))

    valued, of = len(group.valued), len(group.symbols)
    return (
        *dollar_cells(result, group.impact, at),
        Cell(
            str(valued), valued, result.group_place(group, "symbols_valued"), short=f"{valued}/{of}"
        ),
    )


TABLE = Table("groups", 60, lay_out)
