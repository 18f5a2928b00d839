"""A result in a notebook: text, HTML, Markdown, LaTeX, Excel, a figure, and pickling."""

from __future__ import annotations

import html.parser
import pickle
from dataclasses import replace

import matplotlib.figure
import openpyxl
import pandas as pd
import pytest

from analysis.errors import OutputError, StudyError
from analysis.export import tidy_frames
from analysis.tables.catalog import cell_tables
from analysis.tables.cells import Cell, CellTable, Column
from analysis.tables.html import html as html_table
from analysis.tables.latex import latex_table
from analysis.tables.markdown import markdown
from analysis.tables.summary import summary_text


class Tags(html.parser.HTMLParser):
    """Counts the cells, and keeps the stack of open tags."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        if self.open[-1:] == ["td"]:
            self.cells[-1] += data


def test_the_texts_are_those_of_the_command(small) -> None:
    assert small.summary() == summary_text(small)
    assert small.to_latex() == latex_table(small)
    assert small.summary(tests=True).startswith("TESTS")


def test_html_and_markdown_hold_every_cell_of_every_table(small) -> None:
    tags = Tags()
    tags.feed(small._repr_html_())
    assert not tags.open
    rows = [row for table in cell_tables(small) for row in table.rows]
    assert tags.cells == [cell.text for row in rows for cell in row]
    lines = [line for line in small.to_markdown().splitlines() if line.startswith("| ")]
    assert len(lines) == len(rows) + 2 * len(cell_tables(small))


def test_no_text_breaks_out_of_its_cell() -> None:
    table = CellTable("t", "<b>", (Column("a|b"),), ((Cell("<i>|\n*x*", "x"),),), marked=0)
    assert "<i>" not in html_table(table)
    assert "<b>" not in html_table(table)
    last = markdown(table).splitlines()[-1]
    assert last == r"| **&lt;i&gt;\| \*x\*** |"


def test_a_workbook_holds_every_file_of_rows_cell_by_cell(small, tmp_path) -> None:
    path = small.to_excel(tmp_path / "rows.xlsx")
    frames = tidy_frames(small)
    sheets = pd.read_excel(path, sheet_name=None, keep_default_na=False, na_values=[""])
    assert set(sheets) == {name.removesuffix(".csv") for name in frames}
    for name, frame in frames.items():
        found = sheets[name.removesuffix(".csv")]
        assert list(found.columns) == list(frame.columns)
        for column in frame.columns:
            given = frame[column].replace("", None)
            assert found[column].isna().tolist() == given.isna().tolist()
            kept = given.dropna().tolist()
            close = pytest.approx(kept, rel=1e-15) if given.dtype.kind == "f" else kept
            assert found[column].dropna().tolist() == close


def test_the_same_results_give_the_same_workbook(small, tmp_path) -> None:
    first, second = (small.to_excel(tmp_path / name) for name in ("a.xlsx", "b.xlsx"))
    assert first.read_bytes() == second.read_bytes()


def test_a_workbook_runs_no_formula(small, tmp_path) -> None:
    event = replace(small.events[0].event, title="=1+1")
    firms = tuple(replace(firm, group="=HYPERLINK(A1)\x07") for firm in small.firms)
    given = replace(small, firms=firms, study=replace(small.study, events=(event,)))
    book = openpyxl.load_workbook(given.to_excel(tmp_path / "x.xlsx"))
    kinds = {cell.data_type for sheet in book for row in sheet for cell in row}
    assert "f" not in kinds
    heads = [cell.value for cell in book["results"][1]]
    assert book["results"][2][heads.index("group")].value == "'=HYPERLINK(A1)\\x07"


@pytest.mark.parametrize("name", ["rows.xls", "rows", "no/folder.xlsx"])
def test_what_can_be_no_workbook_is_refused(small, tmp_path, name) -> None:
    with pytest.raises(OutputError):
        small.to_excel(tmp_path / name)


def test_a_figure_is_drawn_or_refused_in_words(small) -> None:
    assert isinstance(small.plot(), matplotlib.figure.Figure)
    with pytest.raises(StudyError, match="event-path"):
        small.plot("event-pth")
    with pytest.raises(StudyError, match="details"):
        small.plot("recovery-path")


def test_pickling_keeps_every_number(small) -> None:
    again = pickle.loads(pickle.dumps(small))
    assert repr(again) == repr(small)
    for name, frame in tidy_frames(small).items():
        pd.testing.assert_frame_equal(frame, tidy_frames(again)[name])
    assert again.summary() == small.summary()
