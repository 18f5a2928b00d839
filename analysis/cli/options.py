"""Options that commands share, and what turns them into a study and its data."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from analysis._bundle import DEFAULT_STUDY
from analysis.cli.stdin import STDIN, read_study_from_stdin, stdin_file
from analysis.cli.terminal import is_quiet, message
from analysis.errors import StudyError
from analysis.keys import options_of
from analysis.kinds import FilePlace, ListOf
from analysis.study import Study

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analysis._typing import Progress
    from analysis.context.details import Details
    from analysis.prices.market_data import MarketData
    from analysis.results import StudyResult

_OLD = "analysis.cli.options.min_obs"
_Command = TypeVar("_Command", bound="Callable[..., Any]")


class Moment(click.ParamType[dt.date]):
    """A date, or an instant with its time zone."""

    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.date:
        """Read ISO 8601; a bare date stays a date."""
        text = str(value)
        try:
            if len(text) == len("2025-01-27"):
                return dt.date.fromisoformat(text)
            return dt.datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is no date; write 2025-01-27, or 2025-01-24T22:30:00Z", param, ctx)


class OutputFolder(click.ParamType[Path]):
    """A folder for results; an empty name is none."""

    name = "directory"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """Refuse what names no folder."""
        if not str(value).strip() or "\0" in str(value):
            self.fail("no folder is named; give one, as in --out results", param, ctx)
        return Path(str(value))


def inputs_of(study: str, **options: object) -> list[Path]:
    """List the files that a study reads: none of them may be where its results go."""
    from analysis.prices.load import SNAPSHOT, STORE
    from analysis.study_file import bundled_studies, load_study

    data = options.get("data") or (None if study == STDIN else load_study(study).data)
    paths = [] if study in {*bundled_studies(), STDIN} else [Path(study)]
    return paths if data in {SNAPSHOT, STORE, STDIN, None} else [*paths, Path(str(data))]


def study_options(command: _Command) -> _Command:
    """Add the study argument, and an option for each choice of a study that may be replaced."""
    for name, declared in reversed(options_of(Study).items()):
        option = declared.option
        if option is None:
            continue
        command = click.option(
            option.flag,
            name,
            multiple=isinstance(option.kind or declared.kind, ListOf),
            metavar=option.metavar,
            help=option.help,
        )(command)
    command = store_option(command)
    return click.argument("study", default=DEFAULT_STUDY, metavar="[STUDY]")(command)


def min_estimation_option(least: int) -> Callable[[_Command], _Command]:
    """Make the option ``--min-estimation``, and ``--min-obs``, as version 0.1 called it."""
    count = click.IntRange(least, 1_000_000)

    def add(command: _Command) -> _Command:
        old = click.option(
            "--min-obs", type=count, hidden=True, expose_value=False, callback=_under_the_old_name
        )
        new = click.option(
            "--min-estimation",
            type=count,
            metavar="COUNT",
            callback=lambda context, _, value: context.meta.get(_OLD) if value is None else value,
            help="Fewest returns in the estimation window.  [default: half its sessions]",
        )
        return old(new(command))

    return add


def _under_the_old_name(
    context: click.Context, _parameter: click.Parameter, value: int | None
) -> None:
    if value is not None:
        message("warning", "--min-obs is called --min-estimation now, as in study files")
        context.meta[_OLD] = value


def store_option(command: _Command) -> _Command:
    """Add ``--db`` to a command that may read the price store."""
    return click.option(
        "--db",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="The price store that --data store reads; by default MARKET_IMPACT_DB, else the "
        "user's data folder.",
    )(command)


def run_from_options(
    *,
    all_tests: bool = False,
    shown_only: bool = False,
    **options: Any,  # noqa: ANN401 - the options of study_options, by name
) -> StudyResult:
    """
    Run the study that the options of `study_options` ask for, with progress on a terminal.

    Parameters
    ----------
    all_tests, shown_only : bool
        As `analysis.run.study.run_study` takes them.
    **options
        As `study_from_options`.

    Raises
    ------
    MarketImpactError
        If it cannot run.
    """
    from analysis.run.study import run_study

    study, data = study_from_options(**options)
    with progress_bar() as progress:
        return run_study(study, data, all_tests=all_tests, shown_only=shown_only, progress=progress)


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
    study: str, db: Path | None = None, **options: str | tuple[str, ...] | None
) -> tuple[Study, MarketData]:
    """
    Turn the options of `study_options` into a study and its data.

    Parameters
    ----------
    study : str
        Name or path; ``-`` for standard input.
    db : pathlib.Path, optional
        The price store; by default that of `analysis.prices.place.default_store`.
    **options
        By field of `Study`, as the command line gave them; None or () where it gave none.

    Raises
    ------
    MarketImpactError
        If the study is not valid or its data cannot be loaded.
    """
    from analysis.overrides import Overrides
    from analysis.prices.load import load_market_data
    from analysis.run.needs import (
        mentioned_symbols,
        needed_sessions,
        needed_symbols,
        rate_symbols,
        wants_everything,
    )
    from analysis.study_file import load_study

    chosen = {name: _joined(name, value) for name, value in options.items() if value}
    if study == STDIN and chosen.get("data") == STDIN:
        raise StudyError("study and data cannot both come by standard input; name a file for one")
    if "factors" in chosen:
        chosen["factors"] = os.path.realpath(chosen["factors"])
    if "data" in chosen and chosen["data"] != STDIN:
        chosen["data"] = _absolute(chosen["data"])
    choices = Overrides(**chosen)
    asked = read_study_from_stdin(choices) if study == STDIN else load_study(study, choices)
    data = load_market_data(
        str(stdin_file()) if asked.data == STDIN else asked.data,
        calendar=asked.calendar,
        symbols=None if wants_everything(asked) else needed_symbols(asked),
        also=mentioned_symbols(asked),
        rates=rate_symbols(asked),
        needed=needed_sessions(asked),
        store=db,
    )
    return asked, data


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show progress on standard error where that is a terminal; elsewhere nothing."""
    if not sys.stderr.isatty() or is_quiet():
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
    return data if data in {"snapshot", "store"} else os.path.realpath(data)


def _joined(name: str, value: str | tuple[str, ...]) -> Any:  # noqa: ANN401 - what the option's kind understands
    """
    Take the parts of a repeatable option together.

    Raises
    ------
    StudyError
        If it was given without a name: to run on everything then would surprise.
    """
    if isinstance(value, str):
        return value
    declared = options_of(Study)[name]
    option = declared.option
    kind = declared.kind if option is None or option.kind is None else option.kind
    flag = "" if option is None else option.flag
    parts = [part for text in value for part in kind.understand(text, FilePlace(flag))]
    if not parts:
        raise StudyError(f"{flag} names nothing; give one or more, or leave the option out")
    return parts
