"""Small changes of a module: each mutant is one change of its syntax tree."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

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
COST_ONLY = frozenset(
    {
        "strict",
        "copy",
        "check_finite",
        "overwrite_a",
        "overwrite_b",
        "stacklevel",
        "slots",
        "forceinline",
        "nogil",
    }
)
"""Arguments that decide what a call costs or whose line it blames, never what it gives."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """
    One change of a module.

    Attributes
    ----------
    module, line
        Where it stands, from the root of the tree.
    change
        What becomes of what.
    text
        The line as it stands in the source, which tells equal changes apart.
    whole, number
        The module as it stands, and which node of its tree changes.
    deferred
        Whether it lies in the body of a function, so that it counts when that is called and not
        already when the module is imported.
    """

    module: str
    line: int
    change: str
    text: str
    whole: str
    number: int
    deferred: bool

    @property
    def source(self) -> str:
        """The changed module."""
        tree = ast.parse(self.whole)
        _apply(next(node for at, node in enumerate(ast.walk(tree)) if at == self.number))
        return ast.unparse(tree)

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells a mutant from all others while the lines above it come and go."""
        return self.module, self.change, self.text

    @property
    def row(self) -> str:
        """The mutant as a row of docs/mutants.md, its reason to be written."""
        return (
            "| " + " | ".join(f"`{cell.replace('|', chr(92) + '|')}`" for cell in self.key) + " |"
        )


def known(document: str) -> set[tuple[str, str, str]]:
    """Read the keys of the mutants that a document excuses from rows of four cells."""
    found = set()
    for line in document.splitlines():
        cells = [c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 4 and cells[0].startswith("`analysis/"):
            found.add((cells[0].strip("`"), cells[1][1:-1], cells[2][1:-1]))
    return found


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Give every mutant of a module."""
    tree = ast.parse(source)
    lines = source.splitlines()
    skipped = _untouched(tree)
    deferred = _deferred(tree)
    seen: Counter[tuple[str, str]] = Counter()
    for number, node in enumerate(ast.walk(tree)):
        if node in skipped:
            continue
        what = _change(node)
        if what is None:
            continue
        line = getattr(node, "lineno", 1)
        text = lines[line - 1].strip()
        seen[what, text] += 1
        if seen[what, text] > 1:
            what += f" ({seen[what, text]})"
        yield Mutant(module, line, what, text, source, number, node in deferred)


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
        if isinstance(node, ast.keyword) and node.arg in COST_ONLY:
            parts.append(node)
        for part in filter(None, parts):
            left_out |= set(ast.walk(part))
    return left_out


def _deferred(tree: ast.Module) -> set[ast.AST]:
    inside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for statement in node.body:
                inside |= set(ast.walk(statement))
    return inside


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
