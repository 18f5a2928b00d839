"""
Opens, highs, lows and volumes of a user's file, beside the levels that it is read for.

They are taken where they are there and judged by nobody but the tests that need them: a cell that
is no number, a price that is not positive and a negative volume are none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis._typing import FloatArray, IntArray
    from analysis.pieces import Piece

FIELDS = ("open", "high", "low", "close", "volume")
"""Of a bar; the close is the one as printed."""

_SPELT = {"vol": "volume"}


def bar_columns(heads: Sequence[str]) -> dict[int, str]:
    """
    Find the columns of bars.

    Parameters
    ----------
    heads : sequence of str
        In small letters.

    Returns
    -------
    dict of int to str
        Field by place; empty unless there is an open beside a close, or a volume.

    Examples
    --------
    >>> bar_columns(["date", "open", "close", "vol"])
    {1: 'open', 2: 'close', 3: 'volume'}
    >>> bar_columns(["date", "close"])
    {}
    """
    fields = [_SPELT.get(head, head) for head in heads]
    found = {at: field for at, field in enumerate(fields) if field in FIELDS}
    there = set(found.values())
    return found if {"open", "close"} <= there or "volume" in there else {}


def bars_of_long(
    table: Piece,
    columns: Mapping[int, str],
    places: tuple[IntArray, IntArray],
    levels: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """
    Lay out the bars of a long table.

    Parameters
    ----------
    table : Piece
    columns : mapping of int to str
        As `bar_columns` finds them.
    places : tuple of ndarray of int, shape (rows of the table,)
        Row and column of `levels` for each row of the table.
    levels : pandas.DataFrame

    Returns
    -------
    dict of str to pandas.DataFrame
        By symbol; `FIELDS`, NaN where there is none.
    """
    wide: dict[str, FloatArray] = {}
    for column, field in columns.items():
        wide[field] = np.full(levels.shape, np.nan)
        wide[field][places] = table.numbers(column)[0]
    return bars_by_symbol(wide, levels)


def bars_by_symbol(wide: Mapping[str, FloatArray], levels: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """
    Turn one array a field into one frame a symbol.

    Parameters
    ----------
    wide : mapping of str to ndarray of shape (sessions, symbols)
        By one of `FIELDS`.
    levels : pandas.DataFrame of shape (sessions, symbols)

    Returns
    -------
    dict of str to pandas.DataFrame
        Only of symbols that have some.
    """
    least = {field: wide[field] >= 0 if field == "volume" else wide[field] > 0 for field in wide}
    kept = {field: np.where(least[field], values, np.nan) for field, values in wide.items()}
    found = {}
    for place, symbol in enumerate(levels.columns):
        frame = pd.DataFrame(
            {field: kept[field][:, place] if field in kept else np.nan for field in FIELDS},
            index=levels.index,
        )
        if frame.notna().to_numpy().any():
            found[str(symbol)] = frame
    return found
