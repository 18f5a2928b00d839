"""`market-impact new`: a commented study file to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path))
@click.option(
    "--firm", prompt="The firm that the news struck (symbol)", help="The event firm's symbol."
)
@click.option(
    "--when",
    prompt="When was it public (2025-01-27, or 2025-01-27T14:30:00Z)",
    help="Date, or instant with its time zone.",
)
@click.option("--event", "title", prompt="What happened", help="The event in words.")
@click.option("--symbols", metavar="A,B", help="Further firms, with commas.")
@click.option("--benchmark", metavar="SYMBOL", help="What stands for the market.  [default: SPY]")
@click.option("--calendar", metavar="CODE", help="Market code of the exchange.  [default: XNYS]")
@click.option("--data", metavar="snapshot|store|PATH", help="Where the levels are.")
def command(
    path: Path,
    firm: str,
    when: str,
    title: str,
    symbols: str | None,
    benchmark: str | None,
    calendar: str | None,
    data: str | None,
) -> None:
    r"""
    Write a commented study file: what was said, and every other key with its default.

    What is needed and not given is asked for. Nothing is overwritten.

    \b
    Example:
      market-impact new boeing.toml --firm BA --when 2024-01-05T23:00:00-05:00 --event "Door plug"
    """
    from analysis.errors import OutputError
    from analysis.study_template import new_study

    given: dict[str, Any] = {
        "id": path.stem or "study",
        "event_firm": firm,
        "title": title,
        "symbols": ",".join([firm, *filter(None, [symbols])]),
        "calendar": calendar,
        "data": data,
        "benchmarks": None if benchmark is None else [{"id": benchmark}],
        "events": [{"id": "event", "title": title, "when": when}],
    }
    text = new_study({name: value for name, value in given.items() if value is not None})
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise OutputError(f"{path} is there already; name another file") from None
    except (OSError, ValueError) as error:
        raise OutputError(f"{path} cannot be written ({error}); name another file") from error
    click.echo(f"wrote {path}; run it with: market-impact study {path}")
