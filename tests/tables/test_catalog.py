"""A table is one file, laid out once: text, page and LaTeX hold the same cells."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import textwrap

import pytest

from analysis._discovery import names
from analysis.export import result_files
from analysis.tables import gallery
from analysis.tables.catalog import STUDY_FILES, TABLES, cell_tables
from analysis.tables.cells import Cell, CellTable, Column
from analysis.tables.latex import latex
from analysis.tables.render import terminal
from analysis.tables.summary import summary_text

TOY = """
from analysis.tables.cells import Cell, CellTable, Column
from analysis.tables.file import TidyFile
from analysis.tables.table import Table


def lay_out(result):
    rows = ((Cell("alpha", "alpha"), Cell("7.25 %", 0.0725)), (Cell("beta", "beta"), Cell("-")))
    return CellTable("toy-letters", "Letters of a toy", (Column("letter"), Column("size")), rows)


TABLE = Table(
    "toy-letters", 35, lay_out, (TidyFile("toy-letters.csv", "Toy", lambda r: r.tidy.head(3)),)
)
"""
SMALL = ["--symbols", "NVDA", "--model", "market", "--event", "sell-off", "--benchmark", "SPY"]


@pytest.fixture
def toys(tmp_path):
    folder = tmp_path / "toys"
    folder.mkdir()
    (folder / "toy_letters.py").write_text(TOY)
    return folder


def run(toys, root, *arguments: str) -> str:
    """Run the command with a folder of tables of one's own."""
    code = textwrap.dedent(f"""
        from analysis.tables import gallery
        gallery.__path__.append({str(toys)!r})
        from analysis.cli import main
        main({list(arguments)!r})
    """)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_is_a_table_with_its_own_place(full) -> None:
    assert set(TABLES) == set(names(gallery))
    assert [table.id for table in cell_tables(full)] == list(TABLES)


@pytest.mark.slow
def test_a_table_is_one_file_to_the_study(toys, root, tmp_path) -> None:
    out = tmp_path / "out"
    text = run(toys, root, "study", *SMALL, "--out", str(out))
    assert text.index("WINDOWS of") < text.index("Letters of a toy") < text.index("NOTES")
    assert (out / "summary.txt").read_text() == text
    assert len((out / "toy-letters.csv").read_text().splitlines()) == 4
    assert len(json.loads((out / "results.json").read_text())["toy-letters"]) == 3


@pytest.mark.slow
def test_a_table_is_one_file_to_the_report(toys, root, tmp_path) -> None:
    run(toys, root, "report", *SMALL, "--out", str(tmp_path / "out"))
    page = (tmp_path / "out" / "report.html").read_text()
    assert '<table id="toy-letters"' in page
    assert "7.25 %" in page


def test_every_number_of_every_table_stands_where_it_says(full) -> None:
    rows = {
        name: list(csv.DictReader(io.StringIO(text)))
        for name, text in result_files(full).items()
        if name.endswith(".csv")
    }
    cells = [c for t in cell_tables(full) for row in t.rows for c in row if c.place and c.exact]
    assert {cell.place.file for cell in cells} == {
        "bounds.csv",
        "results.csv",
        "groups.csv",
        "recoveries.csv",
        "tests.csv",
    }
    for cell in cells:
        stored = rows[cell.place.file][cell.place.line - 2][cell.place.column]
        if cell.place.column == "symbols_valued":
            stored = str(len(stored.split()))
        if isinstance(cell.value, str):
            assert cell.value == stored
        else:
            assert cell.value == pytest.approx(float(stored), rel=1e-12), cell


def test_terminal_and_latex_hold_the_cells_of_the_page(full) -> None:
    text = summary_text(full)
    for table in cell_tables(full):
        written = latex(table)
        assert written.count(r" \\") == 1 + len(table.rows)
        first = table.rows[0]
        shown = [
            cell.bare
            for cell, column in zip(first, table.columns, strict=True)
            if not table.narrow or column.name in table.narrow
        ]
        assert len(shown) >= 4
        missing = [part for part in shown if part not in terminal(table)]
        assert not missing
        assert terminal(table) in text
        assert all(c.bare in written for c in first if c.numeric and c.bare[0] not in "<≤")


def test_an_interval_is_one_cell_at_a_terminal_and_none_is_a_dash() -> None:
    columns = (Column("firm"), Column("from", "interval %"), Column("to", joined=True))
    rows = (
        (Cell("A", "A"), Cell("-1.00 %", -0.01), Cell("2.00 %", 0.02)),
        (Cell("B", "B"), Cell("-"), Cell("-")),
        (Cell("C", "C"), Cell("-"), Cell("2.00 %", 0.02)),
    )
    lines = terminal(CellTable("t", "Firms", columns, rows, marked=1)).splitlines()
    assert [line.split() for line in (lines[0], lines[1], *lines[3:])] == [
        ["Firms"],
        ["firm", "interval", "%"],
        ["A", "-1.00", "..", "2.00"],
        ["*", "B", "-"],
        ["C", "-", "..", "2.00"],
    ]


def test_files_of_rows_have_names_of_their_own() -> None:
    names_of = [file.name for file in STUDY_FILES]
    assert names_of[:5] == [
        *("results.csv", "groups.csv", "recoveries.csv", "paths.csv", "tests.csv")
    ]
    assert len(set(names_of)) == len(names_of)
    assert all(file.caption for file in STUDY_FILES)
