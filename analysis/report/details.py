"""Files of a report that belong to no figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.context.absent import when
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from collections.abc import Hashable

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


def first_sessions(
    world: pd.DataFrame | None, published: pd.DataFrame | None
) -> pd.DataFrame | None:
    """
    Join what was computed of firms on other exchanges with what was published.

    Parameters
    ----------
    world : pandas.DataFrame or None
        As ``world.csv``.
    published : pandas.DataFrame or None
        As ``abroad.csv``; a print of a firm's first session stands beside what was computed, all
        others, those of later sessions among them, in rows of their own.

    Returns
    -------
    pandas.DataFrame or None
        Columns `FIRST_COLUMNS`; None where there is neither.
    """
    if world is None and published is None:
        return None
    computed = pd.DataFrame() if world is None else world
    rows: list[dict[Hashable, Any]] = [dict(row) for row in computed.to_dict("records")]
    places = {
        (name, str(row["first_session"])): row
        for row in rows
        for name in (_bare(row["name"]), _bare(row["symbol"]))
    }
    for printed in [] if published is None else published.to_dict("records"):
        day = str(printed["session_date"])
        told: dict[Hashable, Any] = {
            "published": float(printed["move_pct"]) / 100,
            "basis": printed["basis"],
            "source": printed["source"],
        }
        row = places.get((_bare(printed["name"]), day))
        if row is None or "published" in row:
            rows.append({"name": printed["name"], "first_session": day, **told})
        else:
            row |= told
    return pd.DataFrame(rows, columns=list(FIRST_COLUMNS))


def _bare(name: object) -> str:
    """Write a name or symbol without its case, and without the mark of a contract on it."""
    return str(name).partition(":")[0].casefold()


FIRST_COLUMNS = (
    *("name", "exchange", "first_session", "weekdays", "return", "index_return", "abnormal", "low"),
    *("high", "p", "published", "basis", "source", "other_news"),
)
"""Columns of `FIRST_SESSIONS`."""

FIRST_SESSIONS: TidyFile[Details] = TidyFile(
    "first-sessions.csv",
    "First sessions on other exchanges: computed where prices are there, else as published",
    lambda details: first_sessions(when(details.world, lambda part: part.tidy), details.abroad),
)
