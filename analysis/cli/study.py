"""``market-impact study``: run an event study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from analysis._typing import StudyFormat, choices
from analysis.cli.options import (
    OutputFolder,
    details_from_options,
    inputs_of,
    progress_bar,
    run_from_options,
    study_options,
)
from analysis.cli.terminal import echo, width

if TYPE_CHECKING:
    from analysis._typing import OutputFormat
    from analysis.context.details import Details
    from analysis.results import StudyResult


@click.command("study")
@study_options
@click.option(
    "--format",
    "output_format",
    type=click.Choice(choices(StudyFormat)),
    default="table",
    show_default=True,
    help="What to print: tables for reading, Markdown, or tidy rows.",
)
@click.option(
    "--out",
    type=OutputFolder(),
    help="Folder for the results: CSV, JSON, text and the effective study.",
)
@click.option(
    "--excel",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.xlsx",
    help="Also write every table of rows into one Excel workbook, a sheet each.",
)
@click.option(
    "--all-tests",
    is_flag=True,
    help="Also every test of the headline firm and of each group (see market-impact tests).",
)
@click.option("--figures", is_flag=True, help="Also write the figures, into OUT/figures.")
@click.option("--report", is_flag=True, help="Also write the report, OUT/report.html.")
def command(
    output_format: str,
    out: Path | None,
    excel: Path | None,
    all_tests: bool,
    figures: bool,
    report: bool,
    **options: Any,  # noqa: ANN401 - the options of study_options, by name
) -> None:
    r"""
    Run an event study: abnormal returns with their uncertainty, and dollars.

    STUDY is the name of a bundled study (deepseek-2025) or the path of a study file. Options
    override what it says. Models: mean, market-adjusted, market, capm, ff3, carhart, ff5, ff6,
    market-industry, scholes-williams, dimson, dimson-lead, garch, gjr, egarch, huber, ewma,
    rolling, kalman, structural, did, synthetic, synthetic-ridge, sdid, ife, matrix-completion,
    elastic-net.

    \b
    Examples:
      market-impact study
      market-impact study --event sell-off --symbols NVDA,AMD --model market --benchmark SPY
      market-impact study --window 0..0 --window -1..1 --format csv > rows.csv
      market-impact study --event sell-off --model market --all-tests
      market-impact study my-study.toml --data prices.csv --out results
    """
    from analysis.cli.sample_options import as_sample
    from analysis.errors import StudyError
    from analysis.export import result_files
    from analysis.outputs import check_workbook, check_writable, write_files

    sample = as_sample(options)
    if sample is not None:
        from analysis.cli.sample import SampleOutputs, tell

        if output_format == "markdown" or excel is not None:
            raise StudyError(
                "a study of many firm-events is written as table, csv, json or latex, and into a "
                "folder with --out DIR"
            )
        tell(sample, SampleOutputs(cast("OutputFormat", output_format), out, figures, report))
        return
    if figures and out is None:
        raise StudyError("--figures needs a folder to write to; name one with --out DIR")
    if report and out is None:
        raise StudyError("--report needs a folder to write to; name one with --out DIR")
    if out is not None:
        check_writable(out, inputs=inputs_of(**options))
    if excel is not None:
        check_workbook(excel, inputs=inputs_of(**options))
    details = details_from_options(all_tests=all_tests, **options) if report else None
    shown_only = out is None and excel is None and output_format in {"table", "markdown"}
    result = (
        run_from_options(all_tests=all_tests, shown_only=shown_only, **options)
        if details is None
        else details.result
    )
    printed = _printed(result, cast("StudyFormat", output_format), all_tests=all_tests)
    if out is not None:
        files: dict[str, str | bytes] = dict(
            result_files(result) if details is None else _report(details)
        )
        if figures:
            from analysis.figures.export import figure_files

            with progress_bar() as progress:
                drawn = figure_files(result, details, progress=progress)
            files |= {f"figures/{name}": content for name, content in drawn.items()}
        written = write_files(files, out, by="study")
        echo(f"wrote {len(written)} files to {out}", err=True)
        if report:
            echo(f"the report is {out / 'report.html'}", err=True)
    if excel is not None:
        echo(f"wrote {result.to_excel(excel)}", err=True)
    echo(printed, nl=False)


def _report(details: Details) -> dict[str, str | bytes]:
    from analysis.report.files import report_files

    with progress_bar() as progress:
        return report_files(details, progress=progress)


def _printed(result: StudyResult, output_format: StudyFormat, *, all_tests: bool) -> str:
    from analysis.export import to_json
    from analysis.spreadsheets import to_csv

    match output_format:
        case "csv":
            return to_csv(result.tidy)
        case "json":
            return to_json(result)
        case "latex":
            return result.to_latex()
        case "markdown":
            return result.to_markdown()
        case "table":
            return result.summary(tests=all_tests, width=width())
