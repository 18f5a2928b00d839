"""The headline under every model and benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.models.catalog import MODELS
from analysis.tables.cells import RESULT_COLUMNS, CellTable, Column, label, result_cells
from analysis.tables.table import Table

if TYPE_CHECKING:
    from analysis.results import StudyResult


def lay_out(result: StudyResult) -> CellTable:
    """Lay out one row a model and benchmark, that of the headline marked."""
    head, firms = result.study.headline, result.headline_models
    return CellTable(
        "models",
        f"{head.symbol}, window {head.window}, under every model and benchmark",
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
            f"HEADLINE {head.symbol}, event {head.event} ({result.headline.session.date()}), "
            f"window {head.window}: abnormal return (AR) and abnormal change in market value\n"
            "* leads; the other rows are the answers that other models and benchmarks give"
        ),
        left=2,
        narrow=(
            *("model", "benchmark", "beta", "realised", "expected", "abnormal", "from", "t", "p"),
            *("USD bn", "USD bn from"),
        ),
    )


TABLE = Table("models", 20, lay_out)
