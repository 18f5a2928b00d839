"""The bundled snapshot behind the protocol of sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis._bundle import bundled_data
from analysis.prices.manifest import read_verified
from analysis.prices.snapshot import CALENDAR, LEVELS
from analysis.prices.sources.files import FileSource

if TYPE_CHECKING:
    from pathlib import Path


def snapshot_source(folder: Path | None = None) -> FileSource:
    """
    Open the bundled total-return levels as a source.

    They are levels, close of 2025-01-24 = 100, and not prices paid: a store filled from them gives
    the returns of the snapshot, and no market value that a printed close does not give.

    Parameters
    ----------
    folder : pathlib.Path, optional
        A bundle; by default the one that travels with the program.

    Returns
    -------
    FileSource

    Raises
    ------
    IntegrityError
        If the bytes are not those that the manifest names.

    Examples
    --------
    >>> import datetime as dt
    >>> source = snapshot_source()
    >>> len(source.symbols), len(source.fetch("NVDA", dt.date(2026, 1, 1)).bars)
    (35, 82)
    """
    folder = folder or bundled_data()
    read_verified(folder, LEVELS)
    return FileSource(folder / LEVELS, CALENDAR)
