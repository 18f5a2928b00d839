"""
The price store's tables, as numbered steps from an empty database to the present schema.

A step, once released, never changes; a new need is a new step. Instants are UTC without zone.
What a table holds is true now; its ``_history`` twin holds what it held before, with the span in
which that was believed, so that nothing is lost when a vendor changes it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import duckdb

from analysis.errors import StoreError
from analysis.prices.store.instants import nothing

if TYPE_CHECKING:
    from analysis.prices.store.instants import Passing

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE symbols (
        symbol VARCHAR NOT NULL, source VARCHAR NOT NULL, client VARCHAR NOT NULL,
        currency VARCHAR, calendar VARCHAR NOT NULL,
        added TIMESTAMP NOT NULL, refreshed TIMESTAMP NOT NULL);
    CREATE TABLE bars (
        symbol VARCHAR NOT NULL, session DATE NOT NULL,
        open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE NOT NULL, adj_close DOUBLE NOT NULL,
        volume DOUBLE, known_from TIMESTAMP NOT NULL);
    CREATE TABLE bars_history (
        symbol VARCHAR NOT NULL, session DATE NOT NULL,
        open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE NOT NULL, adj_close DOUBLE NOT NULL,
        volume DOUBLE, known_from TIMESTAMP NOT NULL,
        known_until TIMESTAMP NOT NULL, reason VARCHAR NOT NULL);
    CREATE TABLE actions (
        symbol VARCHAR NOT NULL, session DATE NOT NULL, kind VARCHAR NOT NULL,
        value DOUBLE NOT NULL, known_from TIMESTAMP NOT NULL);
    CREATE TABLE actions_history (
        symbol VARCHAR NOT NULL, session DATE NOT NULL, kind VARCHAR NOT NULL,
        value DOUBLE NOT NULL, known_from TIMESTAMP NOT NULL,
        known_until TIMESTAMP NOT NULL, reason VARCHAR NOT NULL);
    CREATE TABLE fetch_log (
        symbol VARCHAR NOT NULL, fetched_at TIMESTAMP NOT NULL, source VARCHAR NOT NULL,
        client VARCHAR NOT NULL, since DATE, outcome VARCHAR NOT NULL,
        added BIGINT NOT NULL, changed BIGINT NOT NULL, message VARCHAR NOT NULL);
    CREATE TABLE findings (
        symbol VARCHAR NOT NULL, session DATE, check_name VARCHAR NOT NULL, value DOUBLE,
        severity VARCHAR NOT NULL, detail VARCHAR NOT NULL, blocked BOOLEAN NOT NULL,
        fetched_at TIMESTAMP NOT NULL);
    CREATE TABLE quarantine (
        symbol VARCHAR NOT NULL, session DATE NOT NULL,
        open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, adj_close DOUBLE, volume DOUBLE,
        fetched_at TIMESTAMP NOT NULL);
    """,
    """
    CREATE TABLE shares (
        symbol VARCHAR NOT NULL, as_of DATE NOT NULL, shares DOUBLE NOT NULL,
        source VARCHAR NOT NULL, known_from TIMESTAMP NOT NULL);
    CREATE TABLE shares_history (
        symbol VARCHAR NOT NULL, as_of DATE NOT NULL, shares DOUBLE NOT NULL,
        source VARCHAR NOT NULL, known_from TIMESTAMP NOT NULL,
        known_until TIMESTAMP NOT NULL, reason VARCHAR NOT NULL);
    CREATE TABLE factors (
        session DATE NOT NULL, mkt_rf DOUBLE NOT NULL, smb DOUBLE NOT NULL, hml DOUBLE NOT NULL,
        rmw DOUBLE NOT NULL, cma DOUBLE NOT NULL, mom DOUBLE NOT NULL, rf DOUBLE NOT NULL,
        vintage VARCHAR NOT NULL, known_from TIMESTAMP NOT NULL);
    CREATE TABLE factors_history (
        session DATE NOT NULL, mkt_rf DOUBLE NOT NULL, smb DOUBLE NOT NULL, hml DOUBLE NOT NULL,
        rmw DOUBLE NOT NULL, cma DOUBLE NOT NULL, mom DOUBLE NOT NULL, rf DOUBLE NOT NULL,
        vintage VARCHAR NOT NULL, known_from TIMESTAMP NOT NULL,
        known_until TIMESTAMP NOT NULL, reason VARCHAR NOT NULL);
    """,
)
"""SQL of each step; the schema's version is how many have been applied."""


def version_of(connection: duckdb.DuckDBPyConnection) -> int:
    """Count the steps that a database has been through; 0 for an empty one."""
    try:
        row = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchone()
    except duckdb.CatalogException:
        return 0
    return int(row[0]) if row else 0


def migrate(
    connection: duckdb.DuckDBPyConnection, now: dt.datetime, passing: Passing = nothing
) -> int:
    """
    Bring a database to the present schema, each step in a transaction of its own.

    Returns
    -------
    int
        How many steps were applied.

    Raises
    ------
    StoreError
        If the database comes from a newer version of the program, or is none of its own.
    """
    found = version_of(connection)
    if found > len(MIGRATIONS):
        raise StoreError(
            f"the price store has schema {found}, this program knows {len(MIGRATIONS)}: it was "
            "written by a newer version; upgrade the program, or name another store with --db"
        )
    if found == 0 and connection.execute("SHOW TABLES").fetchone():
        raise StoreError(
            "this is a database of something else and no price store; name another file with "
            "--db PATH"
        )
    for number in range(found + 1, len(MIGRATIONS) + 1):
        connection.execute("BEGIN")
        passing("step-begun")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER, applied TIMESTAMP)"
        )
        connection.execute(MIGRATIONS[number - 1])
        connection.execute("INSERT INTO schema_version VALUES (?, ?)", [number, utc(now)])
        passing("step-applied")
        connection.execute("COMMIT")
        passing("step-kept")
    return len(MIGRATIONS) - found


def utc(instant: dt.datetime) -> dt.datetime:
    """Give an instant as the store keeps it: UTC, without zone."""
    return instant.astimezone(dt.UTC).replace(tzinfo=None)
