"""The headline by what is taken out of its index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.formatting import number, percent
from analysis.results import Place
from analysis.results.names import name_of, the_benchmark
from analysis.tables.cells import Cell, CellTable, Column, dollar_cells, label
from analysis.tables.file import TidyFile
from analysis.tables.table import Table
from analysis.windows import span_words

if TYPE_CHECKING:
    from analysis.results import Bound, Bounds, StudyResult

FILE = "bounds.csv"

COLUMNS = (
    Column("taken out"),
    Column("weight", "weight %"),
    Column("the rest returned", "rest %"),
    Column("beta"),
    Column("abnormal", "AR %"),
    Column("from", "interval %"),
    Column("to", joined=True),
    Column("USD bn"),
    Column("USD bn from", "USD bn interval"),
    Column("USD bn to", joined=True),
)


def lay_out(result: StudyResult) -> CellTable | None:
    """Lay out the index as it is, the first steps and the last, and other weights."""
    bounds = result.bounds
    if bounds is None:
        return None
    purged = bounds.purged
    steps = [bounds.steps[0], *purged[:2], *purged[-1:]]
    rows = list(dict.fromkeys((*steps, *bounds.weights)))
    head = result.study.headline
    return CellTable(
        "bounds",
        f"{name_of(result, head.symbol)} over {span_words(head.window)}, by what is taken out of "
        f"{the_benchmark(result, bounds.index)}",
        COLUMNS,
        tuple(_row(result, bounds, bound) for bound in rows),
        note=(
            "The marked row is the study's own purged benchmark. What the news did to the firms "
            "that are left is not identified; every step stands in bounds.csv."
        ),
        marked=rows.index(bounds.own),
        heading=(
            f"BOUNDS {head.symbol}, event {head.event}, window {head.window}: what is taken out of "
            f"{bounds.index}\n* is the study's own purged benchmark; what the news did to the rest "
            "is not identified"
        ),
    )


def _row(result: StudyResult, bounds: Bounds, bound: Bound) -> tuple[Cell, ...]:
    line = 2 + (*bounds.steps, *bounds.weights).index(bound)

    def at(column: str, value: float | None, text: str) -> Cell:
        return Cell(text, value, Place(FILE, line, column))

    return (
        label(_title(bounds, bound)),
        at("weight", bound.weight, percent(bound.weight)),
        at("index_return", bound.index_return, percent(bound.index_return)),
        at("beta", bound.beta, number(bound.beta)),
        at("car", bound.car, percent(bound.car)),
        at("car_low", bound.low, percent(bound.low)),
        at("car_high", bound.high, percent(bound.high)),
        *dollar_cells(result, bound.impact, at),
    )


def _title(bounds: Bounds, bound: Bound) -> str:
    own = ", ".join(bounds.own.without)
    if bound.kind == "weight":
        return f"{own} at {percent(bound.stated)} of {bound.anchor}"
    if not bound.without:
        return "nothing"
    if bound.own:
        return own
    more = len(bound.without) - len(bounds.own.without)
    return f"{own}, {bound.without[-1]}" if more == 1 else f"{own} and {more} more"


TABLE = Table(
    "bounds",
    25,
    lay_out,
    files=(
        TidyFile(
            FILE,
            "The headline by what is taken out of its index, and under other weights",
            lambda result: None if result.bounds is None else result.bounds.tidy,
        ),
    ),
)
