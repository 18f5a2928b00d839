"""The house: one name for one class, small functions and modules, no twins, no circles."""

from __future__ import annotations

import ast
import collections
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST_MODULE = 450
LONGEST_FUNCTION = 60
"""Lines of a function without its docstring."""

COMPILED = {"panel/kernel.py", "models/simplex_kernel.py", "sample/kernel.py"}
"""Compiled loops over bare arrays: each call and each module more costs them."""

TWIN = 10
"""Lines that may not stand twice."""


@pytest.fixture(scope="module")
def sources(root: Path) -> dict[str, str]:
    package = root / "analysis"
    return {
        path.relative_to(package).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(package.rglob("*.py"))
    }


@pytest.fixture(scope="module")
def trees(sources: dict[str, str]) -> dict[str, ast.Module]:
    return {name: ast.parse(text) for name, text in sources.items()}


def is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def lines_of(node: ast.stmt) -> int:
    return node.end_lineno - node.lineno + 1


def repeated_classes(trees: dict[str, ast.Module]) -> dict[str, list[str]]:
    places = collections.defaultdict(list)
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name)
    return {name: found for name, found in places.items() if len(found) > 1}


def long_functions(trees: dict[str, ast.Module]) -> list[tuple[str, str, int]]:
    found = []
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = lines_of(node) - (lines_of(node.body[0]) if is_text(node.body[0]) else 0)
                if length > LONGEST_FUNCTION:
                    found.append((name, node.name, length))
    return found


def code_lines(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines of a module without comments, texts that stand alone, and imports."""
    left_out: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if is_text(node) or isinstance(node, ast.Import | ast.ImportFrom):
            left_out |= set(range(node.lineno, node.end_lineno + 1))
    for number, line in enumerate(text.splitlines(), start=1):
        code = line.strip()
        if number not in left_out and code and not code.startswith("#"):
            yield number, code


def twins(sources: dict[str, str]) -> list[list[str]]:
    places = collections.defaultdict(list)
    for name, text in sources.items():
        lines = list(code_lines(text))
        for at in range(len(lines) - TWIN + 1):
            block = tuple(code for _, code in lines[at : at + TWIN])
            places[block].append(f"{name}:{lines[at][0]}")
    return [found for found in places.values() if len(found) > 1]


def imports(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Map each module to the modules it names, for type checkers and inside functions too."""
    names = {
        "analysis." + name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): name
        for name in trees
        if name != "__init__.py"
    }
    graph: dict[str, set[str]] = {}
    for module, name in names.items():
        found: set[str] = set()
        for node in ast.walk(trees[name]):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    found.add(inner if inner in names else str(node.module))
        graph[module] = (found & set(names)) - {module}
    return graph


def circle(trees: dict[str, ast.Module]) -> list[str]:
    try:
        TopologicalSorter(imports(trees)).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_two_public_classes_share_a_name(trees) -> None:
    assert repeated_classes(trees) == {}


def test_modules_are_of_one_subject(sources) -> None:
    lengths = {name: len(text.splitlines()) for name, text in sources.items()}
    long = {name for name, length in lengths.items() if length > LONGEST_MODULE}
    assert long - COMPILED == set()


def test_functions_are_short(trees) -> None:
    assert [found for found in long_functions(trees) if found[0] not in COMPILED] == []


def test_nothing_stands_twice(sources) -> None:
    assert twins(sources) == []


def test_imports_go_round_nowhere(trees) -> None:
    assert len([module for module, found in imports(trees).items() if found]) > 200
    assert circle(trees) == []


def test_each_rule_finds_what_breaks_it(sources) -> None:
    """A house that breaks every rule is found out."""
    body = "".join(f"    x{line} = {line}\n" for line in range(LONGEST_FUNCTION))
    bad = {
        "one.py": f'class Same:\n    """One."""\n\ndef long():\n{body}',
        "two.py": f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "
        f"from analysis.one import Same\nclass Same:\n    pass\ndef other():\n{body}",
    }
    bad["one.py"] += "    from analysis.two import other\n"
    trees = {name: ast.parse(text) for name, text in bad.items()}
    assert repeated_classes(trees) == {"Same": ["one.py", "two.py"]}
    assert [(name, function) for name, function, _ in long_functions(trees)] == [
        ("one.py", "long"),
        ("two.py", "other"),
    ]
    assert ["one.py:5", "two.py:7"] in twins(bad)
    assert set(circle(trees)) == {"analysis.one", "analysis.two"}
