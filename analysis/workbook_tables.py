"""Tables in Excel workbooks: the first sheet, its cells as the texts of a CSV file."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
import zlib
from typing import TYPE_CHECKING

import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException

from analysis.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

_MIDNIGHT = dt.time()
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, InvalidFileException, SyntaxError, OSError, EOFError),
    *(LookupError, ValueError, TypeError, AttributeError, NotImplementedError, RuntimeError),
)
"""What a broken workbook raises where its parser meets the break."""


def read_sheet(
    path: Path, content: bytes, *, most_bytes: int, most_cells: int
) -> tuple[tuple[str, ...], pa.RecordBatch, int]:
    """
    Read the first sheet of an Excel workbook (.xlsx).

    Parameters
    ----------
    path : pathlib.Path
        For messages.
    content : bytes
    most_bytes, most_cells : int
        What a workbook may unpack to, and its first sheet hold.

    Returns
    -------
    names : tuple of str
        The cells of the first row that holds any.
    table : pyarrow.RecordBatch
        The rows below, a column of texts for each name: numbers with every digit, dates as
        2025-01-27; formulas as the values that were stored with them. Empty rows are left out at
        the end only.
    before : int
        Rows up to and with the header.

    Raises
    ------
    DataError
        If it is no sound workbook, is too large, or its first sheet holds nothing.
    """
    try:
        rows = _rows(path, content, most_bytes, most_cells)
    except _BROKEN as error:
        raise DataError(f"{path}: no sound Excel workbook ({error}); save it again") from None
    while rows and not any(rows[-1]):
        del rows[-1]
    before = next((at for at, row in enumerate(rows, start=1) if any(row)), 0)
    if not before:
        raise DataError(f"{path}: the first sheet is empty")
    names = tuple(name.strip() for name in _without_empty_end(rows[before - 1]))
    body = [_padded(row, len(names), path, at) for at, row in enumerate(rows[before:], before + 1)]
    columns = list(zip(*body, strict=True)) if body else [()] * len(names)
    arrays = [pa.array(column, pa.string()) for column in columns]
    schema = pa.schema([(name, pa.string()) for name in names])
    return names, pa.RecordBatch.from_arrays(arrays, schema=schema), before


def _rows(path: Path, content: bytes, most_bytes: int, most_cells: int) -> list[tuple[str, ...]]:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        size = sum(part.file_size for part in parts.infolist())
    if size > most_bytes:
        raise DataError(f"{path}: unpacks to {size:,} bytes; at most {most_bytes:,} are read")
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # what a writer says of its size need not be so
    rows: list[tuple[str, ...]] = []
    cells = 0
    for row in sheet.iter_rows(values_only=True):
        rows.append(tuple(map(_text, row)))
        cells += len(row)
        if cells > most_cells:
            raise DataError(f"{path}: has over {most_cells:,} cells; leave out what is not needed")
    return rows


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return str(value.date()) if value.time() == _MIDNIGHT else value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def _without_empty_end(row: tuple[str, ...]) -> tuple[str, ...]:
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return row[:end]


def _padded(row: tuple[str, ...], width: int, path: Path, at: int) -> tuple[str, ...]:
    if any(row[width:]):
        raise DataError(f"{path}: row {at} has more cells than the header")
    return (*row[:width], *("",) * (width - len(row)))
