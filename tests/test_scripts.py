"""The scripts around the program: the right message, pinned supplies, nothing silently left out."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys

import pytest

POSIX = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")


def python_that(tmp_path, body):
    """Make a Python of one's own: a shell script."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@POSIX
@pytest.mark.parametrize("left_behind", [False, True])
def test_a_python_without_pip_gets_the_right_message(root, tmp_path, left_behind):
    """Debian without python3-venv makes a folder without pip; the index is not at fault."""
    shutil.copytree(root / "scripts", tmp_path / "scripts")
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "requirements.lock").write_text("")
    python = python_that(
        tmp_path, f'case "$*" in *ensurepip*|*"-m venv"*) exit 1;; esac\nexec {sys.executable} "$@"'
    )
    if left_behind:
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True
        )
    done = subprocess.run(
        ["/bin/sh", "scripts/study"], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHON": str(python)},
    )  # fmt: skip
    assert done.returncode == 2
    assert "cannot make an environment with pip" in done.stderr
    assert "apt install python3-venv" in done.stderr
    assert "package index" not in done.stderr


def test_options_that_texts_name_are_there(root):
    usage = (root / "scripts" / "test").read_text()
    for text in ("pyproject.toml", "CONTRIBUTING.md"):
        for option in re.findall(r"scripts/test (--[a-z]+)", (root / text).read_text()):
            assert f"{option})" in usage


def test_actions_are_pinned_by_commit(root):
    used = [
        line.split("uses:")[1].strip()
        for path in (root / ".github" / "workflows").glob("*.yml")
        for line in path.read_text().splitlines()
        if "uses:" in line
    ]
    assert len(used) >= 7
    for action in used:
        assert re.fullmatch(r"[a-z-]+/[a-z/-]+@[0-9a-f]{40} # v[0-9.]+", action), action


def test_nothing_unhashed_is_built_where_hashes_rule(root):
    files = [*(root / ".github").rglob("*.yml"), root / "scripts" / "environment.sh"]
    installs = [
        line
        for path in files
        for line in path.read_text().splitlines()
        if "pip install" in line and "fail" not in line
    ]
    assert len(installs) >= 4
    for line in installs:
        assert "--require-hashes" in line or "--no-build-isolation" in line, line
        assert "--no-deps" in line, line  # else pip takes newer versions, which have no hash


def test_the_bill_of_materials_is_that_of_the_lock(root):
    write = runpy.run_path(str(root / "scripts" / "write_sbom.py"), run_name="write_sbom")
    pinned = write["locked"]((root / "requirements.lock").read_text())
    assert len(pinned) > 50
    held = json.loads((root / "docs" / "sbom.cdx.json").read_text())
    assert held["bomFormat"] == "CycloneDX"
    assert [(c["name"], c["version"]) for c in held["components"]] == [p[:2] for p in pinned]
    for component, (name, version, _, hashes) in zip(held["components"], pinned, strict=True):
        assert component["purl"] == f"pkg:pypi/{name}@{version}"
        assert len(hashes) >= 1
        listed = [h["content"] for h in component["externalReferences"][0]["hashes"]]
        assert listed == hashes
    licences = (root / "docs" / "licences.md").read_text()
    assert all(f"| {name} | {version} |" in licences for name, version, *_ in pinned)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reason", "code"), [("needs chromium", 1), ("needs the data folder ../shared, absent", 0)]
)
def test_ci_fails_on_a_test_left_out(root, tmp_path, reason, code):
    (tmp_path / "conftest.py").write_text((root / "tests" / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(
        f"import pytest\ndef test_one(): pass\ndef test_two(): pytest.skip({reason!r})\n"
    )
    for setting, expected in ({"MARKET_IMPACT_CI": "1"}, code), ({}, 0):
        environment = {k: v for k, v in os.environ.items() if k != "MARKET_IMPACT_CI"} | setting
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider",
             "--rootdir", tmp_path, tmp_path],
            cwd=tmp_path, capture_output=True, text=True, check=False,
            env=environment | {"PYTHONPATH": f"{root}{os.pathsep}{root / 'tests' / 'support'}"},
        )  # fmt: skip
        assert done.returncode == expected, done.stdout
        assert ("which CI must not" in done.stdout) == bool(expected)


def test_every_test_that_the_reliability_tables_name_is_there(root):
    text = (root / "docs" / "reliability.md").read_text()
    named = set(re.findall(r"`((?:tests|\.github)/[^`*]+)`", text))
    assert len(named) > 60
    for name in named - {"tests/corpus"}:
        path, _, test = name.partition("::")
        assert (root / path).is_file(), name
        assert not test or f"def {test}(" in (root / path).read_text(encoding="utf-8"), name


def test_every_fault_and_hole_has_its_tests(root):
    text = (root / "docs" / "reliability.md").read_text()
    faults, holes = text.split("## Faults of version 0.1")[1].split("## Holes in the tests")
    for part, last in ((faults, 22), (holes, 17)):
        rows = [line for line in part.splitlines() if re.match(r"\| \d+ \|", line)]
        assert [int(row.split("|")[1]) for row in rows] == list(range(1, last + 1))
        assert all("`tests/" in row for row in rows)
