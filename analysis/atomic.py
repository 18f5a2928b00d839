"""
Files and folders that appear whole or not at all.

What is written goes under another name beside its target, down to the disk, and is renamed; a
process that ends in between leaves a temporary, which the next writer of that target sweeps away.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SUFFIX = ".part"
_ASIDE = ".old"


def temporary_beside(target: Path) -> Path:
    """
    Name the temporary of this process for a target: ``.NAME.PID.part`` in the same folder.

    Examples
    --------
    >>> from pathlib import Path
    >>> import os
    >>> name = temporary_beside(Path("results.csv")).name
    >>> name == f".results.csv.{os.getpid()}.part"
    True
    """
    return target.with_name(f".{target.name}.{os.getpid()}{_SUFFIX}")


@contextlib.contextmanager
def replaced(target: Path, *, keep: bool = False) -> Iterator[Path]:
    """
    Give a path to write a file or a folder at; when all went well it becomes the target.

    Parameters
    ----------
    target : pathlib.Path
        What is there before is replaced as a whole, and stays where anything is raised. A file is
        renamed over it; a folder changes places with the one that is there.
    keep : bool
        Leave a file alone that has appeared at the target in the meantime, and drop this one.

    Yields
    ------
    pathlib.Path
        A free name in the target's folder, which is made if it is not there.

    Raises
    ------
    OSError
        If it cannot be written or renamed; no temporary is left.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep(target)
    temporary = temporary_beside(target)
    try:
        yield temporary
        _to_disk(temporary)
        if keep:
            _name_unless_there(temporary, target)
        elif temporary.is_dir() and target.is_dir():
            _swap_folders(temporary, target)
        else:
            temporary.replace(target)
        _sync(target.parent)
    finally:
        for leftover in target.parent.glob(glob.escape(temporary.name) + "*"):
            _remove(leftover)


def write_whole(target: Path, content: str | bytes) -> None:
    """
    Write a file whole or not at all.

    Parameters
    ----------
    target : pathlib.Path
    content : str or bytes
        Text is written as UTF-8, its line ends as they are.

    Raises
    ------
    OSError
    """
    with replaced(target) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def sweep(target: Path) -> None:
    """
    Remove the temporaries for a target that processes left which have ended.

    A folder that was moved aside by a process that then ended, before the new one stood in its
    place, is put back.
    """
    pattern = re.compile(rf"\.{re.escape(target.name)}\.(\d{{1,9}})\{_SUFFIX}(\..*)?")
    with contextlib.suppress(OSError):
        for entry in target.parent.iterdir():
            found = pattern.fullmatch(entry.name)
            if found and not _runs(int(found[1])):
                if found[2] == _ASIDE and not target.exists():
                    entry.replace(target)
                else:
                    _remove(entry)


def _name_unless_there(fresh: Path, target: Path) -> None:
    try:
        target.hardlink_to(fresh)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links: all but as good
        if not target.exists():
            fresh.replace(target)


def _swap_folders(fresh: Path, target: Path) -> None:
    """Put a folder in another's place; put that one back if the last step fails."""
    old = fresh.with_name(fresh.name + _ASIDE)
    target.replace(old)
    try:
        fresh.replace(target)
    except BaseException:  # a signal that ends the program, too
        old.replace(target)
        raise
    _remove(old)


def _to_disk(path: Path) -> None:
    """Have the system write a file, or a folder with what lies in it, to the disk."""
    if path.is_dir():
        for entry in path.rglob("*"):
            if entry.is_file() and not entry.is_symlink():
                _sync(entry)
    _sync(path)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # a folder cannot be opened there
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():
            raise  # some file systems cannot sync a folder, all can sync a file
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    """Say whether a process is there; where that cannot be asked, one that is not this one is."""
    if os.name == "nt":
        return pid != os.getpid()
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
