"""
Change the program in small ways and see whether a test notices.

Usage: python scripts/mutate.py [MODULE|FOLDER ...] [--changed] [--each N] [--minutes N] [--seed N]
                                [--survey FILE] [--tests PATH] [--workers N]
                                [--floor PERCENT]

A mutant is one change of the syntax tree: a comparison, an operator, a constant, a condition. First
the quick tests and the examples run once and tell which of them reach which line and how long each
takes (--survey keeps that in a file; later only tests that have changed run again, and lines move
with their text). Then, in a copy of the tree, a mutant meets the quickest of the tests that reach
its line, those of its own file before all others, in a process forked from one that has collected
them. A mutant that survives is a hole, unless docs/mutants.md says why it cannot matter. The run
fails where even the upper end of the 95 % Wilson interval of a room's share killed lies below the
floor.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from queue import Empty

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from mutation.changes import Mutant, known, mutants  # noqa: E402
from mutation.judge import Answer, judge  # noqa: E402
from mutation.survey import Survey, is_compiled, survey  # noqa: E402

DOCUMENT = ROOT / "docs" / "mutants.md"
Z = 1.959964


def changed_modules() -> list[str]:
    """List the modules that the last commit, or the branch since it left main, has changed."""
    base = subprocess.run(
        ["git", "merge-base", "HEAD^", "main"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout.strip() or "HEAD^"  # fmt: skip
    names = subprocess.run(
        ["git", "diff", "--name-only", base, "HEAD", "--", "analysis"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    return [name for name in names if name.endswith(".py") and (ROOT / name).is_file()]


def interval(killed: int, tried: int) -> tuple[float, float]:
    """Give the 95 % Wilson interval of a share."""
    share = killed / tried
    centre = share + Z * Z / (2 * tried)
    spread = Z * math.sqrt(share * (1 - share) / tried + Z * Z / (4 * tried * tried))
    scale = 1 + Z * Z / tried
    return (centre - spread) / scale, (centre + spread) / scale


def room(module: str) -> str:
    """Name the room of a module: its folder right under the package, or the module itself."""
    return "/".join(Path(module).parts[:2])


def chosen(words: list[str], *, changed: bool) -> list[str]:
    """List the modules asked for; a folder stands for all in it."""
    modules = changed_modules() if changed and not words else []
    for word in words:
        path = ROOT / word
        found = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        modules += [file.relative_to(ROOT).as_posix() for file in found]
    return modules


def drawn(modules: list[str], seed: int, each: int) -> tuple[list[Mutant], dict[str, int]]:
    """Draw mutants, at most so many a room; count those passed over that the document excuses."""
    cases = [
        case for module in modules for case in mutants(module, (ROOT / module).read_text("utf-8"))
    ]
    random.Random(seed).shuffle(cases)
    excused = known(DOCUMENT.read_text("utf-8"))
    taken: dict[str, list[Mutant]] = defaultdict(list)
    passed_over: dict[str, int] = defaultdict(int)
    for case in cases:
        name = room(case.module)
        if each and len(taken[name]) >= each:
            continue
        if case.key in excused:
            passed_over[name] += 1
        else:
            taken[name].append(case)
    return [case for case in cases if case in taken[room(case.module)]], passed_over


def tried(cases: list[Mutant], reach: Survey, minutes: float, workers: int) -> list[Answer]:
    """Share the cases among processes; give each with the reason why it survived, or none."""
    found: list[Answer] = []
    compiled = [case for case in cases if is_compiled(reach.sources[case.module])]
    others = [case for case in cases if not is_compiled(reach.sources[case.module])]
    begun = time.monotonic()
    for part, share in ((others, len(others) / max(len(cases), 1)), (compiled, 1.0)):
        found += _judged(part, reach, begun + 60 * minutes * share, workers)
    return found


def _judged(cases: list[Mutant], reach: Survey, end: float, workers: int) -> list[Answer]:
    answers: multiprocessing.Queue[Answer] = multiprocessing.Queue()
    judges = [
        multiprocessing.Process(target=judge, args=(cases[i::workers], reach, end, answers))
        for i in range(min(workers, len(cases)))
    ]
    for one in judges:
        one.start()
    found: list[Answer] = []
    while True:
        alive = any(one.is_alive() for one in judges)
        try:
            case, why = answers.get(timeout=1.0)
        except Empty:
            if alive:
                continue
            return found
        found.append((case, why))
        if why:
            print(f"SURVIVED {case.module}:{case.line} ({why})\n{case.row}", flush=True)


def report(found: list[Answer], passed_over: dict[str, int], seed: int, floor: float) -> int:
    """Print the share killed a room; 1 where one lies below the floor beyond doubt."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for case, why in found:
        for name in (room(case.module), "all"):
            counts[name][0] += not why
            counts[name][1] += 1
    if not found:
        print("no mutant was tried")
    for name, (dead, tries) in sorted(counts.items()):
        low, high = interval(dead, tries)
        print(
            f"{name}: {dead} of {tries} killed ({100 * dead / tries:.0f} %, 95 % interval "
            f"{100 * low:.0f} to {100 * high:.0f}), {passed_over.get(name, 0)} excused, seed {seed}"
        )
    return int(any(100 * interval(*count)[1] < floor for count in counts.values()))


def main() -> int:
    """Try mutants until the time is over; report the share killed a room."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="as analysis/sessions.py")
    parser.add_argument("--changed", action="store_true", help="the modules of the last change")
    parser.add_argument("--each", type=int, default=0, help="at most so many mutants a room")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=20250127)
    parser.add_argument("--survey", type=Path, help="where to keep which test reaches which line")
    parser.add_argument("--tests", action="append", help="only the tests beneath a path")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--floor", type=float, default=90.0, help="percent killed, at the least")
    given = parser.parse_args()
    modules = chosen(given.modules, changed=given.changed)
    if not modules:
        print("no module to mutate")
        return 0
    cases, passed_over = drawn(modules, given.seed, given.each)
    reach = survey(given.survey, given.workers, given.tests or ["tests", "analysis"])
    print(f"{len(cases)} mutants, {len(reach.seconds):,} tests", flush=True)
    found = tried(cases, reach, given.minutes, given.workers)
    return report(found, passed_over, given.seed, given.floor)


if __name__ == "__main__":
    sys.exit(main())
