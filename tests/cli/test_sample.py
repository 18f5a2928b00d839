"""``market-impact sample`` at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from analysis.cli import main
from analysis.prices.snapshot import load_snapshot
from analysis.sample.result import AVERAGE_COLUMNS

EVENTS = """symbol,when,group,size
NVDA,2025-01-27,gpu,3
AMD,2025-01-25,cpu,1
AVGO,2024-09-03,gpu,2
MU,2024-08-05,memory,2
XYZ,2025-01-02,cpu,1
INTC,2024-08-02,cpu,1
"""


@pytest.fixture
def events(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(EVENTS, encoding="utf-8")
    return path


def run(*arguments):
    return CliRunner().invoke(main, ["sample", *map(str, arguments)])


def test_table_counts_the_pairs_and_names_the_lead(events):
    result = run(events)
    assert result.exit_code == 0, result.output
    assert "5 of 6 firm-events measured" in result.stdout
    assert "1  symbol not in the data" in result.stdout
    assert "BMP leads: " in result.stdout
    assert "missing = traded" in result.stdout


def test_csv_is_the_contract_and_files_hold_the_rest(events, tmp_path):
    result = run(events, "--format", "csv", "--window", "0..0", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == ",".join(AVERAGE_COLUMNS)
    written = sorted(path.name for path in (tmp_path / "out").glob("[!.]*"))
    assert written == ["averages.csv", "averages.json", "firm_events.csv", "paths.csv"]
    assert (tmp_path / "out" / "averages.csv").read_text() == result.stdout
    rows = pd.read_csv(tmp_path / "out" / "firm_events.csv")
    assert rows["symbol"].tolist() == ["NVDA", "AMD", "AVGO", "MU", "XYZ", "INTC"]
    paths = pd.read_csv(tmp_path / "out" / "paths.csv")
    assert len(paths) == 5 * 31
    document = json.loads((tmp_path / "out" / "averages.json").read_text())
    assert document["statuses"] == {"ok": 5, "symbol not in the data": 1}
    assert document["lead"][0]["test"] == "bmp"


def test_two_files_of_the_user(events, tmp_path):
    from analysis.prices.snapshot import load_snapshot

    load_snapshot().levels.to_csv(tmp_path / "prices.csv")
    own = run(events, "--data", tmp_path / "prices.csv", "--format", "csv")
    assert own.exit_code == 0, own.output
    assert own.stdout == run(events, "--format", "csv").stdout


def test_groups_by_any_column_and_latex(events):
    result = run(events, "--by", "size", "--format", "latex")
    assert result.exit_code == 0, result.output
    assert r"\begin{tabular}" in result.stdout
    assert "1 - 2" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--by", "sise"), "did you mean 'size'"),
        (("--overlap", "kep"), "did you mean 'keep'"),
        (("--model", "garch"), "pair by pair"),
        (("--benchmark", "SPX"), "no pair can be used"),
    ],
)
def test_bad_options_are_one_error(events, arguments, words):
    result = run(events, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_a_study_of_many_firm_events_runs_as_a_study_too(tmp_path):
    asked = ("--benchmark", "QQQ", "--window", "0..0", "--format", "csv")
    as_study = CliRunner().invoke(main, ["study", "nvda-results-2016-2025", *asked])
    assert as_study.exit_code == 0, as_study.output
    assert as_study.stdout == run("nvda-results-2016-2025", *asked).stdout
    refused = CliRunner().invoke(main, ["study", "largest-falls", "--symbols", "NVDA"])
    assert refused.exit_code == 2
    assert "no choice of a study of many firm-events" in refused.stderr


@pytest.mark.slow
def test_figures_and_regressions_go_to_the_folder(events, tmp_path):
    out = tmp_path / "out"
    result = run(events, "--figures", "--out", out, "--explain", "car ~ size")
    assert result.exit_code == 0, result.output
    assert "car ~ size over -1..1, 5 firm-events" in result.stdout
    assert (out / "figures" / "caar-path.png").is_file()
    rows = pd.read_csv(out / "characteristics.csv")
    assert set(rows["term"]) == {"Intercept", "size"}
    refused = run(events, "--figures")
    assert refused.exit_code == 2


@pytest.mark.slow
def test_report_is_one_page_about_the_average(events, tmp_path):
    out = tmp_path / "out"
    asked = ("--report", "--out", out, "--explain", "car ~ size", "--long-run", "20")
    result = run(events, *asked)
    assert result.exit_code == 0, result.output
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<figure ") == 6
    assert "5 of 6 firm-events could be measured" in page
    assert "symbol not in the data" in page
    for name in ("averages-window", "tests", "characteristics-1", "long-run", "firm-events"):
        assert f'<table id="{name}"' in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http-equiv", "")
    rows = pd.read_csv(out / "long_run.csv")
    assert set(rows["sessions"]) == {20}
    assert "The long run" in result.stdout


@pytest.mark.slow
def test_untrusted_names_cannot_inject(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(
        'symbol,when,group\nNVDA,2025-01-27,"<script>alert(1)</script>"\n', encoding="utf-8"
    )
    result = run(path, "--report", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.slow
def test_report_and_figures_take_a_study_of_many_firm_events(tmp_path):
    name = "nvda-results-2016-2025"
    done = CliRunner().invoke(main, ["report", name, "--out", str(tmp_path / "report")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "report" / "report.html").is_file()
    asked = ["figures", name, "--out", str(tmp_path / "figures"), "--format", "svg"]
    done = CliRunner().invoke(main, [*asked, "--only", "caar-path"])
    assert done.exit_code == 0, done.output
    assert [p.name for p in (tmp_path / "figures").glob("*.svg")] == ["caar-path.svg"]
    refused = CliRunner().invoke(main, [*asked, "--only", "caar-pth"])
    assert refused.exit_code == 2
    assert "did you mean 'caar-path'" in refused.stderr


def test_a_long_table_with_gaps(events, tmp_path):
    from analysis.prices.snapshot import load_snapshot

    levels = load_snapshot().levels.loc["2023-01-01":]
    long = (
        levels.rename_axis("session")
        .reset_index()
        .melt("session", var_name="symbol", value_name="close")
    )
    long = long[~((long["symbol"] == "AMD") & (long["session"] == "2024-06-03"))].dropna()
    long.to_parquet(tmp_path / "long.parquet")
    result = run(events, "--data", tmp_path / "long.parquet", "--panel", "--format", "csv")
    assert result.exit_code == 0, result.output
    run(events, "--data", tmp_path / "long.parquet", "--panel", "--out", tmp_path / "gaps")
    run(events, "--out", tmp_path / "whole")
    gaps = pd.read_csv(tmp_path / "gaps" / "firm_events.csv").set_index("symbol")
    whole = pd.read_csv(tmp_path / "whole" / "firm_events.csv").set_index("symbol")
    assert gaps.loc["AMD", "n_estimation"] == whole.loc["AMD", "n_estimation"] - 2
    assert gaps.loc["NVDA", "car"] == pytest.approx(whole.loc["NVDA", "car"], abs=1e-12)


def test_paths_of_too_many_pairs_are_left_out_aloud(events, tmp_path, monkeypatch):
    from analysis.sample import export

    monkeypatch.setattr(export, "MOST_PATHS", 3)
    result = run(events, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "paths.csv is left out: the paths of 6 pairs are too many" in result.stderr
    assert not (tmp_path / "out" / "paths.csv").exists()


def test_a_benchmark_that_is_not_there_is_named(events):
    result = run(events, "--benchmark", "SPPY")
    assert result.exit_code == 2
    assert "did you mean 'SPY'" in result.stderr


@pytest.mark.slow
def test_a_new_user_reaches_table_and_figure_from_two_files(root, tmp_path, monkeypatch):
    """The first command of the document, as it is written there, on a user's two CSV files."""
    document = (root / "docs" / "many-events.md").read_text(encoding="utf-8")
    line = next(x.strip() for x in document.splitlines() if x.startswith("    market-impact"))
    program, *arguments = line.split()
    assert program == "market-impact"
    monkeypatch.chdir(tmp_path)
    levels = load_snapshot().levels.loc["2022":, ["SPY", "NVDA", "AMD", "MU", "AVGO", "INTC"]]
    levels.rename_axis("session").to_csv("prices.csv", date_format="%Y-%m-%d")
    (tmp_path / "events.csv").write_text(EVENTS, encoding="utf-8")
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "Cumulative average abnormal returns (CAAR), %" in result.stdout
    written = {path.relative_to("results").as_posix() for path in Path("results").rglob("*.*")}
    assert {"averages.csv", "firm_events.csv", "paths.csv", "report.html"} <= written
    assert any(name.startswith("figures/caar") for name in written), written
    rows = pd.read_csv("results/averages.csv")
    caar = rows.query("kind == 'window' and group == 'all'")["mean"].iloc[0]
    cars = pd.read_csv("results/firm_events.csv").query("window == '-1..1'")["car"]
    assert caar == pytest.approx(cars.mean(), abs=1e-15)


