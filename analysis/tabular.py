"""
Tables in CSV and Parquet files: the one reader behind ``--data``, ``fetch --from``, batch and scan.

Sizes are known before anything is read, and what is no regular file is refused: nothing here waits
for a pipe or fills the memory. A CSV file is text until a column is asked for as symbols, dates or
numbers; each of the three is strict, and what breaks it is named with its place.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from analysis.columns import days, moments, numbers, texts
from analysis.errors import DataError, nearest

if TYPE_CHECKING:
    import io
    import os
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from analysis._typing import FloatArray
    from analysis.columns import Moments

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
_BROKEN_LINE = re.compile(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+): ?(.*)")


@dataclass(frozen=True, slots=True)
class TableFile:
    """
    A file that holds a table, its columns known and its cells not yet read.

    Attributes
    ----------
    path : pathlib.Path
    parquet : bool
        By its first bytes; else CSV in UTF-8.
    names : tuple of str
        The columns, without spaces around them.
    rows : int or None
        Of a Parquet file; a CSV file does not say.
    before : int
        Lines of a CSV file up to and with its header.
    """

    path: Path
    parquet: bool
    names: tuple[str, ...]
    rows: int | None = None
    before: int = 1

    def place(self, row: int) -> str:
        """Say where a row stands (0 the first of the table), as a message should name it."""
        if self.parquet:
            return f"{self.path} row {row + 1}"
        return f"{self.path} line {row + 1 + self.before}"

    def require(self, columns: Iterable[str]) -> None:
        """Refuse a table that lacks one of some columns, naming the nearest there is."""
        for name in columns:
            if name not in self.names:
                raise DataError(f"{self.path}: no column '{name}'; {nearest(name, self.names)}")


@dataclass(frozen=True, slots=True)
class Piece:
    """
    Consecutive rows of a table.

    Attributes
    ----------
    file : TableFile
    first : int
        Number of the first row, 0 the table's first.
    table : pyarrow.RecordBatch
        The rows, only the columns that were asked for, in that order.
    """

    file: TableFile
    first: int
    table: pa.RecordBatch

    def where(self, row: int) -> str:
        """Say where a row of this piece stands, as a message should name it."""
        return self.file.place(self.first + int(row))

    def texts(self, column: int) -> tuple[npt.NDArray[np.int64], list[str]]:
        """Take a column as symbols; see `analysis.columns.texts`."""
        with self._converted(column):
            return texts(self.table.column(column))

    def days(self, column: int) -> npt.NDArray[np.int32]:
        """Take a column as dates; see `analysis.columns.days`."""
        with self._converted(column):
            return days(self.table.column(column))

    def moments(self, column: int) -> Moments:
        """Take a column as dates or instants; see `analysis.columns.moments`."""
        with self._converted(column):
            return moments(self.table.column(column))

    def numbers(self, column: int) -> tuple[FloatArray, npt.NDArray[np.int64]]:
        """Take a column as numbers; see `analysis.columns.numbers`."""
        with self._converted(column):
            return numbers(self.table.column(column))

    def matrix(self, columns: Sequence[int]) -> tuple[FloatArray, tuple[int, int] | None]:
        """
        Take several columns as numbers.

        Returns
        -------
        values : ndarray of shape (n_rows, n_columns)
            NaN where there is none.
        wrong : tuple of int, or None
            Row of the table and place in `columns` of a cell that holds something else.
        """
        given = [self.table.column(column) for column in columns]
        values = np.empty((self.table.num_rows, len(given)))
        if given and all(pa.types.is_string(column.type) for column in given):
            together, bad = numbers(pa.concat_arrays(given))  # one conversion, not one a column
            values[:] = together.reshape(len(given), -1).T
            at, row = divmod(int(bad[0]), self.table.num_rows) if bad.size else (0, 0)
            return values, (row, at) if bad.size else None
        wrong = None
        for at, column in enumerate(columns):
            values[:, at], bad = self.numbers(column)
            wrong = (int(bad[0]), at) if wrong is None and bad.size else wrong
        return values, wrong

    def shown(self, column: int, row: int) -> str:
        """Write a cell as a message should show it."""
        return str(self.table.column(column)[int(row)].as_py())

    @contextlib.contextmanager
    def _converted(self, column: int) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, TypeError, OverflowError) as error:
            name = self.table.schema.names[column]
            raise DataError(f"{self.file.path}: column '{name}' {_reason(error)}") from None


def table_file(path: Path) -> TableFile:
    """
    Look at a file: what it is, which columns it has, and how large it is.

    Parameters
    ----------
    path : pathlib.Path
        CSV in UTF-8 with a header, or Parquet, known by its first bytes.

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
            found = TableFile(path, parquet=True, names=tuple(names), rows=rows)
        elif path.suffix.lower() in {".parquet", ".pq"}:
            raise DataError(
                f"{path}: no sound Parquet file; is it truncated? fetch or export it again"
            )
        else:
            with path.open("rb") as file:
                names, before = _header(file, path)
            found = TableFile(path, parquet=False, names=names, before=before)
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
    with _readable(path):
        _check_whole(file, path.stat().st_size)
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if file.parquet:
            table = pq.read_table(pa.BufferReader(content), use_threads=False)
        else:
            check_cells(path, content.count(b"\n") * len(file.names))
            read = _reading(file, use_threads=False)  # so that a broken line has its number
            table = pacsv.read_csv(
                pa.BufferReader(content), read, convert_options=_as_text(file.names)
            )
        batch = _one_batch(table)
    return Piece(file, 0, batch), digest


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    columns = [
        column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        for column in table.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)


def _header(file: io.BufferedReader, path: Path) -> tuple[tuple[str, ...], int]:
    """Read the names of the columns of a CSV file, and say on which line they stand."""
    for before, line in enumerate(file, start=1):
        if before == 1 and line.startswith(b"\xef\xbb\xbf"):
            line = line[3:]  # noqa: PLW2901 - the mark that some programs begin a file with
        if not line.strip():
            continue
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}: line {before} is not UTF-8 text (byte 0x{line[error.start]:02x} at "
                f"{error.start + 1}); save the file as UTF-8"
            ) from None
        try:
            cells = next(csv.reader([text.rstrip("\r\n")]))
        except csv.Error as error:
            raise DataError(f"{path}: the header cannot be read ({error})") from None
        return tuple(cell.strip() for cell in cells), before
    raise DataError(f"{path}: the file is empty")


def _first_repeated(names: Sequence[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _batches(file: TableFile, columns: list[str]) -> Iterator[pa.RecordBatch]:
    if file.parquet:
        with pq.ParquetFile(file.path) as table:
            yield from table.iter_batches(batch_size=PARQUET_ROWS, columns=columns)
        return
    convert = _as_text(columns)
    with (
        file.path.open("rb") as source,
        pacsv.open_csv(source, _reading(file), convert_options=convert) as reader,
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
    if file.parquet:
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
        raise DataError(f"{path}: cannot be read ({_reason(error)})") from error
    except pa.ArrowException as error:
        raise DataError(
            f"{path}: no sound table: {_reason(error)}; is it truncated? fetch or export it again"
        ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    broken = _BROKEN_LINE.search(str(error))
    if broken is not None:
        number, wanted, found, text = broken.groups()
        which = f"line {number}" if number else f"the line '{text[:40]}'"
        more = "fewer" if int(found) < int(wanted) else "more"
        return f"{which} has {more} cells than the header"
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
