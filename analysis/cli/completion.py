"""``market-impact completion``: complete commands and options with the Tab key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, get_args

import click

from analysis.cli.terminal import echo

Shell = Literal["bash", "zsh", "fish"]
PROGRAM = "market-impact"
VARIABLE = "_MARKET_IMPACT_COMPLETE"


@click.command("completion", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("shell", type=click.Choice(get_args(Shell)), required=False)
@click.option("--install", is_flag=True, help="Write it where the shell looks for it.")
@click.pass_context
def command(ctx: click.Context, shell: Shell | None, install: bool) -> None:
    r"""
    Print the script that completes commands and options with the Tab key, or install it.

    Without SHELL the one of $SHELL is taken.

    \b
    Examples:
      market-impact completion --install
      market-impact completion zsh > ~/.zfunc/_market-impact
    """
    from analysis.errors import StudyError
    from analysis.outputs import write_file

    found = shell or Path(os.environ.get("SHELL", "")).name
    if found not in get_args(Shell):
        raise StudyError(f"no completion for the shell '{found}'; name bash, zsh or fish")
    text = script(ctx.find_root().command, found)
    if not install:
        echo(text, nl=False)
        return
    path, more = place(found)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(text.encode(), path)
    echo(f"wrote {path}; {more}", err=True)


def script(program: click.Command, shell: str) -> str:
    """Make the script of a shell, ending in a line break."""
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise LookupError(shell)
    return made(program, {}, PROGRAM, VARIABLE).source().strip() + "\n"


def place(shell: str) -> tuple[Path, str]:
    """Say where a shell looks for completions, and what is left to do."""
    home = Path.home()
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    places = {
        "bash": (
            data / "bash-completion" / "completions" / PROGRAM,
            "it works in a new shell, where the package bash-completion is there",
        ),
        "zsh": (
            home / ".zfunc" / f"_{PROGRAM}",
            "put 'fpath+=~/.zfunc; autoload -Uz compinit; compinit' into ~/.zshrc once",
        ),
        "fish": (config / "fish" / "completions" / f"{PROGRAM}.fish", "it works in a new shell"),
    }
    return places[shell]
