"""No module of the package knows one study: its firms and its news live in data/."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXAMPLE = re.compile(r"""\bas (in )?(['"][^'"]*)?NVDA|--symbols NVDA,AMD|--study deepseek-2025""")
"""Messages and help texts give examples of symbols, as docstrings do."""

STUDY = re.compile(r"nvda|nvidia|deepseek", re.IGNORECASE)

DEFAULT = "deepseek-2025"
"""The name of the study that runs where none is named; a default has to be named once."""

DEFAULT_AT = "_bundle.py"


def docstrings(tree: ast.AST) -> set[int]:
    """Identify the texts that stand where docstrings do: examples may name a firm."""
    return {
        id(statement.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in node.body
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    }


def names(tree: ast.AST) -> Iterator[str]:
    """List every identifier and every text but docstrings."""
    passed_over = docstrings(tree)
    for node in ast.walk(tree):
        text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if text and id(node) not in passed_over:
            yield node.value
        for field in ("id", "name", "attr", "arg", "asname", "module"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield value


@pytest.mark.parametrize("text", ['X = "nvda.csv"', "NVDA_DAILY = 1", "f(deepseek=1)", "a.nvidia"])
def test_the_search_finds(text: str) -> None:
    assert any(STUDY.search(name) for name in names(ast.parse(text)))


def test_a_docstring_may_give_an_example() -> None:
    assert not any(STUDY.search(name) for name in names(ast.parse('"""Run NVDA."""\nX = 1')))


def test_no_module_names_the_firm_or_the_news_of_a_study(root: Path) -> None:
    found = {
        (path.relative_to(root / "analysis").as_posix(), name)
        for path in sorted((root / "analysis").rglob("*.py"))
        for name in names(ast.parse(path.read_text(encoding="utf-8")))
        if STUDY.search(name)
    }
    assert {item for item in found if not EXAMPLE.search(item[1])} == {(DEFAULT_AT, DEFAULT)}
