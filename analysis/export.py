"""Results to files: tidy CSV, JSON with provenance, text, and the effective study."""

from __future__ import annotations

import json
import math
import platform
import tomllib
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from analysis.spreadsheets import to_csv
from analysis.study_file import dump_study
from analysis.tables.catalog import STUDY_FILES
from analysis.tables.summary import summary_text

if TYPE_CHECKING:
    import pandas as pd

    from analysis.results import StudyResult
    from analysis.tables.file import TidyFile

    _Frames = list[tuple[TidyFile[StudyResult], pd.DataFrame]]

_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str, allow_nan=False)
_PACKAGES = ("market-impact", "numpy", "pandas", "scipy", "statsmodels", "exchange-calendars")


def to_json(result: StudyResult) -> str:
    """
    Write results with what they rest on: study, versions, hashes of the inputs.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    str
        JSON object with ``study, data, versions, inputs, events, rows, groups, recoveries,
        paths`` and ``tests``; a value that there is not is ``null``.
    """
    return _document(result, _frames(result))


def _document(result: StudyResult, frames: _Frames) -> str:
    document = {
        "study": tomllib.loads(dump_study(result.study)),
        "data": result.data_name,
        "versions": versions(),
        "inputs": [{"name": item.name, "sha256": item.sha256} for item in result.inputs],
        "events": [
            {
                "id": placed.event.id,
                "title": placed.event.title,
                "announced": placed.event.when,
                "session": str(placed.session.date()),
                "source": placed.event.source,
            }
            for placed in result.events
        ],
        **{file.key or file.name.removesuffix(".csv"): _records(frame) for file, frame in frames},
    }
    parts = ",\n".join(f"{json.dumps(key)}: {_json(value)}" for key, value in document.items())
    return "{" + parts + "}\n"


def versions() -> dict[str, str]:
    """Name the versions that a result rests on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def result_files(result: StudyResult) -> dict[str, str]:
    """
    Lay out the results folder of a study.

    Returns
    -------
    dict of str to str
        File name to content.
    """
    frames = _frames(result)
    return {
        "study.toml": dump_study(result.study),
        **{file.name: to_csv(frame) for file, frame in frames},
        "results.json": _document(result, frames),
        "summary.txt": summary_text(result),
    }


def tidy_frames(result: StudyResult) -> dict[str, pd.DataFrame]:
    """Name every file of tidy rows that a study leaves, with its rows."""
    return {file.name: frame for file, frame in _frames(result)}


def _frames(result: StudyResult) -> _Frames:
    made = [(file, file.make(result)) for file in STUDY_FILES]
    return [(file, frame) for file, frame in made if frame is not None]


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str, allow_nan=False)


def _json(value: object) -> str:
    """Write lists one item a line, so that results can be read and compared line by line."""
    if isinstance(value, list):
        return "[\n" + ",\n".join(map(_json, value)) + "\n]"
    return _ENCODER.encode(value)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """List the rows; a column whose kind has only whole values is taken as it is."""
    columns = [
        column.tolist() if column.dtype.kind in "iub" else list(map(_plain, column.tolist()))
        for _, column in frame.items()
    ]
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
