"""A loopback vendor for every test that asks for one, and a source that is quick to give up."""

from __future__ import annotations

import dataclasses
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from analysis.prices.refresh.run import RefreshOptions, RefreshReport, refresh_store
from analysis.prices.sources.http import Patience
from analysis.prices.sources.yahoo import YahooSource
from analysis.prices.store import PriceStore
from tests.loopback.listings import after_close, day
from tests.loopback.server import HANG, Loopback, Vendor, make_certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HASTY = Patience(
    connect=1, stall=1, total=3, silences=3, rate=1000, attempts=3, wait=0.01, longest_wait=0.05
)


PATIENT = dataclasses.replace(HASTY, connect=60, stall=60, total=120)
"""For a vendor that answers in the end, on a machine however busy."""


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def loopback(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """The server, and this process's clients pointed to it by the variables they honour."""
    server = Loopback(*certificate)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    logging.getLogger("yfinance").addHandler(logging.NullHandler())
    logging.getLogger("stamina").addHandler(logging.NullHandler())
    yield server
    server.close()


@pytest.fixture
def vendor(loopback: Loopback) -> Vendor:
    return loopback.vendor


@pytest.fixture
def source(loopback: Loopback, tmp_path: Path) -> YahooSource:
    """The real yfinance over its real HTTP stack."""
    return YahooSource(tmp_path / "cache", PATIENT)


@pytest.fixture
def store(tmp_path: Path) -> PriceStore:
    return PriceStore(tmp_path / "prices.duckdb")


@dataclasses.dataclass
class Nights:
    """Refreshes night after night: the vendor shows all up to a session; it is its evening."""

    vendor: Vendor
    source: YahooSource
    store: PriceStore

    def __call__(self, last: str, *symbols: str, **options) -> RefreshReport:
        self.vendor.show_until(day(last))
        since = options.pop("since", None)
        return refresh_store(
            self.store,
            options.pop("source", self.source),
            symbols or None,
            now=options.pop("now", after_close(last)),
            since=since,
            max_age=options.pop("max_age", None),
            wait=5,
            options=RefreshOptions(**options),
        )

    def read(self, what: Callable):
        with self.store.reading() as reader:
            return what(reader)


@pytest.fixture
def night(vendor: Vendor, source: YahooSource, store: PriceStore) -> Nights:
    return Nights(vendor, source, store)


@dataclasses.dataclass
class Command:
    """The command line in a process of its own, its clients pointed to the loopback server."""

    root: Path
    environment: dict[str, str]

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "analysis", *arguments],
            cwd=self.root,
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        with self.start(*arguments, **variables) as process:
            out, err = process.communicate(timeout=10 * HANG)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@pytest.fixture
def command(root: Path, loopback: Loopback, tmp_path: Path) -> Command:
    environment = {
        **os.environ,
        **loopback.environment,
        "XDG_CACHE_HOME": str(tmp_path / "cache-home"),
        "XDG_DATA_HOME": str(tmp_path / "data-home"),
        "MARKET_IMPACT_DB": str(tmp_path / "prices.duckdb"),
    }
    return Command(root, environment)
