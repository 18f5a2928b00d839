"""Reads one state of the price store: what is known now, or what was known at an instant."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd

from analysis.prices.bars import ACTION_COLUMNS, BAR_COLUMNS, no_actions
from analysis.prices.store.records import LogEntry, SymbolOutcome, SymbolState
from analysis.prices.store.schema import utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb


class Reader:
    """Reads one state of the store; made by `PriceStore.reading`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def states(self, symbols: Sequence[str] | None = None) -> list[SymbolState]:
        """List what is known of each symbol, by name."""
        rows = self._connection.execute(
            """
            WITH spans AS (
                SELECT symbol, min(session) AS first, max(session) AS last, count(*) AS sessions
                FROM bars WHERE $every OR symbol IN (SELECT unnest($symbols)) GROUP BY symbol)
            SELECT symbol, source, client, currency, calendar, added, refreshed,
                   first, last, coalesce(sessions, 0)
            FROM symbols LEFT JOIN spans USING (symbol)
            WHERE $every OR symbol IN (SELECT unnest($symbols)) ORDER BY symbol
            """,
            {"every": symbols is None, "symbols": list(symbols or [""])},
        ).fetchall()
        return [
            SymbolState(
                symbol=row[0],
                source=row[1],
                client=row[2],
                currency=row[3],
                calendar=row[4],
                added=row[5].replace(tzinfo=dt.UTC),
                refreshed=row[6].replace(tzinfo=dt.UTC),
                first=_stamp(row[7]),
                last=_stamp(row[8]),
                sessions=row[9],
            )
            for row in rows
        ]

    def bars(self, symbol: str, as_of: dt.datetime | None = None) -> pd.DataFrame:
        """
        Read the bars of a symbol.

        Parameters
        ----------
        symbol : str
        as_of : timezone-aware datetime, optional
            Read what was known then; by default what is known now.

        Returns
        -------
        pandas.DataFrame
            Indexed by session, sorted; columns `BAR_COLUMNS`.
        """
        frame = self._known("bars", ("session", *BAR_COLUMNS), symbol, as_of, "session")
        return _by_session(frame)

    def actions(self, symbol: str, as_of: dt.datetime | None = None) -> pd.DataFrame:
        """Read the actions of a symbol, columns `ACTION_COLUMNS`; see `bars`."""
        frame = self._known("actions", ACTION_COLUMNS, symbol, as_of, "session, kind, value")
        if frame.empty:
            return no_actions()
        frame["session"] = pd.DatetimeIndex(frame["session"]).as_unit("us")
        return frame

    def shares(self, symbol: str, as_of: dt.datetime | None = None) -> pd.DataFrame:
        """Read the share counts of a symbol by their date, columns ``as_of, shares, source``."""
        return self._known("shares", ("as_of", "shares", "source"), symbol, as_of, "as_of")

    def levels(
        self, field: str, symbols: Sequence[str], as_of: dt.datetime | None = None
    ) -> pd.DataFrame:
        """Read one column of bars for several symbols; rows are sessions, columns the symbols."""
        columns = {symbol: self.bars(symbol, as_of)[field] for symbol in symbols}
        frame = pd.DataFrame(columns).sort_index()
        frame.index = pd.DatetimeIndex(frame.index, name="session").as_unit("us")
        return frame

    def factors(self, as_of: dt.datetime | None = None) -> tuple[pd.DataFrame, str | None]:
        """Read the factors (decimals) by session, and their vintage; empty where there are none."""
        columns = ("session", "mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf", "vintage")
        frame = self._known("factors", columns, None, as_of, "session")
        vintage = str(frame["vintage"].iloc[-1]) if len(frame) else None
        return _by_session(frame.drop(columns="vintage")), vintage

    def history(self, symbol: str) -> pd.DataFrame:
        """Read every superseded bar of a symbol with the span in which it was believed and why."""
        return self._connection.execute(
            "SELECT * FROM bars_history WHERE symbol = ? ORDER BY session, known_from", [symbol]
        ).df()

    def findings(self, symbol: str | None = None) -> pd.DataFrame:
        """Read the findings of the last fetch of a symbol, or of all."""
        return self._connection.execute(
            "SELECT * FROM findings WHERE ? IS NULL OR symbol = ? "
            "ORDER BY symbol, session, check_name",
            [symbol, symbol],
        ).df()

    def quarantine(self, symbol: str | None = None) -> pd.DataFrame:
        """Read the bars that were kept out."""
        return self._connection.execute(
            "SELECT * FROM quarantine WHERE ? IS NULL OR symbol = ? ORDER BY symbol, session",
            [symbol, symbol],
        ).df()

    def log(self, symbol: str | None = None) -> pd.DataFrame:
        """Read the fetch log, oldest first."""
        return self._connection.execute(
            "SELECT * FROM fetch_log WHERE ? IS NULL OR symbol = ? ORDER BY fetched_at, rowid",
            [symbol, symbol],
        ).df()

    def last_log(self) -> dict[str, LogEntry]:
        """Read the last line of the log for each symbol."""
        rows = self._connection.execute(
            "SELECT * FROM fetch_log QUALIFY row_number() OVER "
            "(PARTITION BY symbol ORDER BY fetched_at DESC, rowid DESC) = 1"
        ).fetchall()
        return {
            row[0]: LogEntry(
                SymbolOutcome(row[0], row[5], row[6], row[7], row[8]),
                row[1].replace(tzinfo=dt.UTC),
                *row[2:5],
            )
            for row in rows
        }

    def _known(
        self,
        table: str,
        columns: Sequence[str],
        symbol: str | None,
        as_of: dt.datetime | None,
        order: str,
    ) -> pd.DataFrame:
        """Select rows of a table, or of it and its history as they were known at an instant."""
        names = ", ".join(columns)
        mine = "symbol = $symbol" if symbol is not None else "true"
        values: dict[str, object] = {} if symbol is None else {"symbol": symbol}
        if as_of is None:
            query = f"SELECT {names} FROM {table} WHERE {mine} ORDER BY {order}"
        else:
            values["then"] = utc(as_of)
            query = (
                f"SELECT {names} FROM {table} WHERE {mine} AND known_from <= $then "
                f"UNION ALL SELECT {names} FROM {table}_history WHERE {mine} "
                f"AND known_from <= $then AND known_until > $then ORDER BY {order}"
            )
        return self._connection.execute(query, values).df()


def _by_session(frame: pd.DataFrame) -> pd.DataFrame:
    frame.index = pd.DatetimeIndex(frame.pop("session"), name="session").as_unit("us")
    return frame


def _stamp(day: dt.date | None) -> pd.Timestamp | None:
    return None if day is None else pd.Timestamp(day).as_unit("us")
