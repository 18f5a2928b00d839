"""The tables of the page, from results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.formatting import billions, number, percent, probability
from analysis.report.cells import frame_table
from analysis.results import Place
from analysis.tables.catalog import cell_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from analysis.context.details import Details
    from analysis.results import StudyResult
    from analysis.tables.cells import CellTable
    from analysis.tables.file import TidyFile


def study_tables(result: StudyResult) -> list[CellTable]:
    """Lay out the tables of the study's own run, but those that would have one row only."""
    return [table for table in cell_tables(result) if len(table.rows) > 1]


def detail_table(details: Details, file: TidyFile[Details]) -> CellTable | None:
    """Lay out a detail file, or None where there is no such file."""
    frame = file.frame(details)
    if frame is None:
        return None
    return frame_table(
        file.name.removesuffix(".csv"),
        file.caption,
        frame,
        formats={str(c): _format(str(c)) for c in _numbers(frame)},
        place=lambda row, column: Place(file.name, row + 2, column),
        columns=file.columns or _told(frame),
        heads=HEADS,
    )


def _told(frame: pd.DataFrame) -> list[str]:
    """List the columns that say something: no empty ones, and money once where USD is its own."""
    twice = {
        f"{c}_usd"
        for c in map(str, frame.columns)
        if f"{c}_usd" in frame and frame[f"{c}_usd"].equals(frame[c])
    }
    return [str(c) for c in frame.columns if str(c) not in twice and frame[c].notna().any()]


def _numbers(frame: pd.DataFrame) -> Iterable[str]:
    """List the columns that are written in some way: all but counts, which are whole."""
    return (
        str(c)
        for c in frame.columns
        if frame[c].dtype.kind == "f"
        and (_is_money(str(c)) or not frame[c].dropna().map(float.is_integer).all())
    )


def _is_money(column: str) -> bool:
    return column.endswith("_usd") or column.startswith("impact")


def _format(column: str) -> Callable[[float | None], str]:
    if column == "p" or column.startswith("p_") or column.endswith("_p"):
        return probability
    if _is_money(column):
        return lambda value: billions(value, 1) + " bn"
    plain = column in PLAIN_COLUMNS or column.startswith(("t_", "vix_"))
    return number if plain or column.endswith("ratio") else percent


PLAIN_COLUMNS = ("t", "correlation", "percent", "move_pct", "abnormal_log_volume")
"""Columns of plain numbers; others that are no p and no dollars are returns and shares."""

HEADS = {
    "estimand": "question",
    "holds_firm": "holds the firm",
    "loss_usd": "loss, USD",
    "others_usd_bn": "others say, USD bn",
    "percent": "percent of its value",
    "move_pct": "move, percent",
    "p_romano_wolf": "p, all at once (Romano-Wolf)",
    "p_holm": "p, all at once (Holm)",
    "overnight_p": "p, overnight",
    "intraday_p": "p, intraday",
    "t_volume": "t, volume",
    "p_volume": "p, volume",
    "p_range": "p, range",
    "vix_eve": "VIX on the eve",
    "vix_session": "VIX on the day",
    "place_in_year": "share of its year below",
    "without": "without firm",
}
"""Columns whose name alone says too little."""
