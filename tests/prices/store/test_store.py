"""The store: what it keeps, what it knew when, and which databases it refuses."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from analysis.errors import StoreError
from analysis.prices.bars import bars_frame, no_actions
from analysis.prices.place import DB_VARIABLE, default_store
from analysis.prices.store import PriceStore
from analysis.prices.store.database import _store_error
from analysis.prices.store.records import Change, Finding, LogEntry, SymbolOutcome
from analysis.prices.store.schema import MIGRATIONS, migrate, version_of
from analysis.prices.store.status import known_to, status_of
from tests.loopback.listings import day, sessions

FIRST = dt.datetime(2025, 1, 10, 23, tzinfo=dt.UTC)
SECOND = FIRST + dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


def change(
    closes, at=FIRST, start="2025-01-02", actions=None, reason="", **more
) -> tuple[LogEntry, Change]:
    index = sessions(start, "2025-12-31")[: len(closes)]
    frame = bars_frame(index, {"close": closes, "adj_close": closes})
    return LogEntry(SymbolOutcome("NVDA", "updated"), at, "yahoo", "test 1"), Change(
        bars=frame,
        actions=no_actions() if actions is None else actions,
        actions_since=index[0],
        reason=reason,
        currency="USD",
        calendar="XNYS",
        **more,
    )


def put(store, *changes) -> None:
    for log, item in changes:
        with store.writing(log.at) as writer:
            writer.apply(log, item)


def read(store, what):
    with store.reading() as reader:
        return what(reader)


def test_an_outcome_counts_nothing_unless_told():
    outcome = SymbolOutcome("NVDA", "unchanged")
    assert (outcome.added, outcome.changed, outcome.message) == (0, 0, "")


def test_what_is_replaced_is_not_lost(store):
    put(store, change([10.0, 11, 12]), change([5.0, 5.5, 12], SECOND, reason="why"))
    assert read(store, lambda r: r.bars("NVDA"))["close"].tolist() == [5.0, 5.5, 12.0]
    history = read(store, lambda r: r.history("NVDA"))
    assert history["close"].tolist() == [10.0, 11.0]  # the third did not change
    assert history["reason"].tolist() == ["why", "why"]
    assert (history["known_until"] == pd.Timestamp(SECOND).tz_localize(None)).all()


@pytest.mark.parametrize(
    ("then", "closes"),
    [
        (FIRST - HOUR, []),
        (FIRST, [10.0, 11.0]),
        (SECOND - HOUR, [10.0, 11.0]),
        (SECOND, [5.0, 11.0, 12.0]),
        (SECOND + 99 * HOUR, [5.0, 11.0, 12.0]),
    ],
)
def test_as_of_gives_what_was_known_then(store, then, closes):
    put(store, change([10.0, 11]), change([5.0, 11, 12], SECOND))
    assert read(store, lambda r: r.bars("NVDA", then))["close"].tolist() == closes


def test_as_of_takes_any_time_zone(store):
    put(store, change([10.0]))
    tokyo = FIRST.astimezone(dt.timezone(dt.timedelta(hours=9)))
    assert len(read(store, lambda r: r.bars("NVDA", tokyo))) == 1


def test_a_withdrawn_action_goes_to_the_history(store):
    acted = pd.DataFrame(
        [(day("2025-01-03"), "dividend", 0.1)], columns=["session", "kind", "value"]
    )
    put(store, change([1.0, 2], actions=acted), change([1.0, 2], SECOND))
    assert read(store, lambda r: r.actions("NVDA")).empty
    assert len(read(store, lambda r: r.actions("NVDA", FIRST))) == 1


def test_findings_and_quarantine_are_those_of_the_last_fetch(store):
    finding = Finding("NVDA", day("2025-01-03"), "gap", 1.0, "warning", "a gap")
    kept_out = bars_frame(sessions("2025-01-03", "2025-01-03"), {"close": [np.nan]})
    put(store, change([1.0], findings=((finding, True),), quarantine=kept_out))
    assert read(store, lambda r: r.findings("NVDA"))["check_name"].tolist() == ["gap"]
    assert len(read(store, lambda r: r.quarantine("NVDA"))) == 1
    put(store, change([1.0], SECOND))
    assert read(store, lambda r: r.findings()).empty
    assert read(store, lambda r: r.quarantine()).empty


def test_a_failing_change_changes_nothing(store):
    put(store, change([10.0]))
    log, broken = change([5.0], SECOND)
    broken.bars.iloc[0, broken.bars.columns.get_loc("close")] = np.nan
    broken.bars["close"] = broken.bars["close"].astype(object).where(lambda c: c.notna(), None)
    with pytest.raises(StoreError, match="NOT NULL"):
        put(store, (log, broken))
    assert read(store, lambda r: r.bars("NVDA"))["close"].tolist() == [10.0]
    assert len(read(store, lambda r: r.log())) == 1


def test_shares_and_factors_are_versioned(store):
    counts = pd.Series({day("2024-11-20"): 2.449e10})
    factors = pd.DataFrame(
        0.01,
        index=sessions("2025-01-02", "2025-01-06").rename("session"),
        columns=["mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf"],
    )
    with store.writing(FIRST) as writer:
        writer.put_shares("NVDA", counts, "yahoo", FIRST)
        writer.put_factors(factors, "202603", FIRST)
    revised = factors.copy()
    revised.iloc[0, 0] = 0.02
    with store.writing(SECOND) as writer:
        writer.put_shares("NVDA", counts * 2, "yahoo", SECOND)
        writer.put_factors(revised, "202604", SECOND)
    assert read(store, lambda r: r.shares("NVDA"))["shares"].tolist() == [4.898e10]
    assert read(store, lambda r: r.shares("NVDA", FIRST))["shares"].tolist() == [2.449e10]
    assert read(store, lambda r: r.factors()[0])["mkt_rf"].tolist() == [0.02, 0.01, 0.01]
    assert read(store, lambda r: r.factors(FIRST)[0])["mkt_rf"].tolist() == [0.01] * 3


def test_an_older_schema_is_brought_up_to_date_and_keeps_its_figures(tmp_path):
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as old:
        old.execute("CREATE TABLE schema_version (version INTEGER, applied TIMESTAMP)")
        old.execute(MIGRATIONS[0])
        old.execute("INSERT INTO schema_version VALUES (1, now()::TIMESTAMP)")
        old.execute(
            "INSERT INTO bars (symbol, session, close, adj_close, known_from) "
            "VALUES ('NVDA', '2025-01-02', 1, 1, '2025-01-03')"
        )
    store = PriceStore(path)
    with pytest.raises(StoreError, match="run 'market-impact refresh' once"), store.reading():
        pass
    with store.writing(FIRST) as writer:
        assert writer.bars("NVDA")["close"].tolist() == [1.0]
        assert writer.shares("NVDA").empty


def test_a_newer_schema_is_refused(tmp_path):
    path = tmp_path / "new.duckdb"
    with duckdb.connect(str(path)) as new:
        new.execute("CREATE TABLE schema_version (version INTEGER, applied TIMESTAMP)")
        new.execute("INSERT INTO schema_version VALUES (99, now()::TIMESTAMP)")
    for opened in (PriceStore(path).reading(), PriceStore(path).writing(FIRST)):
        with pytest.raises(StoreError, match=r"schema 99.*upgrade the program"), opened:
            pass


def test_migrations_run_once():
    with duckdb.connect() as connection:
        assert version_of(connection) == 0
        assert migrate(connection, FIRST) == len(MIGRATIONS)
        assert migrate(connection, FIRST) == 0
        assert version_of(connection) == len(MIGRATIONS)


def test_there_must_be_a_store_to_read(store):
    with pytest.raises(StoreError, match="market-impact fetch"), store.reading():
        pass
    assert not store.path.exists()


def test_where_the_store_is(tmp_path):
    assert default_store({DB_VARIABLE: str(tmp_path / "x.db")}) == tmp_path / "x.db"
    assert default_store({}).name == "prices.duckdb"
    assert default_store({}).parent.name == "market-impact"


def test_the_state_of_a_symbol_and_its_last_fetch_are_told_as_they_are(store):
    """Of two fetches the later counts; a symbol may have been tried and never stored."""
    finding = Finding("NVDA", day("2025-01-03"), "gap", 2.0, "warning", "a gap")
    log, item = change([1.0, 2.0, 3.0], findings=((finding, True),))
    with store.writing(FIRST) as writer:
        writer.apply(log, item)
    failed = SymbolOutcome("NVDA", "partly", 4, 5, "why")
    tried = SymbolOutcome("GONE", "refused", message="no such symbol")
    since = dt.date(2025, 1, 2)
    with store.writing(SECOND) as writer:
        entries = [LogEntry(o, SECOND, "files", "test 2", since) for o in (failed, tried)]
        writer.log_only(entries)
    assert read(store, lambda r: r.last_log()) == {"NVDA": entries[0], "GONE": entries[1]}
    (state,) = read(store, lambda r: r.states())
    assert (state.source, state.client, state.currency) == ("yahoo", "test 1", "USD")
    assert (state.calendar, state.added, state.refreshed) == ("XNYS", FIRST, FIRST)
    assert (state.first, state.last, state.sessions) == (day("2025-01-02"), day("2025-01-06"), 3)
    assert read(store, lambda r: r.states([])) == read(store, lambda r: r.states(["GONE"])) == []

    gone, held = status_of(store, FIRST + 47.25 * HOUR)
    assert (held.first, held.last, held.sessions) == ("2025-01-02", "2025-01-06", 3)
    assert (held.age_hours, held.age_in_words) == (47.25, "47.2 h")
    assert (held.outcome, held.message, held.source) == ("partly", "why", "yahoo")
    (told,) = held.findings
    assert (told.session, told.check, told.value) == ("2025-01-03", "gap", 2.0)
    assert (told.severity, told.detail, told.blocked) == ("warning", "a gap", True)
    assert (gone.symbol, gone.first, gone.last, gone.sessions) == ("GONE", None, None, 0)
    assert (gone.age_in_words, gone.outcome, gone.findings) == ("never", "refused", ())
    (late,) = status_of(store, FIRST + 48 * HOUR, ["NVDA"])
    assert (late.age_hours, late.age_in_words) == (48.0, "2 d")
    (near,) = status_of(store, FIRST + HOUR / 3, ["NVDA"])
    assert near.age_hours == 0.33
    assert known_to(store) == {"NVDA", "GONE"}
    with pytest.raises(StoreError, match=r"knows nothing of NVDIA; did you mean 'NVDA'"):
        status_of(store, SECOND, ["NVDIA"])


def test_actions_without_a_first_session_replace_them_all(store):
    """Unless a source says from when on it speaks; without a reason what goes was withdrawn."""
    old = pd.DataFrame(
        [(day(d), "dividend", 0.1) for d in ("2025-01-03", "2025-01-06")],
        columns=["session", "kind", "value"],
    )
    put(store, change([1.0, 2, 3], actions=old))
    log, item = change([1.0, 2, 3], SECOND, actions=old.iloc[1:], start="2025-01-02")
    item = replace(item, actions_since=day("2025-01-06"))
    put(store, (log, item))  # speaks of the sixth alone
    assert len(read(store, lambda r: r.actions("NVDA"))) == 2
    put(store, (log, replace(item, actions_since=None)))
    assert read(store, lambda r: r.actions("NVDA"))["session"].tolist() == [day("2025-01-06")]
    (reason,) = read(
        store,
        lambda r: r._connection.execute("SELECT reason FROM actions_history").fetchall(),
    )
    assert reason == ("withdrawn",)


def test_what_keeps_figures_out_is_stored_without_bars(store):
    kept_out = bars_frame(sessions("2025-01-03", "2025-01-03"), {"close": [2.0]})
    log, _ = change([1.0])
    put(store, (log, Change(quarantine=kept_out)))
    assert read(store, lambda r: r.quarantine("NVDA"))["close"].tolist() == [2.0]
    assert read(store, lambda r: r.states()) == []
    put(store, (log, Change(quarantine=kept_out.iloc[:0])))
    assert read(store, lambda r: r.quarantine()).empty


def test_the_vintage_is_that_of_the_last_factors(store):
    days = sessions("2025-01-02", "2025-01-06").rename("session")
    names = ["mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf"]
    for at, rows, vintage in ((FIRST, days, "202503"), (SECOND, days[1:], "202504")):
        frame = pd.DataFrame(0.01 if at == FIRST else 0.02, rows, names)
        with store.writing(at) as writer:
            writer.put_factors(frame, vintage, at)
    assert read(store, lambda r: r.factors()[1]) == "202504"
    assert read(store, lambda r: r.factors(FIRST)[1]) == "202503"
    assert read(store, lambda r: r.factors(FIRST - HOUR)[1]) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'IO Error: Could not set lock on file "p": held in x (PID 41).',
            "held by process 41",
        ),
        ("Could not set lock on file", "held by another process; let it finish"),
        ("IO Error: No space left on device", "the disk is full"),
    ],
)
def test_what_is_wrong_with_a_store_is_told_with_the_mend(text, words):
    told = str(_store_error(Path("prices.duckdb"), RuntimeError(text)))
    assert told.startswith("prices.duckdb")
    assert words in told
