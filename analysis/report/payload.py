"""The results of a page as one JSON text, from which its script builds, sorts and saves tables."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from analysis.formatting import billions, number, percent, probability

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from analysis.report.figures import PageFigure
    from analysis.report.hot import HotPoint
    from analysis.tables.cells import Cell, CellTable, Column

LONG = 60
"""A table of more rows stands in the page as JSON alone; its file holds it without a script."""

TESTS = ("p", "t", "k", "hit", "correlation", "beta", "rank")
"""First words of columns about tests."""


def as_json(content: object) -> Markup:
    r"""
    Write JSON that can stand inside a script element: no tag and no comment can begin in it.

    Examples
    --------
    >>> as_json({"a": "</script>"})
    Markup('{"a":"\\u003c/script\\u003e"}')
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign, code in (("<", "3c"), (">", "3e"), ("&", "26")):
        text = text.replace(sign, f"\\u00{code}")
    for sign in ("\u2028", "\u2029"):
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - nothing in it can end the element


def column_kind(column: Column, place: int, left: int) -> str:
    """
    Sort a column into one of the sets that a reader can choose.

    Parameters
    ----------
    column : Column
    place : int
        From 0.
    left : int
        Columns that name the row.

    Returns
    -------
    {"key", "returns", "money", "tests", "more"}
    """
    words = column.name.replace(",", " ").split() or [""]
    if place < left:
        return "key"
    if "bn" in words or "USD" in words or "dollars" in words or "loss" in words:
        return "money"
    if words[0] in TESTS or words[:2] == ["hit", "evenly?"]:
        return "tests"
    if column.name in {"abnormal return", "return"} or words[0] in {
        "realised",
        "expected",
        "abnormal",
        "from",
        "to",
        "mean",
        "low",
        "high",
    }:
        return "returns"
    return "more"


def table_json(table: CellTable, *, built: bool = False) -> dict[str, Any]:
    """
    Write a table's exact values and where each stands in the files of the results.

    Parameters
    ----------
    table : CellTable
    built : bool
        Whether the script builds the rows, so that it must know how to write them.

    Returns
    -------
    dict
        ``columns`` (name, kind, numeric, file and column of its values), ``rows`` (exact values),
        ``lines`` (of the file, by row and file; one number where they run on from it), ``odd``
        (places that follow no pattern), and where `built` the ``formats`` of the columns: one of
        `FORMATS`, or the texts themselves.
    """
    files, columns = _columns(table)
    lines = [[_line(row, columns, name) for name in files] for row in table.rows]
    odd = {}
    for line, row in enumerate(table.rows):
        for at, cell in enumerate(row):
            if cell.place is None:
                continue
            where = columns[at]
            expected = None if where is None else lines[line][files.index(where[0])]
            if where != (cell.place.file, cell.place.column) or expected != cell.place.line:
                odd[f"{line},{at}"] = str(cell.place)
    first = lines[0][0] if lines and len(files) == 1 else None
    run_on = first is not None and [[first + at] for at in range(len(lines))] == lines
    content: dict[str, Any] = {
        "id": table.id,
        "caption": table.caption,
        "files": files,
        "columns": [
            [
                column.name,
                column_kind(column, at, table.left),
                int(any(row[at].numeric for row in table.rows)),
                *([] if (where := columns[at]) is None else [files.index(where[0]), where[1]]),
            ]
            for at, column in enumerate(table.columns)
        ],
        "rows": [[_exact(cell) for cell in row] for row in table.rows],
        "lines": first if run_on else lines,
    }
    if odd:
        content["odd"] = odd
    if built:
        content["formats"] = [
            _format([row[at] for row in table.rows]) for at in range(len(table.columns))
        ]
        content["marked"] = table.marked
    return content


FORMATS: Mapping[str, Callable[[float], str]] = {
    "whole": lambda value: f"{value:g}",
    "percent": percent,
    "number": number,
    "p": probability,
    "bn": lambda value: billions(value) + " bn",
}
"""Ways to write a number that the page's script knows too, by name."""


def _format(cells: Sequence[Cell]) -> str | list[str]:
    """Name the way in which a column is written, or give its texts."""
    full = [cell for cell in cells if _exact(cell) is not None]
    if all(cell.text == cell.value for cell in full):
        return "text"
    if all(isinstance(cell.value, (int, float)) for cell in full):
        for name, write in FORMATS.items():
            if all(write(float(cell.value)) == cell.text for cell in full):  # type: ignore[arg-type]
                return name
    return [cell.text for cell in cells]


def _exact(cell: Cell) -> float | str | None:
    value = cell.value
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value


def _columns(table: CellTable) -> tuple[list[str], list[tuple[str, str] | None]]:
    """Find the file and column that most cells of each column stand in."""
    found: list[tuple[str, str] | None] = []
    for at in range(len(table.columns)):
        places = (row[at].place for row in table.rows)
        first = next((place for place in places if place is not None), None)
        found.append(None if first is None else (first.file, first.column))
    files = list(dict.fromkeys(where[0] for where in found if where is not None))
    return files, found


def _line(row: Sequence[Cell], columns: Sequence[tuple[str, str] | None], name: str) -> int | None:
    for cell, where in zip(row, columns, strict=True):
        if cell.place is not None and where is not None and where[0] == name == cell.place.file:
            return cell.place.line
    return None


def _hot(hot: Mapping[str, Sequence[HotPoint]]) -> dict[str, object]:
    """Write the points of both drawings; their texts once where they are the same."""
    texts = {kind: [point.text for point in points] for kind, points in hot.items()}
    same = texts["wide"] == texts["slim"]
    return {
        **{kind: [[point.x, point.y] for point in points] for kind, points in hot.items()},
        "texts": {"wide": texts["wide"]} if same else texts,
    }


def page_json(
    tables: Iterable[CellTable],
    figures: Iterable[PageFigure],
    more: Mapping[str, object],
) -> Markup:
    """
    Write all that the page's script reads.

    Parameters
    ----------
    tables : iterable of CellTable
        Every table of the page, those of figures included.
    figures : iterable of PageFigure
    more : mapping of str to object
        Further parts, by name.

    Returns
    -------
    markupsafe.Markup
        Safe inside a script element.
    """
    return as_json(
        {
            "tables": [table_json(table, built=len(table.rows) > LONG) for table in tables],
            "figures": {
                figure.drawing.name: {
                    "title": figure.drawing.finding,
                    "table": None if figure.table is None else figure.table.id,
                    "frame": figure.drawing.frame,
                    **_hot(figure.drawing.hot),
                }
                for figure in figures
            },
            **more,
        }
    )
