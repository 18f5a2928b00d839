"""What comes by standard input: a study where STUDY is ``-``, levels where ``--data`` is."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis.errors import StudyError

if TYPE_CHECKING:
    from analysis.overrides import Overrides
    from analysis.study import Study

STDIN = "-"
"""How standard input is named."""

WHERE = "standard input"

_KINDS = {b"PAR1": ".parquet", b"PK\x03\x04": ".xlsx"}
"""What a file begins with that is no text, and the ending of its name."""


def read_study_from_stdin(choices: Overrides | None = None) -> Study:
    """
    Read a study; relative paths in it start from the current folder.

    Raises
    ------
    StudyError
        As `analysis.study_file.parse_study`.
    """
    from analysis.study_file import parse_study

    return parse_study(stdin_text(), where=WHERE, folder=Path.cwd(), choices=choices)


def stdin_text() -> str:
    """
    Read all text of standard input.

    Raises
    ------
    StudyError
        If it is no text in UTF-8.
    """
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StudyError(f"{WHERE} is no text in UTF-8 ({error})") from error


def stdin_file() -> Path:
    """
    Keep the levels of standard input in a file for as long as the command runs.

    Returns
    -------
    pathlib.Path
        Named ``stdin``, with the ending of what it is: Parquet, Excel, else CSV.

    Raises
    ------
    StudyError
        If nothing came.
    """
    content = sys.stdin.buffer.read()
    if not content.strip():
        raise StudyError("--data - reads levels from standard input, and nothing came")
    folder = tempfile.TemporaryDirectory(prefix="market-impact-")
    click.get_current_context().call_on_close(folder.cleanup)
    ending = next((end for start, end in _KINDS.items() if content.startswith(start)), ".csv")
    path = Path(folder.name) / f"stdin{ending}"
    path.write_bytes(content)
    return path
