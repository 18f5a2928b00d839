"""``market-impact status``: what the price store holds, and how good it is."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import click

from analysis.cli import _live
from analysis.cli.terminal import echo

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.prices.store.status import SymbolStatus


@click.command(
    help="""Say what the price store holds: span, sessions, age and findings of each symbol.

    \b
    Examples, everything and one symbol with each finding:
      market-impact status
      market-impact status --symbols SMCI
    """
)
@click.option("--symbols", type=_live.Symbols(), help="Only these, each finding on a line.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead of text.")
@_live.store_option
@_live.now_option
def command(
    *, symbols: tuple[str, ...] | None, as_json: bool, db: Path, now: dt.datetime | None
) -> None:
    """Parse, call, format."""
    from analysis.prices.store import PriceStore
    from analysis.prices.store.status import known_to, status_of

    store = PriceStore(db)
    if symbols is not None:
        symbols = _live.spelled(symbols, known_to(store))
    statuses = status_of(store, now or dt.datetime.now(dt.UTC), symbols)
    if as_json:
        document = {"store": str(db), "symbols": [status.as_dict() for status in statuses]}
        echo(json.dumps(document, sort_keys=True))
        return
    echo(f"price store {db}: {len(statuses)} symbol(s)")
    _print_table(statuses)
    for status in statuses:
        _print_findings(status, every=symbols is not None)


def _print_table(statuses: list[SymbolStatus]) -> None:
    row = "{:<10} {:<10}  {:<10} {:>8} {:>9} {:>8}  {}"
    echo(row.format("symbol", "first", "last", "sessions", "age", "findings", "last outcome"))
    for status in statuses:
        echo(
            row.format(
                status.symbol,
                status.first or "-",
                status.last or "-",
                status.sessions,
                status.age_in_words,
                len(status.findings),
                status.outcome,
            ).rstrip()
        )


def _print_findings(status: SymbolStatus, *, every: bool) -> None:
    for finding in status.findings:
        if every or finding.blocked:
            kept = "kept out" if finding.blocked else finding.severity
            day = finding.session or "whole series"
            echo(f"{kept}: {status.symbol} {day} {finding.check}: {finding.detail}")
    if status.message and not any(finding.blocked for finding in status.findings):
        echo(f"{status.outcome}: {status.symbol}: {status.message}")
