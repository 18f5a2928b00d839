"""
Tables in CSV, Parquet and Excel files: the one reader of ``--data``, ``fetch``, batch and scan.

Sizes are known before anything is read, and what is no regular file is refused: nothing here waits
for a pipe or fills the memory. A CSV file is text until a column is asked for as symbols, dates or
numbers; each of the three is strict, and what breaks it is named with its place.
"""

from __future__ import annotations

import contextlib
import hashlib
import stat
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from analysis.errors import DataError
from analysis.heads import read_header
from analysis.pieces import Piece, TableFile, reason

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path

CSV_BLOCK = 16 << 20
"""Bytes of a CSV file read at a time; about half a million events."""

PARQUET_ROWS = 1 << 19
"""Rows of a Parquet file read at a time."""

MOST_ROWS = 250_000_000
"""A table that is read in pieces has no more rows: twice the daily stock file of CRSP."""

MOST_CELLS = 50_000_000
"""A table that is read whole has no more cells: 400 megabytes of numbers."""

MOST_BYTES = 512 << 20
"""A CSV file that is read whole has no more bytes."""

_PARQUET_MAGIC = b"PAR1"
_GZIP_MAGIC = b"\x1f\x8b"
_EXCEL_MAGIC = b"PK\x03\x04"
_OLD_EXCEL_MAGIC = b"\xd0\xcf\x11\xe0"


def table_file(path: Path) -> TableFile:
    """
    Look at a file: what it is, which columns it has, and how large it is.

    Parameters
    ----------
    path : pathlib.Path
        CSV in UTF-8 with a header, cells between commas, semicolons or tabs; Parquet; or an Excel
        workbook, whose first sheet is meant. Which it is, its first bytes say.

    Raises
    ------
    DataError
        If it is no regular file, cannot be read, is empty, names a column twice, or is larger
        than `MOST_ROWS`.
    """
    with _readable(path):
        size = regular_file(path).st_size
        with path.open("rb") as file:
            start = file.read(4)
        if not size:
            raise DataError(f"{path}: the file is empty")
        if start.startswith(_GZIP_MAGIC):
            raise DataError(f"{path}: the file is compressed; unpack it first")
        if start == _PARQUET_MAGIC:
            with pq.ParquetFile(path) as table:
                names, rows = table.schema_arrow.names, table.metadata.num_rows
            found = TableFile(path, "parquet", tuple(names), rows)
        elif start == _OLD_EXCEL_MAGIC:
            raise DataError(f"{path}: a workbook of an old Excel; save it as .xlsx")
        elif start == _EXCEL_MAGIC:
            found = _sheet(path)[0].file
        elif path.suffix.lower() in {".parquet", ".pq"}:
            raise DataError(
                f"{path}: no sound Parquet file; is it truncated? fetch or export it again"
            )
        else:
            with path.open("rb") as file:
                header = read_header(file, path)
            found = TableFile(
                path, "csv", header.names, None, header.before, header.delimiter, header.heads
            )
    _check_rows(path, found.rows or 0)
    twice = _first_repeated(found.names)
    if twice is not None:
        raise DataError(f"{path}: column '{twice}' occurs twice; keep one column of a name")
    return found


def regular_file(path: Path) -> os.stat_result:
    """
    Look at a file without opening it: a pipe would block, a device would never end.

    Raises
    ------
    DataError
        If it is no regular file; `OSError` where there is none at all.
    """
    try:
        found = path.stat()
    except ValueError:
        raise DataError(f"{str(path)!r} is no path; name a file") from None
    if stat.S_ISDIR(found.st_mode):
        raise DataError(f"{path}: cannot be read (it is a folder); name a file")
    if not stat.S_ISREG(found.st_mode):
        raise DataError(
            f"{path}: cannot be read (it is a pipe or a device, no regular file); "
            "write the table to a file first"
        )
    return found


def read_pieces(path: Path, columns: Sequence[str]) -> Iterator[Piece]:
    """
    Read some columns of a table piece by piece.

    Parameters
    ----------
    path : pathlib.Path
        As `table_file` takes it.
    columns : sequence of str
        The columns to read; text in a CSV file stays text.

    Yields
    ------
    Piece
        The next rows.

    Raises
    ------
    DataError
        As `table_file`; also if a column is missing or a line has too few or too many cells.
    """
    file = table_file(path)
    file.require(columns)
    if file.kind == "excel":
        piece = _sheet(path)[0]
        if piece.table.num_rows:
            yield Piece(file, 0, piece.table.select(list(columns)))
        return
    with _readable(path):
        first = 0
        for batch in _batches(file, list(columns)):
            if batch.num_rows:
                yield Piece(file, first, batch)
            first += batch.num_rows
            _check_rows(path, first)


