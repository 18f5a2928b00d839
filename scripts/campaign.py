"""
Try to make the program fail, and count what was tried.

Usage: python scripts/campaign.py [PART ...] [--minutes N | --long] [--state FILE] [--write]

A part is inputs, fuzz, vendor, kills, signals, load, symbols or cycles; all if none is named. In
--minutes each part does what its share of the time allows; with --long each goes by numbers (a
million fuzz runs a target, 1,500 inputs, ten million events), however long it takes. With --state
counts add up over runs: a campaign may be stopped and gone on with, and several may run at once,
each with a --seed of its own. --write renews the table in docs/reliability.md from what is known.

A fault is a traceback, exit code 70, a hang, a wrong value, an escape sequence on the terminal, a
message of more than ten lines, a half-written output, a lost row, or two gigabytes of memory.
Inputs that found one go to tests/corpus, or to --corpus.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from tests.campaign.fuzz import fuzz  # noqa: E402 - found by the line above
from tests.campaign.inputs import inputs  # noqa: E402
from tests.campaign.load import load  # noqa: E402
from tests.campaign.signals import signals  # noqa: E402
from tests.campaign.stores import cycles, many_symbols  # noqa: E402
from tests.campaign.tally import State, Tally  # noqa: E402
from tests.campaign.targets import TARGETS  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE = ROOT / "docs" / "reliability.md"


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What a part is to do.

    Attributes
    ----------
    seconds : float
        Its time; 0 in a long campaign, whose parts go by numbers.
    long : bool
    seed : int
    state : State
    corpus : pathlib.Path
    runs : int
        Fuzz runs of each target, 0 for what the time allows.
    targets : tuple of str
        Fuzz targets.
    rate : float or None
        Requests a second of the refresh of many symbols; the program's default where None.
    """

    seconds: float
    long: bool
    seed: int
    state: State
    corpus: Path
    runs: int
    targets: tuple[str, ...]
    rate: float | None


def run_inputs(tally: Tally, asked: Asked) -> None:
    """Spoil files and command lines; another seed each time the state is gone on with."""
    seed = f"{asked.seed}:{len(asked.state.tally('inputs').seeds)}"
    tally.seeds.append(seed)
    inputs(tally, random.Random(seed), seconds=asked.seconds, fewest=1_500 if asked.long else 0)


def run_fuzz(tally: Tally, asked: Asked) -> None:
    """Feed mutated bytes to every reader; each target keeps a tally of its own."""
    seconds = 1e9 if asked.runs else asked.seconds / len(asked.targets)
    started, last = time.monotonic(), {}
    before = {name: asked.state.tally(f"fuzz {name}").tried for name in asked.targets}
    for known in fuzz(
        asked.targets, asked.runs, seed=asked.seed, state=asked.state, corpus=asked.corpus,
        seconds=seconds,
    ):  # fmt: skip
        last[known.part] = known
        done = sum(one.tried for one in last.values()) - sum(
            before[name] for name in asked.targets if f"fuzz {name}" in last
        )
        print(
            f"  {known.part}: {known.tried:,} runs, {known.failed} faults, "
            f"{done / (time.monotonic() - started):,.0f} runs a second",
            flush=True,
        )
    for part, known in last.items():
        tally.join(Tally(part, known.tried, known.failed, worst=known.worst))
        name = part.removeprefix("fuzz ")
        tally.kinds[name] = known.tried
        tally.note(f"runs of {name}", known.tried)


def run_vendor(tally: Tally, asked: Asked) -> None:
    """Drive refreshes against ill-behaved vendors on the loopback."""
    del asked
    by_tests(tally, ["tests/campaign/test_vendor.py"])


def run_kills(tally: Tally, asked: Asked) -> None:
    """Kill refreshes and writers of results at named instants; kills are counted, not tests."""
    rounds = {"MARKET_IMPACT_KILL_ROUNDS": "3"} if asked.long else {}
    by_tests(
        tally, ["tests/prices/refresh/test_kill.py", "tests/test_outputs.py", "-k", "kill or end"],
        counted="kills", environment=rounds,
    )  # fmt: skip


