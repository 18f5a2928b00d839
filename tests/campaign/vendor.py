"""
The vendor's part of the fault campaign: every behaviour against a store, over the real HTTP stack.

Three symbols are stored on one evening; on the next the vendor behaves in one way about the second
of them. The other two must arrive, the second must come to what the behaviour allows, what was
stored must be untouched unless it is right, and when the vendor is itself again all must heal.

usage: python -m tests.campaign.vendor [--short]
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import logging
import os
import shutil
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.prices.refresh.run import RefreshOptions, refresh_store
from analysis.prices.sources.http import Patience
from analysis.prices.sources.yahoo import YahooSource
from analysis.prices.store import PriceStore
from tests.campaign.behaviours import RIGHT, Behaviour, behaviours
from tests.loopback.listings import after_close, day, listing
from tests.loopback.server import Fault, Loopback, make_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from analysis.prices.refresh.run import RefreshReport

SYMBOLS = ("AAA", "BBB", "CCC")
VICTIM = "BBB"
EVENINGS = ("2025-03-27", "2025-03-28")
SHORT_STEP = 17
"""The short form takes every so many behaviours, and none that ends only by a timeout."""

PATIENCE = Patience(
    connect=60, stall=60, total=120, silences=9, rate=1000, attempts=2, wait=0.01, longest_wait=0.02
)
HASTE = dataclasses.replace(PATIENCE, stall=1, total=3)
"""For behaviours that never end."""


@dataclass(frozen=True)
class Row:
    """What came of one behaviour; `problem` is empty where all was as it must be."""

    name: str
    group: str
    outcome: str
    message: str
    problem: str


class Stage:
    """
    A vendor, a store of one evening, and what is right on the next.

    Parameters
    ----------
    server : Loopback
    folder : pathlib.Path
    """

    def __init__(self, server: Loopback, folder: Path) -> None:
        self.vendor = server.vendor
        self._folder = folder
        self._sources: dict[Patience, YahooSource] = {}
        self.vendor.add(*(listing(symbol, first="2024-06-03") for symbol in SYMBOLS))
        self._template = folder / "template.duckdb"
        first = self._refresh(PriceStore(self._template), EVENINGS[0], PATIENCE)
        assert first.exit_code == 0, first.summary()

    def _refresh(self, store: PriceStore, evening: str, patience: Patience) -> RefreshReport:
        self.vendor.show_until(day(evening))
        if patience not in self._sources:
            self._sources[patience] = YahooSource(self._folder / "cache", patience)
        now = after_close(evening)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return refresh_store(
                store, self._sources[patience], SYMBOLS, now=now, options=RefreshOptions(2)
            )

    def play(self, behaviour: Behaviour) -> Row:
        """Let the vendor behave so, then be itself again."""
        store = PriceStore(self._folder / "store.duckdb")
        shutil.copy(self._template, store.path)
        before = _bars(store)
        self.vendor.faults[VICTIM] = Fault("act", act=behaviour.act)
        patience = HASTE if behaviour.slow else PATIENCE
        try:
            report = self._refresh(store, EVENINGS[1], patience)
        except Exception as error:  # noqa: BLE001 - this is what the campaign looks for
            problem = f"the refresh ended with {type(error).__name__}: {error}"
            return Row(behaviour.name, behaviour.group, "-", "", problem)
        finally:
            del self.vendor.faults[VICTIM]
        found = {outcome.symbol: outcome for outcome in report.outcomes}
        outcome, message = found[VICTIM].outcome, found[VICTIM].message
        problems = [
            f"{symbol} came to {found[symbol].outcome}"
            for symbol in SYMBOLS
            if symbol != VICTIM and found[symbol].outcome != "updated"
        ]
        if outcome not in behaviour.expects:
            problems.append(f"came to {outcome}, not to {'/'.join(sorted(behaviour.expects))}")
        if (report.exit_code == 0) != (outcome in RIGHT):
            problems.append(f"exit code {report.exit_code}")
        if not message.isprintable() or len(message) > 500:
            problems.append("a message that is unfit to print")
        problems += self._wrong(_bars(store), before, outcome)
        healed = self._refresh(store, EVENINGS[1], PATIENCE)
        if healed.exit_code != 0:
            problems.append(f"does not heal: {healed.summary()['failing']}")
        else:
            problems += self._wrong(_bars(store), before, "updated")
        return Row(behaviour.name, behaviour.group, outcome, message, "; ".join(problems))

    def _wrong(
        self, bars: dict[str, pd.DataFrame], before: dict[str, pd.DataFrame], outcome: str
    ) -> list[str]:
        """Compare with the vendor's true figures, row by row."""
        problems = []
        for symbol in SYMBOLS:
            true = self.vendor.listings[symbol].view()
            held = bars[symbol]
            strange = held.index.difference(true.index)
            if len(strange):
                problems.append(f"{symbol} has a bar of {strange[0].date()}")
                continue
            same = true.loc[held.index]
            for ours, theirs in (("close", "close"), ("adj_close", "adjclose"), ("volume",) * 2):
                if not np.allclose(held[ours], same[theirs], rtol=1e-6):
                    problems.append(f"{symbol} holds a wrong {ours}")
            due = true.index if symbol != VICTIM or outcome in RIGHT else before[symbol].index
            if len(due.difference(held.index)):
                problems.append(f"{symbol} lacks {len(due.difference(held.index))} bar(s)")
        return problems


def _bars(store: PriceStore) -> dict[str, pd.DataFrame]:
    with store.reading() as reader:
        return {symbol: reader.bars(symbol) for symbol in SYMBOLS}


@contextlib.contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """
    Set a stage up, with this process's clients pointed to its vendor; take it down again.

    The vendor's client keeps the cache and the certificate that it was first given for as long as
    its process lives: `folder` must outlive the process's last request.
    """
    for name in ("yfinance", "stamina"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    kept = dict(os.environ)
    server = Loopback(*make_certificate(folder))
    os.environ.update(server.environment)
    try:
        yield Stage(server, folder)
    finally:
        server.close()
        for name in server.environment:
            os.environ.pop(name)
            if name in kept:
                os.environ[name] = kept[name]


def chosen(*, short: bool) -> tuple[Behaviour, ...]:
    """List the behaviours of the long form, or of the short one."""
    every = behaviours()
    return tuple(b for b in every if not b.slow)[::SHORT_STEP] if short else every


def run(played: Sequence[Behaviour]) -> list[Row]:
    """Play behaviours one after the other."""
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as scene:
        return [scene.play(behaviour) for behaviour in played]


def main() -> None:
    """Print a line for each behaviour, and how many failed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--short", action="store_true")
    rows = run(chosen(short=parser.parse_args().short))
    for row in rows:
        sys.stdout.write(f"{row.group:8} {row.name:32} {row.outcome:12} {row.problem or 'ok'}\n")
    failed = sum(bool(row.problem) for row in rows)
    sys.stdout.write(f"{len(rows)} behaviours, {failed} failed\n")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
