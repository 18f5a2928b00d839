"""
The manifest of the bundled figures: every file with its SHA-256, verified before it is read.

``manifest.json`` holds, for each file, what it is, its source, retrieval date, units, adjustment
and known limits beside the hash, so that what a result rests on can be named.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MANIFEST = "manifest.json"
FORMAT = 2
"""Layout of the bundle: 1 held levels from 2023 as CSV, 2 holds them from 2012 as Parquet."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """
    A file that a result rests on.

    Attributes
    ----------
    name : str
        Path as it was given, or within the bundle.
    sha256 : str
        Hash of its bytes, hexadecimal.
    """

    name: str
    sha256: str


def sha256_of(content: bytes) -> str:
    """Hash bytes; hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def read_manifest(folder: Path) -> dict[str, dict[str, Any]]:
    """
    Read the entries of a bundle's manifest by path.

    Raises
    ------
    IntegrityError
        If there is no readable manifest, or it is of another edition than `FORMAT`.
    """
    path = folder / MANIFEST
    try:
        document = json.loads(path.read_bytes())
        entries = {entry["path"]: entry for entry in document["files"]}
        edition = int(document["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"{path}: the manifest cannot be read ({error}); restore it from the repository"
        ) from error
    if edition != FORMAT:
        raise IntegrityError(
            f"{folder} is a snapshot of edition {edition}, this program reads edition {FORMAT}; "
            "write one of this edition into another folder with 'market-impact export-snapshot', "
            "or read the old one with the version that wrote it"
        )
    return entries


def read_verified(folder: Path, name: str) -> tuple[bytes, InputFile]:
    """
    Read one bundled file and hold its bytes against the manifest.

    Parameters
    ----------
    folder : pathlib.Path
        The bundle.
    name : str
        Path of the file within it.

    Returns
    -------
    content : bytes
    identity : InputFile

    Raises
    ------
    IntegrityError
        If the file is missing, not in the manifest, or not the bytes that the manifest names.
    """
    entry = read_manifest(folder).get(name)
    if entry is None:
        raise IntegrityError(f"{folder / name} is not in the manifest {folder / MANIFEST}")
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise IntegrityError(
            f"{folder / name} cannot be read ({error.strerror}); restore it from the repository"
        ) from error
    found = sha256_of(content)
    if found != entry["sha256"]:
        raise IntegrityError(
            f"{folder / name} is not the file that the manifest names (SHA-256 {found[:12]}..., "
            f"expected {str(entry['sha256'])[:12]}...); restore it from the repository, "
            "or bring your own figures with --data PATH"
        )
    return content, InputFile(name, found)


def write_manifest(folder: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    """
    Write a bundle's manifest, with the hashes of the files as they are now.

    Parameters
    ----------
    folder : pathlib.Path
        The bundle.
    entries : sequence of mapping
        For each file its ``path`` in the bundle and what is to be known of it: ``title``,
        ``source``, ``retrieved``, ``units``, ``adjustment``, ``limits``. A ``sha256`` is replaced.

    Raises
    ------
    IntegrityError
        If a file that an entry names is not there.
    """
    files = []
    for entry in entries:
        try:
            content = (folder / entry["path"]).read_bytes()
        except OSError as error:
            raise IntegrityError(
                f"{folder / entry['path']} cannot be read ({error.strerror}); "
                "write it before the manifest, or drop its entry"
            ) from error
        rest = {key: value for key, value in entry.items() if key not in ("path", "sha256")}
        files.append({"path": entry["path"], "sha256": sha256_of(content), **rest})
    document = json.dumps({"format": FORMAT, "files": files}, indent=2, ensure_ascii=False) + "\n"
    partial = folder / f".{MANIFEST}.partial"
    partial.write_text(document, encoding="utf-8", newline="\n")
    partial.replace(folder / MANIFEST)
