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
@click.option(
    "--pdf",
    is_flag=True,
    help="Also print the page into report.pdf, by a Chromium or Chrome that is installed.",
)
@click.option(
    "--figure", metavar="NAME", help="With --embed: that figure alone, as a page of its own."
)
@click.option(
    "--embed", is_flag=True, help="Write --figure NAME as NAME.html, for a frame in another page."
)
@click.option(
    "--url",
    default="",
    metavar="ADDRESS",
    help="Address under which the page will be read, as in https://example.org/report.html: links "
    "to it are then shown with og.png.",
)
def command(
    out: Path,
    url: str,
    pdf: bool,
    figure: str | None,
    embed: bool,
    **options: Any,  # noqa: ANN401 - the options of study_options, by name
) -> None:
    r"""
    Write the report of a study: report.html, and beside it the files that its numbers stand in.

    The page needs no network and no other file; og.png beside it is what a link to it shows. Most
    of those who show links follow a full address alone: name the page's own with --url. STUDY and
    the options that override it are those of 'market-impact study'.

    \b
    Examples:
      market-impact report --out report
      market-impact report --event v3-release --out report-v3
      market-impact report my-study.toml --data prices.csv --out report
      market-impact report --pdf --out report
      market-impact report --url https://example.org/report.html --out report
      market-impact report --figure event-path --embed --out figures
    """
    from analysis.figures.catalog import FIGURES
    from analysis.outputs import check_writable, write_files
    from analysis.report.embed import check_figure, embed_code, embed_page
    from analysis.report.files import report_files
    from analysis.report.pdf import find_browser, print_page
    from analysis.report.social import check_url

    if (figure is not None) != embed:
        raise click.UsageError("--figure NAME and --embed go together: one figure as a page")
    if pdf and embed:
        raise click.UsageError("--pdf prints the whole page; leave out --figure and --embed")
    if figure is not None:
        check_figure(figure)
    if url:
        check_url(url)
    browser = find_browser() if pdf else ""
    sample = as_sample(options)
    if sample is not None:
        if figure is not None:
            raise click.UsageError("--figure is for studies of one event; see the command figures")
        from analysis.cli.sample import sample_report

        for path in sample_report(sample, out, browser=browser, url=url):
            echo(path)
        return
    check_writable(out, inputs=inputs_of(**options))
    details = details_from_options(**options)
    if figure is not None:
        files: dict[str, str | bytes] = {f"{figure}.html": embed_page(details, figure)}
    else:
        with progress_bar() as progress:
            files = report_files(details, url=url, progress=progress)
    if browser:
        files["report.pdf"] = print_page(str(files["report.html"]), browser)
    for path in write_files(files, out, by="report"):
        echo(path)
    if figure is not None:
        echo(embed_code(f"{figure}.html", FIGURES[figure].caption), err=True)
