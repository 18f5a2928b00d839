"""Finished parts of a long run, kept so that a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.atomic import replaced, write_whole
from analysis.errors import DataError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_REQUEST = "request.json"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """
    A folder with one Parquet file a finished part.

    Attributes
    ----------
    folder : pathlib.Path
    """

    folder: Path

    @classmethod
    def opened(cls, folder: Path, asked: Mapping[str, str]) -> Checkpoint:
        """
        Open a folder of an equal run, or begin one.

        Parameters
        ----------
        folder : pathlib.Path
            Made where it is not there.
        asked : mapping of str to str
            All that the results depend on; hashes of the input files among it.

        Raises
        ------
        OutputError
            If the folder cannot be written, or holds anything else than parts of an equal run.
        """
        text = json.dumps(dict(asked), indent=1, sort_keys=True) + "\n"
        kept = folder / _REQUEST
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if kept.is_file():
                _same(folder, kept.read_text(encoding="utf-8"), asked)
            elif any(folder.iterdir()):
                raise OutputError(
                    f"{folder}: holds other files; name a new folder with --checkpoint"
                )
            else:
                write_whole(kept, text)
        except (OSError, UnicodeDecodeError) as error:
            raise OutputError(f"{folder}: cannot be used as checkpoint: {error}") from error
        return cls(folder)

    def read(self, part: int, schema: pa.Schema) -> pa.Table | None:
        """Give a part that was finished; None where it was not, or its file is damaged."""
        try:
            found = pq.read_table(self._path(part))
        except (OSError, pa.ArrowException):
            return None
        return found if found.schema.equals(schema) else None

    def write(self, part: int, table: pa.Table) -> None:
        """
        Keep a part.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        try:
            with replaced(self._path(part)) as temporary:
                pq.write_table(table, temporary)
        except OSError as error:
            raise OutputError(f"{self.folder}: cannot be written: {error}") from error

    def _path(self, part: int) -> Path:
        return self.folder / f"part-{part:06d}.parquet"


def _same(folder: Path, text: str, asked: Mapping[str, str]) -> None:
    try:
        before = json.loads(text)
    except ValueError:
        before = {}
    other = sorted(
        key for key in {*before, *asked} if not before or before.get(key) != asked.get(key)
    )
    if other:
        raise OutputError(
            f"{folder}: holds parts of another run (other {', '.join(other)}); repeat that run, or "
            "name a new folder with --checkpoint"
        )


def fingerprint(paths: Iterable[Path]) -> dict[str, str]:
    """
    Hash files by their content.

    Raises
    ------
    DataError
        If one cannot be read.
    """
    found = {}
    for path in paths:
        try:
            with path.open("rb") as file:
                found[str(path)] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    return found
