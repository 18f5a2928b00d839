"""
One refresh at a time: a lock between processes that a killed process cannot leave behind.

The operating system frees it when the holder ends, however it ends; the locked file beside the
store also says who holds it.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from analysis.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextlib.contextmanager
def alone_at(
    store: Path, wait: float, waiting: Callable[[str], None] | None = None
) -> Iterator[None]:
    """
    Enter what only one process at a time may be in.

    Parameters
    ----------
    store : pathlib.Path
        The database that is to be written.
    wait : float
        Seconds to wait for another holder.
    waiting : callable, optional
        Called once with the holder's name, as ``process 4711``, before a wait begins.

    Raises
    ------
    StoreError
        If another process holds the lock for longer (with its process id), or the lock's file
        cannot be written.
    """
    path = store.with_name(store.name + ".lock")
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _acquire(lock, path, wait, waiting)
        path.write_text(f"{os.getpid()}\n", encoding="ascii")
    except Timeout:
        raise StoreError(
            f"another refresh ({_holder(path)}) holds {path}; let it finish, or wait longer "
            "with --wait SECONDS"
        ) from None
    except OSError as error:
        lock.release()
        raise StoreError(
            f"{path} cannot be written ({error}); free space or mend the folder's "
            "permissions, or name another place with --db PATH"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _acquire(
    lock: FileLock, path: Path, wait: float, waiting: Callable[[str], None] | None
) -> None:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        if wait <= 0:
            raise
        if waiting is not None:
            waiting(_holder(path))
        lock.acquire(timeout=wait)


def _holder(path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        text = ""
    return f"process {text if text.isdecimal() else 'unknown'}"
