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

import analysis

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


def test_every_public_name_is_what_type_checkers_see(root: Path) -> None:
    names = analysis.__all__
    assert len(names) > 20
    assert {"Event", "Group", "Benchmark", "Headline", "Study", "event_study"} <= set(names)
    assert dir(analysis) == names
    for name in names:
        assert getattr(analysis, name).__doc__ or name.isupper(), name
    with pytest.raises(AttributeError, match="no attribute 'Studdy'"):
        _ = analysis.Studdy


def test_importing_the_package_imports_nothing_else(root: Path) -> None:
    code = "import sys, analysis; print([n for n in sys.modules if n.startswith('analysis.')])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


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


CLIENT = """
from analysis import Study, load_study

study: Study = load_study("deepseek-2025")
symbols: tuple[str, ...] = study.symbols
load_study(3)
"""


@pytest.mark.slow
def test_a_client_of_the_wheel_is_type_checked(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "dist"],
        cwd=root, check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"],
        check=True, capture_output=True,
    )  # fmt: skip
    (site,) = (tmp_path / "venv" / "lib").glob("python3.*/site-packages")
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (tmp_path / "client.py").write_text(CLIENT)
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "MYPYPATH"}}
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--python-executable",
         tmp_path / "venv" / "bin" / "python", "client.py"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "import-untyped" not in done.stdout, done.stdout
    (error,) = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert "client.py:6" in error
    assert "arg-type" in error
