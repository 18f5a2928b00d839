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


def test_a_mutant_meets_the_quickest_tests_that_reach_its_line(mutate):
    survey = mutate["Survey"]()
    survey.seconds |= {
        "tests/a.py::slow": 2.0,
        "tests/a.py::fast": 1.0,
        "tests/test_x.py::own": 9.0,
    }
    survey.reach["analysis/x.py"] = {5: ["tests/a.py::slow", "tests/a.py::fast"], 6: []}
    survey.reach["analysis/x.py"][7] = ["tests/test_x.py::own", "tests/a.py::fast"]
    assert survey.tests("analysis/x.py", 5) == ["tests/a.py::fast", "tests/a.py::slow"]
    assert survey.tests("analysis/x.py", 7) == ["tests/test_x.py::own", "tests/a.py::fast"]
    assert survey.tests("analysis/x.py", 6)[0] == "tests/test_x.py::own"  # run at its import
    assert survey.tests("analysis/y.py", 5) == []


def test_a_room_below_the_floor_fails_the_run(mutate, capsys):
    case = ("analysis/run/plan.py", 3, "Add -> Sub", "")
    assert mutate["report"]([(case, "")] * 9 + [(case, "passed 3 tests")], 90.0) == 0
    assert "analysis/run: 9 of 10 killed (90 %)" in capsys.readouterr().out
    assert mutate["report"]([(case, "")] * 20 + [(case, "passed 3 tests")] * 20, 90.0) == 1
    assert mutate["room"]("analysis/impact.py") == "analysis/impact.py"


@pytest.mark.slow
def test_a_change_that_no_test_notices_survives_and_another_does_not(mutate, tmp_path):
    (tmp_path / "m.py").write_text("def f(x):\n    return x - 1\n")
    (tmp_path / "test_m.py").write_text(
        "from m import f\ndef test_weak():\n    f(1)\ndef test_good():\n    assert f(1) == 2\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    assert mutate["survives"](tmp_path, ["test_m.py::test_weak"], 60.0)
    assert not mutate["survives"](tmp_path, ["test_m.py::test_good"], 60.0)
