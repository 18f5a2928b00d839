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
    from analysis.inference.catalog import TESTS, explain

    if name is not None:
        echo(explain(name))
        return
    width = max(map(len, TESTS))
    family = None
    for method in TESTS.values():
        if method.family != family:
            echo(("" if family is None else "\n") + method.family)
            family = method.family
        echo(f"  {method.id:<{width}}  {method.title}")
