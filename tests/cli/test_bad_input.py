"""Bad input: one message with the mend, exit code 2, empty stdout, and nothing written."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from analysis.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SMALL = ("--symbols", "NVDA", "--model", "market", "--event", "sell-off", "--benchmark", "SPY")


def refused(tmp_path: Path, *args: str) -> str:
    """Run a study that must fail safely, writing to a folder that must then not be there."""
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["study", *args, "--out", str(out)])
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
    assert isinstance(result.exception, SystemExit)
    assert not out.exists()
    return lines[0]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--symbols", "NVDAA"), "symbol 'NVDAA' is not in bundled snapshot"),
        (("--symbols", "NVDAA"), "did you mean 'NVDA'?"),
        (("--symbols", "NVDA,NVDA"), "symbol 'NVDA' occurs twice; keep one"),
        (("--symbols", ","), "--symbols names nothing"),
        (("--event", "selloff"), "event 'selloff' is not in the study; did you mean 'sell-off'?"),
        (("--model", "markt"), "model 'markt' is unknown; did you mean 'market'?"),
        (("--model", "market,market"), "model 'market' occurs twice"),
        (("--benchmark", "SPYY"), "benchmark 'SPYY' needs SPYY, which is not in bundled snapshot"),
        (("--benchmark", "XLK-ex"), "give weight and weight_session under [[benchmarks]]"),
        (("deepseek",), "no study 'deepseek': neither a bundled study nor a file; did you mean"),
        (("--estimation", "-3700..-11"), "sessions with returns before it"),
        (("--estimation", "-20..-11"), "30 or more are needed"),
        (("--estimation", "-260..0"), "reaches into the event window"),
        (("--estimation", "-11..-260"), "write the earlier session first, as in -260..-11"),
        (("--estimation", "long"), "'long' is no window; write START..END in sessions"),
        (("--window", "0:1"), "'0:1' is no window; write START..END in sessions, as in -1..1"),
        (("--window", "0..0,0..0"), "event window '0..0' occurs twice"),
        (("--window", "0..900"), "is outside bundled snapshot"),
        (("--window", "-15..0"), "reaches into the event window -15..0"),
        (("--data", "no-such.csv"), "cannot be read (no such file)"),
    ],
)
def test_a_wrong_option(tmp_path: Path, args: tuple[str, ...], message: str) -> None:
    assert message in refused(tmp_path, *args)


STUDY = """
id = "mine"
event_firm = "NVDA"
symbols = ["NVDA"]
[[events]]
id = "e"
title = "E"
when = 2025-01-27
[[benchmarks]]
id = "SPY"
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "mine"', 'id = "mine"\nbenchmark = "SPY"', "key 'benchmark' is unknown; did you"),
        ("2025-01-27", "2030-01-02", "lies outside the XNYS calendar"),
        ("2025-01-27", "2026-05-04", "event 'e' (2026-05-04) reacts on 2026-05-04, outside"),
        ("2025-01-27", "2012-06-01", "estimation window -260..-11 of event 'e' (2012-06-01) needs"),
        ('["NVDA"]', '["NVDA", "NVDA"]', "symbol 'NVDA' occurs twice"),
        (
            'id = "mine"',
            'id = "mine"\ncalendar = "XKRX"',
            "symbol 'NVDA' is not in bundled figures of XKRX",
        ),
        ('id = "mine"', 'id = "mine"\ncalendar = "NYZE"', "calendar 'NYZE' is unknown; did you"),
        ('id = "mine"', "id = ", "no valid TOML"),
    ],
)
def test_a_wrong_study_file(tmp_path: Path, old: str, new: str, message: str) -> None:
    (tmp_path / "mine.toml").write_text(STUDY.replace(old, new))
    error = refused(tmp_path, str(tmp_path / "mine.toml"))
    assert message in error


def cell(rows: list[list[str]], session: str, symbol: str, value: str) -> None:
    column = rows[0].index(symbol)
    next(r for r in rows if r[0] == session)[column] = value


def row_of(rows: list[list[str]], session: str) -> int:
    return next(i for i, row in enumerate(rows) if row[0] == session)


def swap(rows: list[list[str]]) -> None:
    rows[50], rows[51] = rows[51], rows[50]


