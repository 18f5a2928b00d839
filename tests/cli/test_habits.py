"""Habits of a command line: quiet, narrow, from a pipe, completed by the Tab key."""

from __future__ import annotations

import io
import tomllib

import pytest
from click.testing import CliRunner

from analysis.cli import COMMANDS, main, terminal
from analysis.presentation import summary
from analysis.prices.load import load_market_data
from analysis.prices.store import PriceStore
from analysis.tables.render import fitted

STUDY = """
id = "mine"
event_firm = "NVDA"
data = "{data}"
[[events]]
id = "fall"
title = "The fall"
when = 2025-01-27
"""


@pytest.fixture(scope="module")
def levels(snapshot):
    frame = snapshot.levels.loc["2023-06":"2025-03", ["NVDA", "SPY"]]
    return frame.to_csv(date_format="%Y-%m-%d", float_format="%.17g")


def run(*args, given=None):
    return CliRunner().invoke(main, list(args), input=given)


def car(done):
    assert done.exit_code == 0, done.output
    head, row = (line.split(",") for line in done.stdout.splitlines())
    return float(row[head.index("car")])


@pytest.mark.slow
def test_a_study_and_its_levels_come_by_pipe_or_file(levels, tmp_path):
    (tmp_path / "levels.csv").write_text(levels)
    (tmp_path / "study.toml").write_text(STUDY.format(data="levels.csv"))
    usual = car(run("study", str(tmp_path / "study.toml"), "--format", "csv"))
    text = STUDY.format(data=tmp_path / "levels.csv")
    assert car(run("study", "-", "--format", "csv", given=text)) == usual
    study = str(tmp_path / "study.toml")
    assert car(run("study", study, "--data", "-", "--format", "csv", given=levels)) == usual
    out = tmp_path / "out"
    done = run("study", study, "--data", "-", "--out", str(out), given=levels)
    assert done.exit_code == 0
    assert tomllib.loads((out / "study.toml").read_text())["data"] == "-"


def test_what_a_pipe_cannot_give_is_told(tmp_path):
    both = run("study", "-", "--data", "-", given=STUDY.format(data="snapshot"))
    assert both.exit_code == 2
    assert "study and data cannot both come by standard input" in both.stderr
    nothing = run("study", "--data", "-", given="")
    assert (nothing.exit_code, "nothing came" in nothing.stderr) == (2, True)
    odd = run("study", "-", given=b"\xff\xfe\x00")
    assert (odd.exit_code, "no text in UTF-8" in odd.stderr) == (2, True)
    faults = run("validate", "-", given="id = 'x'\nwat = 3\n")
    assert faults.exit_code == 2
    assert "standard input:2: key 'wat' is unknown" in faults.stdout


@pytest.mark.slow
def test_quiet_leaves_results_warnings_and_errors(tmp_path):
    asked = ("study", "--event", "sell-off", "--symbols", "NVDA", "--model", "market")
    out = ("--format", "csv", "--out")
    loud = run(*asked, *out, str(tmp_path / "a"))
    quiet = run(*asked, *out, str(tmp_path / "b"), "--quiet")
    assert "wrote" in loud.stderr
    assert (quiet.stderr, quiet.stdout) == ("", loud.stdout)
    wrong = run("study", "--symbols", "NVDAA", "-q")
    assert (wrong.exit_code, wrong.stderr.startswith("error: ")) == (2, True)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_quiet(name):
    command = main.get_command(None, name)
    assert [o.name for o in command.params].count("quiet") == 1
    assert main.get_command(None, name) is command


@pytest.mark.parametrize("width", [60, 80, 100])
def test_nothing_is_wider_than_asked_for_and_nothing_is_lost(small, width):
    text = summary(small, tests=True, width=width)
    assert max(map(len, text.splitlines())) <= width
    wide = summary(small, tests=True)
    numbers = {word for word in wide.split() if word.lstrip("-≤<").replace(".", "").isdigit()}
    assert numbers <= set(text.split())


