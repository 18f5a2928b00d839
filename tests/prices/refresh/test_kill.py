"""``kill -9`` at every named instant of a refresh: every symbol is wholly old or wholly new."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from analysis.errors import StoreError
from analysis.prices.store import PriceStore
from analysis.prices.store.instants import KEPT, MAKING, READING, WRITING
from analysis.prices.store.schema import MIGRATIONS
from tests.loopback.listings import Listing, listing, sessions

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
]

SYMBOLS = tuple(f"K{i}" for i in range(4))
ROUNDS = int(os.environ.get("MARKET_IMPACT_KILL_ROUNDS", "2"))
"""Times that every instant is killed at, each time on another evening."""


class Zygote:
    """Forks refreshes; see `tests.prices.refresh.zygote`."""

    def __init__(self, root, database, cache) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.prices.refresh.zygote", str(database), str(cache)],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"

    def _line(self) -> str:
        return self._process.stdout.readline().rstrip("\n")

    def _say(self, text: str) -> None:
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def run(self, last: str, at=lambda instant, passed: None) -> int:
        """
        Refresh to an evening; its exit status, negative where it was killed.

        At each instant ``at`` is asked with its name and how often it was passed before; where it
        answers True the process is killed while it stands there.
        """
        self._say(f"{last} {' '.join(SYMBOLS)}")
        child = int(self._line())
        self._say("go on")
        passed: dict[str, int] = {}
        while (line := self._line()).startswith("at "):
            instant = line.removeprefix("at ")
            if at(instant, passed.get(instant, 0)):
                os.kill(child, signal.SIGKILL)
            else:
                passed[instant] = passed.get(instant, 0) + 1
                self._say("go on")
        return os.waitstatus_to_exitcode(int(line.removeprefix("ended ")))

    def close(self) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


@pytest.fixture
def zygote(root, loopback, tmp_path):
    forks = Zygote(root, tmp_path / "prices.duckdb", tmp_path / "cache")
    yield forks
    forks.close()


def restating(symbol: str, days) -> Listing:
    """A listing that pays every session, so that every refresh rewrites its whole history."""
    return listing(symbol, dividends=dict.fromkeys(days[60:], 0.05))


def versions(store: PriceStore, vendor) -> dict[str, str | None]:
    """The evening whose figures each symbol holds; every figure is held against the vendor's."""
    found: dict[str, str | None] = {}
    with store.reading() as reader:
        states = {state.symbol: state for state in reader.states()}
        for symbol in SYMBOLS:
            bars = reader.bars(symbol)
            if bars.empty:
                assert symbol not in states
                found[symbol] = None
                continue
            last = bars.index[-1]
            assert states[symbol].last == last
            assert bars.index.is_unique
            expected = vendor.listings[symbol].but(visible_until=last)
            np.testing.assert_array_equal(bars.index, expected.view().index)
            np.testing.assert_allclose(bars["adj_close"], expected.view()["adjclose"], rtol=1e-6)
            actions = reader.actions(symbol)
            assert set(actions["session"]) == set(expected.shown_dividends())
            assert reader.last_log()[symbol].result.outcome in ("updated", "restated", "unchanged")
            found[symbol] = str(last.date())
    return found


def new(held: dict[str, str | None], evening: str) -> int:
    return sum(version == evening for version in held.values())


def passages() -> list[tuple[str, int]]:
    """Every instant of a refresh that restates, with how often it is passed before."""
    inside = itertools.product((*WRITING, KEPT), range(len(SYMBOLS)))
    outside = [(name, 0) if name == "planned" else (name, n) for name in READING for n in range(4)]
    return [*inside, *dict.fromkeys(outside)]


