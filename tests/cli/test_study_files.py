"""New, validate and list: help with study files on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from analysis.cli import main
from analysis.cli.list import LISTS
from analysis.keys import keys_of
from analysis.models.catalog import MODELS
from analysis.study import Study
from analysis.study_file import load_study, parse_study
from analysis.study_template import new_study

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

WRONG = """\
id = "mine"        # a comment
event_firm = "NVDA"
symbol = ["NVDA"]
level = "high"

[[events]]
id = "one"
title = "E"
when = 2025-01-27

[[events]] # the second
id = "two"
titel = "E"
when = "27 Jan 2025"
"""


def run(*args: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, list(args), input=text)


def test_every_fault_is_listed_at_once_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(WRONG)
    result = run("validate", str(path))
    assert result.exit_code == 2
    found = [line.removeprefix(f"{path}:") for line in result.stdout.splitlines()]
    assert [line.split(":")[0] for line in found] == ["3", "4", "11", "13", "14"]
    messages = (
        *("did you mean 'symbols'", "a number is needed"),
        *("'title' is missing", "did you mean 'title'", "without quotes"),
    )
    for line, message in zip(found, messages, strict=True):
        assert message in line


@pytest.mark.parametrize(
    ("old", "new", "where", "message"),
    [
        ('id = "mine"', "id = ", ":1", "no valid TOML"),
        ("level", "nothing", ":4", "key 'nothing' is unknown"),
    ],
)
def test_a_single_fault(tmp_path: Path, old: str, new: str, where: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(WRONG.replace(old, new))
    assert f"{path}{where}: " in run("validate", str(path)).stdout
    assert message in run("validate", str(path)).stdout


def test_a_valid_study_says_so_and_one_that_the_data_cannot_serve_does_not(tmp_path: Path) -> None:
    assert run("validate").stdout.startswith("deepseek-2025: valid; events 4, firms 26")
    path = tmp_path / "mine.toml"
    path.write_text(
        new_study({"id": "m", "event_firm": "ZZZ", "events": [
            {"id": "e", "title": "E", "when": "2025-01-27"}]})
    )  # fmt: skip
    result = run("validate", str(path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "symbol 'ZZZ' is not in bundled snapshot" in result.stderr


def test_a_new_study_is_what_was_said_and_runs(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    result = run(
        *("new", str(path), "--firm", "NVDA", "--when", "2025-01-27T09:22:00Z"),
        *("--event", "Sell-off", "--symbols", "AMD", "--benchmark", "RSP"),
    )
    assert result.exit_code == 0, result.output
    study = load_study(path)
    assert (study.id, study.symbols, study.benchmarks[0].id) == ("mine", ("NVDA", "AMD"), "RSP")
    assert all(f"# {declared.says}" in path.read_text() for declared in keys_of(Study).values())
    assert run("validate", str(path)).exit_code == 0
    again = run("new", str(path), "--firm", "X", "--when", "2025-01-27", "--event", "E")
    assert (again.exit_code, load_study(path)) == (2, study)
    assert "is there already" in again.stderr


def test_a_new_study_asks_for_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "asked.toml"
    result = run("new", str(path), text="BA\n2024-01-05\nDoor plug\n")
    assert result.exit_code == 0
    assert load_study(path).events[0].title == "Door plug"
    wrong = run("new", str(tmp_path / "x.toml"), text="BA\nyesterday\nDoor plug\n")
    assert wrong.exit_code == 2
    assert not (tmp_path / "x.toml").exists()


def test_the_commented_defaults_are_the_defaults() -> None:
    said = {"id": "s", "event_firm": "NVDA", "events": [
        {"id": "e", "title": "E", "when": "2025-01-27"}]}  # fmt: skip
    text = new_study(said)
    top = text.split("\n# [")[0].split("\n[[")[0]
    uncommented = "\n".join(
        line.removeprefix("# ") if " = " in line and "..." not in line else line
        for line in top.splitlines()
    )
    tables = text[len(top) :]
    assert parse_study(uncommented + tables) == Study(**said) == parse_study(text)


@pytest.mark.parametrize("what", list(LISTS))
def test_lists(what: str) -> None:
    result = run("list", what)
    assert result.exit_code == 0, result.output
    names = [line.split()[0] for line in result.stdout.splitlines()]
    assert names
    assert len(set(names)) == len(names)
    if what == "models":
        assert names == list(MODELS)
    if what == "events":
        assert names == ["v3-release", "v3-report", "r1-release", "sell-off"]
    if what == "keys":
        assert names == list(keys_of(Study))


def test_the_schema_lists_every_key_with_what_it_says() -> None:
    schema = json.loads(run("list", "schema").stdout)
    assert list(schema["properties"]) == list(keys_of(Study))
    assert schema["required"] == ["id", "event_firm", "events"]
    event = schema["properties"]["events"]["items"]
    assert event["required"] == ["id", "title", "when"]
    assert event["additionalProperties"] is False
    assert schema["properties"]["level"] == {
        "type": "number", "description": "Confidence level of every interval.",
    }  # fmt: skip
