"""``market-impact batch``: a million firm-events from files, to a file."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis.cli.options import min_estimation_option
from analysis.cli.terminal import echo, message
from analysis.errors import StudyError
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analysis.batch.batch import BatchRequest, BatchSummary, EventEstimator
    from analysis.batch.controls import ControlRequest, ControlSummary
    from analysis.batch.inputs import Factors, FirmReturns

_FILE = click.Path(dir_okay=False, path_type=Path)


OF_CONTROLS = {
    "donors": "all-untreated",
    "placebos": 0,
    "force_donors": False,
    "checkpoint": None,
}
"""Options that only control portfolios have, with what they are when not given."""

OF_EVENTS = "benchmark_column", "window_column", "estimation_column", "securities"
"""Options with which events choose for themselves."""

_EXAMPLE = """\b
Example:
  market-impact batch --returns crsp.parquet --factors ff.csv --events events.csv \\
      --symbol-column permno --date-column date --return-column ret \\
      --model market=mktrf --model ff3=mktrf+smb+hml \\
      --estimation -175..-26 --window -10..10 --out results.parquet
  market-impact batch --returns r.parquet --factors ff.csv --events events.csv \\
      --model market=mktrf --method synthetic --method sdid --donors all-untreated \\
      --placebos 100 --checkpoint parts --out controls.parquet
