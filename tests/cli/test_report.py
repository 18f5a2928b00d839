"""The report command, and the report beside a study."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from analysis.cli import main
from analysis.outputs import MARKER

SMALL = ("--symbols", "NVDA,AMD", "--model", "market", "--event", "sell-off", "--benchmark", "SPY")

pytestmark = pytest.mark.slow


def test_report_writes_the_page_and_the_files_it_names(tmp_path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["report", *SMALL, "--out", str(out)])
    assert result.exit_code == 0, result.output
    written = {line.rsplit("/", 1)[1] for line in result.stdout.splitlines()}
    assert {"report.html", "results.csv", "specifications.csv", "claims.csv"} <= written
    assert written | {MARKER} == {path.name for path in out.iterdir()}
    page = (out / "report.html").read_text()
    for name in ("results.csv, line", "specifications.csv, line", "groups.csv, line"):
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
