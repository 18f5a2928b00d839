"""
Change the program in small ways and see whether a test notices.

Usage: python scripts/mutate.py [MODULE|FOLDER ...] [--changed] [--each N] [--minutes N] [--seed N]
                                [--workers N] [--floor PERCENT]

A mutant is one change of the syntax tree: a comparison, an operator, a constant, a condition. First
the quick tests run once and tell which of them reach which line and how long each takes; then, in a
copy of the tree, a mutant meets the quickest of the tests that reach its line (those of its own
file before all others), in a process forked from one that has the libraries loaded. A mutant that
survives is a hole, unless docs/mutants.md says why it cannot matter. The run fails where even the
upper end of the 95 % Wilson interval of a room's share killed lies below the floor.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib
import math
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).resolve().parent.parent
KNOWN = ROOT / "docs" / "mutants.md"
MOST_TESTS = 60
"""A mutant meets at most so many tests: of thousands at a line, the last find nothing new."""
LIBRARIES = (
    "hypothesis", "xdist", "pytest_cov", "pytest_socket", "pandas", "scipy.stats",
    "scipy.optimize",
    "statsmodels.api", "matplotlib.pyplot", "exchange_calendars", "arch", "pyarrow.parquet",
    "numba", "duckdb", "click", "rich", "yfinance",
)  # fmt: skip
"""What a fork need not load again."""
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


def mutants(source: str) -> list[tuple[int, str, str]]:
    """List line, description and changed source of every mutant of a module."""
    tree = ast.parse(source)
    skipped = _untouched(tree)
    found = []
    for number, node in enumerate(ast.walk(tree)):
        if node in skipped:
            continue
        what = _change(node)
        if what is None:
            continue
        changed = copy.deepcopy(tree)
        twin = next(n for i, n in enumerate(ast.walk(changed)) if i == number)
        _apply(twin)
        found.append((getattr(node, "lineno", 0), what, ast.unparse(changed)))
    return found


def _untouched(tree: ast.Module) -> set[ast.AST]:
    """Give the nodes that no test could or should tell apart: types, texts, messages of errors."""
    left_out: set[ast.AST] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.arg | ast.AnnAssign):
            parts.append(node.annotation)
        if isinstance(node, ast.FunctionDef):
            parts.append(node.returns)
        if isinstance(node, ast.Raise | ast.JoinedStr):
            parts.append(node)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            parts.append(node)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            parts += node.decorator_list
        for part in filter(None, parts):
            left_out |= set(ast.walk(part))
    return left_out


def _change(node: ast.AST) -> str | None:
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in SWAPS:
        return f"{type(node.op).__name__} -> {SWAPS[type(node.op)].__name__} in {_shown(node)}"
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        return (
            f"{type(node.ops[0]).__name__} -> {SWAPS[type(node.ops[0])].__name__} in {_shown(node)}"
        )
    if isinstance(node, ast.Constant) and type(node.value) in {int, float}:
        return f"{node.value} -> {node.value + 1}"
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return f"{node.value} -> {not node.value}"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        return f"{_shown(node)} -> {_shown(node.operand)}"
    if isinstance(node, ast.If):
        return f"if {_shown(node.test)} -> never"
    return None


def _apply(node: ast.AST) -> None:
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign):
        node.op = SWAPS[type(node.op)]()  # type: ignore[assignment]
    elif isinstance(node, ast.Compare):
        node.ops[0] = SWAPS[type(node.ops[0])]()  # type: ignore[assignment]
    elif isinstance(node, ast.Constant):
        node.value = (not node.value) if isinstance(node.value, bool) else node.value + 1
    elif isinstance(node, ast.UnaryOp):
        node.op = ast.UAdd() if isinstance(node.op, ast.USub) else ast.Not()
        if isinstance(node.op, ast.Not):
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
    elif isinstance(node, ast.If):
        node.test = ast.Constant(value=False)


def _shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:60]}..."


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


@dataclass(slots=True)
class Survey:
    """Which tests reach a line, and the seconds that each of them takes."""

    reach: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def tests(self, module: str, line: int) -> list[str]:
        """Choose the tests that a mutant of a line meets, quickest first; none where none does."""
        own = f"test_{Path(module).stem}.py"
        reaching = self.reach.get(module, {}).get(line, [])
        chosen = sorted(reaching, key=lambda t: (own not in t, self.seconds[t], t))[:MOST_TESTS]
        if reaching:
            return chosen
        inside = {test for tests in self.reach.get(module, {}).values() for test in tests}
        # a line that runs when the module is imported belongs to no test: those of the module stand
        return sorted(inside, key=lambda t: (own not in t, self.seconds[t], t))[:MOST_TESTS]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember how long a test took; one that failed can tell nothing."""
        self.seconds[report.nodeid] += report.duration if report.passed else math.inf


def survey(tree: Path) -> Survey:
    """Run the quick tests once in a copy of the tree."""
    found = Survey()
    data = tree / ".coverage"
    with contextlib.chdir(tree):
        os.environ["PYTHONPATH"] = str(tree)
        sys.path.insert(0, str(tree))
        pytest.main(
            ["-q", "-n", "auto", "-m", "not slow", "-p", "no:cacheprovider", "--cov=analysis",
             "--cov-context=test", "--cov-report="],
            plugins=[found],
        )  # fmt: skip
        sys.path.remove(str(tree))
    kept = coverage.CoverageData(str(data))
    kept.read()
    for file in kept.measured_files():
        lines: dict[int, list[str]] = {}
        for line, contexts in kept.contexts_by_lineno(file).items():
            tests = {context.partition("|")[0] for context in contexts} - {""}
            lines[line] = [test for test in tests if math.isfinite(found.seconds[test])]
        found.reach[str(Path(file).relative_to(tree))] = lines
    return found