def read_whole(path: Path) -> tuple[Piece, str]:
    """
    Read a whole table, of no more than `MOST_CELLS` cells.

    Parameters
    ----------
    path : pathlib.Path
        As `table_file` takes it.

    Returns
    -------
    piece : Piece
        All rows and columns; the cells of a CSV file are texts.
    sha256 : str
        Of the bytes that were read.

    Raises
    ------
    DataError
        As `read_pieces`; also if the table is too large.
    """
    file = table_file(path)
    if file.kind == "excel":
        return _sheet(path)
    with _readable(path):
        _check_whole(file, path.stat().st_size)
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if file.kind == "parquet":
            table = pq.read_table(pa.BufferReader(content), use_threads=False)
        else:
            check_cells(path, content.count(b"\n") * len(file.names))
            read = _reading(file, use_threads=False)  # so that a broken line has its number
            table = pacsv.read_csv(
                pa.BufferReader(content),
                read,
                pacsv.ParseOptions(delimiter=file.delimiter),
                _as_text(file.names),
            )
        batch = _one_batch(table)
    return Piece(file, 0, batch), digest


def _sheet(path: Path) -> tuple[Piece, str]:
    """Read the first sheet of a workbook whole; give its hash too."""
    from analysis.workbook_tables import read_sheet  # noqa: PLC0415 - slow to import

    with _readable(path):
        content = path.read_bytes()
    names, table, before = read_sheet(path, content, most_bytes=MOST_BYTES, most_cells=MOST_CELLS)
    file = TableFile(path, "excel", names, table.num_rows, before)
    return Piece(file, 0, table), hashlib.sha256(content).hexdigest()


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    columns = [
        column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        for column in table.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)


def _first_repeated(names: Sequence[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _batches(file: TableFile, columns: list[str]) -> Iterator[pa.RecordBatch]:
    if file.kind == "parquet":
        # a row group can be the whole file: it is read as it is decoded, not beforehand
        with pq.ParquetFile(file.path, pre_buffer=False, buffer_size=1 << 20) as table:
            yield from table.iter_batches(batch_size=PARQUET_ROWS, columns=columns)
        return
    convert = _as_text(columns)
    with (
        file.path.open("rb") as source,
        pacsv.open_csv(
            source, _reading(file), pacsv.ParseOptions(delimiter=file.delimiter), convert
        ) as reader,
    ):
        yield from reader


def _reading(file: TableFile, *, use_threads: bool = True) -> pacsv.ReadOptions:
    return pacsv.ReadOptions(
        column_names=list(file.names),
        skip_rows=file.before,
        block_size=CSV_BLOCK,
        use_threads=use_threads,
    )


def _as_text(columns: Sequence[str]) -> pacsv.ConvertOptions:
    return pacsv.ConvertOptions(
        include_columns=list(columns), column_types=dict.fromkeys(columns, pa.string())
    )


def _check_rows(path: Path, rows: int) -> None:
    if rows > MOST_ROWS:
        raise DataError(
            f"{path}: has {rows:,} rows or more; at most {MOST_ROWS:,} can be read, "
            "leave out what is not needed"
        )


def _check_whole(file: TableFile, size: int) -> None:
    if file.kind == "parquet":
        check_cells(file.path, (file.rows or 0) * len(file.names))
    elif size > MOST_BYTES:
        raise DataError(
            f"{file.path}: has {size:,} bytes; at most {MOST_BYTES:,} can be read whole, "
            "leave out what is not needed"
        )


def check_cells(path: Path, cells: int) -> None:
    """Refuse a table of more than `MOST_CELLS` cells, before room is made for them."""
    if cells > MOST_CELLS:
        raise DataError(
            f"{path}: has {cells:,} cells; at most {MOST_CELLS:,} can be read whole, "
            "leave out what is not needed"
        )


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{path}: cannot be read (no such file)") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({reason(error)})") from error
    except pa.ArrowException as error:
        raise DataError(
            f"{path}: no sound table: {reason(error)}; is it truncated? fetch or export it again"
        ) from error
