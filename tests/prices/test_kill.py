"""``kill -9`` at random instants of a refresh: every symbol is wholly old or wholly new."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from analysis.prices.store import PriceStore
from tests.loopback.listings import Listing, listing, sessions

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
]

KILLS = 110
SYMBOLS = tuple(f"K{i}" for i in range(4))


class Zygote:
    """Forks refreshes; see `tests.prices.refresh_zygote`."""

    def __init__(self, root, database, cache) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.prices.refresh_zygote", str(database), str(cache)],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout.readline() == "ready\n"

    def run(self, last: str, kill_after: float | None = None) -> tuple[int, float]:
        """Refresh to an evening; kill the process after a while. Its wait status and its time."""
        self._process.stdin.write(f"{last} {' '.join(SYMBOLS)}\n")
        self._process.stdin.flush()
        child = int(self._process.stdout.readline())
        start = time.monotonic()
        if kill_after is not None:
            time.sleep(kill_after)
            with contextlib.suppress(ProcessLookupError):  # it was quicker
                os.kill(child, signal.SIGKILL)
        status = int(self._process.stdout.readline())
        return status, time.monotonic() - start

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=30)


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
            assert reader.last_log()[symbol].outcome in ("updated", "restated", "unchanged")
            found[symbol] = str(last.date())
    return found


def test_a_killed_refresh_leaves_every_symbol_old_or_new(zygote, vendor, tmp_path):
    rng = random.Random(20250127)
    days = sessions("2024-01-02", "2025-03-31")
    evenings = [str(day.date()) for day in days[100:]]
    vendor.add(*(restating(symbol, days) for symbol in SYMBOLS))
    store = PriceStore(tmp_path / "prices.duckdb")
    vendor.show_until(days[100])
    assert zygote.run(evenings[0])[0] == 0
    vendor.show_until(days[days.get_loc(evenings[1])])
    status, whole = zygote.run(evenings[1])  # the first one that restates, as all later ones do
    assert status == 0
    held = versions(store, vendor)
    assert set(held.values()) == {evenings[1]}
    killed = mixed = 0
    for evening in evenings[2:]:
        vendor.show_until(days[days.get_loc(evening)])
        status, _ = zygote.run(evening, kill_after=rng.uniform(0, whole))
        killed += os.WIFSIGNALED(status)
        now = versions(store, vendor)
        assert all(now[symbol] in (held[symbol], evening) for symbol in SYMBOLS)
        mixed += 0 < sum(version == evening for version in now.values()) < len(SYMBOLS)
        held = now
        if killed >= KILLS:
            break
    assert killed >= KILLS
    assert mixed >= 5  # the kills fell inside refreshes, not only before or after them
    vendor.show_until(days[-1])
    assert zygote.run(str(days[-1].date()))[0] == 0
    assert set(versions(store, vendor).values()) == {str(days[-1].date())}


def test_killed_while_the_store_is_made(zygote, vendor, tmp_path):
    rng = random.Random(7)
    days = sessions("2024-01-02", "2025-03-31")
    vendor.add(*(restating(symbol, days) for symbol in SYMBOLS))
    vendor.show_until(days[100])
    evening = str(days[100].date())
    store = PriceStore(tmp_path / "prices.duckdb")
    _, whole = zygote.run(evening)
    for _ in range(10):
        for file in tmp_path.glob("*prices.duckdb*"):
            file.unlink()
        zygote.run(evening, kill_after=rng.uniform(0, whole))
        if store.exists():
            assert set(versions(store, vendor).values()) <= {None, evening}
        assert zygote.run(evening)[0] == 0
        assert set(versions(store, vendor).values()) == {evening}
