"""Files of a report that belong to no figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.context.absent import when
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from analysis.claims.check import CheckedClaim
    from analysis.context.details import Details


def _claim(item: CheckedClaim) -> dict[str, str | float | None]:
    computed = " to ".join(f"{value:.4g}" for value in item.finding.computed)
    return {
        "id": item.claim.id,
        "says": item.claim.says,
        "source": item.claim.source,
        "unit": item.claim.unit,
        "claimed": " to ".join(f"{value:g}" for value in item.claim.claimed),
        "computed": item.finding.shown or computed,
        "verdict": item.finding.said,
        "relative_error": item.finding.error,
        "reasoning": item.finding.reasoning,
    }


CLAIMS: TidyFile[Details] = TidyFile(
    "claims.csv",
    "Claims and what the figures say",
    lambda details: pd.DataFrame([_claim(item) for item in details.claims]),
    columns=(
        "says",
        "claimed",
        "computed",
        "unit",
        "relative_error",
        "verdict",
        "reasoning",
        "source",
    ),
)

LEAVE_ONE_OUT: TidyFile[Details] = TidyFile(
    "leave-one-out.csv",
    "Mean of all firms without each in turn",
    lambda details: pd.DataFrame([item.row for item in details.left_out]),
)

REGIMES: TidyFile[Details] = TidyFile(
    "regimes.csv",
    "The VIX on the eve of each event, and its place in its own year",
    lambda details: when(details.regimes, lambda part: part.tidy),
)

WORLD: TidyFile[Details] = TidyFile(
    "world.csv",
    "First sessions on other exchanges, against their own indices",
    lambda details: when(details.world, lambda part: part.tidy),
    columns=(
        *("name", "exchange", "first_session", "weekdays", "return", "index_return"),
        *("abnormal", "low", "high", "p", "other_news"),
    ),
)

ABROAD: TidyFile[Details] = TidyFile(
    "abroad.csv",
    "First sessions on other exchanges, as published",
    lambda details: details.abroad,
)
