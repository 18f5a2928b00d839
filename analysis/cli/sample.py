"""``market-impact sample``: many firm-events, averaged."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from analysis._typing import OutputFormat, choices
from analysis.cli.options import OutputFolder, progress_bar, store_option
from analysis.cli.sample_options import with_options
from analysis.cli.terminal import echo, message
from analysis.study import RETURNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from analysis._typing import FigureFormat, FigureStyle
    from analysis.batch.partition import Cluster
    from analysis.sample.file import SampleStudy
    from analysis.sample.regression import Regression
    from analysis.sample.result import SampleResult


_FILE = click.Path(dir_okay=False, path_type=Path)
VALUES = "levels", "returns"


@click.command("sample", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("events")
@click.option(
    "--data",
    metavar="snapshot|store|PATH",
    help="Bundled figures (the default), the price store, or a CSV or Parquet file of levels.",
)
@click.option("--calendar", help="Exchange of the sessions.  [default: XNYS]")
@click.option("--benchmark", help="Of pairs that name none.  [default: SPY]")
@click.option(
    "--model",
    help="mean, market-adjusted, market, capm, ff3, carhart, ff5 or ff6.  [default: market]",
)
@click.option("--estimation", help="Estimation window.  [default: -260..-11]")
@click.option(
    "--window",
    "windows",
    multiple=True,
    help="Event window; repeatable, the first leads.  [default: -1..1]",
)
@click.option(
    "--path", "path_window", default="-10..20", show_default=True, help="Single sessions."
)
@click.option("--min-estimation", type=click.IntRange(min=3), help="Fewest estimation returns.")
@click.option("--by", help="Column that groups the pairs.  [default: group]")
@click.option(
    "--panel",
    is_flag=True,
    help="PATH is one long table of prices of any size, whose firms may miss days; the sessions "
    "are the benchmark's days or, of several exchanges (--securities), those of their calendars.",
)
@click.option(
    "--returns",
    type=click.Choice(RETURNS),
    help="Returns that are regressed and summed.  [default: simple]",
)
@click.option(
    "--securities",
    type=_FILE,
    help="Table of symbol with calendar (its exchange), benchmark (its local index) or both.",
)
@click.option("--factors", type=_FILE, help="Daily factors in decimals: session, mkt_rf, ...")
@click.option("--delistings", type=_FILE, help="Returns on delisting: symbol, session, return.")
@click.option(
    "--values",
    type=click.Choice(VALUES),
    help="What a wide --data PATH holds.  [default: levels]",
)
@click.option(
    "--weight",
    metavar="COLUMN",
    help="Weight the weighted averages by a column of EVENTS, or by market-value.  "
    "[default: weight]",
)
@click.option(
    "--explain",
    multiple=True,
    metavar="FORMULA",
    help="Regress on characteristics, as 'car ~ log(size) + C(group)'; repeatable.",
)
@click.option("--level", type=float, help="Of intervals.  [default: 0.95]")
@click.option(
    "--placebos",
    type=click.IntRange(min=0),
    help="Repeat everything with all events moved back, so many times.",
)
@click.option("--missing", help="Missing returns in a window: traded (the default) or refuse.")
@click.option(
    "--overlap", help="Two events of a firm in a window: keep (the default), first or refuse."
)
@click.option("--other-events", help="In estimation windows: leave-out (the default) or keep.")
@click.option("--most-zeros", type=float, help="Refuse pairs with a larger share of zero returns.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(choices(OutputFormat)),
    default="table",
    show_default=True,
    help="What to print: tables for reading, or the averages as rows.",
)
@click.option(
    "--long-run",
    "horizons",
    multiple=True,
    type=click.IntRange(1, 750),
    metavar="SESSIONS",
    help="Also hold the firms for so many sessions after the event; repeatable.",
)
@click.option(
    "--match-on",
    type=click.Path(dir_okay=False, path_type=Path),
    help="In the long run also against firms alike: a table of symbol, size, book-to-market.",
)
@click.option(
    "--dask",
    "address",
    metavar="ADDRESS",
    help="Measure and rank on a Dask cluster, as tcp://HOST:8786; needs the extra 'dask'.",
)
@store_option
@click.option("--out", type=OutputFolder(), help="Folder for all files.")
@click.option("--figures", is_flag=True, help="Also write the figures, into OUT/figures.")
@click.option("--report", is_flag=True, help="Also write the report, OUT/report.html.")
def command(
    events: str,
    output_format: str,
    out: Path | None,
    figures: bool,
    report: bool,
    horizons: tuple[int, ...],
    match_on: Path | None,
    address: str | None,
    **options: Any,  # noqa: ANN401 - the choices of a sample, by name
) -> None:
    r"""
    Average many firm-events: AAR and CAAR by group, with every test and the one that leads.

    EVENTS is a CSV or Parquet file with the columns symbol and when (a date, or an instant with its
    zone); optional: id, group, benchmark, weight, title, source; any other column is kept as a
    characteristic. It may also be a study file with events_file or [[firm_events]], or the name of
    a bundled one (nvda-results-2016-2025, largest-falls). Each pair has its own reaction session,
    estimation and event windows. A pair that cannot be measured keeps its row and says why.

    \b
    Examples:
      market-impact sample events.csv --data prices.csv --benchmark SPY
      market-impact sample events.csv --data prices.parquet --window -1..1 --window 0..20 \\
          --by group --format csv --out results --figures
      market-impact sample events.csv --explain "car ~ log(size) + C(group)"
    """
    from analysis.sample.events import read_events
    from analysis.sample.file import SampleStudy, load_sample
    from analysis.sample.find import sample_path
    from analysis.sample.spec import SampleSpec

    found = sample_path(events)
    study = (
        SampleStudy(SampleSpec(title=Path(events).name), read_events(Path(events)))
        if found is None
        else load_sample(found)
    )
    asked = with_options(study, **options)
    inputs = [found or Path(events), Path(asked.data)]
    wanted = SampleOutputs(
        cast("OutputFormat", output_format), out, figures, report, horizons, match_on, address
    )
    tell(asked, wanted, inputs=inputs)


@dataclass(frozen=True, slots=True)
class SampleOutputs:
    """
    What is to be made of a study of many firm-events.

    Attributes
    ----------
    output_format : {"table", "csv", "json", "latex"}
        What is printed.
    out : pathlib.Path or None
        Folder of the files; None writes none.
    figures, report : bool
        Whether they are written too.
    horizons : tuple of int
        Sessions of the long run.
    match_on : pathlib.Path or None
        Characteristics of firms, for the long run against firms alike.
    address : str or None
        Of a Dask scheduler.
    url : str
        Address under which the report will be read.
    """

    output_format: OutputFormat
    out: Path | None = None
    figures: bool = False
    report: bool = False
    horizons: tuple[int, ...] = ()
    match_on: Path | None = None
    address: str | None = None
    url: str = ""


def tell(study: SampleStudy, wanted: SampleOutputs, *, inputs: Sequence[Path] = ()) -> None:
    """
    Run a study of many firm-events, write its files and print what was asked for.

    Raises
    ------
    MarketImpactError
        If it cannot run or the folder cannot be written.
    """
    from analysis.errors import StudyError
    from analysis.outputs import check_writable, write_files
    from analysis.sample.longrun import long_run, read_traits
    from analysis.sample.regression import explain

    out = wanted.out
    for flag, asked in (("--figures", wanted.figures), ("--report", wanted.report)):
        if asked and out is None:
            raise StudyError(f"{flag} needs a folder to write to; name one with --out DIR")
    if out is not None:
        check_writable(out, inputs=inputs)
    traits = None if wanted.match_on is None else read_traits(wanted.match_on)
    with progress_bar() as progress, _cluster(wanted.address) as client:
        result = study.run(progress=progress, client=client)
    regressions = [explain(result, formula) for formula in study.explain]
    held = long_run(result, wanted.horizons, traits=traits) if wanted.horizons else None
    for line in study.events.problems.lines():
        message("warning", line)
    if out is not None:
        files = _files(result, regressions, held, wanted)
        if "paths.csv" not in files:
            count = f"{len(result.pairs):,}"
            message("warning", f"paths.csv is left out: the paths of {count} pairs are too many")
        written = write_files(files, out, by="sample")
        echo(f"wrote {len(written)} files to {out}", err=True)
    echo(_printed(result, regressions, held, wanted.output_format), nl=False)


@contextlib.contextmanager
def _cluster(address: str | None) -> Iterator[Cluster | None]:
    if address is None:
        yield None
        return
    from analysis.batch.partition import connected

    with connected(address) as client:
        yield client


def _files(
    result: SampleResult,
    regressions: list[Regression],
    held: pd.DataFrame | None,
    wanted: SampleOutputs,
) -> dict[str, str | bytes]:
    from analysis.sample.export import sample_files
    from analysis.spreadsheets import to_csv

    files: dict[str, str | bytes] = dict(sample_files(result, regressions))
    if held is not None:
        files["long_run.csv"] = to_csv(held)
    if wanted.figures:
        from analysis.figures.sample.files import sample_figure_files

        drawn = sample_figure_files(result, regressions)
        files |= {f"figures/{name}": content for name, content in drawn.items()}
    if wanted.report:
        from analysis.report.sample import sample_image, sample_page

        with progress_bar() as progress:
            files["report.html"] = sample_page(
                result, regressions, held, url=wanted.url, progress=progress
            )
        files["og.png"] = sample_image(result)
    return files


def sample_report(study: SampleStudy, out: Path, *, browser: str = "", url: str = "") -> list[Path]:
    """Write the report of a study of many firm-events, and the files that its numbers stand in."""
    from analysis.outputs import check_writable, write_files
    from analysis.sample.regression import explain

    check_writable(out)
    with progress_bar() as progress:
        result = study.run(progress=progress)
    regressions = [explain(result, formula) for formula in study.explain]
    files = _files(result, regressions, None, SampleOutputs("table", out, report=True, url=url))
    if browser:
        from analysis.report.pdf import print_page

        files["report.pdf"] = print_page(str(files["report.html"]), browser)
    return write_files(files, out, by="report")


def sample_figures(
    study: SampleStudy,
    out: Path,
    formats: Sequence[FigureFormat],
    style: FigureStyle,
    width: float,
    only: Sequence[str],
) -> list[Path]:
    """
    Write the figures of a study of many firm-events.

    Raises
    ------
    StudyError
        If a figure is unknown or cannot be drawn from this study.
    """
    from analysis.errors import StudyError, nearest
    from analysis.figures.sample.files import sample_figure_files
    from analysis.outputs import check_writable, write_files
    from analysis.sample.regression import explain

    check_writable(out)
    with progress_bar() as progress:
        result = study.run(progress=progress)
    regressions = [explain(result, formula) for formula in study.explain]
    files = sample_figure_files(result, regressions, formats=formats, style=style, width=width)
    names = list(dict.fromkeys(name.rpartition(".")[0] for name in files))
    for name in only:
        if name not in names:
            raise StudyError(f"figure '{name}' is none of this study's; {nearest(name, names)}")
    chosen = {
        name: content
        for name, content in files.items()
        if not only or name.rpartition(".")[0] in only
    }
    return write_files(dict(chosen), out, by="figures")


def _printed(
    result: SampleResult,
    regressions: list[Regression],
    held: pd.DataFrame | None,
    output_format: OutputFormat,
) -> str:
    from analysis.sample.export import json_text
    from analysis.spreadsheets import to_csv
    from analysis.tables.sample import long_run_text, regression_text, sample_latex, sample_text

    match output_format:
        case "csv":
            return to_csv(result.tidy)
        case "json":
            return json_text(result, regressions)
        case "latex":
            return sample_latex(result, regressions)
        case "table":
            parts = [sample_text(result), *map(regression_text, regressions)]
            return "\n".join([*parts, *([] if held is None else [long_run_text(held)])])
