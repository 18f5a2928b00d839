"""
Folders of results: written beside and renamed whole, and nothing of the user's is ever replaced.

A marker file in the folder names every file that the program wrote there, with its hash. Whatever
else lies in the folder, a changed file among them, is the user's: the folder is then refused before
anything is computed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.atomic import replaced
from analysis.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MARKER = ".market-impact.json"
"""Names the files of a results folder that the program wrote."""

_OF_THE_SYSTEM = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_PLACE = "name another folder with --out"


def check_writable(folder: Path, *, inputs: Iterable[Path] = ()) -> None:
    """
    Make sure that a folder can take results, before anything is computed; nothing is left behind.

    Parameters
    ----------
    folder : pathlib.Path
        Where results shall go.
    inputs : iterable of pathlib.Path
        Files that the run reads: none of them may lie in the folder.

    Raises
    ------
    OutputError
        If it cannot be written to, is a file or a symbolic link, or holds something that the
        program did not write.
    """
    try:
        nearest = folder
        while not nearest.exists() and not nearest.is_symlink():
            nearest = nearest.parent
        if folder.is_symlink():
            raise OutputError(f"{folder} is a symbolic link; name the folder itself with --out")
        if not nearest.is_dir():
            raise OutputError(f"{nearest} is a file; name a folder with --out")
        with tempfile.TemporaryFile(dir=nearest):
            pass
        _written_here(folder)
        home = os.path.realpath(folder)
        for path in inputs:
            if os.path.dirname(os.path.realpath(path)) == home:  # noqa: PTH120 - a text, as realpath
                raise OutputError(f"{path} is read by this run and lies in {folder}; {_PLACE}")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(f"cannot write to {folder} ({reason}); {_PLACE}") from error


def write_files(files: Mapping[str, str | bytes], folder: Path, *, by: str = "study") -> list[Path]:
    """
    Write files into a folder: all of them or none.

    The folder is made anew beside the old one and takes its place by one renaming. Files that
    another command wrote there stay; those that this one wrote before and does not write again go,
    so that no old figure lies beside new numbers. A folder that cannot be renamed (the current one,
    a mount point) gets its files one after the other, each whole.

    Parameters
    ----------
    files : mapping of str to str or bytes
        Name, possibly with a sub-folder, to content.
    folder : pathlib.Path
        Made if it is not there.
    by : str
        The command that writes.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Raises
    ------
    OutputError
        As `check_writable`.
    """
    check_writable(folder)
    try:
        before = _written_here(folder)
        kept = {n: entry for n, entry in before.items() if entry["by"] != by and n not in files}
        _check_names(files, kept)
        marked = {name: {"by": by, "sha256": _sha256(_bytes(c))} for name, c in files.items()}
        marker = json.dumps({"files": kept | marked}, indent=1, sort_keys=True) + "\n"
        if os.path.ismount(folder) or os.path.realpath(folder) == os.path.realpath("."):
            _write_one_by_one(
                files, marker, folder, gone=before.keys() - kept.keys() - files.keys()
            )
        else:
            with replaced(folder) as fresh:
                for name in kept:
                    _take_over(folder / name, fresh / name)
                _write_all(files, marker, fresh)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"cannot write to {folder} ({reason}); {_PLACE}") from error
    return [folder / name for name in files]


def refuse_target(path: Path, *, inputs: Iterable[Path] = ()) -> None:
    """
    Refuse a file to write that is an input, a link, a pipe or a device.

    Parameters
    ----------
    path : pathlib.Path
        The file; it need not be there.
    inputs : iterable of pathlib.Path
        What the run reads.

    Raises
    ------
    OutputError
    """
    for given in inputs:
        if os.path.realpath(given) == os.path.realpath(path):
            raise OutputError(f"{path} is an input; write the results elsewhere")
    try:
        if path.is_symlink():
            raise OutputError(f"{path} is a symbolic link; name the file itself")
        if path.exists() and not path.is_file():
            raise OutputError(f"{path} is no regular file; name a file to write")
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot be written ({error})") from error


def check_workbook(path: Path, *, inputs: Iterable[Path] = ()) -> None:
    """
    Make sure that a path can be an Excel workbook, before anything is computed.

    Raises
    ------
    OutputError
        If its name does not end in ``.xlsx``, its folder is not there, or it is an input, a link or
        no file.
    """
    if path.suffix.lower() != ".xlsx":
        raise OutputError(f"{path}: the name of an Excel workbook ends in .xlsx")
    refuse_target(path, inputs=inputs)
    if not path.parent.is_dir():
        raise OutputError(f"{path}: cannot be written: no folder {path.parent}")


def write_file(content: bytes, path: Path) -> None:
    """
    Write a file whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        with replaced(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _write_all(files: Mapping[str, str | bytes], marker: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_bytes(content))
    (folder / MARKER).write_bytes(marker.encode())


def _write_one_by_one(
    files: Mapping[str, str | bytes], marker: str, folder: Path, *, gone: Iterable[str]
) -> None:
    with _staging(folder) as staging:
        _write_all(files, marker, staging)
        (staging / MARKER).replace(folder / MARKER)  # first: an interrupted write can be repeated
        for name in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (staging / name).replace(folder / name)
    for name in gone:
        (folder / name).unlink(missing_ok=True)


@contextlib.contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _take_over(old: Path, fresh: Path) -> None:
    fresh.parent.mkdir(parents=True, exist_ok=True)
    try:
        fresh.hardlink_to(old)
    except OSError:
        shutil.copy2(old, fresh)


def _written_here(folder: Path) -> dict[str, dict[str, str]]:
    """List what the program wrote into a folder; refuse a folder that holds anything else."""
    if not folder.exists():
        return {}
    known = _marked(folder)
    found: dict[str, dict[str, str]] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name == MARKER or path.name in _OF_THE_SYSTEM or name.startswith(".writing-"):
            continue
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()) and name not in {n.rpartition("/")[0] for n in known}:
                raise _in_the_way(folder, name, "was not written by this program")
            continue
        entry = known.get(name)
        if entry is None or path.is_symlink() or not path.is_file():
            raise _in_the_way(folder, name, "was not written by this program")
        if _sha256(path.read_bytes()) != entry["sha256"]:
            raise _in_the_way(folder, name, "has been changed since it was written")
        found[name] = entry
    return found


def _marked(folder: Path) -> dict[str, dict[str, str]]:
    try:
        files = json.loads((folder / MARKER).read_text(encoding="utf-8"))["files"]
        return {str(n): {"by": str(e["by"]), "sha256": str(e["sha256"])} for n, e in files.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _in_the_way(folder: Path, name: str, why: str) -> OutputError:
    return OutputError(
        f"cannot write to {folder}: '{name}' {why} and is in the way; move it, or {_PLACE}"
    )


def _check_names(files: Iterable[str], kept: Iterable[str]) -> None:
    """Refuse a name that is a file of one command and a folder of another."""
    names = {*files, *kept}
    for name in names:
        parents = {parent.as_posix() for parent in Path(name).parents}
        if names & parents:
            raise OutputError(f"'{name}' needs a folder where a file is; {_PLACE}")


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
