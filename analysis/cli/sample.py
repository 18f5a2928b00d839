"""``market-impact sample``: many firm-events, averaged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import click

from analysis._typing import OutputFormat, choices
from analysis.cli.options import progress_bar

if TYPE_CHECKING:
    from analysis.sample.result import SampleResult
    from analysis.sample.spec import SampleSpec


@click.command("sample", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("events", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--data",
    default="snapshot",
    show_default=True,
    metavar="snapshot|store|PATH",
    help="Bundled figures, the price store, or a CSV or Parquet file of levels.",
)
@click.option("--calendar", default="XNYS", show_default=True, help="Exchange of the sessions.")
@click.option("--benchmark", default="SPY", show_default=True, help="Of pairs that name none.")
@click.option(
    "--model",
    default="market",
    show_default=True,
    help="mean, market-adjusted, market, capm, ff3, carhart, ff5 or ff6.",
)
@click.option("--estimation", default="-260..-11", show_default=True, help="Estimation window.")
@click.option(
    "--window",
    "windows",
    multiple=True,
    default=("-1..1",),
    show_default=True,
    help="Event window; repeatable, the first leads.",
)
@click.option(
    "--path", "path_window", default="-10..20", show_default=True, help="Single sessions."
)
@click.option("--min-estimation", type=click.IntRange(min=3), help="Fewest estimation returns.")
@click.option("--by", default="group", show_default=True, help="Column that groups the pairs.")
@click.option("--log", is_flag=True, help="Measure logarithmic returns.")
@click.option("--level", type=float, default=0.95, show_default=True, help="Of intervals.")
@click.option(
    "--placebos",
    type=click.IntRange(min=0),
    default=0,
    help="Repeat everything with all events moved back, so many times.",
)
@click.option("--missing", default="traded", show_default=True, help="traded or refuse.")
@click.option("--overlap", default="keep", show_default=True, help="keep, first or refuse.")
@click.option("--other-events", default="leave-out", show_default=True, help="leave-out or keep.")
@click.option("--most-zeros", type=float, default=1.0, help="Refuse pairs that trade more thinly.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(choices(OutputFormat)),
    default="table",
    show_default=True,
    help="What to print: tables for reading, or the averages as rows.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for all files.")
def command(
    events: Path,
    data: str,
    calendar: str,
    by: str,
    log: bool,
    output_format: str,
    out: Path | None,
    **options: Any,  # noqa: ANN401 - the choices of a sample, by name
) -> None:
    r"""
    Average many firm-events: AAR and CAAR by group, with every test and the one that leads.

    EVENTS is a CSV or Parquet file with the columns symbol and when (a date, or an instant with its
    zone); optional: id, group, benchmark, weight, title, source; any other column is kept as a
    characteristic. Each pair has its own reaction session, estimation and event windows. A pair
    that cannot be measured keeps its row and says why.

    \b
    Examples:
      market-impact sample events.csv --data prices.csv --benchmark SPY
      market-impact sample events.csv --data prices.parquet --window -1..1 --window 0..20 \\
          --by group --format csv --out results
    """
    from analysis.export import check_writable, write_files
    from analysis.prices.load import load_market_data
    from analysis.sample.data import SampleData
    from analysis.sample.events import grouped_by, read_events
    from analysis.sample.export import sample_files
    from analysis.sample.run import run_sample

    spec = spec_from_options(title=events.name, **options)
    if out is not None:
        check_writable(out)
    listed = grouped_by(read_events(events), by)
    market = load_market_data(data, calendar=calendar)
    with progress_bar() as progress:
        result = run_sample(listed, SampleData.of(market, log=log), spec, progress=progress)
    for line in listed.problems.lines():
        click.echo(f"warning: {line}", err=True)
    if out is not None:
        written = write_files(dict(sample_files(result)), out)
        click.echo(f"wrote {len(written)} files to {out}", err=True)
    click.echo(_printed(result, cast("OutputFormat", output_format)), nl=False)


def spec_from_options(
    *,
    title: str,
    windows: tuple[str, ...],
    path_window: str,
    estimation: str,
    missing: str,
    overlap: str,
    other_events: str,
    most_zeros: float,
    **options: Any,  # noqa: ANN401 - fields of SampleSpec, by name
) -> SampleSpec:
    """
    Turn the options of the command into the choices of a sample.

    Raises
    ------
    MarketImpactError
        If a choice cannot be.
    """
    from analysis.errors import StudyError, nearest
    from analysis.sample.policies import (
        MissingPolicy,
        OtherEventsPolicy,
        OverlapPolicy,
        Policies,
    )
    from analysis.sample.spec import SampleSpec
    from analysis.windows import Window

    for flag, value, kind in (
        ("--missing", missing, MissingPolicy),
        ("--overlap", overlap, OverlapPolicy),
        ("--other-events", other_events, OtherEventsPolicy),
    ):
        if value not in get_args(kind):
            raise StudyError(f"{flag} '{value}' is unknown; {nearest(value, get_args(kind))}")
    return SampleSpec(
        title=title,
        windows=tuple(Window.parse(text) for text in windows),
        path=Window.parse(path_window),
        estimation=Window.parse(estimation),
        policies=Policies(
            missing=cast("MissingPolicy", missing),
            overlap=cast("OverlapPolicy", overlap),
            other_events=cast("OtherEventsPolicy", other_events),
            most_zeros=most_zeros,
        ),
        **options,
    )


def _printed(result: SampleResult, output_format: OutputFormat) -> str:
    from analysis.export import to_csv
    from analysis.sample.export import json_text
    from analysis.tables.sample import sample_latex, sample_text

    match output_format:
        case "csv":
            return to_csv(result.tidy)
        case "json":
            return json_text(result)
        case "latex":
            return sample_latex(result)
        case "table":
            return sample_text(result)
