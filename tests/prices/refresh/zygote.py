"""
A process that forks a refresh for every line it reads, so that each costs no imports.

usage: python -m tests.prices.refresh.zygote DB CACHE   (evening and symbols on each line)

The number of its process is said first, and it begins when a line is read. It says ``at NAME`` at
every instant of `analysis.prices.store.instants` and waits for a line; when it has ended, ``ended
STATUS`` follows. So whoever reads decides at which it dies. Two symbols are read at a time and
stored together, however long either takes: each run passes the same instants as often.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import yfinance  # noqa: F401 - imported once, before the forks

from analysis.prices.refresh.run import RefreshOptions, refresh_store
from analysis.prices.sources.yahoo import YahooSource
from analysis.prices.store import PriceStore
from analysis.sessions import exchange_calendar
from tests.loopback.listings import after_close
from tests.prices.conftest import PATIENT


def say(answer: object) -> None:
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


def stop_at(instant: str) -> None:
    say(f"at {instant}")
    sys.stdin.readline()


def main() -> None:
    database, cache = Path(sys.argv[1]), Path(sys.argv[2])
    exchange_calendar("XNYS").closes  # noqa: B018 - built once, before the forks
    say("ready")
    for line in sys.stdin:
        last, *symbols = line.split()
        child = os.fork()
        if child == 0:
            sys.stdin.readline()  # says nothing before its number has been said
            code = 1
            try:
                store = PriceStore(database, passing=stop_at)
                source = YahooSource(cache, PATIENT)
                options = RefreshOptions(concurrency=1, gathering=None)
                now = after_close(last)
                code = refresh_store(store, source, symbols, now=now, options=options).exit_code
            finally:
                os._exit(code)
        say(child)
        _, status = os.waitpid(child, 0)
        say(f"ended {status}")


if __name__ == "__main__":
    main()
