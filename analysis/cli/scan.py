"""``market-impact scan``: every security of a file on one date."""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import click

from analysis.cli.options import Moment, min_estimation_option
from analysis.cli.terminal import echo, is_quiet, message
from analysis.windows import Window

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    import pandas as pd

    from analysis.batch.scan import ScanResult

ScanFormat = Literal["table", "csv", "json"]
_FILE = click.Path(dir_okay=False, path_type=Path)
_SHOWN = 10


_EXAMPLE = """\b
Example:
  market-impact scan --data us_daily.parquet --date 2025-01-27 --top 20
"""


@click.command("scan", context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EXAMPLE)
@click.option(
    "--data", type=_FILE, required=True, help="Long prices: symbol, session, close, volume."
)
@click.option(
    "--date",
    type=Moment(),
    required=True,
    help="A session of the data, as 2025-01-27; or an instant with its zone, as "
    "2025-01-24T22:30:00Z, for the first session that could react to it.",
)
@click.option(
    "--benchmark",
    default="SPY",
    show_default=True,
    help="The market: a symbol of the file, or 'equal' for the mean of all securities kept.",
)
@click.option("--estimation", default="-260..-11", show_default=True, help="Estimation window.")
@click.option(
    "--placebos",
    default=500,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="Earlier sessions to repeat the scan on, at the most.",
)
@click.option("--min-price", default=5.0, show_default=True, help="Least close before the date.")
@click.option(
    "--min-volume", default=1000.0, show_default=True, help="Least median volume, as in the file."
)
@min_estimation_option(least=3)
@click.option(
    "--calendar", default="XNYS", show_default=True, help="Exchange whose closes date an instant."
)
@click.option("--groups", type=_FILE, help="Table of symbol and group, for totals by group.")
@click.option(
    "--top",
    type=click.IntRange(1, 1_000_000),
    help="How many of the largest falls and rises to give.  [default: 10 in a table, else all]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(get_args(ScanFormat)),
    default="table",
    show_default=True,
    help="What to print.",
)
@click.option("--symbol-column", default="symbol", show_default=True, help="Symbols.")
@click.option("--date-column", default="session", show_default=True, help="Sessions.")
@click.option("--close-column", default="close", show_default=True, help="Closes.")
@click.option("--volume-column", default="volume", show_default=True, help="Shares traded.")
def command(
    *,
    date: dt.date | dt.datetime,
    estimation: str,
    min_estimation: int | None,
    top: int | None,
    form: ScanFormat,
    **given: object,
) -> None:
    """
    Rank every security of a file by its abnormal return on one date.

    Abnormal returns are over a market model on the benchmark. The scan is repeated on the sessions
    before the date: p says how often a security of its own moved so much (in standard errors),
    p_max how often any of them did. Closes are taken as they are: adjust them for splits first.
    """
    from analysis.batch.scan import ScanRequest, run_scan

    window = Window.parse(estimation)
    names = ("symbol", "date", "close", "volume")
    request = ScanRequest(
        date=date,
        estimation=window,
        min_estimation=(len(window) + 1) // 2 if min_estimation is None else min_estimation,
        columns=tuple(str(given.pop(f"{name}_column")) for name in names),
        **given,  # type: ignore[arg-type]
    )
    with _steps() as progress:
        result = run_scan(request, progress=progress)
    for line in result.problems.lines():
        message("warning", line)
    if form == "table":
        echo(_table(result, top or _SHOWN))
    elif form == "csv":
        _note_left_out(result)
        from analysis.spreadsheets import to_csv

        echo(to_csv(_ends(result.securities, top)), nl=False)
    else:
        echo(_json(result, top))


@contextlib.contextmanager
def _steps() -> Iterator[Callable[[str, int, int], None]]:
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(
        console=console, transient=True, disable=not console.is_terminal or is_quiet()
    ) as bar:
        task = bar.add_task("reading", total=None)

        def advance(label: str, done: int, total: int) -> None:
            bar.update(task, description=label, completed=done, total=total)

        yield advance


def _ends(securities: pd.DataFrame, top: int | None) -> pd.DataFrame:
    if top is None or 2 * top >= len(securities):
        return securities
    import pandas as pd

    return pd.concat([securities.head(top), securities.tail(top)])


def _note_left_out(result: ScanResult) -> None:
    for reason, count in result.left_out.items():
        echo(f"note: {count:,} left out: {reason}", err=True)


def _table(result: ScanResult, top: int) -> str:
    wide = result.market_wide
    head = (
        f"{result.session}: {wide['n']:,} securities over a market model on {result.benchmark} "
        f"({result.benchmark_return:+.2%} that day)"
    )
    together = (
        f"All together: mean abnormal return {wide['mean_abnormal_return']:+.2%}, median "
        f"{wide['median_abnormal_return']:+.2%}, {wide['share_down']:.0%} down; mean t over its "
        f"standard error {wide['bmp']:.1f}, p = {wide['p']:.4f} among "
        f"{result.n_placebos} earlier sessions"
    )
    lines = [
        head,
        together,
        "",
        "Largest falls (p among a security's own earlier sessions, p_max among all securities')",
        _rows(result.securities.head(top)),
        "",
        "Largest rises",
        _rows(result.securities.tail(top)[::-1]),
    ]
    if result.groups is not None:
        lines += ["", "Groups", _rows(result.groups)]
    lines += ["", "Left out:"]
    lines += [f"{count:>8,}  {reason}" for reason, count in result.left_out.items()]
    return "\n".join(lines)


_PERCENT = (
    "return",
    "abnormal_return",
    "mean_return",
    "mean_abnormal_return",
    "median_abnormal_return",
    "share_down",
)
_DECIMALS = {"beta": 2, "t": 2, "mean_t": 2, "p": 4, "p_max": 4}


def _rows(frame: pd.DataFrame) -> str:
    shown = frame.copy()
    for name in shown.columns:
        if name in _PERCENT:
            shown[name] = [f"{value:+.2%}" for value in shown[name]]
        elif name in _DECIMALS:
            shown[name] = [f"{value:.{_DECIMALS[name]}f}" for value in shown[name]]
    return str(shown.to_string(index=False, na_rep=""))


def _json(result: ScanResult, top: int | None) -> str:
    groups = result.groups
    content = {
        "session": result.session.isoformat(),
        "benchmark": result.benchmark,
        "benchmark_return": result.benchmark_return,
        "n_placebos": result.n_placebos,
        "market_wide": result.market_wide,
        "left_out": result.left_out,
        "groups": None if groups is None else groups.to_dict(orient="records"),
        "securities": _ends(result.securities, top).to_dict(orient="records"),
    }
    return json.dumps(_without_nan(content), indent=2)


def _without_nan(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