def test_own_files_go_in_by_their_options(events, tmp_path):
    levels = load_snapshot().levels.loc["2023":, ["SPY", "QQQ", "NVDA", "AMD", "MU"]]
    returns = levels.pct_change(fill_method=None).iloc[1:].rename_axis("session")
    returns.to_csv(tmp_path / "returns.csv", date_format="%Y-%m-%d")
    returns[["QQQ"]].rename(columns={"QQQ": "tech"}).to_csv(
        tmp_path / "factors.csv", date_format="%Y-%m-%d"
    )
    (tmp_path / "securities.csv").write_text("symbol,benchmark\nMU,QQQ\n")
    result = run(
        *(events, "--data", tmp_path / "returns.csv", "--values", "returns"),
        *("--factors", tmp_path / "factors.csv", "--model", "own=benchmark+tech"),
        *("--securities", tmp_path / "securities.csv", "--weight", "size"),
        *("--window", "0..0", "--path", "0..0", "--out", tmp_path / "out"),
    )
    assert result.exit_code == 0, result.output
    rows = pd.read_csv(tmp_path / "out" / "firm_events.csv").set_index("symbol")
    # MU's local index is QQQ, which the factor is too: collinear, and said so
    assert rows["benchmark"].to_dict() == {
        **dict.fromkeys(["NVDA", "AMD", "AVGO", "XYZ", "INTC"], "SPY"),
        "MU": "QQQ",
    }
    assert rows.loc["MU", "status"] == "collinear factors in the estimation window"
    assert rows.loc["NVDA", "model"] == "own"
    wrong = run(events, "--weight", "sise")
    assert wrong.exit_code == 2
    assert "no column 'sise' to weight by; did you mean 'size'?" in wrong.stderr


@pytest.mark.slow
def test_a_cluster_that_does_not_answer_is_one_message(events):
    result = run(events, "--dask", "tcp://127.0.0.1:1")
    assert result.exit_code == 2
