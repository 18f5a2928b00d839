"""
Change the program in small ways and see whether a test notices.

Usage: python scripts/mutate.py [MODULE ...] [--changed] [--minutes N] [--seed N] [--floor PERCENT]

A mutant is one change of the syntax tree: a comparison, an operator, a constant, a condition. The
tests of its room run against it in a copy of the tree; one that survives is a hole, unless
docs/mutants.md says why it cannot matter. The run fails where even the upper end of the 95 % Wilson
interval of the share killed lies below the floor.
"""

from __future__ import annotations

import argparse
import ast
import copy
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KNOWN = ROOT / "docs" / "mutants.md"
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


def tests_of(module: str) -> list[str]:
    """Name the tests that stand for a module: its own file, else those of its room."""
    path = Path(module).relative_to("analysis")
    tests = ROOT / "tests"
    own = sorted(tests.rglob(f"test_{path.stem}.py"))
    room = tests.joinpath(*path.parts[:-1])
    chosen = [*own, *([room] if len(path.parts) > 1 and room.is_dir() else [])]
    return [str(place.relative_to(ROOT)) for place in chosen or [tests / "run"]]


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


def killed(tree: Path, tests: list[str]) -> bool:
    """Run tests in a copy of the tree; whether one of them failed (or never ended)."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-m", "not slow",
             "-p", "no:cacheprovider", *tests],
            cwd=tree, capture_output=True, check=False, timeout=300,
            env=os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return True
    return done.returncode not in {0, 5}


def upper(killed_: int, tried: int) -> float:
    """Give the upper end of the 95 % Wilson interval of a share."""
    z = 1.959964
    share = killed_ / tried
    centre = share + z * z / (2 * tried)
    spread = z * math.sqrt(share * (1 - share) / tried + z * z / (4 * tried * tried))
    return (centre + spread) / (1 + z * z / tried)


def main() -> int:
    """Try mutants until the time is over; report the share killed a module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="as analysis/sessions.py")
    parser.add_argument("--changed", action="store_true", help="the modules of the last change")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=20250127)
    parser.add_argument("--floor", type=float, default=90.0, help="percent killed, at the least")
    given = parser.parse_args()
    modules = given.modules or (changed_modules() if given.changed else [])
    if not modules:
        print("no module to mutate")
        return 0
    cases = [(m, *case) for m in modules for case in mutants((ROOT / m).read_text("utf-8"))]
    random.Random(given.seed).shuffle(cases)
    end = time.monotonic() + 60 * given.minutes
    known = KNOWN.read_text("utf-8")
    counts: dict[str, list[int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        leave = shutil.ignore_patterns(".git", ".venv*", "*_cache", "__pycache__")
        shutil.copytree(ROOT, tree, ignore=leave)
        sound: dict[str, bool] = {}
        for module, line, what, source in cases:
            if time.monotonic() > end:
                break
            tests = tests_of(module)
            key = " ".join(tests)
            if key not in sound:
                sound[key] = not killed(tree, tests)
                if not sound[key]:
                    print(f"{key}: fails without a mutant; left out")
            if not sound[key] or f"`{module}` {what}" in known:
                continue
            target = tree / module
            kept = target.read_text("utf-8")
            target.write_text(source, "utf-8")
            dead = killed(tree, tests)
            target.write_text(kept, "utf-8")
            count = counts.setdefault(module, [0, 0])
            count[0] += dead
            count[1] += 1
            if not dead:
                print(f"SURVIVED {module}:{line} {what}", flush=True)
    for module, (dead_, tried) in sorted(counts.items()):
        print(f"{module}: {dead_} of {tried} killed")
    total = [sum(count[i] for count in counts.values()) for i in (0, 1)]
    if not total[1]:
        print("no mutant was tried")
        return 0
    share = 100 * total[0] / total[1]
    print(f"{total[0]} of {total[1]} mutants killed ({share:.0f} %, floor {given.floor:.0f} %)")
    return int(100 * upper(total[0], total[1]) < given.floor)


if __name__ == "__main__":
    sys.exit(main())
