"""``market-impact export-snapshot``: renew the bundled figures from the price store."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from analysis.cli import _live
from analysis.cli.terminal import echo


@click.command(
    help="""Write a new bundled snapshot, with manifest, from the price store.

    FOLDER is replaced as a whole once the new snapshot has been read back. Printed closes, share
    counts, weights, chronology and studies are carried over.

    \b
    Example, the bundled figures of a checkout renewed:
      market-impact refresh --study deepseek-2025 --factors
      market-impact export-snapshot data
    """
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--symbols", type=_live.Symbols(), help="By default those of the present snapshot.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First date.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last date.")
@_live.store_option
@_live.now_option
def command(
    *,
    folder: Path,
    symbols: tuple[str, ...] | None,
    since: dt.datetime | None,
    until: dt.datetime | None,
    db: Path,
    now: dt.datetime | None,
) -> None:
    """Parse, call, format."""
    from analysis.prices.export_snapshot import export_snapshot
    from analysis.prices.store import PriceStore
    from analysis.prices.store.status import known_to

    if symbols is not None:
        symbols = _live.spelled(symbols, known_to(PriceStore(db)))

    done = export_snapshot(
        db,
        folder,
        now=now or dt.datetime.now(dt.UTC),
        symbols=symbols,
        since=since.date() if since else None,
        until=until.date() if until else None,
    )
    echo(
        f"{done.folder}: {done.symbols} symbols, {done.sessions} sessions "
        f"{done.first} to {done.last}"
    )
    echo(f"renewed: {', '.join(done.renewed)}")
    echo(f"carried over: {', '.join(done.carried)}")
