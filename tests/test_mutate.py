"""The mutator itself: each mutant is one change, and a test that cannot fail is seen."""

from __future__ import annotations

import runpy

import pytest


@pytest.fixture(scope="module")
def mutate(root):
    return runpy.run_path(str(root / "scripts" / "mutate.py"), run_name="mutate")


SOURCE = '''
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    limit = 1 + 2
def f(x: int = 3) -> "list[1]":
    """Text with 4."""
    if not x < 5 and x:
        raise ValueError(f"{x + 6}")
    return -x * 7
'''


def test_each_mutant_is_one_change(mutate):
    found = mutate["mutants"](SOURCE)
    said = sorted(what for _, what, _ in found)
    assert said == sorted([
        "3 -> 4", "5 -> 6", "7 -> 8", "And -> Or in not x < 5 and x", "Lt -> LtE in x < 5",
        "Mult -> Div in -x * 7", "-x -> x", "not x < 5 -> x < 5", "if not x < 5 and x -> never",
    ])  # fmt: skip
    results = set()
    for _, _, source in found:
        space: dict[str, object] = {}
        exec(source, space)
        outcome = []
        for x in (5, 2, 0, -1):
            try:
                outcome.append(space["f"](x))
            except ValueError:
                outcome.append("refused")
        results.add((tuple(outcome), source))
    assert len({source for _, source in results}) == len(found)


def test_a_share_has_an_upper_end(mutate):
    assert mutate["upper"](10, 10) == pytest.approx(1.0)
    assert mutate["upper"](0, 10) == pytest.approx(0.2775, abs=1e-3)  # Wilson's table
    assert mutate["upper"](75, 100) == pytest.approx(0.8245, abs=1e-3)


def test_every_module_has_tests_of_its_own_or_of_its_room(mutate, root):
    for path in sorted((root / "analysis").rglob("*.py")):
        tests = mutate["tests_of"](path.relative_to(root).as_posix())
        assert tests
        assert all((root / test).exists() for test in tests)
