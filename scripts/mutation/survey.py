"""Which tests reach a line and how long each takes, kept in a file while lines and tests move."""

from __future__ import annotations

import ast
import contextlib
import difflib
import hashlib
import math
import os
import pickle
import shutil
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
MOST_SECONDS = 8.0
"""A mutant meets the quickest tests of its line up to so many seconds, and forty in any case."""
MOST_TESTS = 40
EXAMPLES = ["--doctest-modules", "--doctest-ignore-import-errors", "--ignore=tests/golden"]
"""The examples are tests too; what makes the golden files is none and may lack its packages."""
PLAIN = ["-W", "ignore::RuntimeWarning"]
"""Compiled code divides by zero in silence; the same code as plain Python would warn."""


@dataclass(slots=True, eq=False)
class Survey:
    """
    Which tests reach a line, and the seconds that each of them takes.

    Attributes
    ----------
    reach
        Tests by module and line.
    seconds
        Seconds by test, its fixtures included; infinite where it failed.
    sources, files
        The modules as they stood then; the digests of the test files.
    """

    reach: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    sources: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def tests(self, module: str, line: int) -> list[str]:
        """Choose the tests that a mutant of a line meets, quickest first; none where none does."""
        reaching = self.reach.get(module, {}).get(line, [])
        if not reaching:
            # a line that runs at the import of its module belongs to no test: all of it stand in
            inside = {test for tests in self.reach.get(module, {}).values() for test in tests}
            # of a module without a function, all of its room
            room = f"tests/{Path(module).parts[1]}/"
            reaching = list(inside) or [test for test in self.seconds if test.startswith(room)]
        own = tuple(f"test_{name}.py" for name in (Path(module).stem, Path(module).parent.name))

        def rank_of(test: str) -> tuple[bool, float, str]:
            return not test.partition("::")[0].endswith(own), self.seconds[test], test

        # what a fixture of a module runs is seen at the first test to ask for it, and all use it
        files = {test.partition("::")[0] for test in reaching}
        sound = {test for test, seconds in self.seconds.items() if math.isfinite(seconds)}
        beside = {test for test in sound if test.partition("::")[0] in files} - {*reaching}
        order = sorted(reaching, key=rank_of) + sorted(beside, key=rank_of)
        spent, taken = 0.0, []
        for test in order:
            spent += self.seconds[test]
            if spent > MOST_SECONDS and len(taken) >= MOST_TESTS:
                break
            taken.append(test)
        rank = {test.partition("::")[0]: at for at, test in reversed(list(enumerate(taken)))}
        return sorted(taken, key=lambda test: rank[test.partition("::")[0]])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember how long a test took; one that failed can tell nothing."""
        self.seconds[report.nodeid] += report.duration if report.passed else math.inf


def copy_of_the_tree(folder: Path) -> Path:
    """Copy what the tests need."""
    # what numba has compiled stays: its dates are those of the sources, which the copy keeps
    leave = shutil.ignore_patterns(".git", ".venv*", "*_cache", "*.pyc", ".hypothesis")
    shutil.copytree(ROOT, folder / "tree", ignore=leave, symlinks=True)
    return folder / "tree"


def is_compiled(source: str) -> bool:
    """Whether a module holds compiled functions, whose lines no coverage sees."""
    return "from analysis.panel.compiled import" in source


def survey(kept: Path | None, workers: int, folders: list[str]) -> Survey:
    """Read a survey and bring it up to date, or make one; keep it where a file is named."""
    now = _digests(folders)
    if kept is not None and kept.is_file():
        found = Survey()
        found.reach, seconds, found.sources, found.files = pickle.loads(kept.read_bytes())  # noqa: S301 - our own
        found.seconds |= seconds
        changed = _moved(found, now)
        if not changed:
            return found
        _run(found, changed, 1)
    else:
        found = Survey(files=now, sources=_sources())
        _run(found, folders, workers)
    if kept is not None:
        whole = (found.reach, dict(found.seconds), found.sources, found.files)
        beside = kept.with_name(f"{kept.name}.{os.getpid()}")
        beside.write_bytes(pickle.dumps(whole))
        beside.replace(kept)
    return found


def _digests(folders: list[str]) -> dict[str, str]:
    files = [
        file
        for name in folders
        for file in [ROOT / name, *(ROOT / name).rglob("*.py")]
        if file.name.startswith("test_") or name.startswith("analysis")  # whose examples are tests
    ]
    return {
        file.relative_to(ROOT).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(files)
        if file.is_file()
    }


def _sources() -> dict[str, str]:
    return {
        file.relative_to(ROOT).as_posix(): file.read_text("utf-8")
        for file in sorted((ROOT / "analysis").rglob("*.py"))
    }


def _moved(found: Survey, now: dict[str, str]) -> list[str]:
    """Carry the lines of changed modules over, forget changed tests; give those to run again."""
    changed = [file for file, digest in now.items() if found.files.get(file) != digest]
    stale = {*changed, *(file for file in found.files if file not in now)}
    sources = _sources()
    for module, lines in found.reach.items():
        place = _places(found.sources.get(module, ""), sources.get(module, ""))
        found.reach[module] = {
            place[line]: [test for test in tests if test.partition("::")[0] not in stale]
            for line, tests in lines.items()
            if line in place
        }
    for test in [test for test in found.seconds if test.partition("::")[0] in stale]:
        del found.seconds[test]
    found.sources, found.files = sources, now
    return changed


def _places(old: str, new: str) -> dict[int, int]:
    if old == new:
        return {line: line for line in range(len(old.splitlines()) + 2)}
    blocks = difflib.SequenceMatcher(
        None, old.splitlines(), new.splitlines(), autojunk=False
    ).get_matching_blocks()
    return {a + i + 1: b + i + 1 for a, b, size in blocks for i in range(size)}


def _run(found: Survey, files: list[str], workers: int) -> None:
    """Run the quick tests of files or folders; then once more what calls compiled functions."""
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_of_the_tree(Path(folder))
        # what the tests import stays in a process of its own
        for compiled in (False, True):
            asked = files
            if compiled:
                asked = [
                    test for test in callers_of_compiled(found) if test.startswith(tuple(files))
                ]
                if not asked:
                    break
            with ProcessPoolExecutor(1) as pool:
                reach, seconds = pool.submit(_measure, tree, asked, workers, compiled).result()
            if not compiled:
                found.seconds |= seconds
            for module, lines in reach.items():
                if compiled and not is_compiled(found.sources[module]):
                    continue
                known = found.reach.setdefault(module, {})
                for line, tests in lines.items():
                    sound = [test for test in tests if math.isfinite(seconds.get(test, math.inf))]
                    known[line] = sorted({*known.get(line, []), *sound})


def callers_of_compiled(found: Survey) -> list[str]:
    """List the quick tests of compiled modules: those that import one, or run what calls them."""
    compiled = {module for module, source in found.sources.items() if is_compiled(source)}
    names = {module.removesuffix(".py").replace("/", ".") for module in compiled}
    parts = [name.rpartition(".") for name in names]
    words = {f"from {package} import {module}" for package, _, module in parts}
    words |= {f"from {name} import" for name in names}
    files = {test.partition("::")[0] for test in found.seconds}
    texts = {file: (ROOT / file).read_text("utf-8") for file in files if (ROOT / file).is_file()}
    asking = {file for file, text in texts.items() if any(word in text for word in words)}
    tests = {test for test in found.seconds if test.partition("::")[0] in asking}
    for module, source in found.sources.items():
        if module not in compiled and any(f"from {name} import" in source for name in names):
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.FunctionDef):
                    for line in range(node.body[0].lineno, (node.end_lineno or 0) + 1):
                        tests |= set(found.reach.get(module, {}).get(line, []))
    return sorted(test for test in tests if found.seconds[test] <= 1.0)


def _measure(
    tree: Path, asked: list[str], workers: int, compiled: bool
) -> tuple[dict[str, dict[int, list[str]]], dict[str, float]]:
    """Run tests in a copy of the tree; compiled functions as plain ones where asked."""
    found = Survey()
    data = tree / ".coverage"
    data.unlink(missing_ok=True)
    if compiled:
        os.environ["NUMBA_DISABLE_JIT"] = "1"
    with contextlib.chdir(tree):
        os.environ["PYTHONPATH"] = str(tree)
        sys.path.insert(0, str(tree))
        code = pytest.main(
            ["-q", "-n", str(workers if workers > 1 else 0), "-m", "not slow", *EXAMPLES,
             "-p", "no:cacheprovider", "--cov=analysis", "--cov-context=test", "--cov-report=",
             *(PLAIN if compiled else []),
             *asked],
            plugins=[found],
        )  # fmt: skip
        sys.path.remove(str(tree))
    if code not in {
        pytest.ExitCode.OK,
        pytest.ExitCode.TESTS_FAILED,
        pytest.ExitCode.NO_TESTS_COLLECTED,
    }:
        raise RuntimeError(f"the survey of the tests has ended with {code!r}")
    kept = coverage.CoverageData(str(data))
    kept.read()
    for file in kept.measured_files():
        lines: dict[int, list[str]] = {}
        for line, contexts in kept.contexts_by_lineno(file).items():
            tests = {context.rpartition("|")[0] for context in contexts} - {""}
            lines[line] = [test for test in tests if math.isfinite(found.seconds[test])]
        found.reach[str(Path(file).relative_to(tree))] = lines
    return found.reach, dict(found.seconds)
