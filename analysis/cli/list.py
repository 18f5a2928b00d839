"""`market-impact list`: what there is to choose from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from analysis._bundle import DEFAULT_STUDY
from analysis.cli.options import store_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    Rows = Iterable[tuple[str, str]]


def _studies(_study: str) -> Rows:
    from analysis.study_file import bundled_studies, load_study

    return ((name, load_study(name).title) for name in bundled_studies())


def _events(study: str) -> Rows:
    from analysis.study_file import load_study

    return ((e.id, f"{e.when.isoformat()}  {e.title}") for e in load_study(study).events)


def _benchmarks(study: str) -> Rows:
    from analysis.benchmarks import local_indices
    from analysis.study_file import load_study
    from analysis.study_securities import LOCAL

    asked = load_study(study)
    own = ", ".join(local_indices(asked))
    whole = {LOCAL: own} if own else {}
    return (
        (b.id, f"{b.symbol} without {b.purged_of}" if b.purged_of else whole.get(b.id, b.symbol))
        for b in asked.benchmarks
    )


def _symbols(study: str, db: Path | None = None) -> Rows:
    from analysis.prices.load import load_market_data
    from analysis.study_file import load_study

    asked = load_study(study)
    levels = load_market_data(asked.data, calendar=asked.calendar, store=db).levels
    spans = ((str(name), levels[name].dropna().index) for name in levels.columns)
    return ((name, f"{days[0].date()} to {days[-1].date()}") for name, days in spans if len(days))


def _models(_study: str) -> Rows:
    from analysis.models.catalog import MODELS

    return ((model.id, model.title) for model in MODELS.values())


def _tests(_study: str) -> Rows:
    from analysis.inference.catalog import TESTS

    return ((test.id, test.title) for test in TESTS.values())


def _figures(_study: str) -> Rows:
    from analysis.figures.catalog import FIGURES

    return ((name, "") for name in FIGURES)


def _keys(_study: str) -> Rows:
    from analysis.keys import keys_of
    from analysis.study import Study

    return ((name, declared.says) for name, declared in keys_of(Study).items())


LISTS: Mapping[str, Callable[[str], Rows]] = {
    "studies": _studies,
    "events": _events,
    "models": _models,
    "benchmarks": _benchmarks,
    "symbols": _symbols,
    "tests": _tests,
    "figures": _figures,
    "keys": _keys,
}
"""What can be listed, by name: each takes the study and gives names with what they say."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("what", type=click.Choice([*LISTS, "schema"]))
@click.option(
    "--study",
    default=DEFAULT_STUDY,
    show_default=True,
    metavar="STUDY",
    help="Whose events, benchmarks and symbols.",
)
@store_option
def command(what: str, study: str, db: Path | None) -> None:
    r"""
    List what there is to choose from: ids, one a line, with what they mean.

    Keys are those of study files; schema prints them as JSON Schema, for completion in editors.

    \b
    Examples:
      market-impact list models
      market-impact list events --study my-study.toml
      market-impact list schema > study.schema.json
    """
    if what == "schema":
        from analysis.study_template import study_schema

        click.echo(json.dumps(study_schema(), indent=2))
        return
    rows = list(_symbols(study, db) if what == "symbols" else LISTS[what](study))
    width = max((len(name) for name, _ in rows), default=0)
    for name, says in rows:
        click.echo(f"{name:<{width}}  {says}".rstrip())
