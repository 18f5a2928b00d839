"""
The price store: a DuckDB database that never gets worse.

Every change to a symbol is one transaction; what it replaces moves to the history. A connection is
held only while it is needed, because DuckDB lets either one process write or several read: others
wait their turn for a few seconds instead of failing.
"""

from __future__ import annotations

import contextlib
import re
import time
from typing import TYPE_CHECKING

import duckdb

from analysis.atomic import replaced
from analysis.errors import StoreError
from analysis.prices.place import DB_VARIABLE
from analysis.prices.store.instants import nothing
from analysis.prices.store.reader import Reader
from analysis.prices.store.schema import MIGRATIONS, migrate, version_of
from analysis.prices.store.writer import Writer

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path

    from analysis.prices.store.instants import Passing

PATIENCE = 20.0
"""Seconds to wait for another process's connection."""


class PriceStore:
    """
    The store at a path; it holds no connection of its own.

    Parameters
    ----------
    path : pathlib.Path
    patience : float
        Seconds to wait while another process holds the database.
    passing : callable, optional
        Called with the name of each instant of `analysis.prices.store.instants` that is passed.
    """

    def __init__(self, path: Path, patience: float = PATIENCE, passing: Passing = nothing) -> None:
        self.path = path
        self.passing = passing
        self._patience = patience

    def exists(self) -> bool:
        """Say whether there is a database at the path."""
        return self.path.is_file()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Reader]:
        """
        Open the store for reading; what is read inside is one consistent state.

        Raises
        ------
        StoreError
            If there is none, it is no price store, or a writer holds it for too long.
        """
        if not self.exists():
            raise StoreError(
                f"there is no price store at {self.path}; fill one with 'market-impact fetch "
                f"SYMBOL', or name it with --db PATH or {DB_VARIABLE}"
            )
        with self._connection(read_only=True) as connection:
            found = version_of(connection)
            if found != len(MIGRATIONS):
                raise StoreError(
                    f"{self.path} has schema {found}, this program reads {len(MIGRATIONS)}; "
                    + (
                        "upgrade the program"
                        if found > len(MIGRATIONS)
                        else "run 'market-impact refresh' once to bring it up to date"
                    )
                )
            connection.execute("BEGIN")
            yield Reader(connection)

    @contextlib.contextmanager
    def writing(self, now: dt.datetime) -> Iterator[Writer]:
        """
        Open the store for writing, made or brought to the present schema first.

        Raises
        ------
        StoreError
            If it cannot be opened or written.
        """
        if not self.exists():
            self._create(now)
        with self._connection(read_only=False) as connection:
            migrate(connection, now, self.passing)
            self.passing("opened")
            yield Writer(connection, self.passing)
        self.passing("closed")

    def bring_up_to_date(self, now: dt.datetime) -> None:
        """
        Bring a store of an earlier version to the present schema; one there is not stays absent.

        Raises
        ------
        StoreError
            If it is no price store, one of a later version, or cannot be written.
        """
        if not self.exists():
            return
        with self._connection(read_only=True) as connection:
            found = version_of(connection)
        if found < len(MIGRATIONS):
            with self.writing(now):
                pass

    def _create(self, now: dt.datetime) -> None:
        """Make the database under another name first: no reader ever finds half of one."""
        try:
            with replaced(self.path, keep=True) as fresh:
                self.passing("folder-made")
                with contextlib.closing(duckdb.connect(str(fresh))) as connection:
                    migrate(connection, now, self.passing)
                self.passing("store-made")
            self.passing("store-named")
        except (OSError, duckdb.Error) as error:
            raise _store_error(self.path, error) from error

    @contextlib.contextmanager
    def _connection(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = self._connect(read_only=read_only)
        try:
            yield connection
        except duckdb.Error as error:
            raise _store_error(self.path, error) from error
        finally:
            with contextlib.suppress(duckdb.Error):
                connection.close()

    def _connect(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        deadline = time.monotonic() + self._patience
        pause = 0.01
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only)
            except duckdb.Error as error:
                if "Could not set lock" not in str(error) or time.monotonic() > deadline:
                    raise _store_error(self.path, error) from error
            time.sleep(pause)
            pause = min(0.2, pause * 1.5)


def _store_error(path: Path, error: Exception) -> StoreError:
    """Say in one line what is wrong with the store and how to mend it."""
    text = " ".join(str(error).split())
    holder = re.search(r"\(PID (\d+)\)", text)
    if "Could not set lock" in text:
        who = f"process {holder[1]}" if holder else "another process"
        return StoreError(f"{path} is held by {who}; let it finish and try again")
    lowered = text.lower()
    if any(sign in lowered for sign in ("no space", "file too large", "disk full", "quota")):
        return StoreError(f"{path}: the disk is full ({text}); free space, nothing was changed")
    if any(sign in lowered for sign in ("permission denied", "read-only file", "read only")):
        return StoreError(
            f"{path} cannot be written ({text}); mend its permissions, or name another store "
            "with --db PATH"
        )
    return StoreError(f"{path}: {text}")
