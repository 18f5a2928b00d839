"""Tables as they are read: files with their columns, and pieces of consecutive rows."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.columns import days, moments, numbers, texts
from analysis.errors import DataError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from analysis._typing import FloatArray
    from analysis.columns import Moments

_BROKEN_LINE = re.compile(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+): ?(.*)")


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

    most: int = 9
    messages: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, where: str, what: str) -> None:
        """Note one problem."""
        self.count += 1
        if len(self.messages) < self.most:
            self.messages.append(f"{where}: {what}")

    def add_rows(
        self, piece: Piece, rows: npt.NDArray[np.int64], what: Callable[[int], str]
    ) -> None:
        """Note a problem with each of some rows of a piece; `what` says it of one row."""
        for row in map(int, rows[: max(self.most - len(self.messages), 0)]):
            self.messages.append(f"{piece.where(row)}: {what(row)}")
        self.count += len(rows)

    def lines(self) -> list[str]:
        """List the messages, and say how many were left out."""
        rest = self.count - len(self.messages)
        return [*self.messages, *([f"... and {rest:,} more rows with problems"] if rest else [])]


@dataclass(frozen=True, slots=True)
class TableFile:
    """
    A file that holds a table, its columns known and its cells not yet read.

    Attributes
    ----------
    path : pathlib.Path
    kind : {"csv", "parquet", "excel"}
        By its first bytes; CSV is in UTF-8.
    names : tuple of str
        The columns, without spaces around them.
    rows : int or None
        Of a Parquet file; a CSV file does not say.
    before : int
        Lines of a CSV file, or rows of a sheet, up to and with its header.
    delimiter : str
        Between the cells of a CSV file; beside ";" and tab a number may have a decimal comma.
    heads : tuple of (str, str)
        Field and symbol of each column, where the header has a row for either; else empty.
    """

    path: Path
    kind: Literal["csv", "parquet", "excel"]
    names: tuple[str, ...]
    rows: int | None = None
    before: int = 1
    delimiter: str = ","
    heads: tuple[tuple[str, str], ...] = ()

    def place(self, row: int) -> str:
        """Say where a row stands (0 the first of the table), as a message should name it."""
        if self.kind == "parquet":
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
            return numbers(self._pointed(column))

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
        given = [self._pointed(column) for column in columns]
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

    def _pointed(self, column: int) -> pa.Array:
        """Give a column's cells with decimal points where they may have decimal commas."""
        cells = self.table.column(column)
        if self.file.delimiter == "," or not pa.types.is_string(cells.type):
            return cells
        comma = pc.match_substring(cells, ",")
        if not pc.any(comma).as_py():
            return cells
        if pc.any(pc.match_substring(cells, ".")).as_py():
            row = int(np.flatnonzero(np.asarray(pc.fill_null(comma, False)))[0])
            raise DataError(
                f"{self.where(row)}: '{self.shown(column, row)}' has a comma, other cells of "
                f"'{self.table.schema.names[column]}' have points; write one decimal mark and no "
                "separators of thousands"
            )
        return pc.replace_substring(cells, ",", ".", max_replacements=1)

    @contextlib.contextmanager
    def _converted(self, column: int) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, TypeError, OverflowError) as error:
            name = self.table.schema.names[column]
            raise DataError(f"{self.file.path}: column '{name}' {reason(error)}") from None


def reason(error: Exception) -> str:
    """Say in one line why a table cannot be read."""
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
