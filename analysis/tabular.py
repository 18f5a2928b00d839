"""Tables in CSV and Parquet files, read in pieces."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from analysis.errors import DataError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from analysis._typing import FloatArray

CSV_BLOCK = 16 << 20
"""Bytes of a CSV file read at a time; about half a million events."""

PARQUET_ROWS = 1 << 19
"""Rows of a Parquet file read at a time."""

MISSING = ("", "NA", "NaN", "nan", "N/A", "null", "NULL", ".")
"""What stands for a missing number in a CSV file."""

NO_DAY = np.iinfo(np.int32).min
"""Stands for a date that could not be read."""


@dataclass(slots=True)
class Problems:
    """
    Rows of the input that could not be used, each with its place.

    Attributes
    ----------
    most : int
        Messages to keep; the rest are counted.
    messages : list of str
        ``"FILE line N: what is wrong"``.
    count : int
        How many there were.
    """

    most: int = 100
    messages: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, where: str, what: str) -> None:
        """Note one problem."""
        self.count += 1
        if len(self.messages) < self.most:
            self.messages.append(f"{where}: {what}")

    def lines(self) -> list[str]:
        """List the messages, and say how many were left out."""
        rest = self.count - len(self.messages)
        return [*self.messages, *([f"... and {rest:,} more rows with problems"] if rest else [])]


@dataclass(frozen=True, slots=True)
class Piece:
    """
    Consecutive rows of a table.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    first : int
        Number of the first row, 0 the table's first.
    table : pyarrow.RecordBatch
        The rows, only the columns that were asked for.
    """

    path: Path
    first: int
    table: pa.RecordBatch

    def where(self, row: int) -> str:
        """Say where a row of this piece stands, as a message should name it."""
        number = self.first + int(row)
        if is_parquet(self.path):
            return f"{self.path} row {number + 1}"
        return f"{self.path} line {number + 2}"


def is_parquet(path: Path) -> bool:
    """Say whether a file is Parquet by its name; anything else is CSV."""
    return path.suffix.lower() in {".parquet", ".pq"}


def column_names(path: Path) -> list[str]:
    """
    Read the names of a table's columns.

    Raises
    ------
    DataError
        If the file cannot be read as a table.
    """
    with _readable(path):
        if is_parquet(path):
            return list(pq.read_schema(path).names)
        with path.open("rb") as file, pacsv.open_csv(file) as reader:
            return list(reader.schema.names)


def read_pieces(path: Path, columns: Sequence[str]) -> Iterator[Piece]:
    """
    Read some columns of a table piece by piece.

    Parameters
    ----------
    path : pathlib.Path
        A ``.parquet`` or ``.pq`` file, or CSV with a header.
    columns : sequence of str
        The columns to read; text in a CSV file stays text.

    Yields
    ------
    Piece
        The next rows.

    Raises
    ------
    DataError
        If the file cannot be read, or lacks a column.
    """
    known = column_names(path)
    for name in columns:
        if name not in known:
            raise DataError(f"{path}: no column '{name}'; {nearest(name, known)}")
    with _readable(path):
        first = 0
        for batch in _batches(path, list(columns)):
            if batch.num_rows:
                yield Piece(path, first, batch)
            first += batch.num_rows


def _batches(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    if is_parquet(path):
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=PARQUET_ROWS, columns=columns)
        return
    convert = pacsv.ConvertOptions(
        include_columns=columns, column_types=dict.fromkeys(columns, pa.string())
    )
    read = pacsv.ReadOptions(block_size=CSV_BLOCK)
    with pacsv.open_csv(path, read_options=read, convert_options=convert) as reader:
        yield from reader


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: cannot be read as a table: {error}") from error


def texts(column: pa.Array) -> tuple[npt.NDArray[np.int64], list[str]]:
    """
    Take a column of symbols as codes and their distinct texts; 10107 and "10107" are the same.

    Parameters
    ----------
    column : pyarrow.Array
        Texts or integers; null and "" are missing.

    Returns
    -------
    codes : ndarray of shape (n_rows,)
        Index of each row's text; -1 where missing.
    distinct : list of str
        The texts.
    """
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    distinct = encoded.dictionary
    if pa.types.is_floating(distinct.type):
        distinct = distinct.cast(pa.int64())
    words = ["" if word is None else word for word in distinct.cast(pa.string()).to_pylist()]
    codes = _indices(encoded)
    blank = [at for at, word in enumerate(words) if not word]
    if blank:
        codes[np.isin(codes, blank)] = -1
    return codes, words


def days(column: pa.Array) -> npt.NDArray[np.int32]:
    """
    Take a column of dates as days since 1970.

    Parameters
    ----------
    column : pyarrow.Array
        Dates, timestamps, or texts or integers as 2025-01-27, 20250127 or 2025-01-27T00:00:00.

    Returns
    -------
    ndarray of shape (n_rows,)
        Days; `NO_DAY` where there is no readable date.
    """
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        numbers = column.cast(pa.date32(), safe=False).cast(pa.int32())
        return np.asarray(pc.fill_null(numbers, NO_DAY), dtype=np.int32)
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    parsed = [_day(word) for word in encoded.dictionary.cast(pa.string()).to_pylist()]
    codes = _indices(encoded)
    found = np.array([*parsed, NO_DAY], dtype=np.int32)
    return found[codes]


def numbers(column: pa.Array) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """
    Take a column of numbers.

    Parameters
    ----------
    column : pyarrow.Array
        Numbers, or texts of them; `MISSING` stands for none.

    Returns
    -------
    values : ndarray of shape (n_rows,)
        NaN where there is none.
    bad : ndarray
        Rows that hold something which is neither a finite number nor missing.
    """
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.if_else(pc.is_in(column, value_set=pa.array(MISSING)), None, column)
        try:
            values = column.cast(pa.float64())
        except pa.ArrowInvalid:
            values = pa.array([_number(word) for word in column.to_pylist()], pa.float64())
    else:
        values = column.cast(pa.float64(), safe=False)
    found = np.array(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    given = ~np.asarray(column.is_null(nan_is_null=True))
    bad = np.flatnonzero(given & ~np.isfinite(found))
    found[bad] = np.nan
    return found, bad


def _indices(encoded: pa.DictionaryArray) -> npt.NDArray[np.int64]:
    return np.array(pc.fill_null(encoded.indices.cast(pa.int64()), -1), dtype=np.int64)


def _day(word: str | None) -> int:
    try:
        return (dt.datetime.fromisoformat((word or "").strip()).date() - dt.date(1970, 1, 1)).days
    except ValueError:
        return NO_DAY


def _number(word: str | None) -> float | None:
    try:
        return None if word is None else float(word)
    except ValueError:
        return float("inf")
