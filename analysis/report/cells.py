"""Cells of the page: what a reader sees, the exact value, and where it stands in a file."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from analysis.tables.cells import Cell, CellTable, Column, label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from analysis.results import Place

LONGEST_FIGURE = 20
"""A longer text that begins with a digit is a sentence, no figure."""

_OPEN, _MIDDLE, _CLOSE = "\ue000", "\ue001", "\ue002"
_CITED = re.compile(
    f"{_OPEN}([^{_OPEN}{_MIDDLE}{_CLOSE}]*){_MIDDLE}([^{_OPEN}{_MIDDLE}{_CLOSE}]*){_CLOSE}"
)


def frame_table(
    name: str,
    caption: str,
    frame: pd.DataFrame,
    *,
    formats: Mapping[str, Callable[[float | None], str]],
    place: Callable[[int, str], Place],
    columns: Sequence[str] | None = None,
    heads: Mapping[str, str] | None = None,
) -> CellTable:
    """
    Lay out a tidy frame.

    Parameters
    ----------
    name, caption : str
    frame : pandas.DataFrame
    formats : mapping of str to callable
        How to write a column's numbers; others are written as they are.
    place : callable
        From a row's number, from 0, and a column to its place in the results files.
    columns : sequence of str, optional
        All by default.
    heads : mapping of str to str, optional
        Headings of columns; others have their names.

    Returns
    -------
    CellTable
    """
    chosen = list(columns or map(str, frame.columns))
    rows = tuple(
        tuple(_cell(row[column], formats.get(column), place(line, column)) for column in chosen)
        for line, row in enumerate(frame.to_dict("records"))
    )
    named = heads or {}
    columns_ = tuple(Column(named.get(c, c.replace("_", " "))) for c in chosen)
    return CellTable(name, caption, columns_, rows)


def _cell(value: object, write: Callable[[float | None], str] | None, place: Place) -> Cell:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return Cell("-")
    if write is not None:
        number = float(value)  # type: ignore[arg-type]
        return Cell(write(number), number, place)
    if isinstance(value, bool):
        return Cell("yes" if value else "no", "yes" if value else "no")
    if isinstance(value, (int, float)):
        return Cell(f"{value:g}", float(value), place)
    text = str(value)
    figure = len(text) <= LONGEST_FIGURE and text.lstrip("-")[:1].isdigit()
    return Cell(text, text, place) if figure else label(text)


def cite(text: str, place: Place) -> str:
    """Mark a number of the narrative; `cited_markup` turns the mark into HTML."""
    return f"{_OPEN}{place}{_MIDDLE}{text}{_CLOSE}"


def uncited(text: str) -> str:
    """
    Take the marks of `cite` out of a text.

    Examples
    --------
    >>> from analysis.results import Place
    >>> uncited("a " + cite("5", Place("results.csv", 2, "car")))
    'a 5'
    """
    return _CITED.sub(r"\2", text)


def cited_places(text: str) -> list[tuple[str, str]]:
    """
    List the marked numbers of a text with their places.

    Examples
    --------
    >>> from analysis.results import Place
    >>> cited_places(cite("5", Place("results.csv", 2, "car")))
    [('5', 'results.csv, line 2, car')]
    """
    return [(number, place) for place, number in _CITED.findall(text)]
