"""
One refresh at a time: a lock between processes that a killed process cannot leave behind.

The lock is SQLite's own on a small file beside the store: the operating system frees it when the
holder ends, however it ends. The file also says who holds it.
"""

from __future__ import annotations

import os
import sqlite3
import time
from typing import TYPE_CHECKING, Self

from analysis.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class RefreshLock:
    """
    A context that only one process can be in.

    Parameters
    ----------
    store : pathlib.Path
        The database that is to be written.
    wait : float
        Seconds to wait for another holder.

    Raises
    ------
    StoreError
        On entering: if another process holds the lock for longer (with its process id), or the
        lock's file cannot be written.
    """

    def __init__(self, store: Path, wait: float) -> None:
        self._path = store.with_name(store.name + ".lock")
        self._wait = wait
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        deadline = time.monotonic() + self._wait
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, timeout=0.0, isolation_level=None)
            held = self._try()
            while not held and time.monotonic() < deadline:
                time.sleep(min(0.1, max(0.0, deadline - time.monotonic())))
                held = self._try()
            holder = "" if held else self._holder()
        except (OSError, sqlite3.Error) as error:
            self._close()
            raise StoreError(
                f"{self._path} cannot be written ({error}); free space or mend the folder's "
                "permissions, or name another place with --db PATH"
            ) from error
        if not held:
            self._close()
            raise StoreError(
                f"another refresh ({holder}) holds {self._path}; let it finish, or wait longer "
                "with --wait SECONDS"
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _try(self) -> bool:
        """Write down who holds the lock, then take it; False where another has it."""
        assert self._connection is not None  # noqa: S101 - __enter__ opens it
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("CREATE TABLE IF NOT EXISTS holder (pid INTEGER)")
            self._connection.execute("DELETE FROM holder")
            self._connection.execute("INSERT INTO holder VALUES (?)", [os.getpid()])
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if getattr(error, "sqlite_errorcode", None) in (
                sqlite3.SQLITE_BUSY,
                sqlite3.SQLITE_LOCKED,
            ):
                return False
            raise
        return True

    def _holder(self) -> str:
        assert self._connection is not None  # noqa: S101
        try:
            row = self._connection.execute("SELECT pid FROM holder").fetchone()
        except sqlite3.OperationalError:
            row = None
        return f"process {row[0]}" if row else "process unknown"

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
