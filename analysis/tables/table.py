"""A table as one object: its name, place, layout and files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.results import StudyResult
    from analysis.tables.cells import CellTable
    from analysis.tables.file import TidyFile


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table of a study's results.

    Attributes
    ----------
    name : str
        Its module's, with hyphens.
    place : int
        In reading order; no two tables share one.
    lay_out : callable
        Gives the cells; None where a study has no such table.
    files : tuple of TidyFile
        Files that it brings, beside those of every study.
    """

    name: str
    place: int
    lay_out: Callable[[StudyResult], CellTable | None]
    files: tuple[TidyFile[StudyResult], ...] = ()