"""


@click.command("batch", context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EXAMPLE)
@click.option("--returns", type=_FILE, required=True, help="Long returns: symbol, session, return.")
@click.option("--factors", type=_FILE, required=True, help="Wide factor returns: session, ...")
@click.option("--events", type=_FILE, required=True, help="Events: symbol, event_date.")
@click.option("--out", type=_FILE, required=True, help="Where the results go.")
@click.option(
    "--model",
    "models",
    multiple=True,
    required=True,
    metavar="NAME=FACTOR+...",
    help="A linear model with constant; repeatable. NAME=1 is the constant mean, NAME=0+F has no "
    "constant, NAME=1*F is the factor itself (market-adjusted).",
)
@click.option(
    "--method",
    "methods",
    multiple=True,
    metavar="ID",
    help="A control portfolio of donors, as synthetic, sdid or ife; repeatable. --model is then "
    "what its fit is held against.",
)
@click.option(
    "--donors",
    default=OF_CONTROLS["donors"],
    show_default=True,
    metavar="FILE",
    help="With --method: a table with a column 'donor' (and symbol, event date: donors of those "
    "events), or every firm without an event at the time.",
)
@click.option(
    "--placebos",
    type=click.IntRange(0, 10_000),
    default=0,
    show_default=True,
    help="With --method: donors placed in the firm's stead.",
)
@click.option(
    "--force-donors", is_flag=True, help="With --method: firms with an event at the time, too."
)
@click.option(
    "--checkpoint",
    type=click.Path(file_okay=False, path_type=Path),
    help="With --method: a folder for finished blocks; the same command goes on from there.",
)
@click.option("--estimation", default="-260..-11", show_default=True, help="Estimation window.")
@click.option(
    "--window",
    "windows",
    multiple=True,
    default=("0..0",),
    show_default=True,
    help="Event window; repeatable: one row each, in a column 'window'.",
)
@click.option("--path", "path_window", help="Also every session of it alone, as in -10..20.")
@click.option("--log", is_flag=True, help="Returns and factors are logarithms.")
@min_estimation_option(least=1)
@click.option("--symbol-column", default="symbol", show_default=True, help="Of returns and events.")
@click.option("--date-column", default="session", show_default=True, help="In returns and factors.")
@click.option("--return-column", default="return", show_default=True, help="In returns.")
@click.option("--event-date-column", default="event_date", show_default=True, help="In events.")
@click.option(
    "--calendar",
    metavar="CODE",
    help="Sessions of an exchange, as XNYS, whose closes date events with an hour; else the "
    "factor file's dates.",
)
@click.option(
    "--benchmark-column",
    metavar="COLUMN",
    help="Of events: the factor that stands for 'benchmark' in a model, as in market=benchmark.",
)
@click.option("--window-column", metavar="COLUMN", help="Of events: each one's own event window.")
@click.option(
    "--estimation-column", metavar="COLUMN", help="Of events: each one's own estimation window."
)
@click.option(
    "--securities",
    type=_FILE,
    help="Table of symbol with calendar (the exchange whose sessions count for it), benchmark (its "
    "local index among the factors) or both.",
)
@click.option(
    "--threads", type=click.IntRange(1, 1_000_000), help="Threads.  [default: all processors]"
)
@click.option(
    "--dask",
    "address",
    metavar="ADDRESS",
    help="Run on a Dask cluster, as tcp://HOST:8786; needs the extra 'dask'.",
)
def command(
    *,
    models: tuple[str, ...],
    estimation: str,
    windows: tuple[str, ...],
    path_window: str | None,
    threads: int | None,
    address: str | None,
    methods: tuple[str, ...],
    **given: object,
) -> None:
    """
    Estimate many events of many firms, from CSV or Parquet files to one.

    One row an event, model and window, in the order of the events: coefficients, residual variance,
    CAR with its exact standard error, SCAR, BHAR, and a status that says why there are no numbers.
    Returns are simple and in decimals, and are regressed as they are: give excess returns with
    excess factors. An event on a day that is no session moves to the next one; one with an hour and
    its zone falls on the first session of --calendar that closes after it.

    With --method each event gets a control portfolio instead: donors, fit beside that of --model,
    weight of the three largest donors, CAR, BHAR, conformal p, and with --placebos the rank among
    donors with its interval.
    """
    from analysis.batch.batch import BatchRequest, run_batch
    from analysis.batch.inputs import FactorModel
    from analysis.batch.mixed import MixedRequest, run_mixed_batch

    of_events = {name: given.pop(name) for name in OF_EVENTS}
    of_controls = {name: given.pop(name) for name in OF_CONTROLS}
    first, *more = _windows(windows, path_window)
    request = BatchRequest(
        models=tuple(FactorModel.parse(text) for text in models),
        estimation=Window.parse(estimation),
        window=first,
        more_windows=tuple(more),
        **given,  # type: ignore[arg-type]
    )
    mixed = MixedRequest(request, **of_events)  # type: ignore[arg-type]
    if mixed.wanted and methods:
        raise StudyError("control portfolios take one window and exchange for all; drop --method")
    if methods:
        from analysis.batch.controls import ControlRequest

        _controls(ControlRequest(request, methods, **of_controls), threads, address)  # type: ignore[arg-type]
        return
    if of_controls != OF_CONTROLS:
        raise StudyError(
            "--donors, --placebos, --force-donors and --checkpoint go with a control portfolio; "
            "add --method, as in --method synthetic"
        )
    with _estimators(threads, address) as estimator, event_counter() as progress:
        if mixed.wanted:
            summary = run_mixed_batch(mixed, estimator=estimator, progress=progress)
        else:
            summary = run_batch(request, estimator=estimator, progress=progress)
    _report(request, summary)


def _windows(windows: tuple[str, ...], path: str | None) -> list[Window]:
    """List the windows, then those sessions of the path that are none of them already."""
    found = [Window.parse(text) for text in windows]
    if path is not None:
        span = Window.parse(path)
        days = (Window(day, day) for day in range(span.start, span.end + 1))
        found += [day for day in days if day not in found]
    return found


def _controls(request: ControlRequest, threads: int | None, address: str | None) -> None:
    """Run control portfolios on threads, or on a cluster, and say what became of them."""
    from analysis.batch.controls import by_cluster, by_threads, run_controls
    from analysis.batch.partition import connected
    from analysis.panel.engine import usable_processors

    with contextlib.ExitStack() as stack:
        if address is None:
            runner = by_threads(threads or usable_processors())
        else:
            runner = by_cluster(stack.enter_context(connected(address)))
        progress = stack.enter_context(event_counter())
        summary = run_controls(request, runner=runner, progress=progress)
    if summary.worse:
        model = request.batch.models[0].name
        echo(
            f"{summary.worse:,} of {summary.fits:,} controls fit worse than the model '{model}' "
            "on the same sessions"
        )
    if summary.resumed:
        echo(f"{summary.resumed:,} events were finished before, in {request.checkpoint}")
    _report(request.batch, summary)


@contextlib.contextmanager
def _estimators(
    threads: int | None, address: str | None
) -> Iterator[Callable[[BatchRequest, FirmReturns, Factors], EventEstimator]]:
    if address is None:
        from analysis.batch.batch import LocalEstimator

        yield functools.partial(LocalEstimator, threads=threads)
        return
    from analysis.batch.partition import DaskEstimator, connected

    with connected(address) as client:
        yield functools.partial(DaskEstimator.over, client)


@contextlib.contextmanager
def event_counter() -> Iterator[Callable[[int], None]]:
    """Show on a terminal's standard error how many events are done."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    shown = TextColumn("{task.completed:,} events"), TimeElapsedColumn()
    with Progress(
        SpinnerColumn(), *shown, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("events", total=None)
        yield lambda done: bar.update(task, completed=done)


def _report(request: BatchRequest, summary: BatchSummary | ControlSummary) -> None:
    for line in summary.problems.lines():
        message("warning", line)
    rows = sum(summary.statuses.values())
    echo(f"{summary.n_events:,} events, {rows:,} rows in {request.out}")
    for status, count in summary.statuses.items():
        echo(f"  {count:>12,}  {status}")
