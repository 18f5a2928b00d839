"""Dates and figures of vendors' files: read strictly, the first that cannot be is named."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.columns import NO_DAY, days, numbers
from analysis.prices.sources.protocol import BadAnswer

_OTHER_FORMS = ("%m/%d/%Y", "%d%b%Y")
"""Forms of dates that WRDS offers beside 2025-01-27 and 20250127."""


def read_dates(column: pd.Series, *, where: str) -> pd.Series:
    """
    Read a column of dates, all in one form.

    Parameters
    ----------
    column : pandas.Series
        Dates as 2025-01-27, 20250127, 01/27/2025 (month first) or 27JAN2025.
    where : str
        The file, for messages.

    Returns
    -------
    pandas.Series
        Midnights, without a zone.

    Raises
    ------
    BadAnswer
        If one cannot be read; the message names it and its row.
    """
    given = _arrow(column, where)
    try:
        found = days(given)
    except (TypeError, pa.ArrowException) as error:
        raise BadAnswer(f"{where}: the date column {error}") from None
    wrong = np.flatnonzero(found == NO_DAY)
    if wrong.size == found.size and found.size:
        other = _other_form(column)
        if other is not None:
            return other
    if wrong.size:
        row = int(wrong[0])
        raise BadAnswer(
            f"{where}: '{column.iloc[row]}' in data row {row + 1} is no date; "
            "write it as 2025-01-27"
        )
    return pd.Series(found.astype("datetime64[D]").astype("datetime64[us]"), index=column.index)


def read_numbers(column: pd.Series, name: str, *, where: str) -> pd.Series:
    """
    Read a column of figures; an empty cell is none.

    Raises
    ------
    BadAnswer
        If a cell is no number; the message names it and its row.
    """
    try:
        found, bad = numbers(_arrow(column, where))
    except TypeError as error:
        raise BadAnswer(f"{where}: column '{name}' {error}") from None
    if bad.size:
        row = int(bad[0])
        raise BadAnswer(f"{where}: {name} '{column.iloc[row]}' in data row {row + 1} is no number")
    return pd.Series(found, index=column.index)


def _arrow(column: pd.Series, where: str) -> pa.Array:
    try:
        found = pa.Array.from_pandas(column)
    except pa.ArrowException as error:
        raise BadAnswer(f"{where}: column '{column.name}' is of no one kind ({error})") from None
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _other_form(column: pd.Series) -> pd.Series | None:
    for form in _OTHER_FORMS:
        try:
            found = [dt.datetime.strptime(str(cell), form) for cell in column]  # noqa: DTZ007 - a date
        except ValueError:
            continue
        return pd.Series(pd.DatetimeIndex(found).as_unit("us"), index=column.index)
    return None
