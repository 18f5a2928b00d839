"""A vendor's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.errors import SourceError
from analysis.prices.sources.offer import Offer

if TYPE_CHECKING:
    from analysis.prices.sources.files import FileSource
    from analysis.prices.sources.offer import Wanted


def _open(wanted: Wanted) -> FileSource:
    from analysis.prices.sources.files import FileSource  # noqa: PLC0415 - slow to import

    if wanted.path is None:
        raise SourceError("name the file to read, as in --from prices.csv")
    return FileSource(wanted.path)


SOURCE = Offer(
    name="file",
    place=1,
    needs="file",
    summary="the path of a vendor's file: a Yahoo CSV download, a WRDS/CRSP daily extract, a wide "
    "or long table of adjusted closes; CSV or Parquet",
    open=_open,
)
