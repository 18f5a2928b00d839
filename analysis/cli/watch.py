"""``market-impact watch``: what moved beyond its ordinary days."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analysis.cli import _live
from analysis.cli.terminal import echo, message

if TYPE_CHECKING:
    from analysis.prices.market_data import MarketData

SOMETHING_MOVED = 10
"""Exit code where something moved beyond its ordinary days."""

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    help=f"""Say what moved beyond its ordinary days on the last session of the price store.

    Every security is set against the market, groups too, and each member of a group also against
    the others, in money where a share count is at hand. Of what is found no more than a share of
    5 % is expected to be chance.

    \b
    Examples, after a refresh, and on the bundled figures:
      market-impact refresh --max-age 18h && market-impact watch --groups groups.csv
      market-impact watch --data snapshot --session 2025-01-27 --groups my-study.toml

    \b
    Exit codes:
      0   nothing moved beyond its ordinary days
      2   wrong use, or the data cannot be read
      {SOMETHING_MOVED}  something did
    """
)
@click.option(
    "--groups",
    type=_FILE,
    metavar="FILE",
    help="Groups: a table of symbol and group, or [[groups]] of a study file.",
)
@click.option("--symbols", type=_live.Symbols(), help="Only these; by default all but funds.")
@click.option(
    "--session",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="A session of the data.  [default: the last]",
)
@click.option("--benchmark", default="SPY", show_default=True, help="What stands for the market.")
@click.option("--calendar", default="XNYS", show_default=True, help="Exchange of the sessions.")
@click.option("--estimation", default="-260..-11", show_default=True, help="Estimation window.")
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="Largest expected share of false discoveries.",
)
@click.option(
    "--control",
    type=click.Choice(["bh", "by"]),
    default="bh",
    show_default=True,
    help="Benjamini-Hochberg, or Benjamini-Yekutieli, which holds under every dependence.",
)
@click.option(
    "--level",
    type=click.FloatRange(0.5, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Of intervals.",
)
@click.option(
    "--data",
    default="store",
    show_default=True,
    metavar="store|snapshot|PATH",
    help="The price store, the bundled figures, or a file of levels as study takes it.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="What to print.",
)
@click.option("--page", type=_FILE, metavar="FILE", help="Also write one small HTML page.")
@_live.store_option
@_live.now_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    groups: Path | None,
    symbols: tuple[str, ...] | None,
    session: dt.datetime | None,
    data: str,
    calendar: str,
    form: str,
    page: Path | None,
    db: Path,
    now: dt.datetime | None,
    **asked: Any,  # noqa: ANN401 - further fields of WatchRequest, by name
) -> None:
    """Parse, call, format."""
    from analysis.outputs import refuse_target, write_file
    from analysis.prices.load import STORE, load_market_data
    from analysis.watch import WatchRequest, read_groups, watch, watch_page
    from analysis.windows import Window

    if page is not None:
        refuse_target(page, inputs=[path for path in (groups, db, Path(data)) if path])
    request = WatchRequest(
        session=session.date() if session else None,
        symbols=symbols or (),
        groups=read_groups(groups) if groups else {},
        estimation=Window.parse(str(asked.pop("estimation"))),
        **asked,
    )
    figures = load_market_data(data, calendar=calendar, store=db)
    found = watch(figures, request)
    if session is None and data == STORE:
        _warn_if_behind(found.session.date(), figures, now or dt.datetime.now(dt.UTC))
    if page is not None:
        write_file(watch_page(found).encode(), page)
        echo(f"wrote {page}", err=True)
    if form == "json":
        echo(json.dumps(found.document(), sort_keys=True))
    elif form == "csv":
        import pandas as pd

        from analysis.spreadsheets import to_csv

        echo(to_csv(pd.DataFrame(found.rows())), nl=False)
    else:
        from analysis.watch import watch_text

        echo(watch_text(found), nl=False)
    ctx.exit(SOMETHING_MOVED if found.found else 0)


def _warn_if_behind(last: dt.date, figures: MarketData, now: dt.datetime) -> None:
    """Say that the data end before the last session that has closed."""
    from analysis.prices.refresh.due import last_complete_session

    closed = last_complete_session(figures.calendar, now).date()
    if last < closed:
        message(
            "warning",
            f"{figures.name}: {last} is the last session in it, {closed} the last that closed; run "
            "'market-impact refresh' first",
        )
