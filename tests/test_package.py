"""The package as a whole: docstrings that run, one direction of imports, a wheel that travels."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def modules(root: Path) -> list[Path]:
    return sorted((root / "analysis").rglob("*.py"))


def test_every_module_says_what_it_is(root: Path) -> None:
    assert len(modules(root)) > 40
    for path in modules(root):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_every_public_name_is_explained(root: Path) -> None:
    for path in modules(root):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), (path, node.name)


def test_only_the_command_line_prints(root: Path) -> None:
    for path in modules(root):
        if "cli" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"print", "exit", "input"}, path


@pytest.mark.slow
def test_the_examples_in_docstrings_run(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--doctest-modules", "analysis", "-q"],
        capture_output=True, text=True, cwd=root, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.mark.slow
def test_a_wheel_carries_the_data_along(root: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("needs hatchling")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "dist"],
        cwd=root, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    assert "analysis/_data/manifest.json" in names
    assert not [name for name in names if name.startswith(("tests/", "scripts/", "data/"))]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "study", "--event", "sell-off", "--symbols", "NVDA",
         "--model", "market", "--format", "csv"],
        cwd=tmp_path / "site", env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("sell-off,2025-01-27,NVDA,accelerators,market") == 20
