"""``market-impact report``: write a study's report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from analysis.cli.options import (
    OutputFolder,
    details_from_options,
    inputs_of,
    progress_bar,
    study_options,
)
from analysis.cli.sample_options import as_sample
from analysis.cli.terminal import echo


@click.command("report")
@study_options
@click.option(
    "--out",
    type=OutputFolder(),
    default=Path("report"),
    show_default=True,
    help="Folder to write to.",
)
def command(
    out: Path,
    **options: Any,  # noqa: ANN401 - the options of study_options, by name
) -> None:
    r"""
    Write the report of a study: report.html, and beside it the files that its numbers stand in.

    The page needs no network and no other file. STUDY and the options that override it are those
    of 'market-impact study'.

    \b
    Examples:
      market-impact report --out report
      market-impact report --event v3-release --out report-v3
      market-impact report my-study.toml --data prices.csv --out report
    """
    from analysis.outputs import check_writable, write_files
    from analysis.report.files import report_files

    sample = as_sample(options)
    if sample is not None:
        from analysis.cli.sample import sample_report

        for path in sample_report(sample, out):
            echo(path)
        return
    check_writable(out, inputs=inputs_of(**options))
    details = details_from_options(**options)
    with progress_bar() as progress:
        files = report_files(details, progress=progress)
    for path in write_files(dict(files), out, by="report"):
        echo(path)
