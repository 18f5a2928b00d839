"""
A process that forks a refresh for every line it reads, so that each costs no imports.

usage: python -m tests.prices.refresh_zygote DB CACHE   (symbols and evening on each line)
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import yfinance  # noqa: F401 - imported once, before the forks

from analysis.prices.refresh import refresh_store
from analysis.prices.store import PriceStore
from analysis.prices.yahoo import YahooSource
from analysis.sessions import exchange_calendar
from tests.loopback.listings import after_close
from tests.prices.conftest import HASTY


def say(answer: object) -> None:
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


def main() -> None:
    store, cache = PriceStore(Path(sys.argv[1])), Path(sys.argv[2])
    exchange_calendar("XNYS").closes  # noqa: B018 - built once, before the forks
    say("ready")
    for line in sys.stdin:
        last, *symbols = line.split()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                source = YahooSource(cache, HASTY)
                code = refresh_store(store, source, symbols, now=after_close(last)).exit_code
            finally:
                os._exit(code)
        say(child)
        _, status = os.waitpid(child, 0)
        say(status)


if __name__ == "__main__":
    main()