def by_tests(
    tally: Tally,
    arguments: list[str],
    *,
    counted: str = "",
    environment: dict[str, str] | None = None,
) -> None:
    """
    Count the trials of tests that stand for a part.

    Parameters
    ----------
    tally : Tally
    arguments : list of str
        Of pytest.
    counted : str
        Property of a test that says how many trials of which kinds it made; each test is one trial
        where not given.
    environment : dict of str to str, optional
        What the tests find in the environment beside what is there.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found.xml"
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider",
             f"--junitxml={found}", *arguments],
            cwd=ROOT, capture_output=True, check=False, env=os.environ | (environment or {}),
        )  # fmt: skip
        cases = ET.parse(found).getroot().iter("testcase")  # noqa: S314 - just written
        for case in cases:
            wrong = [part for part in case if part.tag in {"failure", "error", "skipped"}]
            fault = (wrong[0].get("message") or wrong[0].tag)[:200] if wrong else ""
            made = {
                kind: number
                for one in case.iter("property")
                if one.get("name") == counted
                for kind, number in json.loads(one.get("value") or "{}").items()
            }
            if fault or not counted:
                tally.add(str(case.get("name")), fault)
            for kind, number in made.items():
                tally.add(kind, n=number)


def run_signals(tally: Tally, asked: Asked) -> None:
    """Send signals at random instants."""
    seed = f"{asked.seed}:{len(asked.state.tally('signals').seeds)}"
    tally.seeds.append(seed)
    signals(tally, random.Random(seed), seconds=asked.seconds, fewest=100 if asked.long else 0)


def run_load(tally: Tally, asked: Asked) -> None:
    """Take large files."""
    load(tally, 10_000_000 if asked.long else 300_000)


def run_symbols(tally: Tally, asked: Asked) -> None:
    """Fetch and refresh a store of many symbols."""
    many_symbols(tally, 10_000 if asked.long else 50, rate=asked.rate)


def run_cycles(tally: Tally, asked: Asked) -> None:
    """Refresh evening after evening."""
    cycles(tally, 100 if asked.long else 5)


PARTS: dict[str, tuple[Callable[[Tally, Asked], None], int]] = {
    "inputs": (run_inputs, 3),
    "fuzz": (run_fuzz, 5),
    "vendor": (run_vendor, 2),
    "kills": (run_kills, 2),
    "signals": (run_signals, 2),
    "load": (run_load, 2),
    "symbols": (run_symbols, 1),
    "cycles": (run_cycles, 1),
}
"""Name to what runs it, and its share of the time."""


def row(tally: Tally) -> str:
    """Write a part's row of the table."""
    worst = tally.worst[0] if tally.worst else "none"
    worst = worst.replace("|", "\\|").replace("\n", " ")[:120]
    kinds = f" ({len(tally.kinds):,} kinds)" if tally.kinds else ""
    notes = "".join(f"; {name} {value:,.10g}" for name, value in sorted(tally.notes.items()))
    return f"| {tally.part} | {tally.tried:,}{kinds} | {tally.failed:,} | {worst}{notes} |"


def write(rows: list[str]) -> None:
    """Renew the rows of the parts that are known in docs/reliability.md."""
    text = TABLE.read_text(encoding="utf-8")
    for line in rows:
        part = line.split("|")[1].strip()
        text = re.sub(rf"(?m)^\| {part} \|.*$", lambda _, line=line: line, text)
    TABLE.write_text(text, encoding="utf-8")


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--minutes", type=float, default=10.0, help="for all parts together")
    parser.add_argument("--long", action="store_true", help="by numbers instead of minutes")
    parser.add_argument("--runs", type=int, help="fuzz runs of each target (--long: 1,000,000)")
    parser.add_argument("--targets", default=",".join(TARGETS), help="of the fuzz, as study,levels")
    parser.add_argument("--rate", type=float, help="requests a second in the part symbols")
    parser.add_argument("--seed", type=int, default=20250127)
    parser.add_argument("--state", type=Path, help="a file in which counts add up over runs")
    parser.add_argument("--corpus", type=Path, default=ROOT / "tests" / "corpus")
    parser.add_argument("--write", action="store_true", help="renew docs/reliability.md")
    given = parser.parse_args()
    for name, known in ((given.parts, PARTS), (given.targets.split(","), TARGETS)):
        unknown = set(name) - set(known)
        if unknown:
            parser.error(f"no '{min(unknown)}' (known: {', '.join(known)})")
    return given


def main() -> int:
    """Run the parts asked for; 1 if anything failed."""
    given = read_arguments()
    parts = given.parts or list(PARTS)
    state = State(given.state)
    shares = sum(PARTS[part][1] for part in parts)
    rows, failed = [], 0
    for part in parts:
        run, share = PARTS[part]
        asked = Asked(
            seconds=0.0 if given.long else 60 * given.minutes * share / shares,
            long=given.long,
            seed=given.seed,
            state=state,
            corpus=given.corpus,
            runs=given.runs if given.runs is not None else 1_000_000 * given.long,
            targets=tuple(given.targets.split(",")),
            rate=given.rate if given.long else 10_000.0,
        )
        tally = Tally(part)
        run(tally, asked)
        whole = tally if part == "fuzz" else state.add(tally)
        rows.append(row(whole))
        print(rows[-1], flush=True)
        for line in whole.worst:
            print(f"    {line}", flush=True)
        failed += tally.failed
    if given.write:
        write(rows)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
