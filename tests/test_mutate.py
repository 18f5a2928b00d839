"""The mutator itself: each mutant is one change, and a test that cannot fail is seen."""

from __future__ import annotations

import gc
import importlib
import runpy
import sys
from types import FunctionType

import pytest


@pytest.fixture(scope="module")
def mutate(root):
    found = runpy.run_path(str(root / "scripts" / "mutate.py"), run_name="mutate")
    for part in ("changes", "survey", "judge"):
        found |= vars(importlib.import_module(f"mutation.{part}"))
    yield found
    sys.path.remove(str(root / "scripts"))


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
    found = list(mutate["mutants"]("analysis/m.py", SOURCE))
    assert sorted((m.change, m.deferred) for m in found) == sorted([
        ("3 -> 4", False), ("5 -> 6", True), ("7 -> 8", True),
        ("And -> Or in not x < 5 and x", True), ("Lt -> LtE in x < 5", True),
        ("Mult -> Div in -x * 7", True), ("-x -> x", True), ("not x < 5 -> x < 5", True),
        ("if not x < 5 and x -> never", True),
    ])  # fmt: skip
    assert {m.text for m in found if m.change == "7 -> 8"} == {"return -x * 7"}
    results = set()
    for mutant in found:
        space: dict[str, object] = {}
        exec(mutant.source, space)
        outcome = []
        for x in (5, 2, 0, -1):
            try:
                outcome.append(space["f"](x))
            except ValueError:
                outcome.append("refused")
        results.add((tuple(outcome), mutant.source))
    assert len({source for _, source in results}) == len(found)


def test_equal_changes_of_a_line_are_told_apart(mutate):
    found = list(
        mutate["mutants"]("analysis/m.py", "def f(a):\n    return a[0, 0] | zip(a, strict=True)\n")
    )
    assert [m.change for m in found] == [
        "BitOr -> BitAnd in a[0, 0] | zip(a, strict=True)", "0 -> 1", "0 -> 1 (2)",
    ]  # fmt: skip
    assert {m.key for m in found} == mutate["known"]("\n".join(f"{m.row} reason |" for m in found))
    assert not mutate["known"]("| `analysis/m.py` | no row of four |")


def test_a_share_has_an_interval(mutate):
    assert mutate["interval"](10, 10)[1] == pytest.approx(1.0)
    assert mutate["interval"](0, 10) == pytest.approx((0.0, 0.2775), abs=1e-3)  # Wilson's table
    assert mutate["interval"](75, 100) == pytest.approx((0.6570, 0.8245), abs=1e-3)


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
    # a test beside one that reaches it may do so by a fixture that the other has set up
    assert survey.tests("analysis/x.py", 7) == [
        "tests/test_x.py::own", "tests/a.py::fast", "tests/a.py::slow",
    ]  # fmt: skip
    assert survey.tests("analysis/x.py", 6)[0] == "tests/test_x.py::own"  # run at its import
    assert survey.tests("analysis/y.py", 5) == []
    # a module of statements alone is judged by its room, the file of its folder before the others
    survey.seconds |= {"tests/r/test_z.py::t": 0.1, "tests/r/test_parts.py::t": 0.2}
    found = survey.tests("analysis/r/parts/z2.py", 1)
    assert found == ["tests/r/test_parts.py::t", "tests/r/test_z.py::t"]


def test_what_is_known_of_a_line_moves_with_its_text(mutate):
    assert mutate["_places"]("a\nb\nc\n", "new\na\nchanged\nc\n") == {1: 2, 3: 4}
    assert mutate["_places"]("a\nb\n", "a\nb\n")[2] == 2


def test_changed_code_gets_into_functions_that_are_loaded(mutate, tmp_path):
    path = tmp_path / "m.py"
    path.write_text("def outer():\n    def inner(x):\n        return x + 1\n    return inner\n")
    space: dict[str, object] = {}
    exec(compile(path.read_text(), str(path), "exec"), space)
    inner = space["outer"]()
    loaded = [
        f
        for f in gc.get_objects()
        if type(f) is FunctionType and f.__code__.co_filename == str(path)
    ]
    (mutant,) = (m for m in mutate["mutants"]("m.py", path.read_text()) if "Add" in m.change)
    assert mutate["replace_code"](loaded, path, mutant.source) == 2
    assert (inner(5), space["outer"]()(5)) == (4, 4)


def test_a_room_below_the_floor_fails_the_run(mutate, capsys):
    case = mutate["Mutant"]("analysis/run/plan.py", 3, "Add -> Sub", "a + b", "", 0, deferred=True)
    good, bad = (case, ""), (case, "passed 3 tests")
    assert mutate["report"]([good] * 9 + [bad], {"analysis/run": 2}, 7, 90.0) == 0
    out = capsys.readouterr().out
    assert "analysis/run: 9 of 10 killed (90 %, 95 % interval 60 to 98), 2 excused, seed 7" in out
    assert mutate["report"]([good] * 20 + [bad] * 20, {}, 7, 90.0) == 1
    assert mutate["room"]("analysis/impact.py") == "analysis/impact.py"


def test_a_draw_passes_over_what_the_document_excuses(mutate, root, monkeypatch):
    everything, none = mutate["drawn"](["analysis/impact.py"], 3, 0)
    first, _ = mutate["drawn"](["analysis/impact.py"], 3, 5)
    assert first == everything[:5]
    assert not none
    monkeypatch.setitem(mutate["drawn"].__globals__, "known", lambda _: {first[1].key})
    fewer, passed_over = mutate["drawn"](["analysis/impact.py"], 3, 5)
    assert fewer == [first[0], *everything[2:6]]
    assert passed_over == {"analysis/impact.py": 1}


@pytest.mark.slow
def test_a_change_that_no_test_notices_survives_and_another_does_not(mutate, tmp_path):
    (tmp_path / "m.py").write_text("def f(x):\n    return x - 1\n")
    (tmp_path / "test_m.py").write_text(
        "from m import f\ndef test_weak():\n    f(1)\ndef test_good():\n    assert f(1) == 2\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    assert mutate["survives"](tmp_path, ["test_m.py::test_weak"], 60.0)
    assert not mutate["survives"](tmp_path, ["test_m.py::test_good"], 60.0)
