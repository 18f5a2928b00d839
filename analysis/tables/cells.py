"""Tables as cells: laid out once, written to a terminal, a page or LaTeX."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.currency import USD
from analysis.formatting import NOTHING, billions, number, percent, probability, rank_probability
from analysis.models.catalog import MODELS
from analysis.results.names import the_benchmark

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.impact import Impact
    from analysis.results import FirmResult, Place, StudyResult
    from analysis.windows import Window

_ADDRESS = re.compile(r"https?://[^\s;,\"'<>()]+")


@dataclass(frozen=True, slots=True)
class Cell:
    """
    One cell of a table.

    Attributes
    ----------
    text : str
        As people read it, with its unit.
    value : float or str or None
        The exact value, for sorting and for export; None for an empty cell.
    place : Place or None
        Where the value stands in the results files.
    href : str
        A web address that the text names; empty for none.
    short : str
        What stands at a terminal, where it is not the text without its unit.
    """

    text: str
    value: float | str | None = None
    place: Place | None = None
    href: str = ""
    short: str = ""

    @property
    def bare(self) -> str:
        """The text where the unit stands in the heading and room is scarce."""
        return self.short or self.text.removesuffix(" %")

    @property
    def exact(self) -> str:
        """The value as it is exported."""
        if self.value is None or (isinstance(self.value, float) and math.isnan(self.value)):
            return ""
        return repr(self.value) if isinstance(self.value, float) else str(self.value)

    @property
    def kind(self) -> str:
        """Class of the cell: numbers to the right, long texts wide."""
        if self.numeric:
            return "n"
        length = len(self.text)
        return "text" if length <= 60 else "text long" if length <= 240 else "text longest"

    @property
    def numeric(self) -> bool:
        """Whether the cell is set to the right."""
        return isinstance(self.value, (int, float)) or self.text == NOTHING


@dataclass(frozen=True, slots=True)
class Column:
    """
    A column of a table.

    Attributes
    ----------
    name : str
        Its heading on a page.
    short : str
        Its heading at a terminal, with the unit; `name` where empty.
    joined : bool
        Whether at a terminal its cells end the interval that the column before begins.
    """

    name: str
    short: str = ""
    joined: bool = False


@dataclass(frozen=True, slots=True)
class CellTable:
    """
    A table ready to be written.

    Attributes
    ----------
    id, caption, note : str
        As a page has them.
    columns : tuple of Column
    rows : tuple of tuple of Cell
    marked : int or None
        Row that leads, from 0.
    heading : str
        Its heading at a terminal, of one line or several.
    left : int
        How many columns a terminal aligns left.
    narrow : tuple of str
        Names of the columns that a terminal has room for; all where empty.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    marked: int | None = None
    heading: str = ""
    left: int = 1
    narrow: tuple[str, ...] = ()


def label(text: str, short: str = "") -> Cell:
    """
    Make a cell of text; a web address in it becomes the link of its host's name.

    Examples
    --------
    >>> label("as in https://example.org/a").text, label("as in https://example.org/a").href
    ('as in example.org', 'https://example.org/a')
    """
    found = _ADDRESS.findall(text)
    if not found:
        return Cell(text, text, short=short)
    shown = _ADDRESS.sub(lambda match: match[0].split("/")[2], text)
    return Cell(shown, text, href=found[0], short=short)


def specified(firm: FirmResult) -> str:
    """Name the model and the benchmark of a result."""
    return f"{MODELS[firm.model].title}, benchmark {firm.benchmark}"


def said(result: StudyResult, firm: FirmResult) -> str:
    """Name the model and the benchmark of a result in words, for captions."""
    model = MODELS[firm.model]
    if not model.uses_benchmark:
        return model.title
    return f"{model.title}, against {the_benchmark(result, firm.benchmark)}"


RESULT_COLUMNS = (
    *(Column("beta"), Column("realised", "raw %"), Column("expected", "expected %")),
    *(Column("abnormal", "AR %"), Column("from", "interval %"), Column("to", joined=True)),
    *(Column("t"), Column("p"), Column("p, sample quantile", "p SQ")),
    *(Column("p, placebo", "p placebo"), Column("USD bn")),
    *(Column("USD bn from", "USD bn interval"), Column("USD bn to", joined=True)),
)
"""The columns of `result_cells`."""


def in_currency(table: CellTable, currency: str) -> CellTable:
    """Name the currency, or the several, of a table's money in its heads, written for USD."""
    if currency == USD:
        return table

    def renamed(text: str) -> str:
        return text.replace(USD, currency)

    return replace(
        table,
        columns=tuple(
            replace(column, name=renamed(column.name), short=renamed(column.short))
            for column in table.columns
        ),
        narrow=tuple(renamed(name) for name in table.narrow),
    )


def result_cells(result: StudyResult, firm: FirmResult, window: Window) -> tuple[Cell, ...]:
    """Lay out one firm's window: returns in percent, tests, dollars in billions."""
    cell = firm.at(window)

    def at(column: str, value: float | None, text: str) -> Cell:
        return Cell(text, value, result.place(firm, window, column))

    return (
        at("beta", firm.beta, number(firm.beta)),
        at("raw_return", cell.raw, percent(cell.raw)),
        at("expected_return", cell.expected, percent(cell.expected)),
        at("car", cell.car, percent(cell.car)),
        at("car_low", cell.t.low, percent(cell.t.low)),
        at("car_high", cell.t.high, percent(cell.t.high)),
        at("t", cell.t.statistic, number(cell.t.statistic)),
        at("p", cell.t.p, probability(cell.t.p)),
        at("p_sq", cell.sq.p, rank_probability(cell.sq, sides=2)),
        at("p_placebo", cell.placebo.p, rank_probability(cell.placebo)),
        *dollar_cells(result, cell.impact, at),
    )


def dollar_cells(
    result: StudyResult,
    impact: Impact | None,
    at: Callable[[str, float | None, str], Cell],
) -> tuple[Cell, ...]:
    """
    Lay out an abnormal change in market value with its interval, in billions.

    In the currency of the result's tables; where that is several, each cell names its own.
    """
    money = result.shown(impact)
    if money is None:
        names = ("impact_usd", "impact_low_usd", "impact_high_usd")
        return tuple(at(name, None, billions(None)) for name in names)
    names = (money.column("impact"), money.column("impact_low"), money.column("impact_high"))
    values = (money.abnormal, money.low, money.high)
    code = "" if money.currency == result.currency else f" {money.currency}"
    return tuple(
        at(name, value, billions(value) + ("" if value is None else code))
        for name, value in zip(names, values, strict=True)
    )
