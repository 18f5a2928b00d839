"""A file of tidy rows that a study or its report leaves behind, as one object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

Source = TypeVar("Source")


@dataclass(frozen=True, slots=True)
class TidyFile(Generic[Source]):
    """
    One CSV file: returns in decimals, dollars in USD, dates as ``2025-01-27``.

    Attributes
    ----------
    name : str
        Of the file, as in ``contagion.csv``.
    caption : str
        What a row is, as the heading of a table.
    make : callable
        From a `StudyResult` or `Details` to the frame; None where there is none.
    on_page : bool
        Whether the report lays the file out as a table.
    columns : tuple of str
        Those that the report shows; all where empty.
    key : str
        Under which results in JSON hold the rows; the name without its suffix where empty.
    """

    name: str
    caption: str
    make: Callable[[Source], pd.DataFrame | None]
    on_page: bool = False
    columns: tuple[str, ...] = ()
    key: str = ""

    def frame(self, source: Source) -> pd.DataFrame | None:
        """Lay out the rows; None where there are none."""
        made = self.make(source)
        return made if made is not None and len(made) else None
