"""The report command, and the report beside a study."""

from __future__ import annotations

import re
import shutil

import pytest
from click.testing import CliRunner

from analysis.cli import main
from analysis.outputs import MARKER
from analysis.report import pdf

CHROMIUM = shutil.which("chromium")
SMALL = ("--symbols", "NVDA,AMD", "--model", "market", "--event", "sell-off", "--benchmark", "SPY")

pytestmark = pytest.mark.slow


def test_report_writes_the_page_and_the_files_it_names(tmp_path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["report", *SMALL, "--out", str(out)])
    assert result.exit_code == 0, result.output
    written = {line.rsplit("/", 1)[1] for line in result.stdout.splitlines()}
    assert {"report.html", "results.csv", "specifications.csv", "claims.csv"} <= written
    assert (out / "og.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert written | {MARKER} == {path.name for path in out.iterdir()}
    page = (out / "report.html").read_text()
    for name in ("results.csv, line", "specifications.csv, line", '"groups.csv"'):
        assert name in page


def test_the_study_names_its_report(tmp_path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["study", *SMALL, "--report", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert f"the report is {out / 'report.html'}" in result.stderr
    assert (out / "report.html").is_file()


def test_a_report_needs_a_folder(tmp_path) -> None:
    result = CliRunner().invoke(main, ["study", *SMALL, "--report"])
    assert result.exit_code == 2
    assert "--report needs a folder" in result.stderr


def test_a_study_that_cannot_run_leaves_nothing_behind(tmp_path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["report", "--symbols", "NVDAA", "--out", str(out)])
    assert result.exit_code == 2
    assert "did you mean 'NVDA'?" in result.stderr
    assert not out.exists()


def test_one_figure_becomes_a_page_of_its_own(tmp_path) -> None:
    out = tmp_path / "out"
    asked = ["report", *SMALL, "--figure", "cumulative-abnormal", "--embed", "--out", str(out)]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    page = (out / "cumulative-abnormal.html").read_text(encoding="utf-8")
    assert {path.name for path in out.iterdir()} == {MARKER, "cumulative-abnormal.html"}
    assert page.count("<svg ") == 2
    assert "<script" not in page
    assert "Source: bundled snapshot" in page
    assert '<iframe src="cumulative-abnormal.html"' in result.stderr


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--figure", "event-path"], "--figure NAME and --embed go together"),
        (["--embed"], "--figure NAME and --embed go together"),
        (["--figure", "event-pth", "--embed"], "did you mean 'event-path'"),
        (["--figure", "event-path", "--embed", "--pdf"], "--pdf prints the whole page"),
    ],
)
def test_what_does_not_go_together_is_refused_at_once(tmp_path, asked, said) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["report", *SMALL, *asked, "--out", str(out)])
    assert result.exit_code == 2
    assert said in result.stderr
    assert not out.exists()


def test_without_a_browser_it_says_how_to_print(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(pdf, "BROWSERS", ("no-such-browser",))
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["report", *SMALL, "--pdf", "--out", str(out)])
    assert result.exit_code == 2
    assert "open report.html in a browser and print it" in result.stderr
    assert not out.exists()


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
def test_the_page_is_printed_by_an_installed_browser(tmp_path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["report", *SMALL, "--pdf", "--out", str(out)])
    assert result.exit_code == 0, result.output
    printed = (out / "report.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) <= 10
    again = pdf.print_page((out / "report.html").read_text(encoding="utf-8"), CHROMIUM)
    assert len(again) == len(printed)  # the browser may number its objects in another order
    for one in (printed, again):
        assert set(re.findall(rb"\(D:(\d{8})", one)) == {b"19700101"}
