"""``market-impact refresh``: bring the price store up to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis.cli import _live
from analysis.cli.terminal import echo

if TYPE_CHECKING:
    import datetime as dt


@click.command(
    epilog=_live.EXIT_CODES,
    help="""Bring the price store up to date, for a person or for an unattended job.

    Reads what is new and, to see restatements, the last ten stored sessions again. Figures that
    fail a quality check never replace what is there; 'market-impact status' shows them.

    \b
    Examples, every symbol of the store that was not refreshed in the last 18 hours:
      market-impact refresh --max-age 18h
    and the firms and benchmarks of a study, then its report:
      market-impact refresh --study deepseek-2025 --then-report report/
    """,
)
@click.option(
    "--symbols", type=_live.Symbols(), help="Only these, as NVDA,AMD; new ones are added."
)
@click.option("--study", metavar="NAME", help="The symbols of a study (a name or a TOML file).")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Read again from this date on.")
@click.option("--max-age", type=_live.Age(), help="Leave alone what is younger, as 18h.")
@click.option("--dry-run", is_flag=True, help="Say what would be read, and read nothing.")
@click.option(
    "--accept",
    type=_live.Symbols(),
    default=None,
    help="Store these although checks fail; look at 'market-impact status' first.",
)
@click.option("--factors", is_flag=True, help="Also renew the Fama-French factors and momentum.")
@click.option("--shares", is_flag=True, help="Also read the shares outstanding that Yahoo has.")
@click.option(
    "--then-report",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Afterwards write the results and figures of --study to DIR.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead of text.")
@_live.source_option
@_live.yahoo_options
@_live.store_option
@_live.now_option
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    ctx: click.Context,
    /,
    *,
    symbols: tuple[str, ...] | None,
    study: str | None,
    since: dt.datetime | None,
    max_age: dt.timedelta | None,
    dry_run: bool,
    accept: tuple[str, ...] | None,
    factors: bool,
    shares: bool,
    then_report: Path | None,
    as_json: bool,
    now: dt.datetime | None,
    **live: object,
) -> None:
    """Parse, call, format."""
    if then_report and not study:
        raise click.UsageError("--then-report writes the report of a study: name it with --study")
    if then_report:
        from analysis.outputs import check_writable

        check_writable(then_report)
    if study:
        symbols = tuple(dict.fromkeys((*(symbols or ()), *symbols_of_study(study))))
    job = _live.Job.of(live, now=now, symbols=symbols, since=since, max_age=max_age)
    if dry_run:
        _print_plan(job, as_json=as_json)
        return
    report = job.run(accept=accept or (), factors=factors, shares=shares, quiet=as_json)
    _live.print_report(report, as_json=as_json)
    if study and then_report and report.exit_code != 4:
        write_report_of_study(study, then_report, job.store.path)
    ctx.exit(report.exit_code)


def symbols_of_study(study: str) -> tuple[str, ...]:
    """List every symbol that a study names: its report shows more than its models need."""
    from analysis.run.needs import mentioned_symbols
    from analysis.study_file import load_study

    return mentioned_symbols(load_study(study))


def write_report_of_study(study: str, folder: Path, store: Path) -> None:
    """
    Write results, figures and report of a study on a store's prices.

    Raises
    ------
    MarketImpactError
        If the study cannot run on them, or its files cannot be written.
    """
    from analysis.context.details import find_details
    from analysis.figures.export import figure_files
    from analysis.outputs import write_files
    from analysis.overrides import Overrides
    from analysis.prices.load import load_market_data
    from analysis.report.files import report_files
    from analysis.run.needs import mentioned_symbols, needed_symbols, rate_symbols
    from analysis.run.study import run_study
    from analysis.study_file import load_study

    asked = load_study(study, Overrides(data="store"))
    data = load_market_data(
        "store",
        calendar=asked.calendar,
        symbols=needed_symbols(asked),
        also=mentioned_symbols(asked),
        rates=rate_symbols(asked),
        store=store,
    )
    result = run_study(asked, data)
    details = find_details(result, data)
    files: dict[str, str | bytes] = dict(report_files(details))
    files |= {f"figures/{name}": drawn for name, drawn in figure_files(result, details).items()}
    write_files(files, folder, by="study")


def _print_plan(job: _live.Job, *, as_json: bool) -> None:
    tasks, fresh = job.plan()
    if as_json:
        document = {
            "would_read": {task.symbol: task.since.isoformat() for task in tasks},
            "fresh": [outcome.symbol for outcome in fresh],
        }
        echo(json.dumps(document, sort_keys=True))
        return
    for task in tasks:
        echo(f"would read {task.symbol} since {task.since} ({task.why})")
    for outcome in fresh:
        echo(f"fresh: {outcome.symbol}: {outcome.message}")
