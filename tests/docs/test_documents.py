"""The documents: their blocks run, and their reference is what the code says."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import matplotlib as mpl
import pyarrow as pa
import pytest
from document_blocks import blocks, pages

import analysis
from analysis.batch.batch import BatchRequest, result_schema
from analysis.batch.inputs import FactorModel
from analysis.cli import COMMANDS, main
from analysis.figures.catalog import FIGURES
from analysis.inference.catalog import TESTS
from analysis.keys import Record, Records, keys_of
from analysis.models.catalog import MODELS
from analysis.report.details import ABROAD, CLAIMS, FIRST_SESSIONS, LEAVE_ONE_OUT, REGIMES, WORLD
from analysis.sample.longrun import LONG_RUN_COLUMNS
from analysis.sample.result import AVERAGE_COLUMNS, FIRM_EVENT_COLUMNS, PATH_COLUMNS
from analysis.study import Study
from analysis.tables.catalog import STUDY_FILES
from analysis.watch import Move
from analysis.windows import Window

PROGRAM = "market-impact"
ROOT = Path(__file__).resolve().parents[2]
PAGES = pages(ROOT)


@pytest.fixture(scope="module")
def reference():
    """The pages as the generator makes them now."""
    path = ROOT / "scripts" / "write_reference.py"
    spec = importlib.util.spec_from_file_location("write_reference", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["write_reference"] = module
    spec.loader.exec_module(module)
    return module.pages()


def test_the_reference_is_up_to_date(reference, root):
    for name, text in reference.items():
        written = (root / "docs" / "reference" / name).read_text(encoding="utf-8")
        assert written == text, f"{name}: run python scripts/write_reference.py"


def test_the_reference_leaves_nothing_out(reference):
    for name in COMMANDS:
        assert f"\n## {name}\n" in reference["commands.md"]
    for kind, catalogue in (("model", MODELS), ("test", TESTS), ("figure", FIGURES)):
        for name in catalogue:
            assert f"{{#{kind}-{name}}}" in reference["catalogues.md"]
    for name, declared in keys_of(Study).items():
        assert f"| `{name}` |" in reference["study-file.md"]
        if isinstance(declared.kind, Record | Records):
            for inner in keys_of(declared.kind.record):
                assert f"| `{inner}` |" in reference["study-file.md"]
    for name in analysis.__all__:
        assert re.search(rf"^::: analysis\.\S*\b{name}$", reference["python.md"], re.MULTILINE)
    figure_files = [file for figure in FIGURES.values() for file in figure.files]
    others = (CLAIMS, LEAVE_ONE_OUT, REGIMES, WORLD, ABROAD, FIRST_SESSIONS)
    for file in (*STUDY_FILES, *figure_files, *others):
        assert f"\n## {file.name} " in reference["results-files.md"]


def columns(root: Path) -> dict[str, list[str]]:
    known = tomllib.loads((root / "scripts" / "columns.toml").read_text(encoding="utf-8"))
    return {name: file["columns"] for name, file in known["files"].items()}


def test_columns_of_small_files_are_described(root, small):
    told = columns(root)
    for file in STUDY_FILES:
        frame = file.make(small)
        if frame is not None:
            assert list(frame.columns) == told[file.name]
    assert list(AVERAGE_COLUMNS) == told["averages.csv"]
    assert list(FIRM_EVENT_COLUMNS) == told["firm_events.csv"]
    assert list(PATH_COLUMNS) == told["paths.csv of sample"]
    assert list(LONG_RUN_COLUMNS) == told["long_run.csv"]
    moves = ["session", *(each.name for each in fields(Move))]
    assert moves == told["watch --format csv"]
    files = [Path("returns.csv"), Path("factors.csv"), Path("events.csv"), Path("out.csv")]
    request = BatchRequest(
        *files,
        models=(FactorModel("m", ("FACTOR",)),),
        estimation=Window(-260, -11),
        window=Window(0, 0),
        more_windows=(Window(-1, 1),),
    )
    assert result_schema(request, pa.string()).names == told["batch --out"]


@pytest.mark.slow
def test_columns_of_a_report_are_described(root, full, full_details):
    told = columns(root)
    others = (CLAIMS, LEAVE_ONE_OUT, REGIMES, WORLD, ABROAD, FIRST_SESSIONS)
    figure_files = [file for figure in FIGURES.values() for file in figure.files]
    seen = 0
    for file in (*figure_files, *others):
        frame = file.frame(full_details)
        if frame is not None:
            assert list(frame.columns) == told[file.name], file.name
            seen += 1
    assert seen > 10
    for file in STUDY_FILES:
        frame = file.make(full)
        if frame is not None:
            assert list(frame.columns) == told[file.name], file.name


def test_every_path_in_the_architecture_page_exists(root):
    text = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) > 10
    for where, what in rows:
        places = [root / name for name in re.findall(r"`([^`]+)`", where)]
        assert [place for place in places if not place.exists()] == []
        for name in re.findall(r"`([^` ]+(?:\.py|\.md|/))`", what):
            assert any((place / name).exists() for place in (root, *places)), name


def test_every_module_of_the_first_level_stands_in_the_architecture_page(root):
    text = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`analysis/(\w+)(?:\.py|/)", text))
    there = {
        path.stem
        for path in (root / "analysis").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").is_file()) and path.stem[0] != "_"
    }
    assert there - named == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_and_option_in_a_page_exists(page):
    for block in blocks(page):
        if block.kind != "sh":
            continue
        for words in block.commands():
            if words[0] == PROGRAM and words[1] not in {"--version", "--help"}:
                command = main.get_command(None, words[1])
                assert command is not None, words
                known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
                asked = {w.partition("=")[0] for w in words[2:] if w.startswith("--")}
                assert asked <= known | {"--help"}, words
            elif words[0].startswith("./"):
                assert os.access(ROOT / words[0], os.X_OK), words


def test_the_pages_hold_commands_and_python():
    kinds = [block.kind for page in PAGES for block in blocks(page)]
    assert kinds.count("sh") > 15
    assert kinds.count("python") > 5


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_blocks_of_a_page_run(page, tmp_path, monkeypatch):
    work, programs = tmp_path / "work", tmp_path / "bin"
    work.mkdir()
    programs.mkdir()
    shim = programs / PROGRAM
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m analysis "$@"\n')
    shim.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "MARKET_IMPACT_DB": str(tmp_path / "prices.duckdb"),
        "HOME": str(tmp_path),
    }
    monkeypatch.chdir(work)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    mpl.use("agg")
    names: dict[str, object] = {}
    for block in blocks(page):
        if block.title:
            (work / block.title).write_text(block.text, encoding="utf-8")
        elif block.kind == "python":
            exec(compile(block.text, f"{page.name}", "exec"), names)
        elif block.kind == "sh" and not block.needs_network:
            if any(words[0].startswith("./") for words in block.commands()):
                continue  # makes an environment; its own tests run what is behind it
            done = subprocess.run(
                ["sh", "-eu", "-c", block.text], cwd=work, env=environment,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, (block.text, done.stderr[-2000:])
            assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_site_builds_offline_without_a_warning(root, tmp_path):
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", tmp_path / "site"],
        cwd=root, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "site" / "tutorial.html").is_file()
    python = (tmp_path / "site" / "reference" / "python.html").read_text(encoding="utf-8")
    for name in analysis.__all__:
        assert f"{name}" in python
    for page in (tmp_path / "site").rglob("*.html"):
        loaded = re.findall(
            r"<(?:script|img)[^>]*src=\"(https?:[^\"]+)|<link[^>]*stylesheet[^>]*href=\"(https?:[^\"]+)",
            page.read_text(encoding="utf-8"),
        )
        assert loaded == [], page.name