def test_a_killed_refresh_leaves_every_symbol_old_or_new(zygote, vendor, tmp_path, record_property):
    days = sessions("2024-01-02", "2025-03-31")
    vendor.add(*(restating(symbol, days) for symbol in SYMBOLS))
    store = PriceStore(tmp_path / "prices.duckdb")
    evenings = iter(days[100:])

    def next_evening() -> str:
        day = next(evenings)
        vendor.show_until(day)
        return str(day.date())

    assert zygote.run(next_evening()) == 0
    held = versions(store, vendor)
    killed: Counter[str] = Counter()
    for name, before in passages() * ROUNDS:
        evening = next_evening()
        status = zygote.run(evening, lambda at, passed, n=name, b=before: (at, passed) == (n, b))
        assert status == -signal.SIGKILL, (name, before)
        killed[f"refresh at '{name}'"] += 1
        now = versions(store, vendor)
        assert all(now[symbol] in (held[symbol], evening) for symbol in SYMBOLS)
        if name in WRITING:  # as many as were committed, and nothing of the one in hand
            assert new(now, evening) == before
        elif name == KEPT:
            assert new(now, evening) == before + 1
        held = now
    assert killed.total() == len(passages()) * ROUNDS >= 55 * ROUNDS
    record_property("kills", json.dumps(killed))
    evening = next_evening()
    assert zygote.run(evening) == 0
    assert set(versions(store, vendor).values()) == {evening}


def test_killed_while_the_store_is_made(zygote, vendor, tmp_path, record_property):
    days = sessions("2024-01-02", "2025-03-31")
    vendor.add(*(restating(symbol, days) for symbol in SYMBOLS))
    vendor.show_until(days[100])
    evening = str(days[100].date())
    store = PriceStore(tmp_path / "prices.duckdb")
    steps = [(name, n) for name in MAKING[1:4] for n in range(len(MIGRATIONS))]
    ends = [(name, 0) for name in (MAKING[0], *MAKING[4:], "opened", *WRITING, KEPT)]
    killed: Counter[str] = Counter()
    for name, before in [*steps, *ends]:
        for file in tmp_path.glob("*prices.duckdb*"):
            file.unlink()
        status = zygote.run(evening, lambda at, passed, n=name, b=before: (at, passed) == (n, b))
        assert status == -signal.SIGKILL, (name, before)
        killed[f"first refresh at '{name}'"] += 1
        assert store.exists() == (name not in MAKING[:-1])
        if store.exists():
            held = versions(store, vendor)
            assert set(held.values()) <= {None, evening}
            assert new(held, evening) == (name == KEPT)
        assert zygote.run(evening) == 0
        assert set(versions(store, vendor).values()) == {evening}
        assert not list(tmp_path.glob(".prices.duckdb.*"))  # the temporary of the dead is swept
    record_property("kills", json.dumps(killed))


def test_a_reader_sees_whole_symbols_at_every_instant(zygote, vendor, tmp_path):
    days = sessions("2024-01-02", "2025-03-31")
    vendor.add(*(restating(symbol, days) for symbol in SYMBOLS))
    store = PriceStore(tmp_path / "prices.duckdb", patience=0)
    vendor.show_until(days[100])
    assert zygote.run(str(days[100].date())) == 0
    vendor.show_until(days[101])
    old, evening = str(days[100].date()), str(days[101].date())
    turned_away, read = set(), {}

    def look(instant: str, passed: int) -> bool:
        try:
            read[instant, passed] = versions(store, vendor)
        except StoreError as error:
            turned_away.add((instant, "is held by process" in str(error)))
        return False

    assert zygote.run(evening, look) == 0
    alone = {"opened", "judged", *WRITING, KEPT}  # a writer has it to itself
    assert turned_away == {(instant, True) for instant in alone}
    assert all(version in (old, evening) for held in read.values() for version in held.values())
    counts = [new(held, evening) for held in read.values()]
    assert counts == sorted(counts)  # a symbol that was new stays new
    assert {0, len(SYMBOLS)} <= set(counts)
    assert any(0 < count < len(SYMBOLS) for count in counts)
