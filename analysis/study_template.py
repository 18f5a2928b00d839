"""A study file to begin with: what was said, and every other key as a comment with its default."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

import tomli_w

from analysis.keys import Record, Records, keys_of, record_schema
from analysis.kinds import FilePlace
from analysis.study import Study

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.keys import Key


def new_study(values: Mapping[str, Any]) -> str:
    """
    Write a commented study file.

    Parameters
    ----------
    values : mapping of str to object
        Fields of `Study` that are said; tables as lists of mappings.

    Returns
    -------
    str
        TOML that `analysis.study_file.parse_study` reads to a study of these values.

    Raises
    ------
    StudyError
        If the values are no valid study.
    """
    Study(**values)
    defaults = {f.name: f.default for f in fields(Study)}
    plain, tables = [], []
    for name, declared in keys_of(Study).items():
        if isinstance(declared.kind, Record | Records):
            tables.append(_table(name, declared, values.get(name)))
        else:
            plain.append(_line(name, declared, values.get(name), defaults[name]))
    return "\n".join([*plain, *tables])


def _line(name: str, declared: Key, value: Any, default: Any) -> str:  # noqa: ANN401 - any field's value
    says = f"# {declared.says}\n"
    kind = declared.kind
    if value is not None:
        understood = kind.understand(value, FilePlace("new", name))
        return f"{says}{name} = {_inline(kind.write(understood))}\n"
    if default is None or default is MISSING:
        return f"{says}# {name} = ...\n"
    return f"{says}# {name} = {_inline(kind.write(default))}\n"


def _inline(value: object) -> str:
    """Write a text, number, truth value or a list of them on one line, as JSON and TOML both do."""
    return json.dumps(value, ensure_ascii=False)


def _table(name: str, declared: Key, value: Any) -> str:  # noqa: ANN401 - any field's value
    says = f"# {declared.says}\n"
    if value is not None:
        return says + tomli_w.dumps({name: value})
    kind = declared.kind
    inner = keys_of(kind.record) if isinstance(kind, Record | Records) else {}
    header = f"[[{name}]]" if isinstance(kind, Records) else f"[{name}]"
    lines = [f"# {header}\n", *(f"# {key} = ... # {what.says}\n" for key, what in inner.items())]
    return says + "".join(lines)


def study_schema() -> dict[str, Any]:
    """
    Describe study files in JSON Schema (draft 2020-12), for completion in editors.

    Returns
    -------
    dict
        Made from the declarations of `Study`.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "market-impact study",
        **record_schema(Study),
    }