def test_a_long_cell_is_cut_and_names_stand_beside_every_part():
    rows = [("a" * 40, "x", "1" * 30, "2" * 30), ("b", "y", "3" * 30, "4" * 30)]
    text = fitted("Title", ("name", "kind", "one", "two"), rows, 2, 60)
    assert max(map(len, text.splitlines())) <= 60
    assert text.count("...") == 3
    assert text.count("4" * 30) == 1


def test_the_width_is_that_of_columns(monkeypatch):
    for columns, width in (("80", 80), ("20", terminal.NARROWEST), ("200", terminal.WIDEST)):
        monkeypatch.setenv("COLUMNS", columns)
        assert terminal.width() == width


def test_no_colour_leaves_the_terminal_as_it_is(monkeypatch):
    """Nothing is coloured but the bar of progress, whose package heeds NO_COLOR."""
    from rich.console import Console

    monkeypatch.setenv("NO_COLOR", "1")
    assert Console(file=io.StringIO(), force_terminal=True).no_color
    done = run("list", "models")
    assert "\x1b" not in done.output


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("bash", ".local/share/bash-completion/completions/market-impact"),
        ("zsh", ".zfunc/_market-impact"),
        ("fish", ".config/fish/completions/market-impact.fish"),
    ],
)
def test_completion_is_installed_where_the_shell_looks(shell, place, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    printed = run("completion", shell)
    done = run("completion", shell, "--install")
    assert (printed.exit_code, done.exit_code, done.stdout) == (0, 0, "")
    assert (tmp_path / place).read_text() == printed.stdout
    assert "_MARKET_IMPACT_COMPLETE" in printed.stdout
    assert str(tmp_path / place) in done.stderr
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    assert "no completion for the shell 'tcsh'" in run("completion").stderr


def test_completion_knows_commands_and_options():
    from click.shell_completion import BashComplete

    complete = BashComplete(main, {}, "market-impact", "_MARKET_IMPACT_COMPLETE")
    assert [item.value for item in complete.get_completions([], "wat")] == ["watch"]
    assert "--benchmark" in [i.value for i in complete.get_completions(["study"], "--be")]


@pytest.mark.slow
def test_a_store_is_read_where_it_lies(levels, tmp_path):
    (tmp_path / "levels.csv").write_text(levels)
    db = tmp_path / "here.duckdb"
    fetched = run("fetch", "--db", str(db), "--from", str(tmp_path / "levels.csv"))
    assert fetched.exit_code == 0, fetched.output  # all of the file is stored, old as it is
    assert fetched.stdout.startswith("2 read or fresh: 2 behind;")
    assert fetched.stdout.count("\n") == 1
    assert PriceStore(db).path == db
    cell = ("--event", "sell-off", "--symbols", "NVDA", "--benchmark", "SPY", "--window", "0..0")
    asked = (*cell, "--model", "market")
    mine = run("study", *asked, "--data", "store", "--db", str(db), "--format", "csv")
    (tmp_path / "study.toml").write_text(STUDY.format(data="store"))
    assert car(mine) == pytest.approx(
        car(run("study", *asked, "--data", str(tmp_path / "levels.csv"), "--format", "csv"))
    )
    for command in (("validate",), ("list", "symbols", "--study")):
        done = run(*command, str(tmp_path / "study.toml"), "--db", str(db))
        assert done.exit_code == 0, done.output
    (tmp_path / "events.csv").write_text("symbol,when\nNVDA,2025-01-27\nNVDA,2024-08-29\n")
    pairs = ("sample", str(tmp_path / "events.csv"), "--benchmark", "SPY", "--data", "store")
    many = run(*pairs, "--window", "0..0", "--db", str(db), "--format", "csv")
    assert many.exit_code == 0, many.output
    none = run(*pairs, "--db", str(tmp_path / "none.duckdb"))
    assert none.exit_code == 2
    assert "no price store" in none.stderr
    assert set(load_market_data("store", calendar="XNYS", store=db).levels) == {"NVDA", "SPY"}
