"""`market-impact tests`: what each statistical test assumes."""

from __future__ import annotations

import click

from analysis.cli.terminal import echo


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--explain", "name", metavar="NAME", help="Explain one test.")
def command(name: str | None) -> None:
    r"""
    List the statistical tests, or explain one.

    \b
    Example: what the lead test of a group assumes, and when it fails:
      market-impact tests --explain kp
    """
    from analysis.inference.catalog import explain, listing

    echo(listing() if name is None else explain(name))
