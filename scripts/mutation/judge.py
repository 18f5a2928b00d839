"""
Whether the tests notice a mutant.

A judge collects the tests once, in a copy of the tree. A mutant then costs a fork: the child puts
the changed code into the functions that are loaded already and runs the tests that reach the line.
A change that counts when its module is imported meets them in a fork that has loaded nothing of the
program.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

import pytest

from mutation.survey import EXAMPLES, PLAIN, copy_of_the_tree, is_compiled

if TYPE_CHECKING:
    from multiprocessing import Queue
    from multiprocessing.connection import Connection

    from mutation.changes import Mutant
    from mutation.survey import Survey

LIBRARIES = (
    "hypothesis", "xdist", "pytest_cov", "pytest_socket", "pandas", "scipy.stats",
    "scipy.optimize",
    "statsmodels.api", "matplotlib.pyplot", "exchange_calendars", "arch", "pyarrow.parquet",
    "numba", "duckdb", "click", "rich", "yfinance",
)  # fmt: skip
"""What a fork need not load again."""
QUIET = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", *EXAMPLES]
PASSED, FAILED = 0, 1

Answer = tuple["Mutant", str]
"""A mutant, and why it survived; nothing where a test noticed it."""


def survives(tree: Path, tests: list[str], limit: float, more: list[str] | None = None) -> bool:
    """Run tests in a fork, in a copy of the tree; whether all of them passed in time."""
    child = os.fork()
    if not child:
        code = 70
        try:
            _settle(limit)
            os.chdir(tree)
            os.environ["PYTHONPATH"] = str(tree)
            sys.path.insert(0, str(tree))
            code = int(pytest.main([*QUIET, *(more or []), *tests]))
        finally:
            os._exit(code)
    return _outcome(child, limit) == PASSED


def _settle(limit: float) -> None:
    """Make a child a group of its own, silent, its processor time bounded whatever the load."""
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 2))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)


def _outcome(child: int, limit: float) -> int:
    """Wait for a child; what runs six times its processor time by the clock is hanging."""
    end = time.monotonic() + 6 * limit
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return FAILED


def functions_of(tree: Path) -> list[FunctionType]:
    """List the loaded functions of the program in a copy of the tree."""
    inside = str(tree / "analysis")
    return [
        function
        for function in gc.get_objects()
        if type(function) is FunctionType and function.__code__.co_filename.startswith(inside)
    ]


def replace_code(functions: list[FunctionType], path: Path, source: str) -> int:
    """Put changed code into the loaded functions of a module; how many got some."""
    old = compile(path.read_text("utf-8"), str(path), "exec")
    pairs: dict[tuple[str, int], CodeType] = {}
    _pair(old, compile(source, str(path), "exec"), pairs)
    put = 0
    for function in functions:
        code = function.__code__
        new = pairs.get((code.co_qualname, code.co_firstlineno))
        if new is not None and code.co_filename == str(path):
            function.__code__ = new
            put += 1
    return put


def _pair(old: CodeType, new: CodeType, pairs: dict[tuple[str, int], CodeType]) -> None:
    inner = [[c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new)]
    for before, after in zip(*inner, strict=True):
        pairs[before.co_qualname, before.co_firstlineno] = after
        _pair(before, after, pairs)


class Session:
    """A pytest session whose loop over the tests judges mutants instead."""

    def __init__(
        self,
        cases: list[Mutant],
        known: Survey,
        end: float,
        answers: Queue[Answer],
        plain: Connection,
    ) -> None:
        self.cases, self.known, self.end = cases, known, end
        self.answers, self.plain = answers, plain
        self.tree = Path.cwd()
        self.sound: dict[str, bool] = {}
        self.failed = ""
        self.functions: list[FunctionType] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Judge every mutant while there is time."""
        items = {item.nodeid: item for item in session.items}
        session.config.pluginmanager.unregister(name="terminalreporter")
        gc.collect()
        self.functions = functions_of(self.tree)
        gc.freeze()  # a child copies no page for the sake of counting references
        for case in self.cases:
            if time.monotonic() > self.end:
                break
            self.answers.put((case, self._why(case, items)))
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember the test that failed."""
        if report.failed:
            self.failed = report.nodeid

    def _why(self, case: Mutant, items: dict[str, pytest.Item]) -> str:
        tests = [test for test in self.known.tests(case.module, case.line) if test in items]
        tests = [test for test in tests if self.sound.get(test, True)]
        if not tests:
            return "reached by no test"
        limit = 40 + 10 * sum(self.known.seconds[test] for test in tests)
        if not case.deferred or not self.known.reach[case.module].get(case.line):
            self.plain.send((case, tests, limit))
            return str(self.plain.recv())
        while tests:
            killer = self._run(case, [items[test] for test in tests], limit)
            if killer is None:
                return f"passed {len(tests)} tests"
            if killer == "":  # it ran out of time, or took the process with it
                return ""
            if killer not in self.sound:
                self.sound[killer] = self._run(None, [items[killer]], limit) is None
            if self.sound[killer]:
                return ""
            tests.remove(killer)  # what fails without a mutant can tell nothing
        return "its tests fail without it"

    def _run(self, case: Mutant | None, items: list[pytest.Item], limit: float) -> str | None:
        """Run tests in a fork, with a mutant or without; the one that failed, None if none did."""
        out, into = os.pipe()
        child = os.fork()
        if not child:
            os.close(out)
            try:
                _settle(limit)
                if case is not None:
                    replace_code(self.functions, self.tree / case.module, case.source)
                for item, following in zip(items, [*items[1:], None], strict=True):
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                    if self.failed:
                        os.write(into, self.failed.encode())
                        os._exit(FAILED)
                os._exit(PASSED)
            finally:
                os._exit(FAILED)
        os.close(into)
        code = _outcome(child, limit)
        with os.fdopen(out, "rb") as told:
            failed = told.read().decode()
        return None if code == PASSED else failed


def judge(cases: list[Mutant], known: Survey, end: float, answers: Queue[Answer]) -> None:
    """
    Try mutants one after the other in a copy of the tree of one's own.

    Parameters
    ----------
    cases
        All of modules of compiled functions, which then run as plain ones, or none.
    known
        Which tests reach them.
    end
        When to stop, by the monotonic clock.
    answers
        A queue to put an `Answer` into for each.
    """
    more = []
    if is_compiled(known.sources[cases[0].module]):
        os.environ["NUMBA_DISABLE_JIT"] = "1"
        more = PLAIN
    sys.dont_write_bytecode = True  # a module of the same second and size would pass for the old
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_of_the_tree(Path(folder))
        here, there = multiprocessing.Pipe()
        child = os.fork()
        if not child:
            try:
                here.close()
                _collect_and_judge(tree, cases, known, end, answers, there, more)
                answers.close()
                answers.join_thread()
            finally:
                os._exit(0)
        there.close()
        _judge_imports(here, tree, more)
        os.waitpid(child, 0)


def _collect_and_judge(
    tree: Path, cases: list[Mutant], known: Survey, end: float, answers: Queue[Answer],
    plain: Connection, more: list[str],
) -> None:  # fmt: skip
    os.chdir(tree)
    os.environ["PYTHONPATH"] = str(tree)
    sys.path.insert(0, str(tree))
    files = {
        test.partition("::")[0] for case in cases for test in known.tests(case.module, case.line)
    }
    session = Session(cases, known, end, answers, plain)
    pytest.main(
        [*QUIET, *more, f"--basetemp={tree.parent / 'tests'}", "-m", "not slow", *sorted(files)],
        plugins=[session],
    )


def _judge_imports(asked: Connection, tree: Path, more: list[str]) -> None:
    """Judge changes that count at an import, in forks of a process that has imported nothing."""
    sound: dict[tuple[str, ...], bool] = {}
    while True:
        try:
            case, tests, limit = asked.recv()
        except EOFError:
            return
        target = tree / case.module
        kept = target.read_text("utf-8")
        target.write_text(case.source, "utf-8")
        alive = survives(tree, tests, limit, more)
        target.write_text(kept, "utf-8")
        if not alive and tuple(tests) not in sound:
            sound[tuple(tests)] = survives(tree, tests, limit, more)
        if alive:
            asked.send(f"passed {len(tests)} tests")
        else:
            asked.send("" if sound[tuple(tests)] else "its tests fail without it")
