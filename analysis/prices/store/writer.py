"""Changes the price store: one transaction a symbol, and what is replaced moves to the history."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from analysis.prices.bars import ACTION_COLUMNS, BAR_COLUMNS
from analysis.prices.store.instants import KEPT, nothing
from analysis.prices.store.reader import Reader
from analysis.prices.store.schema import utc

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from analysis.prices.store.instants import Passing
    from analysis.prices.store.records import Change, LogEntry


class Writer(Reader):
    """Changes the store; made by `PriceStore.writing`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, passing: Passing = nothing) -> None:
        super().__init__(connection)
        self._passing = passing

    def apply(self, log: LogEntry, change: Change) -> None:
        """
        Apply all that a fetch does to one symbol, and its line of the log, in one transaction.

        Raises
        ------
        StoreError
            If it could not be written; the store then holds what it held before.
        """
        with self._transaction():
            self._log(log)
            self._passing("logged")
            if change.findings or change.bars is not None or change.quarantine is not None:
                self._replace_findings(log, change)
            self._passing("findings-replaced")
            if change.bars is None:
                return
            symbol, at, reason = log.result.symbol, utc(log.at), change.reason
            self._supersede("bars", symbol, ("session",), BAR_COLUMNS, change.bars, at, reason)
            if change.actions is not None:
                self._replace_actions(log, change, change.actions)
            self._connection.execute(
                "UPDATE symbols SET source = ?, client = ?, currency = coalesce(?, currency), "
                "calendar = ?, refreshed = ? WHERE symbol = ?",
                [log.source, log.client, change.currency, change.calendar, at, symbol],
            )
            self._connection.execute(
                "INSERT INTO symbols "
                "SELECT $symbol, $source, $client, $currency, $calendar, $at, $at "
                "WHERE NOT EXISTS (SELECT 1 FROM symbols WHERE symbol = $symbol)",
                {
                    "symbol": symbol,
                    "source": log.source,
                    "client": log.client,
                    "currency": change.currency,
                    "calendar": change.calendar,
                    "at": at,
                },
            )
            self._passing("symbol-written")

    def log_only(self, entries: Sequence[LogEntry]) -> None:
        """Write lines to the fetch log, in one transaction."""
        with self._transaction():
            for entry in entries:
                self._log(entry)

    def put_shares(self, symbol: str, counts: pd.Series, source: str, at: dt.datetime) -> None:
        """Keep share counts by their date; one that changes moves to the history."""
        frame = pd.DataFrame({"shares": counts.astype(float), "source": source})
        frame.index.name = "as_of"
        with self._transaction():
            self._supersede(
                "shares", symbol, ("as_of",), ("shares", "source"), frame, utc(at), "restated"
            )

    def put_factors(self, factors: pd.DataFrame, vintage: str, at: dt.datetime) -> None:
        """Keep factors (decimals) by session; what a new vintage changes moves to the history."""
        columns = tuple(factors.columns)
        with self._transaction():
            self._supersede(
                "factors",
                None,
                ("session",),
                columns,
                factors,
                utc(at),
                f"vintage {vintage}",
                constants={"vintage": vintage},
            )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN")
        self._passing("begun")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(duckdb.Error):
                self._connection.execute("ROLLBACK")
            raise
        self._passing(KEPT)

    def _log(self, entry: LogEntry) -> None:
        result = entry.result
        self._connection.execute(
            "INSERT INTO fetch_log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                result.symbol, utc(entry.at), entry.source, entry.client, entry.since,
                result.outcome, result.added, result.changed, result.message,
            ],
        )  # fmt: skip

    def _supersede(
        self,
        table: str,
        symbol: str | None,
        keys: Sequence[str],
        columns: Sequence[str],
        frame: pd.DataFrame,
        at: dt.datetime,
        reason: str,
        constants: Mapping[str, str] | None = None,
    ) -> None:
        """Make rows say what a frame says: what differs goes to the history, the rest stays."""
        incoming = frame[list(columns)].reset_index()
        incoming.insert(0, "symbol", symbol or "")
        values = {"at": at, "reason": reason}
        mine = "true" if symbol is None else "t.symbol = n.symbol"
        same_key = " AND ".join([mine, *(f"t.{key} = n.{key}::DATE" for key in keys)])
        differs = " OR ".join(f"t.{name} IS DISTINCT FROM n.{name}" for name in columns)
        constants = constants or {}
        given = ["" if symbol is None else "symbol, ", ", ".join((*keys, *columns, *constants))]
        selected = [
            "" if symbol is None else "n.symbol, ",
            ", ".join(
                [*(f"n.{name}" for name in (*keys, *columns)), *(f"${n}" for n in constants)]
            ),
        ]
        run = self._connection.execute
        self._connection.register("incoming", incoming)
        run(
            f"INSERT INTO {table}_history BY NAME "
            "SELECT t.*, $at AS known_until, $reason AS reason "
            f"FROM {table} t JOIN incoming n ON {same_key} WHERE {differs}",
            values,
        )
        self._passing(f"{table}-superseded")
        run(f"DELETE FROM {table} t USING incoming n WHERE {same_key} AND ({differs})")
        self._passing(f"{table}-deleted")
        run(
            f"INSERT INTO {table} ({''.join(given)}, known_from) SELECT {''.join(selected)}, $at "
            f"FROM incoming n WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE {same_key})",
            {"at": at, **constants},
        )
        self._passing(f"{table}-inserted")
        self._connection.unregister("incoming")

    def _replace_actions(self, log: LogEntry, change: Change, actions: pd.DataFrame) -> None:
        """Make the actions from a session on a source's; what it lacks goes to the history."""
        at, incoming = utc(log.at), actions[list(ACTION_COLUMNS)]
        self._connection.register("incoming", incoming)
        same = "t.session = n.session::DATE AND t.kind = n.kind AND abs(t.value - n.value) <= 1e-9"
        gone = (
            "t.symbol = $symbol AND t.session >= $since AND NOT EXISTS "
            f"(SELECT 1 FROM incoming n WHERE {same})"
        )
        values = {
            "symbol": log.result.symbol,
            "since": (change.actions_since or pd.Timestamp.min).date(),
        }
        run = self._connection.execute
        run(
            "INSERT INTO actions_history BY NAME SELECT t.*, $at AS known_until, $reason AS reason "
            f"FROM actions t WHERE {gone}",
            {**values, "at": at, "reason": change.reason or "withdrawn"},
        )
        self._passing("actions-superseded")
        run(f"DELETE FROM actions t WHERE {gone}", values)
        self._passing("actions-deleted")
        run(
            "INSERT INTO actions "
            "SELECT $symbol, n.session::DATE, n.kind, n.value, $at FROM incoming n "
            f"WHERE NOT EXISTS (SELECT 1 FROM actions t WHERE t.symbol = $symbol AND {same})",
            {"symbol": log.result.symbol, "at": at},
        )
        self._passing("actions-inserted")
        self._connection.unregister("incoming")

    def _replace_findings(self, log: LogEntry, change: Change) -> None:
        symbol, at = log.result.symbol, utc(log.at)
        self._connection.execute("DELETE FROM findings WHERE symbol = ?", [symbol])
        self._connection.execute("DELETE FROM quarantine WHERE symbol = ?", [symbol])
        for finding, blocked in change.findings:
            self._connection.execute(
                "INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    symbol, None if finding.session is None else finding.session.date(),
                    finding.check, finding.value, finding.severity, finding.detail, blocked, at,
                ],
            )  # fmt: skip
        if change.quarantine is not None and len(change.quarantine):
            rows = change.quarantine[list(BAR_COLUMNS)].reset_index()
            self._connection.register("rows", rows)
            names = ", ".join(BAR_COLUMNS)
            self._connection.execute(
                f"INSERT INTO quarantine SELECT $symbol, session::DATE, {names}, $at FROM rows",
                {"symbol": symbol, "at": at},
            )
            self._connection.unregister("rows")
