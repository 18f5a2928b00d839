"""Help: at once, with an example, and naming all there is."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from analysis import cli
from analysis.figures.catalog import FIGURES
from analysis.models.catalog import MODELS

if TYPE_CHECKING:
    from pathlib import Path


def help_of(*command: str) -> str:
    result = CliRunner().invoke(cli.main, [*command, "-h"])
    assert result.exit_code == 0
    return result.stdout


def test_no_help_imports_a_heavy_package(root: Path) -> None:
    """The help of all commands, one after the other in one process."""
    code = (
        "import sys; from analysis.cli import COMMANDS, main\n"
        "for words in (['--help'], *([name, '--help'] for name in COMMANDS)):\n"
        "    main(words, standalone_mode=False)\n"
        "    heavy = {'pandas', 'numpy', 'matplotlib', 'scipy', 'statsmodels', 'rich', 'pyarrow',"
        " 'exchange_calendars', 'numba', 'duckdb'} & set(sys.modules)\n"
        "    assert not heavy, (words, heavy)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    for name, (_, summary) in cli.COMMANDS.items():
        assert name in done.stdout
        assert summary.split()[0] in done.stdout


@pytest.mark.slow
def test_a_plain_study_imports_nothing_that_it_does_not_use(root: Path) -> None:
    """No database, workbook, template or drawing of ours; what arch brings along is its own."""
    code = (
        "import sys; from analysis.cli import main\n"
        "main(['study', '--event', 'sell-off', '--symbols', 'NVDA', '--model', 'market'],"
        " standalone_mode=False)\n"
        "heavy = {'duckdb', 'openpyxl', 'jinja2', 'scipy.signal', 'statsmodels.api',"
        " 'matplotlib.pyplot', 'analysis.figures', 'analysis.report', 'analysis.sample.run'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True
    )
    assert done.stderr.strip() == "[]"
    assert "HEADLINE NVDA" in done.stdout


@pytest.mark.parametrize("command", list(cli.COMMANDS))
def test_every_command_has_help_with_an_example(command: str) -> None:
    text = help_of(command)
    assert "Example" in text
    assert f"market-impact {command}" in text
    assert text == CliRunner().invoke(cli.main, [command, "--help"]).stdout


@pytest.mark.parametrize("command", [(), *((name,) for name in cli.COMMANDS)])
def test_examples_keep_their_lines(command: tuple[str, ...]) -> None:
    text = help_of(*command)
    assert "\\b" not in text
    lines = [line for line in text.splitlines() if line.startswith("    market-impact ")]
    assert lines
    assert all(line.split()[1] in cli.COMMANDS for line in lines)


def test_every_option_of_every_command_is_explained() -> None:
    import click

    for name in cli.COMMANDS:
        command = cli.main.get_command(click.Context(cli.main), name)
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert parameter.help, (name, parameter.name)


def test_every_model_and_figure_is_named_in_the_help() -> None:
    study, figures = " ".join(help_of("study").split()), " ".join(help_of("figures").split())
    for model in MODELS:
        assert f" {model}," in study or f" {model}." in study, model
    for figure in FIGURES:
        assert figure in figures.replace("- ", "-"), figure


def test_the_group_says_what_it_is_for() -> None:
    text = help_of()
    assert "market-impact study" in text
    assert "was abnormal, with its" in text


@pytest.mark.parametrize(("installed", "told"), [(True, "1.2.3"), (False, "run from a checkout")])
def test_the_version_is_told(monkeypatch: pytest.MonkeyPatch, installed: bool, told: str) -> None:
    def version(name: str) -> str:
        assert name == "market-impact"
        if installed:
            return "1.2.3"
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    result = CliRunner().invoke(cli.main, ["--version"], prog_name="market-impact")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("market-impact ")
    assert told in result.stdout


def test_python_dash_m_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["x", "--help"])
    with pytest.raises(SystemExit) as done:
        cli.run()
    assert done.value.code == 0
    assert capsys.readouterr().out.startswith("Usage: market-impact")


def test_a_module_without_a_command_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    import click

    monkeypatch.setattr(cli, "COMMANDS", {"x": ("analysis.cli.options", "X.")})
    monkeypatch.setattr("analysis.cli.options.command", "no command", raising=False)
    with pytest.raises(TypeError, match="no click command"):
        cli.main.get_command(click.Context(cli.main), "x")
