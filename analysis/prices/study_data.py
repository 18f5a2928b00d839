"""
Files that a study brings along: its chronology, its claims and what they name.

A study file names them relative to itself. Those of a bundled study are written
``bundled:STUDY/FILE``, which holds from anywhere, and are verified by hash as every bundled file.
"""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis._bundle import bundled_data
from analysis.errors import DataError
from analysis.kinds import BUNDLED, shown
from analysis.prices.manifest import InputFile, read_verified, sha256_of
from analysis.prices.reference import chronology_from
from analysis.toml_text import parse_toml

if TYPE_CHECKING:
    from analysis.prices.market_data import MarketData
    from analysis.prices.reference import ChronologyEntry
    from analysis.study import Study

LARGEST = 16_000_000
"""No such file has more bytes."""


def read_companion(name: str, *, beside: str = "") -> tuple[bytes, InputFile]:
    """
    Read a file that a study names.

    Parameters
    ----------
    name : str
        A path, or ``bundled:STUDY/FILE``.
    beside : str
        The file that names it, where `name` is relative to that.

    Returns
    -------
    content : bytes
    identity : InputFile

    Raises
    ------
    IntegrityError
        If a bundled file is missing or not the one that the manifest names.
    DataError
        If the file cannot be read.
    """
    path = _beside(name, beside)
    if path.startswith(BUNDLED):
        return read_verified(bundled_data(), f"studies/{path.removeprefix(BUNDLED)}")
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            raise DataError(f"{path} cannot be read: no regular file of at most {LARGEST:,} bytes")
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{path if path.isprintable() else shown(path)}, which the study names, cannot be "
            f"read ({reason})"
        ) from error
    return content, InputFile(path, sha256_of(content))


def _beside(name: str, beside: str) -> str:
    if name.startswith(BUNDLED) or not beside:
        return name
    if beside.startswith(BUNDLED):
        folder = beside.removeprefix(BUNDLED).rpartition("/")[0]
        return f"{BUNDLED}{folder}/{name}"
    return str(Path(beside).parent / name)


def load_chronology(
    name: str, *, calendar: str
) -> tuple[tuple[ChronologyEntry, ...], tuple[InputFile, ...]]:
    """
    Load a study's chronology.

    Parameters
    ----------
    name : str
        As `analysis.study.Study.chronology` gives it; empty for none.
    calendar : str
        Market code of the sessions that the entries are mapped to.

    Returns
    -------
    entries : tuple of ChronologyEntry
        By date.
    inputs : tuple of InputFile
        The file read; empty where there is none.

    Raises
    ------
    IntegrityError, DataError, StudyError
        If the file cannot be read, or an entry of it is none.
    """
    if not name:
        return (), ()
    content, identity = read_companion(name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{identity.name}: no text in UTF-8 ({error})") from error
    document = parse_toml(text, where=identity.name)
    rows = document.get("event")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{identity.name}: write every entry as an [[event]] table")
    entries = chronology_from(document, calendar=calendar, where=identity.name)
    return entries, (identity,)


def with_chronology(study: Study, data: MarketData) -> MarketData:
    """
    Put a study's own chronology into its data; without one the data keep theirs.

    Raises
    ------
    IntegrityError, DataError, StudyError
        As `load_chronology`.
    """
    if not study.chronology:
        return data
    entries, inputs = load_chronology(study.chronology, calendar=study.calendar)
    reference = replace(data.reference, chronology=entries)
    return replace(data, reference=reference, inputs=(*data.inputs, *inputs))
