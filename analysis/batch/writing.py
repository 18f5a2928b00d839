"""Tables written piece by piece, as CSV or Parquet: whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from analysis.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file, _writer(path, file, schema) as writer:
            yield writer
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


class _CsvWriter:
    """Writes CSV without quotes, but for a piece in which some text needs them."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._file = file
        header = io.StringIO()
        csv.writer(header, lineterminator="\n").writerow(schema.names)
        file.write(header.getvalue().encode())

    def write_table(self, table: pa.Table) -> None:
        style = "needed" if any(map(_needs_quotes, table.columns)) else "none"
        options = pacsv.WriteOptions(include_header=False, quoting_style=style)
        pacsv.write_csv(table, self._file, write_options=options)

    def close(self) -> None:
        self._file.flush()


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


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
