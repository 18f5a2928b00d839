"""Price stores over many symbols and many evenings, against the loopback vendor."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.prices.refresh.run import RefreshOptions, refresh_store
from analysis.prices.sources.http import Patience
from analysis.prices.sources.yahoo import YahooSource
from analysis.prices.store import PriceStore
from tests.loopback.listings import after_close, day, listing, sessions
from tests.loopback.server import Loopback, Vendor, make_certificate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from tests.campaign.tally import Tally

ROOT = Path(__file__).resolve().parent.parent.parent
MEMORY = 2 << 10
"""Megabytes that no part may need."""

UNIT = ROOT / "scripts/schedule/market-impact-refresh.service"
MOST_GROWTH = 1.25
"""Memory after the last cycle over that after the tenth."""

PATIENCE = Patience(
    connect=60, stall=60, total=120, silences=9, rate=10_000, attempts=2, wait=0.01,
    longest_wait=0.02,
)  # fmt: skip


def many_symbols(tally: Tally, n: int, *, rate: float | None) -> None:
    """
    Fetch symbols on one evening and refresh them all on the next, in processes of their own.

    Parameters
    ----------
    tally : Tally
    n : int
        Symbols.
    rate : float or None
        Requests a second of the refresh; the program's own default where None.
    """
    names = [f"S{number:05d}" for number in range(n)]
    with tempfile.TemporaryDirectory() as folder:
        server = Loopback(*make_certificate(Path(folder)))
        server.vendor.add(*(listing(name, first="2025-01-02") for name in names))
        environment = os.environ | server.environment | {
            "XDG_CACHE_HOME": f"{folder}/cache",
            "MARKET_IMPACT_DB": f"{folder}/prices.duckdb",
        }  # fmt: skip
        store = PriceStore(Path(folder) / "prices.duckdb")
        given = [] if rate is None else ["--rate", str(rate)]
        steps = {
            f"fetch of {n:,} symbols": ("2025-03-27", ["fetch", *names, "--rate", "10000"]),
            f"refresh of {n:,} symbols": ("2025-03-28", ["refresh", *given]),
        }
        for kind, (evening, command) in steps.items():
            server.vendor.show_until(day(evening))
            now = after_close(evening).strftime("%Y-%m-%dT%H:%M:%SZ")
            code, took, peak, stderr = measured(
                [*command, "--now", now, "-q"], environment, Path(folder)
            )
            fault = "" if code == 0 else f"exit {code}: {stderr[-200:]}"
            with store.reading() as reader:
                current = sum(state.last == day(evening) for state in reader.states())
            if not fault and current != n:
                fault = f"{n - current} symbols are not current"
            if not fault and peak > MEMORY:
                fault = f"{peak} MB"
            if not fault and took > _unit_seconds():
                fault = f"{took:.0f} s, more than the unit's {_unit_seconds()}"
            tally.add(kind, fault)
            tally.note(f"{kind}, s", round(took))
            tally.note(f"{kind}, MB", peak)
        tally.note("store, MB", store.path.stat().st_size >> 20)
        server.close()


def measured(
    words: Sequence[str], environment: dict[str, str], folder: Path
) -> tuple[int, float, int, str]:
    """Run a command in a folder; give its exit code, seconds, megabytes and what it said."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+b") as said:
        run = subprocess.Popen(
            [sys.executable, "-m", "analysis", *words], cwd=folder,
            env=environment | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL, stderr=said,
        )  # fmt: skip
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        stderr = said.read().decode("utf-8", "replace")
    peak = usage.ru_maxrss >> (20 if sys.platform == "darwin" else 10)
    return run.returncode, time.monotonic() - started, peak, stderr


def _unit_seconds() -> int:
    """Read how long systemd lets the nightly unit run."""
    line = next(
        line for line in UNIT.read_text(encoding="utf-8").splitlines()
        if line.startswith("TimeoutStartSec=")
    )  # fmt: skip
    return 3600 * int(line.partition("=")[2].removesuffix("h"))


def cycles(tally: Tally, n: int) -> None:
    """
    Refresh ten symbols on evening after evening; some split, some pay, all must stay right.

    Parameters
    ----------
    tally : Tally
    n : int
        Evenings.
    """
    evenings = sessions("2024-01-02", "2025-03-31")[-n - 1 :]
    logging.getLogger("yfinance").addHandler(logging.NullHandler())
    with tempfile.TemporaryDirectory() as folder:
        server = Loopback(*make_certificate(Path(folder)))
        server.vendor.add(*_ten(evenings))
        before = {name: os.environ.get(name) for name in server.environment}
        os.environ.update(server.environment)
        try:
            _evenings(tally, server.vendor, Path(folder), evenings)
        finally:
            server.close()
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def _ten(evenings: pd.DatetimeIndex) -> list[object]:
    """Ten listings: one splits every twenty evenings, one pays every ten."""
    made = [listing(f"C{number}") for number in range(8)]
    made.append(listing("SPLITS", splits=dict.fromkeys(evenings[10::20], 2.0)))
    made.append(listing("PAYS", dividends=dict.fromkeys(evenings[5::10], 0.5)))
    return made


def _evenings(tally: Tally, vendor: Vendor, folder: Path, evenings: pd.DatetimeIndex) -> None:
    store = PriceStore(folder / "prices.duckdb")
    source = YahooSource(folder / "cache", PATIENCE)
    early = 0
    for number, evening in enumerate(evenings):
        fault = _evening(vendor, store, source, evening)
        tally.add("refresh cycles", fault)
        memory = resident()
        early = memory if number == min(10, len(evenings) - 1) else early
        if early and memory > MOST_GROWTH * early:
            tally.add("memory", f"{early} MB after ten cycles, {memory} MB after {number + 1}")
            break
    tally.note("memory after the cycles, MB", resident())
    tally.note("memory after ten cycles, MB", early)
    fresh = PriceStore(folder / "fresh.duckdb")
    fault = _evening(vendor, fresh, source, evenings[-1])
    grown = store.path.stat().st_size / fresh.path.stat().st_size
    tally.note("store over one fetched at once", round(grown, 2))
    tally.add("size of the store", fault or ("" if grown < 2 else f"{grown:.1f} times"))


def _evening(vendor: Vendor, store: PriceStore, source: YahooSource, evening: pd.Timestamp) -> str:
    """Refresh to an evening; say what is not as the vendor shows it."""
    vendor.show_until(evening)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = refresh_store(
            store, source, sorted(vendor.listings), now=after_close(str(evening.date())),
            options=RefreshOptions(),
        )  # fmt: skip
    if report.exit_code:
        return f"exit {report.exit_code}: {report.summary()}"[:200]
    with store.reading() as reader:
        for symbol, item in vendor.listings.items():
            bars, expected = reader.bars(symbol), item.view()
            if not bars.index.equals(expected.index):
                return f"{symbol}: {len(bars)} sessions, not {len(expected)}"
            for ours, theirs in (("close", "close"), ("adj_close", "adjclose")):
                if not np.allclose(bars[ours], expected[theirs], rtol=1e-5):
                    return f"{symbol}: {ours} is not the vendor's"
    return ""


def resident() -> int:
    """Give the megabytes that this process holds now; 0 where the system does not say."""
    found = Path("/proc/self/statm")
    if not found.exists():
        return 0
    return int(found.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
