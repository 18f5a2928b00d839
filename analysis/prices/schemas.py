"""
Frame contracts: what a frame of levels or of factors must be before anything is computed from it.

The contracts are pandera schemas; a breach is a `DataError` that names the file, the place and the
mend. Nothing is repaired, sorted or filled here.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from analysis.errors import DataError
from analysis.sessions import sessions_between

if TYPE_CHECKING:
    from collections.abc import Sequence

FACTOR_COLUMNS = ("mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf")
"""Daily factors in decimals: market excess return, size, value, profitability, investment,
momentum, risk-free rate."""

LARGEST_FACTOR = 0.5
"""No daily factor of the library has come near this; a larger one is a figure in percent."""


@functools.cache
def _levels_schema() -> pa.DataFrameSchema:
    return pa.DataFrameSchema(
        {
            ".+": pa.Column(
                float, [pa.Check.gt(0), pa.Check.lt(math.inf)], nullable=True, regex=True
            )
        },
        index=pa.Index("datetime64[us]", unique=True, name="session"),
        unique_column_names=True,
    )


@functools.cache
def _factor_schema() -> pa.DataFrameSchema:
    bound = pa.Check.in_range(-LARGEST_FACTOR, LARGEST_FACTOR)
    return pa.DataFrameSchema(
        {name: pa.Column(float, bound) for name in FACTOR_COLUMNS},
        index=pa.Index("datetime64[us]", unique=True, name="session"),
        strict=True,
    )


def check_levels(frame: pd.DataFrame, *, calendar: str, where: str) -> pd.DataFrame:
    """
    Hold a wide frame of levels to its contract.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a session, one float column a symbol; positive, NaN where a symbol has no price.
    calendar : str
        Market code of the exchange whose sessions the rows must be.
    where : str
        The file or source, for messages.

    Returns
    -------
    pandas.DataFrame
        The same frame.

    Raises
    ------
    DataError
        On wrong types, duplicate or unsorted rows, non-positive levels, dates that are no sessions
        of the exchange, or sessions of the exchange that are absent from the file.
    """
    if frame.empty or not len(frame.columns):
        raise DataError(f"{where}: no levels in it")
    _check_sessions(frame.index, calendar=calendar, where=where)
    _validate(_levels_schema(), frame, where)
    empty = [str(name) for name in frame.columns if frame[name].isna().all()]
    if empty:
        raise DataError(f"{where}: no level at all for {_some(empty)}; drop the column or fill it")
    return frame


def check_factors(frame: pd.DataFrame, *, calendar: str, where: str) -> pd.DataFrame:
    """
    Hold a frame of factor returns (decimals) to its contract; see `check_levels`.

    Raises
    ------
    DataError
        As `check_levels`; also where a factor is missing or looks like percent.
    """
    missing = [name for name in FACTOR_COLUMNS if name not in frame.columns]
    if missing:
        raise DataError(
            f"{where}: column {_some(missing)} is missing; needed: {', '.join(FACTOR_COLUMNS)}"
        )
    frame = frame[list(FACTOR_COLUMNS)]
    _check_sessions(frame.index, calendar=calendar, where=where)
    return _validate(_factor_schema(), frame, where)


def interior_gaps(levels: pd.DataFrame) -> dict[str, list[pd.Timestamp]]:
    """
    List the sessions on which a symbol has no level although it has one before and one after.

    Parameters
    ----------
    levels : pandas.DataFrame
        Levels as in `check_levels`.

    Returns
    -------
    dict of str to list of pandas.Timestamp
        Only the symbols that have gaps; leading and trailing NaN (not yet listed, delisted) are
        none.
    """
    gaps: dict[str, list[pd.Timestamp]] = {}
    for symbol in levels.columns:
        series = levels[symbol]
        inside = series.loc[series.first_valid_index() : series.last_valid_index()]
        missing = inside.index[inside.isna()]
        if len(missing):
            gaps[str(symbol)] = list(missing)
    return gaps


def _check_sessions(index: pd.Index, *, calendar: str, where: str) -> None:
    if not isinstance(index, pd.DatetimeIndex) or index.hasnans:
        raise DataError(f"{where}: the session column is not all dates; write them as 2025-01-27")
    if index.has_duplicates:
        twice = index[index.duplicated()].unique()
        raise DataError(f"{where}: session {_days(twice)} occurs twice; keep one row a session")
    if not index.is_monotonic_increasing:
        after = next(i for i in range(1, len(index)) if index[i] < index[i - 1])
        raise DataError(
            f"{where}: sessions are not sorted: {index[after].date()} (data row {after + 1}) comes "
            f"after {index[after - 1].date()}; sort the rows by session"
        )
    expected = sessions_between(calendar, index[0].date(), index[-1].date())
    strangers = index.difference(expected)
    if len(strangers):
        raise DataError(
            f"{where}: {_days(strangers)} is no session of {calendar}; drop the row, "
            "or name the exchange of these prices as the study's calendar"
        )
    absent = expected.difference(index)
    if len(absent):
        raise DataError(
            f"{where}: {len(absent)} session(s) of {calendar} absent between {index[0].date()} and "
            f"{index[-1].date()}: {_days(absent)}; add the rows (an empty cell says that a symbol "
            "did not trade)"
        )


def _validate(schema: pa.DataFrameSchema, frame: pd.DataFrame, where: str) -> pd.DataFrame:
    try:
        return schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        case = errors.failure_cases.iloc[0]
        position = case["index"]
        place = f" at {position.date()}" if isinstance(position, pd.Timestamp) else ""
        rule = str(case["check"])
        column = case["column"]
        problem = {
            "greater_than(0)": "a level must be positive",
            "less_than(inf)": "a level must be finite",
            "not_nullable": "a value is missing",
        }.get(rule, f"breaks the rule {rule}")
        if rule.startswith("in_range"):
            problem = "a daily factor this large is a figure in percent; give decimals"
        more = len(errors.failure_cases) - 1
        raise DataError(
            f"{where}: {column}{place} is {case['failure_case']}: {problem}"
            + (f" (and {more} more like it)" if more else "")
        ) from None


def _days(index: pd.DatetimeIndex, most: int = 5) -> str:
    return _some([str(day.date()) for day in index], most)


def _some(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
