"""CSV that a spreadsheet shows and never runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Hashable

FORMULA = r"^[=+\-@\t\r]"
"""A cell that begins so is a formula to a spreadsheet."""

HARMLESS = r"^[+-]?[0-9.]+(\.\.[+-]?[0-9]+)?$"
"""A number, or a window such as ``-1..1``: no formula, whatever it begins with."""

_FORMULA, _HARMLESS = re.compile(FORMULA), re.compile(HARMLESS)


def harmless(text: str) -> str:
    """
    Put an apostrophe before a text that a spreadsheet would run; write a carriage return out.

    Examples
    --------
    >>> [harmless(text) for text in ("NVDA", "=1+1", "-1..1", "-2.5", "@sum", "-cmd")]
    ['NVDA', "'=1+1", '-1..1', '-2.5', "'@sum", "'-cmd"]
    """
    text = text.replace("\r", "\\r")
    return f"'{text}" if _FORMULA.match(text) and not _HARMLESS.match(text) else text


def to_csv(frame: pd.DataFrame) -> str:
    """
    Write a tidy frame as CSV: shortest exact decimals, empty where there is no value.

    Parameters
    ----------
    frame : pandas.DataFrame
        Texts are written as `harmless` gives them, numbers untouched.

    Returns
    -------
    str
        With a header, without the index, lines ended by a line feed.
    """
    safe: dict[Hashable, pd.Series] = {}
    for name in frame.columns:
        column = frame[name]
        if isinstance(column.dtype, pd.StringDtype) or column.dtype == object:
            column = column.map(lambda cell: harmless(cell) if isinstance(cell, str) else cell)
        safe[harmless(str(name))] = column
    return pd.DataFrame(safe, index=frame.index).to_csv(index=False, lineterminator="\n")
