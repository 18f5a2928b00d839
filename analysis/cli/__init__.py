"""
The command line: the only room that prints or exits.

Commands live in modules of their own and are imported when they run, so that ``--help`` answers
at once. What they raise becomes one message and an exit code in `analysis.cli.contain`.
"""

from __future__ import annotations

import gc
import importlib
import sys
import warnings
from typing import TYPE_CHECKING, TypeVar

import click

from analysis.cli import terminal
from analysis.cli.contain import contained
from analysis.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Mapping[str, tuple[str, str]] = {
    "study": ("analysis.cli.study", "Run an event study and print its results."),
    "report": ("analysis.cli.report", "Write a study's report: one self-contained HTML page."),
    "figures": ("analysis.cli.figures", "Write a study's figures: PNG, SVG, PDF."),
    "new": ("analysis.cli.new", "Write a commented study file to begin with."),
    "validate": ("analysis.cli.validate", "List everything that is wrong with a study file."),
    "list": ("analysis.cli.list", "List studies, events, models, benchmarks, symbols, ..."),
    "tests": ("analysis.cli.tests", "List the statistical tests, or explain one."),
    "sample": ("analysis.cli.sample", "Average many firm-events, with every test of the mean."),
    "batch": ("analysis.cli.batch", "Estimate a million firm-events from files, to a file."),
    "scan": ("analysis.cli.scan", "Rank every security of a file by its abnormal return."),
    "fetch": ("analysis.cli.fetch", "Put symbols into the price store, with their history."),
    "refresh": ("analysis.cli.refresh", "Bring the price store up to date."),
    "status": ("analysis.cli.status", "Say what the price store holds, and how good it is."),
    "watch": ("analysis.cli.watch", "Say what moved beyond its ordinary days on the last session."),
    "completion": ("analysis.cli.completion", "Complete commands and options with the Tab key."),
    "export-snapshot": ("analysis.cli.export_snapshot", "Write a new bundled snapshot."),
}
"""Command name to the module that defines it (as ``command``) and its one-line help."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List the commands in the order of `COMMANDS`."""
        return [*COMMANDS]  # the command `list` may hide the type by now

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command, or None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name][0]}.command is no click command")
        return _with_quiet(_with_marks(command))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands with their help, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    terminal.message("warning", message)


_AnyCommand = TypeVar("_AnyCommand", bound=click.Command)


def _with_marks(command: _AnyCommand) -> _AnyCommand:
    r"""Turn the ``\b`` of a raw docstring into click's mark: what follows keeps its lines."""
    if command.help is not None:
        command.help = command.help.replace("\\b\n", "\b\n")
    return command


def _with_quiet(command: _AnyCommand) -> _AnyCommand:
    """Give a command ``--quiet``, once."""
    if all(option.name != "quiet" for option in command.params):
        command.params.append(
            click.Option(
                ["-q", "--quiet"],
                is_flag=True,
                expose_value=False,
                is_eager=True,
                callback=_keep_quiet,
                help="No progress and no remarks on standard error; warnings and errors stay.",
            )
        )
    return command


def _keep_quiet(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        ctx.meta[terminal.QUIET] = True


class _FailingSafe(LazyGroup):
    def invoke(self, ctx: click.Context) -> object:
        with contained(), warnings.catch_warnings():
            warnings.showwarning = _show_warning
            outcome: object = super().invoke(ctx)
            sys.stdout.flush()  # so that a full disk is told of, and in time
        return outcome

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; name the nearest where there is none of that name."""
        name = str(args[0])
        if name not in COMMANDS and not name.startswith("-"):
            ctx.fail(f"no command '{name}'; {nearest(name, COMMANDS)}")
        return super().resolve_command(ctx, args)


def _tell_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        terminal.echo(f"{ctx.info_name} {version('market-impact')}")
    except PackageNotFoundError:
        terminal.echo(f"{ctx.info_name} (not installed, run from a checkout)")
    ctx.exit()


@click.group(
    cls=_FailingSafe,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_tell_version,
    help="Show the version and exit.",
)
def main() -> None:
    r"""
    Measure how much of a stock's move around an event was abnormal, with its uncertainty, in USD.

    \b
    Example: the DeepSeek study on the bundled figures, offline:
      market-impact study
    """


_with_marks(main)


def run() -> None:
    """
    Run the command line under its installed name, from there or by ``python -m analysis``.

    A command makes hundreds of thousands of small frozen records and next to no cycles among them:
    looking for such garbage at the usual thresholds costs a report a tenth of its time.
    """
    gc.set_threshold(100_000, 50, 100)
    main(prog_name="market-impact", args=sys.argv[1:])
