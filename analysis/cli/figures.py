"""``market-impact figures``: write a study's figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click

from analysis._discovery import names
from analysis._typing import FigureFormat, FigureStyle, choices
from analysis.cli.options import (
    OutputFolder,
    details_from_options,
    inputs_of,
    progress_bar,
    run_from_options,
    study_options,
)
from analysis.cli.sample_options import as_sample
from analysis.cli.terminal import echo
from analysis.figures import gallery


@click.command("figures")
@study_options
@click.option(
    "--out",
    type=OutputFolder(),
    default=Path("figures"),
    show_default=True,
    help="Folder to write to.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help=f"Figure wanted, repeatable: {', '.join(names(gallery))}.",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(choices(FigureFormat)),
    help="File format, repeatable; all three by default.",
)
@click.option(
    "--style",
    type=click.Choice(choices(FigureStyle)),
    default="light",
    show_default=True,
    help="Background.",
)
@click.option("--width", type=float, default=8.0, show_default=True, help="Inches, 4 to 20.")
def command(
    out: Path,
    only: tuple[str, ...],
    formats: tuple[str, ...],
    style: str,
    width: float,
    **options: Any,  # noqa: ANN401 - the options of study_options, by name
) -> None:
    r"""
    Write the figures of a study as PNG, SVG and PDF.

    STUDY and the options that override it are those of 'market-impact study'.

    \b
    Examples:
      market-impact figures --out figures
      market-impact figures --only firms --format svg --style dark --width 10
    """
    from analysis.figures.export import check_choices, figure_files, wants_details
    from analysis.outputs import check_writable, write_files

    sample = as_sample(options)
    if sample is not None:
        from analysis.cli.sample import sample_figures

        wanted = cast("tuple[FigureFormat, ...]", formats or choices(FigureFormat))
        drawn = sample_figures(sample, out, wanted, cast("FigureStyle", style), width, only)
        for path in drawn:
            echo(path)
        return
    check_choices(only, width)
    check_writable(out, inputs=inputs_of(**options))
    details = details_from_options(**options) if wants_details(only) else None
    result = run_from_options(**options) if details is None else details.result
    with progress_bar() as progress:
        files = figure_files(
            result,
            details,
            formats=cast("tuple[FigureFormat, ...]", formats or choices(FigureFormat)),
            only=only,
            style=cast("FigureStyle", style),
            width=width,
            progress=progress,
        )
    for path in write_files(files, out, by="figures"):
        echo(path)
