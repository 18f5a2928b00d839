"""
Measure a fetch of many symbols against the loopback server: wall time and memory.

The server waits a fixed time before each chart; at a given concurrency that dictates the least time
a fetch can take. yfinance asks twice for a new symbol: once for its time zone, once for its bars.

Example
-------
    python -m scripts.benchmark_refresh --symbols 500 --delay 0.2 --concurrency 4
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.loopback.listings import listing
from tests.loopback.server import Loopback, make_certificate

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Run the fetch in a process of its own and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--delay", type=float, default=0.2, help="seconds before each chart")
    parser.add_argument("--concurrency", type=int, default=4)
    asked = parser.parse_args()
    names = [f"S{number:04d}" for number in range(asked.symbols)]
    with tempfile.TemporaryDirectory() as folder:
        server = Loopback(*make_certificate(Path(folder)))
        server.vendor.add(*(listing(name) for name in names))
        server.vendor.delay = asked.delay
        start = time.monotonic()
        done = _fetch(server, Path(folder), names, asked.concurrency)
        took = time.monotonic() - start
        charts = sum(path.startswith("/v8/") for _, path, _ in server.vendor.requests)
        server.close()
    least = charts * asked.delay / asked.concurrency
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(done.stdout.strip() or done.stderr.strip()[-500:])
    print(
        f"{asked.symbols} symbols, {charts} chart requests at {asked.delay} s, concurrency "
        f"{asked.concurrency}: {took:.1f} s, {took / least:.2f} times the server's own "
        f"{least:.1f} s; peak memory {memory:.0f} MB"
    )


def _fetch(
    server: Loopback, folder: Path, names: list[str], concurrency: int
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - this program
        [
            *(sys.executable, "-m", "analysis", "fetch", *names, "--now", "2025-03-31", "--json"),
            *("--rate", "10000", "--concurrency", str(concurrency)),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            **server.environment,
            "MARKET_IMPACT_DB": str(folder / "prices.duckdb"),
            "XDG_CACHE_HOME": str(folder / "cache"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    main()
