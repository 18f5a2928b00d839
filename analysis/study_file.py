"""Study files: TOML to `Study` and back, with unknown keys refused by name."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import tomli_w

from analysis._bundle import DEFAULT_STUDY, bundled_data
from analysis.errors import MarketImpactError, StudyError, nearest
from analysis.keys import keys_of, read_record, write_record
from analysis.kinds import BUNDLED, NO_FILES, FilePath, FilePlace, shown
from analysis.overrides import make_study
from analysis.study import Study
from analysis.toml_text import parse_toml

if TYPE_CHECKING:
    from analysis.overrides import Overrides

LARGEST_FILE = 1_000_000
"""No study file has more bytes."""

LONGEST_MESSAGE = 400


def bundled_studies() -> dict[str, Path]:
    """List the studies that travel with the program, by name: each in a folder of its own."""
    return {
        path.parent.name: path for path in sorted((bundled_data() / "studies").glob("*/study.toml"))
    }


def load_study(name_or_path: str | Path = DEFAULT_STUDY, choices: Overrides | None = None) -> Study:
    """
    Read a study.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
        The name of a bundled study, or the path of a study file. A relative path in the file is
        taken from the file's folder.
    choices : Overrides, optional
        Put over the file's own choices before the whole is judged.

    Raises
    ------
    StudyError
        If there is no such study, the file is no TOML, or it asks for what cannot be; the message
        names file and key.

    Examples
    --------
    >>> study = load_study("deepseek-2025")
    >>> [event.id for event in study.events]
    ['v3-release', 'v3-report', 'r1-release', 'sell-off']
    """
    where, text = read_study_text(name_or_path)
    return parse_study(text, where=where, folder=Path(where).parent, choices=choices)


def read_study_text(name_or_path: str | Path) -> tuple[str, str]:
    """
    Find and read the text of a study file.

    Returns
    -------
    where : str
        The path, as messages name it.
    text : str
        Its content.

    Raises
    ------
    StudyError
        If there is no such study, or the file cannot be read.
    """
    bundled = bundled_studies()
    path = bundled.get(str(name_or_path), Path(name_or_path))
    try:
        return str(path), _read(path)
    except FileNotFoundError:
        raise StudyError(
            f"no study {shown(str(name_or_path))}: neither a bundled study nor a file; "
            f"{nearest(str(name_or_path), bundled)}"
        ) from None
    except (OSError, ValueError) as error:
        raise StudyError(
            f"{shown(str(path))}: the study file cannot be read ({error})"[:LONGEST_MESSAGE]
        ) from error


def _read(path: Path) -> str:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise StudyError(f"{path}: the study file cannot be read (it is no regular file)")
    if status.st_size > LARGEST_FILE:
        raise StudyError(
            f"{path}: the study file cannot be read ({status.st_size:,} bytes, "
            f"{LARGEST_FILE:,} are the most)"
        )
    return path.read_text(encoding="utf-8-sig")


def parse_study(
    text: str,
    *,
    where: str = "study",
    folder: Path | None = None,
    choices: Overrides | None = None,
) -> Study:
    """
    Read a study from TOML text.

    Parameters
    ----------
    text : str
    where : str
        The file, for messages.
    folder : pathlib.Path, optional
        Where relative paths in the text start; without it they are left as they are.
    choices : Overrides, optional
        Put over the text's own choices before the whole is judged.

    Raises
    ------
    StudyError
        As `load_study`.
    """
    values = read_record(Study, parse_toml(text, where=where), FilePlace(where))
    if folder is not None:
        for name, declared in keys_of(Study).items():
            if name in values and isinstance(declared.kind, FilePath):
                values[name] = _from(folder, values[name])
    try:
        return make_study(values, choices)
    except MarketImpactError as error:
        chosen = choices is not None and choices.choices
        raise StudyError(str(error) if chosen else f"{where}: {error}") from None


def dump_study(study: Study) -> str:
    """Write a study as TOML text that `parse_study` reads back to an equal study."""
    return tomli_w.dumps(write_record(study, whole=True))


def _from(folder: Path, name: str) -> str:
    """Make the path of a file hold from anywhere, as seen from a folder."""
    if name in NO_FILES or name.startswith(BUNDLED):
        return name
    path = Path(os.path.realpath(folder / name))  # not resolve(): a loop of links has no end there
    studies = (bundled_data() / "studies").resolve()
    if path.is_relative_to(studies):
        return BUNDLED + path.relative_to(studies).as_posix()
    return str(path)
