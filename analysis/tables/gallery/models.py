"""The headline under every model and benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.models.catalog import MODELS
from analysis.results.names import name_of
from analysis.run.flags import CONTROL_FIT
from analysis.tables.cells import RESULT_COLUMNS, CellTable, Column, label, result_cells
from analysis.tables.table import Table
from analysis.windows import span_words

if TYPE_CHECKING:
    from analysis.results import StudyResult


def lay_out(result: StudyResult) -> CellTable:
    """Lay out one row a model and benchmark, that of the headline marked."""
    head, firms = result.study.headline, result.headline_models
    return CellTable(
        "models",
        f"{name_of(result, head.symbol)} over {span_words(head.window)}, under every model and "
        "benchmark",
        (Column("model"), Column("benchmark"), *RESULT_COLUMNS),
        tuple(
            (
                label(MODELS[firm.model].title, short=firm.model),
                label(firm.benchmark),
                *result_cells(result, firm, head.window),
            )
            for firm in firms
        ),
        note="The marked row leads the report; the others are the answers that other choices give.",
        marked=next(i for i, firm in enumerate(firms) if firm is result.headline),
        heading=(
            f"{_misfit(result)}HEADLINE {head.symbol}, event {head.event} "
            f"({result.headline.session.date()}), "
            f"window {head.window}: abnormal return (AR) and abnormal change in market value\n"
            "* leads; the other rows are the answers that other models and benchmarks give"
        ),
        left=2,
        narrow=(
            *("model", "benchmark", "beta", "realised", "expected", "abnormal", "from", "t", "p"),
            *("USD bn", "USD bn from"),
        ),
    )


def _misfit(result: StudyResult) -> str:
    """Say first of all that a control fits worse than the market model, where it does."""
    flags = (flag for cell in result.headline.windows for flag in cell.flags)
    found = next((flag for flag in flags if flag.startswith(CONTROL_FIT)), None)
    if found is None:
        return ""
    own, market = found.removeprefix(CONTROL_FIT).split("/")
    return (
        f"The control fits {result.study.headline.symbol} worse than the market model does on the "
        f"same sessions: {own} % a session against {market} %\n"
    )


TABLE = Table("models", 20, lay_out)
