#!/usr/bin/env python3
"""Write docs/reference/ from the code: commands, study files, results, catalogues, Python."""

from __future__ import annotations

import json
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import analysis
from analysis.cli import COMMANDS, main
from analysis.figures.catalog import FIGURES
from analysis.inference.catalog import TESTS
from analysis.keys import Record, Records, keys_of
from analysis.models.catalog import MODELS
from analysis.study import Study

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from analysis.kinds import Kind

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference"
COLUMNS = Path(__file__).with_name("columns.toml")
MADE = "This page is made from the code by `scripts/write_reference.py`; do not edit it.\n"

_OUTPUT = """\
Results go to standard output, messages and progress to standard error. Exit code 0: done; 2:
something asked for cannot be, and the message says what, where, and the mend. `fetch` and
`refresh` also end with 3 (some symbols are not up to date) and 4 (nothing could be fetched,
the store is untouched), `watch` with 10 (something moved beyond its ordinary days). Ctrl-C ends
with 130.
"""
_FORM = """\
A study file is TOML. `market-impact new` writes one with every key as a comment, `market-
impact validate` lists all that is wrong with one, `market-impact list schema` prints this
page as a JSON Schema, with which editors complete keys. Unknown keys are refused with the
nearest valid name. A relative path is taken from the file's folder.
"""
_DASHES = """\
A dash stands where a key must be given; *found* where the study finds the default from its
other keys, as the meaning says.
"""
_UNITS = """\
Returns are in decimals (-0.1697 is -16.97 %), money in units of its currency (not in
billions), changes with their sign: a loss is negative. Dates are written `2025-01-27`,
windows `-1..1`, both ends included. An empty cell is a value that there is not: nothing is
filled.
"""
_FORMULAS = """\
Formulas, assumptions and simulated sizes stand in [Methods](../methods.md), and `market-
impact tests --explain ID` prints them.
"""
_NAMES = """\
`import analysis as mi` imports nothing else; each name below is loaded when it is first asked
for. Returns are simple and in decimals unless a name says otherwise.
"""


def pages() -> dict[str, str]:
    """Make every page: file name to Markdown."""
    return {
        "commands.md": commands_page(),
        "study-file.md": study_file_page(),
        "results-files.md": results_page(),
        "catalogues.md": catalogues_page(),
        "python.md": python_page(),
    }


def commands_page() -> str:
    """Every command with its own help text."""
    parts = [
        "# Commands\n",
        MADE,
        _OUTPUT,
        table(
            ("command", "what it does"),
            [(f"[`{name}`](#{name})", says) for name, (_, says) in COMMANDS.items()],
        ),
    ]
    parent = click.Context(main, info_name="market-impact", **main.context_settings)
    for name in COMMANDS:
        command = main.get_command(parent, name)
        if command is None:
            raise LookupError(name)
        context = click.Context(command, info_name=name, parent=parent, terminal_width=80)
        parts.append(f"## {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def study_file_page() -> str:
    """Every key of a study file: kind, default, option, meaning; then the tables within it."""
    parts = [
        "# Study file\n",
        MADE,
        _FORM,
        _DASHES,
        "## Keys\n",
        keys_table(Study, options=True),
    ]
    for name, declared in keys_of(Study).items():
        kind = declared.kind
        if isinstance(kind, Record | Records):
            brackets = f"[[{name}]]" if isinstance(kind, Records) else f"[{name}]"
            parts += [f"## `{brackets}` {{#{name}}}\n", declared.says + "\n"]
            parts.append(keys_table(kind.record, options=False))
    return "\n".join(parts)


def keys_table(record: type[Any], *, options: bool) -> str:
    """Lay out the declared keys of a record."""
    defaults = {field.name: field.default for field in fields(record)}
    rows = []
    for name, declared in keys_of(record).items():
        option = f"`{declared.option.flag}`" if declared.option else ""
        row = (f"`{name}`", declared.kind.name, default_of(declared.kind, defaults[name]))
        rows.append((*row, *((option,) if options else ()), declared.says))
    heading = ("key", "kind", "default", *(("option",) if options else ()), "meaning")
    return table(heading, rows)


def default_of(kind: Kind, default: object) -> str:
    """Write a default as TOML has it."""
    if default is MISSING:
        return "-"
    if default is None:
        return "*found*"
    written = kind.write(default)
    if written in ("", [], ()):
        return "none"
    return f"`{json.dumps(written)}`"  # texts, numbers, truth values and lists are the same in TOML


def results_page() -> str:
    """Every column of every file of results."""
    known = tomllib.loads(COLUMNS.read_text(encoding="utf-8"))
    parts = [
        "# Results files\n",
        MADE,
        _UNITS,
    ]
    for name, file in known["files"].items():
        rows = [(f"`{column}`", meaning(known, file, column)) for column in file["columns"]]
        parts += [
            f"## {name} {{#{name.replace('.', '-').replace(' ', '-')}}}\n",
            f"{file['says']}\n",
        ]
        parts.append(table(("column", "meaning"), rows))
    return "\n".join(parts)


def meaning(known: Mapping[str, Any], file: Mapping[str, Any], column: str) -> str:
    """Find what a column says: the file's own words first, then those common to all files."""
    own: Mapping[str, str] = file.get("own", {})
    found = own.get(column) or known["meanings"].get(column)
    if found is None:
        raise LookupError(f"{COLUMNS.name}: no meaning of the column '{column}'")
    return str(found)


def catalogues_page() -> str:
    """List models, tests and figures, each with an anchor."""
    parts = ["# Models, tests, figures\n", MADE, "## Models\n"]
    for model in MODELS.values():
        regressors = ", ".join(model.regressors) or "none"
        parts.append(f"### `{model.id}` {{#model-{model.id}}}\n")
        source = model.reference.rstrip(".")
        parts.append(
            f"{model.title} ({model.family}). Regressors: {regressors}. Source: {source}.\n"
        )
    parts += [
        "## Tests\n",
        _FORMULAS,
    ]
    for method in TESTS.values():
        parts.append(f"### `{method.id}` {{#test-{method.id}}}\n")
        parts.append(
            f"{method.title} ({method.family}). Null: {method.null}. Valid when: "
            f"{method.valid_when}. Fails when: {method.fails_when}.\n"
        )
    parts.append("## Figures\n")
    for name, figure in FIGURES.items():
        beside = ", ".join(f"`{file.name}`" for file in figure.files)
        parts.append(f"### `{name}` {{#figure-{name}}}\n")
        parts.append(f"Its numbers as rows: {beside}.\n" if beside else "\n")
    return "\n".join(parts)


def python_page() -> str:
    """Every public name of the package, for mkdocstrings to lay out."""
    parts = [
        "# Python\n",
        MADE,
        _NAMES,
    ]
    homes: Mapping[str, str] = analysis._homes()  # noqa: SLF001 - where the package says that names live
    parts += [f"::: {homes[name]}.{name}\n" for name in sorted(homes)]
    return "\n".join(parts)


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table that ends with an empty line."""
    lines = [heading, ["---"] * len(heading), *rows]
    cells = [[str(cell).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"


def write() -> None:
    """Write the pages that changed."""
    for name, text in pages().items():
        path = PAGES / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
