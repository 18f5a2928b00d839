"""``market-impact fetch``: put symbols into the price store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis.cli import _live

if TYPE_CHECKING:
    import datetime as dt


@click.command(
    epilog=_live.EXIT_CODES,
    help="""Put symbols into the price store, with their history.

    From Yahoo Finance, or from a vendor's file (a Yahoo CSV download, a WRDS/CRSP daily extract, a
    wide or long table of adjusted closes; CSV or Parquet), or from the bundled snapshot.

    \b
    Examples, two tickers from Yahoo and a CRSP extract:
      market-impact fetch ASML TSM
      market-impact fetch --from crsp_daily.csv
    """,
)
@click.argument("symbols", nargs=-1)
@click.option(
    "--from",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE|snapshot",
    help="A vendor's file, or the bundled levels, instead of Yahoo; all symbols unless some are "
    "named.",
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Begin here; by default 1990.")
@click.option("--accept", is_flag=True, help="Store them although checks fail.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead of text.")
@_live.yahoo_options
@_live.store_option
@_live.now_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    symbols: tuple[str, ...],
    path: Path | None,
    since: dt.datetime | None,
    accept: bool,
    as_json: bool,
    now: dt.datetime | None,
    **live: object,
) -> None:
    """Parse, call, format."""
    from analysis.prices.sources.files import FileSource
    from analysis.prices.sources.snapshot import SNAPSHOT, snapshot_source

    source = None
    if path is not None:
        source = snapshot_source() if str(path) == SNAPSHOT else FileSource(path)
    names = tuple(part for text in symbols for part in text.upper().replace(",", " ").split())
    if source is not None and not names:
        names = source.symbols
    if not names:
        raise click.UsageError("name the symbols to fetch, as in 'market-impact fetch NVDA AMD'")
    job = _live.Job.of(live, now=now, symbols=names, since=since)
    report = job.run(source=source, accept=names if accept else (), quiet=as_json)
    _live.print_report(report, as_json=as_json)
    ctx.exit(report.exit_code)