DAMAGE: list[tuple[str, Callable[[list[list[str]]], object], str]] = [
    ("missing column", lambda r: r[0].__setitem__(0, "day of week"), "column 'session' is missing"),
    ("symbol twice", lambda r: r[0].__setitem__(1, "SPY"), "column 'SPY' occurs twice"),
    ("duplicate", lambda r: r.insert(50, list(r[50])), "occurs twice; keep one row a session"),
    ("unsorted", swap, "sessions are not sorted"),
    (
        "weekend",
        lambda r: r[row_of(r, "2024-06-03")].__setitem__(0, "2024-06-02"),
        "is no session of XNYS",
    ),
    ("zero", lambda r: cell(r, "2024-06-03", "NVDA", "0"), "NVDA at 2024-06-03 is 0.0: a level"),
    ("negative", lambda r: cell(r, "2024-06-03", "SPY", "-1"), "a level must be positive"),
    ("infinite", lambda r: cell(r, "2024-06-03", "SPY", "inf"), "a level must be finite"),
    ("text", lambda r: cell(r, "2024-06-03", "NVDA", "n.v."), "is 'n.v.', not a number"),
    ("no close on the day", lambda r: cell(r, "2025-01-27", "NVDA", ""), "no return on 2025-01-27"),
    (
        "hole",
        lambda r: r.pop(row_of(r, "2024-06-03")),
        "add the rows (an empty cell says that a symbol did not trade)",
    ),
    ("cells lost", lambda r: r[60].pop(), "line 61 has fewer cells than the header"),
    ("no symbol", lambda r: [row.__delitem__(1) for row in r], "symbol 'NVDA' is not in l.csv"),
]


@pytest.mark.parametrize(("damage", "message"), [d[1:] for d in DAMAGE], ids=[d[0] for d in DAMAGE])
def test_a_damaged_file_of_levels(
    tmp_path: Path, levels_csv: Path, damage: Callable[[list[list[str]]], object], message: str
) -> None:
    table = [line.split(",") for line in levels_csv.read_text().splitlines()]
    table = [table[0], *(row for row in table if "2023" <= row[0] < "2026-02")]
    keep = [table[0].index(name) for name in ("session", "NVDA", "SPY")]
    rows = [[row[i] for i in keep] for row in table]
    damage(rows)
    path = tmp_path / "l.csv"
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    error = refused(tmp_path, *SMALL, "--data", str(path))
    assert message in error
    assert "l.csv" in error or "NVDA" in error


def test_truncated_csv_and_parquet_and_noise(
    tmp_path: Path, bundle: Path, levels_csv: Path
) -> None:
    content = levels_csv.read_bytes()
    (tmp_path / "cut.csv").write_bytes(content[:-100_000])
    assert "is it truncated?" in refused(tmp_path, "--data", str(tmp_path / "cut.csv"))
    whole = (bundle / "prices/total_return_index.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    assert "is it truncated?" in refused(tmp_path, "--data", str(tmp_path / "cut.parquet"))
    (tmp_path / "noise.csv").write_bytes(bytes(range(256)) * 9)
    assert "error: " in refused(tmp_path, "--data", str(tmp_path / "noise.csv"))
    assert "cannot be read" in refused(tmp_path, "--data", str(tmp_path))


@pytest.mark.parametrize(
    "name", ["prices/total_return_index.parquet", "factors/fama_french_daily.csv", "manifest.json"]
)
def test_a_changed_byte_in_the_bundle(
    tmp_path: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    copy = tmp_path / "data"
    shutil.copytree(bundle, copy)
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content.replace(b"4", b"5", 1) if "." in name else content)
    if name == "manifest.json":
        (copy / name).write_bytes(content[:-20])
    monkeypatch.setattr("analysis.prices.snapshot.bundled_data", lambda: copy)
    error = refused(tmp_path)
    assert name in error
    assert "restore it from the repository" in error


def test_an_output_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for out, message in (
        (tmp_path / "file", "is a file; name a folder with --out"),
        (tmp_path / "file" / "below", "is a file; name a folder with --out"),
        (tmp_path / ("x" * 300), "name another folder with --out"),
    ):
        result = CliRunner().invoke(main, ["study", *SMALL, "--out", str(out)])
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("error: ")
        assert message in result.stderr
    assert (tmp_path / "file").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_something_in_the_way_of_one_file_stops_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "groups.csv").mkdir()
    result = CliRunner().invoke(main, ["study", *SMALL, "--out", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is in the way" in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["groups.csv"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--only", "event-paths"), "figure 'event-paths' is unknown; did you mean 'event-path'?"),
        (("--width", "3"), "width 3 is not between 4 and 20 inches"),
        (("--width", "nan"), "width nan is not between"),
        (("--symbols", "X"), "symbol 'X' is not in"),
    ],
)
def test_the_figures_command_refuses_too(
    tmp_path: Path, args: tuple[str, ...], message: str
) -> None:
    out = tmp_path / "figures"
    result = CliRunner().invoke(main, ["figures", *args, "--out", str(out)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert not out.exists()


def test_figures_need_a_folder() -> None:
    result = CliRunner().invoke(main, ["study", "--figures"])
    assert result.exit_code == 2
    assert result.stderr == (
        "error: --figures needs a folder to write to; name one with --out DIR\n"
    )


@pytest.mark.parametrize(
    "args", [["studdy"], ["study", "--modle", "x"], ["study", "--format", "x"]]
)
def test_a_wrong_command_line_is_refused_without_traceback(args: list[str]) -> None:
    result = CliRunner().invoke(main, args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_real_process_fails_with_one_line(root: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "study", "--symbols", "NVDAA", "--out", tmp_path / "o"],
        capture_output=True, text=True, cwd=root, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: symbol 'NVDAA'")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "o").exists()
