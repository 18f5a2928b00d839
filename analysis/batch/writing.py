"""Tables written piece by piece, as CSV or Parquet: whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import io
from typing import TYPE_CHECKING, BinaryIO, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from analysis.atomic import replaced
from analysis.errors import OutputError
from analysis.outputs import refuse_target
from analysis.spreadsheets import FORMULA, HARMLESS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_OTHER_KINDS = frozenset({".xlsx", ".xls", ".xlsm", ".ods", ".json", ".gz", ".zip", ".feather"})


class _Writer(Protocol):
    def write_table(self, table: pa.Table) -> None: ...


@contextlib.contextmanager
def writing(path: Path, schema: pa.Schema) -> Iterator[_Writer]:
    """
    Write a table piece by piece; the file appears when all of it is written, or not at all.

    Parameters
    ----------
    path : pathlib.Path
        Target; Parquet or CSV by its name.
    schema : pyarrow.Schema
        Columns of every piece.

    Yields
    ------
    object with ``write_table(table)``
        Where the pieces go.

    Raises
    ------
    OutputError
        If the target cannot be written.
    """
    refuse_target(path)
    if path.suffix.lower() in _OTHER_KINDS:
        raise OutputError(
            f"{path}: results are written as CSV or Parquet; name the file .csv or .parquet"
        )
    if not path.parent.is_dir():
        raise OutputError(f"{path}: cannot be written: no folder {path.parent}")
    try:
        with (
            replaced(path) as temporary,
            temporary.open("wb") as file,
            _writer(path, file, schema) as writer,
        ):
            yield writer
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error


class _CsvWriter:
    """Writes CSV without quotes, but for a piece in which some text needs them."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._file = file
        header = io.StringIO()
        csv.writer(header, lineterminator="\n").writerow(schema.names)
        file.write(header.getvalue().encode())

    def write_table(self, table: pa.Table) -> None:
        for at, field in enumerate(table.schema):
            if pa.types.is_string(field.type):
                table = table.set_column(at, field, _harmless(table.column(at)))
        style = "needed" if any(map(_needs_quotes, table.columns)) else "none"
        options = pacsv.WriteOptions(include_header=False, quoting_style=style)
        pacsv.write_csv(table, self._file, write_options=options)

    def close(self) -> None:
        self._file.flush()


def _harmless(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Put an apostrophe before texts that a spreadsheet would run."""
    formula = pc.match_substring_regex(column, FORMULA)
    if not pc.any(formula).as_py():
        return column
    formula = pc.and_(formula, pc.invert(pc.match_substring_regex(column, HARMLESS)))
    return pc.if_else(formula, pc.binary_join_element_wise("'", column, ""), column)


def _needs_quotes(column: pa.ChunkedArray) -> bool:
    if not pa.types.is_string(column.type):
        return False
    return bool(pc.any(pc.match_substring_regex(column, '[",\r\n]')).as_py())


def is_parquet(path: Path) -> bool:
    """Say whether a file is to be Parquet by its name; anything else is CSV."""
    return path.suffix.lower() in {".parquet", ".pq"}


def _writer(
    path: Path, file: BinaryIO, schema: pa.Schema
) -> contextlib.AbstractContextManager[_Writer]:
    if is_parquet(path):
        repeating = [field.name for field in schema if not pa.types.is_floating(field.type)]
        return contextlib.closing(
            pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=repeating)
        )
    return contextlib.closing(_CsvWriter(file, schema))
