"""The study and figures commands: what they print and write."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from click.testing import CliRunner

from analysis.cli import main

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ("--symbols", "NVDA", "--model", "market", "--event", "sell-off")


def run(*args: str):
    return CliRunner().invoke(main, list(args))


def test_the_table_ends_with_the_finding() -> None:
    result = run("study", *SMALL)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.startswith("NVIDIA and the chip sector around DeepSeek's release\n")
    assert re.search(r"\* market +SPY-ex +2\.10 +-16\.97 ", result.stdout)
    assert result.stdout.endswith("92 sessions after the event.\n")


def test_csv_on_stdout_is_tidy() -> None:
    result = run("study", *SMALL, "--window", "0..0", "--window=-1..1", "--format", "csv")
    frame = pd.read_csv(io.StringIO(result.stdout))
    assert frame["window"].unique().tolist() == ["0..0", "-1..1"]
    assert frame["benchmark"].unique().tolist() == ["SPY", "SPY-ex", "RSP", "SOXX"]


def test_json_and_latex_on_stdout() -> None:
    document = json.loads(run("study", *SMALL, "--format", "json").stdout)
    assert document["study"]["headline"]["symbol"] == "NVDA"
    assert run("study", *SMALL, "--format", "latex").stdout.startswith(r"\begin{tabular}")


def test_markdown_on_stdout_beside_a_workbook(tmp_path) -> None:
    book = tmp_path / "rows.xlsx"
    result = run("study", *SMALL, "--format", "markdown", "--excel", str(book))
    assert result.stdout.startswith("# NVIDIA and the chip sector")
    assert result.stderr == f"wrote {book}\n"
    assert pd.read_excel(book, sheet_name="paths")["symbol"].unique().tolist() == ["NVDA"]
    refused = run("study", *SMALL, "--excel", str(tmp_path / "rows.csv"))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "ends in .xlsx" in refused.stderr


def test_options_override_and_may_be_repeated_or_split() -> None:
    result = run(
        "study", "--symbols", "AMD, NVDA", "--symbols", "XLP", "--model", "mean", "--model",
        "market", "--event", "r1-release", "--benchmark", "QQQ", "--estimation", "-130..-11",
        "--window", "0..2", "--format", "csv",
    )  # fmt: skip
    frame = pd.read_csv(io.StringIO(result.stdout))
    assert frame["symbol"].unique().tolist() == ["NVDA", "AMD", "XLP"]
    assert frame["benchmark"].unique().tolist() == ["none", "QQQ"]
    assert frame["estimation"].unique().tolist() == ["-130..-11"]
    assert frame["n_estimation"].unique().tolist() == [120]
    assert frame["session"].unique().tolist() == ["2025-01-21"]


@pytest.mark.slow
def test_out_holds_all_and_the_effective_study_runs_to_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    options = ("--symbols", "AMD,NVDA", "--model", "market", "--event", "sell-off")
    result = run("study", *options, "--out", str(first))
    assert result.exit_code == 0
    assert result.stderr == f"wrote 10 files to {first}\n"
    assert (first / "summary.txt").read_text(encoding="utf-8") == result.stdout
    again = run("study", str(first / "study.toml"), "--out", str(second))
    assert again.exit_code == 0, again.stderr
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name


@pytest.mark.slow
def test_a_study_on_a_users_file_runs_again_from_its_effective_study(
    tmp_path: Path, levels_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.csv").write_bytes(levels_csv.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert run("study", *SMALL, "--data", "mine.csv", "--out", "one").exit_code == 0
    monkeypatch.chdir(tmp_path / "one")
    result = run("study", "study.toml", "--out", "../two")
    assert result.exit_code == 0, result.stderr
    one, two = ((tmp_path / name / "results.csv").read_bytes() for name in ("one", "two"))
    assert one == two


def test_wide_long_and_parquet_give_the_bundled_answer(tmp_path: Path, levels_csv: Path) -> None:
    every = pd.read_csv(levels_csv)
    wide = every[["session", "NVDA", "SPY"]]
    wide.to_csv(tmp_path / "wide.csv", index=False)
    wide.to_parquet(tmp_path / "wide.parquet")
    long = wide.melt("session", var_name="symbol", value_name="close")
    long.to_csv(tmp_path / "long.csv", index=False)
    options = (*SMALL, "--benchmark", "SPY-ex", "--format", "csv")
    expected = pd.read_csv(io.StringIO(run("study", *options).stdout))
    assert len(expected) == 5
    for name in ("wide.csv", "wide.parquet", "long.csv"):
        found = run("study", *options, "--data", str(tmp_path / name)).stdout
        frame = pd.read_csv(io.StringIO(found))
        pd.testing.assert_frame_equal(frame, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
def test_figures_are_written_beside_the_results(tmp_path: Path) -> None:
    result = run("study", *SMALL, "--out", str(tmp_path), "--figures")
    assert result.exit_code == 0
    names = {p.name for p in (tmp_path / "figures").iterdir()}
    assert len(names) == 12
    assert {"event-path.png", "benchmarks.svg", "placebo-dates.pdf"} <= names


@pytest.mark.slow
def test_the_figures_command_lists_what_it_wrote(tmp_path: Path) -> None:
    options = ("--only", "placebo-dates", "--format", "svg", "--style", "dark", "--width", "6")
    result = run("figures", *SMALL, *options, "--out", str(tmp_path / "f"))
    assert result.stdout == f"{tmp_path / 'f' / 'placebo-dates.svg'}\n"
    assert "#14171a" in (tmp_path / "f" / "placebo-dates.svg").read_text()


def test_progress_goes_to_a_terminal_only(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    from analysis.cli import options

    with options.progress_bar() as progress:
        progress("label", 1, 2)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with options.progress_bar() as progress:
        progress("sell-off, market model", 1, 2)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "sell-off, market model" in captured.err


@pytest.mark.parametrize("script", ["run_event_study.py", "export_figures.py"])
def test_the_scripts_are_the_commands(root: Path, script: str) -> None:
    done = subprocess.run(
        [sys.executable, root / "scripts" / script, "--help"],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert script in done.stdout
    assert "Example" in done.stdout


def test_a_window_with_a_comma_is_one_window() -> None:
    chosen = ("--event", "sell-off", "--symbols", "NVDA", "--model", "market", "--format", "csv")
    rows = CliRunner().invoke(main, ["study", *chosen, "--window", "0,1"])
    dots = CliRunner().invoke(main, ["study", *chosen, "--window", "0..1"])
    assert rows.exit_code == 0, rows.stderr
    assert rows.stdout == dots.stdout


def test_options_are_put_over_a_file_before_it_is_judged(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(
        'id = "s"\nevent_firm = "NVDA"\nwindows = ["-30..30"]\n[[events]]\nid = "e"\n'
        'title = "E"\nwhen = 2025-01-27\n'
    )
    study = str(tmp_path / "s.toml")
    done = CliRunner().invoke(main, ["study", study, "--estimation", "-290..-41"])
    assert done.exit_code == 0, done.stderr
    assert CliRunner().invoke(main, ["study", study]).exit_code == 2
