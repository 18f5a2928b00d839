"""Everything that is wrong with a study file, with the lines where it is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import MarketImpactError
from analysis.kinds import FaultsError
from analysis.study_file import parse_study, read_study_text

if TYPE_CHECKING:
    from analysis.kinds import FilePlace
    from analysis.study import Study

_HEADER = re.compile(r"\[\[(\w+)\]\] number (\d+)")
_LINE = re.compile(r"\(at line (\d+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One thing that is wrong.

    Attributes
    ----------
    line : int
        From 1; 0 where no line can be named.
    message : str
        What is wrong and the mend, without the file's name.
    """

    line: int
    message: str


def check_study_file(
    name_or_path: str, text: str | None = None
) -> tuple[Study | None, tuple[Fault, ...]]:
    """
    Read a study file and list every fault of its keys at once.

    Parameters
    ----------
    name_or_path : str
        As `analysis.study_file.load_study` takes it.
    text : str, optional
        What stands in it, where that is read already; `name_or_path` then only names it.

    Returns
    -------
    study : Study or None
        None where there are faults.
    faults : tuple of Fault
        In the order of their lines.

    Raises
    ------
    StudyError
        If there is no such file, or it cannot be read.
    """
    where = name_or_path
    if text is None:
        where, text = read_study_text(name_or_path)
    try:
        return parse_study(text, where=where, folder=Path(where).parent), ()
    except FaultsError as error:
        faults = [Fault(line_of(text, place), _bare(what, where)) for place, what in error.faults]
    except MarketImpactError as error:
        found = _LINE.search(str(error))
        faults = [Fault(int(found[1]) if found else 0, _bare(str(error), where))]
    return None, tuple(sorted(faults, key=lambda fault: fault.line))


def line_of(text: str, place: FilePlace) -> int:
    r"""
    Find the line of a key, or of its table, in the text of a study file.

    Returns
    -------
    int
        From 1; 0 where the place is the file as a whole or written in another way.

    Examples
    --------
    >>> from analysis.kinds import FilePlace
    >>> line_of('id = "s"\n[[events]]\nid = "e"\n', FilePlace("f", "id", "[[events]] number 1"))
    3
    """
    lines = text.splitlines()
    start = 0
    if place.table:
        found = _HEADER.match(place.table)
        header, number = (f"[[{found[1]}]]", int(found[2])) if found else (place.table, 1)
        at = [row for row, line in enumerate(lines) if _code(line) == header]
        if len(at) < number:
            return 0
        start = at[number - 1]
    if not place.key:
        return start + 1 if place.table else 0
    for row in range(start, len(lines)):
        if row > start and _code(lines[row]).startswith("["):
            break
        if re.match(rf"\s*[\"']?{re.escape(place.key)}[\"']?\s*=", lines[row]):
            return row + 1
    return start + 1 if place.table else 0


def _code(line: str) -> str:
    return line.partition("#")[0].strip()


def _bare(message: str, where: str) -> str:
    return message.removeprefix(f"{where}: ")