def survives(tree: Path, tests: list[str], limit: float) -> bool:
    """Run tests in a fork, in a copy of the tree; whether all of them passed in time."""
    child = os.fork()
    if not child:
        code = 70
        try:
            os.setpgid(0, 0)
            os.chdir(tree)
            os.environ["PYTHONPATH"] = str(tree)
            sys.path.insert(0, str(tree))
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            code = int(pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]))
        finally:
            os._exit(code)
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


Case = tuple[str, int, str, str]


def judge(
    cases: list[Case], known: Survey, end: float, answers: multiprocessing.Queue[tuple[Case, str]]
) -> None:
    """Try cases one after the other in a copy of the tree of one's own."""
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_of_the_tree(Path(folder))
        sound: dict[str, bool] = {}
        for case in cases:
            if time.monotonic() > end:
                break
            module, line, _, source = case
            tests = known.tests(module, line)
            if not tests:
                answers.put((case, "reached by no test"))
                continue
            limit = 60 + 10 * sum(known.seconds[test] for test in tests)
            if module not in sound:
                sound[module] = survives(tree, tests, limit)
            if not sound[module]:  # what fails without a mutant can tell nothing
                answers.put((case, "its tests fail without it"))
                continue
            target = tree / module
            kept = target.read_text("utf-8")
            target.write_text(source, "utf-8")
            alive = survives(tree, tests, limit)
            target.write_text(kept, "utf-8")
            answers.put((case, f"passed {len(tests)} tests" if alive else ""))
    answers.put((("", 0, "", ""), "over"))


def copy_of_the_tree(folder: Path) -> Path:
    """Copy what the tests need."""
    leave = shutil.ignore_patterns(".git", ".venv*", "*_cache", "__pycache__", ".hypothesis")
    shutil.copytree(ROOT, folder / "tree", ignore=leave, symlinks=True)
    return folder / "tree"


def upper(killed_: int, tried: int) -> float:
    """Give the upper end of the 95 % Wilson interval of a share."""
    z = 1.959964
    share = killed_ / tried
    centre = share + z * z / (2 * tried)
    spread = z * math.sqrt(share * (1 - share) / tried + z * z / (4 * tried * tried))
    return (centre + spread) / (1 + z * z / tried)


def room(module: str) -> str:
    """Name the room of a module: its folder, or the module where it stands alone."""
    path = Path(module)
    return path.parent.as_posix() if len(path.parts) > 2 else module


def chosen(words: list[str], *, changed: bool) -> list[str]:
    """List the modules asked for; a folder stands for all in it."""
    modules = changed_modules() if changed and not words else []
    for word in words:
        path = ROOT / word
        found = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        modules += [file.relative_to(ROOT).as_posix() for file in found]
    return modules


def main() -> int:
    """Try mutants until the time is over; report the share killed a room."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="as analysis/sessions.py")
    parser.add_argument("--changed", action="store_true", help="the modules of the last change")
    parser.add_argument("--each", type=int, default=0, help="at most so many mutants a room")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=20250127)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--floor", type=float, default=90.0, help="percent killed, at the least")
    given = parser.parse_args()
    modules = chosen(given.modules, changed=given.changed)
    if not modules:
        print("no module to mutate")
        return 0
    known = KNOWN.read_text("utf-8")
    cases = [
        (module, *case)
        for module in modules
        for case in mutants((ROOT / module).read_text("utf-8"))
        if f"`{module}` {case[1]}" not in known
    ]
    random.Random(given.seed).shuffle(cases)
    if given.each:
        taken: dict[str, int] = defaultdict(int)
        cases = [case for case in cases if _count(taken, room(case[0])) <= given.each]
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(1) as pool:
        # what the tests import stays in that process
        reach = pool.submit(survey, copy_of_the_tree(Path(folder))).result()
    print(f"{len(cases)} mutants, {len(reach.seconds):,} tests", flush=True)
    return report(tried(cases, reach, given.minutes, given.workers), given.floor)


def _count(taken: dict[str, int], name: str) -> int:
    taken[name] += 1
    return taken[name]


def tried(cases: list[Case], reach: Survey, minutes: float, workers: int) -> list[tuple[Case, str]]:
    """Share the cases among processes; give each with the reason why it survived, or none."""
    answers: multiprocessing.Queue[tuple[Case, str]] = multiprocessing.Queue()
    end = time.monotonic() + 60 * minutes
    parts = [cases[i::workers] for i in range(workers)]
    judges = [
        multiprocessing.Process(target=judge, args=(part, reach, end, answers)) for part in parts
    ]
    for one in judges:
        one.start()
    found, over = [], 0
    while over < len(judges):
        case, why = answers.get()
        if why == "over":
            over += 1
            continue
        found.append((case, why))
        if why:
            print(f"SURVIVED {case[0]}:{case[1]} {case[2]} ({why})", flush=True)
    for one in judges:
        one.join()
    return found


def report(found: list[tuple[Case, str]], floor: float) -> int:
    """Print the share killed a room; 1 where one lies below the floor beyond doubt."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (module, *_), why in found:
        for name in (room(module), "all"):
            counts[name][0] += not why
            counts[name][1] += 1
    if not found:
        print("no mutant was tried")
    for name, (dead, tries) in sorted(counts.items()):
        print(f"{name}: {dead} of {tries} killed ({100 * dead / tries:.0f} %)")
    return int(any(100 * upper(*count) < floor for count in counts.values()))


if __name__ == "__main__":
    sys.exit(main())
