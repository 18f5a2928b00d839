"""`market-impact validate`: everything that is wrong with a study file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from analysis._bundle import DEFAULT_STUDY
from analysis.cli.options import store_option
from analysis.cli.stdin import STDIN, WHERE, stdin_text

if TYPE_CHECKING:
    from pathlib import Path


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("study", default=DEFAULT_STUDY, metavar="[STUDY]")
@store_option
def command(study: str, db: Path | None) -> None:
    r"""
    List everything that is wrong with a study file, by line; nothing is run.

    The keys are checked first, all of them at once; then whether the data hold what is named.
    Exits with 0 where the study can run and with 2 where it cannot.

    \b
    Example:
      market-impact validate my-study.toml
    """
    from analysis.claims.ledger import load_ledger
    from analysis.prices.load import load_market_data
    from analysis.prices.study_data import with_chronology
    from analysis.run.needs import needed_sessions, rate_symbols
    from analysis.run.plan import plan_study
    from analysis.study_check import check_study_file

    text = stdin_text() if study == STDIN else None
    study = WHERE if study == STDIN else study
    found, faults = check_study_file(study, text)
    for fault in faults:
        where = f"{study}:{fault.line}" if fault.line else study
        click.echo(f"{where}: {fault.message}")
    if found is None:
        raise click.exceptions.Exit(2)
    data = load_market_data(
        found.data,
        calendar=found.calendar,
        rates=rate_symbols(found),
        needed=needed_sessions(found),
        store=db,
    )
    data = with_chronology(found, data)
    plan_study(found, data)
    if found.claims:
        load_ledger(found.claims)
    click.echo(
        f"{study}: valid; events {len(found.events)}, firms {len(found.symbols)}, benchmarks "
        f"{len(found.benchmarks)}, models {len(found.models)}, windows {len(found.windows)}"
    )
