"""``market-impact fetch``: put symbols into the price store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from analysis.cli import _live

if TYPE_CHECKING:
    import datetime as dt


@click.command(
    epilog=_live.EXIT_CODES,
    help="""Put symbols into the price store, with their history.

    From Yahoo Finance, or from where --from says; from a file or the snapshot all symbols unless
    some are named.

    \b
    Examples, two tickers from Yahoo and a CRSP extract:
      market-impact fetch ASML TSM
      market-impact fetch --from crsp_daily.csv
    """,
)
@click.argument("symbols", nargs=-1)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Begin here; by default 1990.")
@click.option("--accept", is_flag=True, help="Store them although checks fail.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead of text.")
@_live.source_option
@_live.yahoo_options
@_live.store_option
@_live.now_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    symbols: tuple[str, ...],
    since: dt.datetime | None,
    accept: bool,
    as_json: bool,
    now: dt.datetime | None,
    **live: object,
) -> None:
    """Parse, call, format."""
    names = tuple(name for text in symbols for name in _live.split_symbols(text))
    job = _live.Job.of(live, now=now, symbols=names or None, since=since)
    report = job.run(every=True, accept=None if accept else (), quiet=as_json)
    _live.print_report(report, as_json=as_json)
    ctx.exit(report.exit_code)
