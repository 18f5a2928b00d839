"""Results as LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.formatting import billions, number, percent, probability
from analysis.tables.cells import Cell, CellTable, Column, in_currency, label

if TYPE_CHECKING:
    from analysis.results import FirmResult, StudyResult, WindowResult

_LATEX = str.maketrans(
    {
        **{character: "\\" + character for character in "&%$#_{}"},
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "\\": r"\textbackslash{}",
    }
)


def latex(table: CellTable) -> str:
    r"""
    Write a table as LaTeX (package booktabs): a ``tabular`` environment, without its caption.

    Examples
    --------
    >>> from analysis.tables.cells import Cell, CellTable, Column
    >>> print(latex(CellTable("t", "", (Column("firm"),), ((Cell("A&B", "A&B"),),))))
    \begin{tabular}{l}
    \toprule
    firm \\
    \midrule
    A\&B \\
    \bottomrule
    \end{tabular}
    <BLANKLINE>
    """
    aligned = ["r" if cell.numeric else "l" for cell in table.rows[0]]
    heads = [_escape(column.short or column.name) for column in table.columns]
    lines = [" & ".join(_cell(cell) for cell in row) + r" \\" for row in table.rows]
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{''.join(aligned)}}}",
            r"\toprule",
            " & ".join(heads) + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def latex_table(result: StudyResult) -> str:
    r"""
    Write all results of all firms as one LaTeX table; returns in percent, dollars in billions.

    Parameters
    ----------
    result : StudyResult
    """
    names = ("event", "session", "symbol", "model", "benchmark", "window")
    numbers = ("beta", "AR (%)", "s.e. (%)", "t", "df", "p", "USD bn")
    rows = tuple(
        (
            *map(label, (firm.event, str(firm.session.date()), firm.symbol)),
            *map(label, (firm.model, firm.benchmark, str(cell.window))),
            *_numbers(firm, cell),
        )
        for firm in result.firms
        for cell in firm.windows
    )
    table = CellTable("rows", "", tuple(map(Column, (*names, *numbers))), rows)
    return latex(in_currency(table, result.currency))


def _numbers(firm: FirmResult, cell: WindowResult) -> tuple[Cell, ...]:
    dollars = None if cell.impact is None else cell.impact.abnormal
    return (
        Cell(number(firm.beta), firm.beta),
        Cell(percent(cell.car), cell.car),
        Cell(percent(cell.se), cell.se),
        Cell(number(cell.t.statistic), cell.t.statistic),
        Cell(number(cell.t.df, 0), cell.t.df),
        Cell(probability(cell.t.p), cell.t.p),
        Cell(billions(dollars), dollars),
    )


def _cell(cell: Cell) -> str:
    return _escape(cell.bare).replace("<", "$<$").replace("≤", r"$\leq$")


def _escape(text: str) -> str:
    return text.translate(_LATEX)
