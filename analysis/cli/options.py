"""Options that commands share, and what turns them into a study and its data."""

from __future__ import annotations

import contextlib
import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from analysis.errors import StudyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analysis._typing import Progress
    from analysis.context.details import Details
    from analysis.prices.market_data import MarketData
    from analysis.results import StudyResult
    from analysis.study import Study

_Command = TypeVar("_Command", bound="Callable[..., Any]")


def study_options(command: _Command) -> _Command:
    """Add the study argument and the options that override a study's choices."""
    decorators = [
        click.argument("study", default="deepseek-2025", metavar="[STUDY]"),
        click.option(
            "--data",
            metavar="snapshot|store|PATH",
            help="Bundled figures, the price store, or a CSV or Parquet file of levels: "
            "wide (session, SYMBOL...) "
            "or long (session, symbol, close).",
        ),
        click.option("--event", "events", multiple=True, metavar="ID", help="Event; repeatable."),
        click.option(
            "--symbols", multiple=True, metavar="A,B", help="Firms, with commas; repeatable."
        ),
        click.option("--model", "models", multiple=True, metavar="ID", help="Model; repeatable."),
        click.option(
            "--benchmark",
            "benchmarks",
            multiple=True,
            metavar="ID",
            help="A symbol, or SYMBOL-ex for the one without the event firm; repeatable.",
        ),
        click.option(
            "--estimation", metavar="START..END", help="Estimation window, as in -260..-11."
        ),
        click.option(
            "--window",
            "windows",
            multiple=True,
            metavar="START..END",
            help="Event window, as in -1..1; repeatable.",
        ),
    ]
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def run_from_options(*, all_tests: bool = False, **options: Any) -> StudyResult:  # noqa: ANN401 - the options of study_options, by name
    """
    Run the study that the options of `study_options` ask for, with progress on a terminal.

    Raises
    ------
    MarketImpactError
        If it cannot run.
    """
    from analysis.run.study import run_study

    study, data = study_from_options(**options)
    with progress_bar() as progress:
        return run_study(study, data, all_tests=all_tests, progress=progress)


def details_from_options(*, all_tests: bool = False, **options: Any) -> Details:  # noqa: ANN401 - the options of study_options, by name
    """
    Run the study that the options ask for and compute what a report tells beside it.

    Raises
    ------
    MarketImpactError
        If it cannot run.
    """
    from analysis.context.details import find_details
    from analysis.run.study import run_study

    study, data = study_from_options(**options)
    with progress_bar() as progress:
        result = run_study(study, data, all_tests=all_tests, progress=progress)
        return find_details(result, data, progress=progress)


def study_from_options(
    study: str,
    *,
    data: str | None,
    events: tuple[str, ...],
    symbols: tuple[str, ...],
    models: tuple[str, ...],
    benchmarks: tuple[str, ...],
    estimation: str | None,
    windows: tuple[str, ...],
) -> tuple[Study, MarketData]:
    """
    Turn the options of `study_options` into a study and its data.

    Raises
    ------
    MarketImpactError
        If the study is not valid or its data cannot be loaded.
    """
    from analysis.prices.load import load_market_data
    from analysis.study import Overrides, override
    from analysis.study_file import load_study
    from analysis.windows import Window

    asked = override(
        load_study(study),
        Overrides(
            events=_split(events, "--event"),
            symbols=_split(symbols, "--symbols"),
            models=_split(models, "--model"),
            benchmarks=_split(benchmarks, "--benchmark"),
            estimation=None if estimation is None else Window.parse(estimation),
            windows=tuple(map(Window.parse, _split(windows, "--window") or ())) or None,
            data=None if data is None else _absolute(data),
        ),
    )
    return asked, load_market_data(asked.data, calendar=asked.calendar)


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show progress on standard error where that is a terminal; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda _label, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield functools.partial(_advance, bar, task)


def _advance(bar: Any, task: Any, label: str, done: int, total: int) -> None:  # noqa: ANN401 - rich's own types, not imported at start
    bar.update(task, description=label, completed=done, total=total)


def _absolute(data: str) -> str:
    """Make the path of a file absolute, so that the effective study runs again from anywhere."""
    return data if data in {"snapshot", "store"} else str(Path(data).resolve())


def _split(values: tuple[str, ...], option: str) -> tuple[str, ...] | None:
    """
    Take the names of a repeatable option apart at their commas; None where it was not given.

    Raises
    ------
    StudyError
        If it was given without a name: to run on everything then would surprise.
    """
    names = tuple(name.strip() for value in values for name in value.split(",") if name.strip())
    if values and not names:
        raise StudyError(f"{option} names nothing; give one or more, or leave the option out")
    return names or None
