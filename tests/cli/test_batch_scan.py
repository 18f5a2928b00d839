"""The commands batch and scan."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from analysis.cli import main


@pytest.fixture
def run():
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def panel_files(tmp_path):
    rng = np.random.default_rng(1)
    days = pd.bdate_range("2024-01-01", periods=150).strftime("%Y-%m-%d")
    market = rng.normal(0, 0.01, 150)
    pd.DataFrame({"date": days, "mktrf": market}).to_csv(tmp_path / "f.csv", index=False)
    returns = pd.DataFrame({"permno": 7, "date": days, "ret": market + rng.normal(0, 0.01, 150)})
    returns.to_csv(tmp_path / "r.csv", index=False)
    (tmp_path / "e.csv").write_text(f"permno,when\n7,{days[120]}\n7,never\n8,{days[120]}\n")
    return tmp_path


def batch_words(folder, **changes):
    given = {
        "returns": folder / "r.csv",
        "factors": folder / "f.csv",
        "events": folder / "e.csv",
        "out": folder / "o.csv",
        "model": "mktrf",
        "estimation": "-100..-11",
        "window": "-1..1",
        "symbol-column": "permno",
        "date-column": "date",
        "return-column": "ret",
        "event-date-column": "when",
    } | changes
    return [word for name, value in given.items() for word in (f"--{name}", value)]


def test_batch(run, panel_files):
    result = run("batch", *batch_words(panel_files))
    assert result.exit_code == 0, result.output
    assert "3 events, 3 rows" in result.stdout
    assert "e.csv line 3: unreadable event date 'never'" in result.stderr
    found = pd.read_csv(panel_files / "o.csv")
    assert found["status"].tolist() == ["ok", "unreadable event date 'never'", "unknown symbol"]
    assert found["model"].tolist() == ["mktrf"] * 3
    assert found.loc[0, ["n_estimation", "n_window"]].tolist() == [90, 3]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "m=smb"}, "no factor 'smb'"),
        ({"window": "-11..1"}, "overlaps"),
        ({"window": "1-2"}, "is no window"),
        ({"returns": "absent.csv"}, "absent.csv: cannot be read (no such file)"),
        ({"out": "absent/o.csv"}, "cannot be written"),
        pytest.param(
            {"dask": "tcp://127.0.0.1:9"}, "no Dask scheduler answers", marks=pytest.mark.slow
        ),
        ({"calendar": "XXXX"}, "exchange calendar 'XXXX' is unknown"),
    ],
)
def test_batch_fails_with_one_message(run, panel_files, change, words):
    result = run("batch", *batch_words(panel_files, **change))
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert not (panel_files / "o.csv").exists()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--min-estimation", "90"), "ok", ""),
        (("--min-estimation", "91"), "too few estimation returns", ""),
        (
            ("--min-obs", "91"),
            "too few estimation returns",
            "--min-obs is called --min-estimation now",
        ),
        (("--min-obs", "91", "--min-estimation", "90"), "ok", "--min-estimation now"),
    ],
)
def test_the_fewest_returns_have_the_name_that_study_files_give_them(
    run, panel_files, words, status, said
):
    result = run("batch", *batch_words(panel_files), *words)
    assert result.exit_code == 0, result.output
    assert pd.read_csv(panel_files / "o.csv")["status"][0].startswith(status)
    assert said in result.stderr
    assert ("--min-obs" in result.stderr) == bool(said)


@pytest.fixture
def prices_file(tmp_path):
    rng = np.random.default_rng(2)
    days = pd.bdate_range("2024-01-01", periods=120).strftime("%Y-%m-%d")
    closes = {f"S{i}": 50 * np.cumprod(1 + rng.normal(0, 0.01, 120)) for i in range(12)}
    closes["SPY"] = 400 * np.cumprod(1 + rng.normal(0, 0.01, 120))
    frame = pd.DataFrame(closes, index=days).stack().rename("close").reset_index()
    frame.columns = ["session", "symbol", "close"]
    frame.assign(volume=5000).to_csv(tmp_path / "p.csv", index=False)
    (tmp_path / "g.csv").write_text(
        "symbol,group\n" + "".join(f"S{i},G{i % 2}\n" for i in range(12))
    )
    return tmp_path / "p.csv"


def scan_words(path, *more):
    return ["scan", "--data", path, "--date", "2024-05-31", "--estimation", "-60..-11", *more]


def test_scan_table(run, prices_file):
    result = run(*scan_words(prices_file, "--top", 3, "--groups", prices_file.parent / "g.csv"))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("2024-05-31: 12 securities over a market model on SPY")
    for words in ("Largest falls", "Largest rises", "Groups", "G0", "1  the benchmark itself"):
        assert words in result.stdout


def test_scan_csv(run, prices_file):
    result = run(*scan_words(prices_file, "--format", "csv"))
    found = pd.read_csv(io.StringIO(result.stdout))
    assert len(found) == 12
    assert found["abnormal_return"].is_monotonic_increasing
    assert "note: 1 left out: the benchmark itself" in result.stderr
    ends = pd.read_csv(
        io.StringIO(run(*scan_words(prices_file, "--format", "csv", "--top", 2)).stdout)
    )
    assert ends["rank"].tolist() == [1, 2, 11, 12]


def test_scan_json(run, prices_file):
    content = json.loads(run(*scan_words(prices_file, "--format", "json")).stdout)
    assert content["session"] == "2024-05-31"
    assert len(content["securities"]) == 12
    assert content["left_out"] == {"the benchmark itself": 1}


def test_scan_of_an_instant(run, prices_file):
    words = scan_words(prices_file, "--format", "json")
    words[words.index("2024-05-31")] = "2024-05-30T22:30:00Z"
    assert json.loads(run(*words).stdout)["session"] == "2024-05-31"
    words[words.index("2024-05-30T22:30:00Z")] = "2024-05-30T22:30:00"
    assert "has no time zone" in run(*words).stderr
    words[words.index("2024-05-30T22:30:00")] = "30 May"
    result = run(*words)
    assert result.exit_code == 2
    assert "'30 May' is no date" in result.stderr


def test_scan_fails_with_one_message(run, prices_file):
    result = run(*scan_words(prices_file, "--benchmark", "QQQ"))
    assert result.exit_code == 2
    assert "error: " in result.stderr
    assert "'QQQ' is not in it" in result.stderr


@pytest.mark.parametrize("name", ["batch", "scan"])
def test_help_has_an_example(run, name):
    result = run(name, "-h")
    assert result.exit_code == 0
    assert "\\b" not in result.stdout
    example = result.stdout.partition("Example:\n")[2]
    assert example.startswith(f"    market-impact {name} --")
    assert "\n      " in example or name == "scan"  # its lines are kept
