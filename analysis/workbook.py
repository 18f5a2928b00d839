"""Tidy frames as an Excel workbook that runs nothing: the same frames, the same bytes."""

from __future__ import annotations

import io
import math
import re
import zipfile
from typing import TYPE_CHECKING

import numpy as np
from openpyxl import Workbook

from analysis.errors import OutputError
from analysis.spreadsheets import harmless

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

MOST_ROWS = 1 << 20
"""A sheet has no more rows, its header among them."""

LONGEST_TITLE = 31
"""A sheet's title has no more letters."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_CLOCK = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_NO_TITLE = re.compile(r"[\\/*?:\[\]]")
_NO_CELL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def to_excel(frames: Mapping[str, pd.DataFrame]) -> bytes:
    """
    Write frames as an Excel workbook (.xlsx), a sheet each.

    Parameters
    ----------
    frames : mapping of str to pandas.DataFrame
        Title of the sheet to rows. Numbers are cells of numbers of 16 digits, texts are written as
        `analysis.spreadsheets.harmless` gives them, and a value that there is not is an empty cell.

    Returns
    -------
    bytes
        Without times or names of users in them.

    Raises
    ------
    OutputError
        If a frame has more rows than a sheet.

    Examples
    --------
    >>> import pandas as pd
    >>> content = to_excel({"rows": pd.DataFrame({"symbol": ["A", "=1+1"], "car": [0.5, None]})})
    >>> pd.read_excel(io.BytesIO(content)).values.tolist()
    [['A', 0.5], ["'=1+1", nan]]
    """
    book = Workbook(write_only=True)
    for title, frame in frames.items():
        if len(frame) >= MOST_ROWS:
            raise OutputError(
                f"{title} has {len(frame):,} rows, a sheet of Excel holds {MOST_ROWS - 1:,}; "
                "write CSV files"
            )
        sheet = book.create_sheet(_NO_TITLE.sub("-", title)[:LONGEST_TITLE])
        sheet.freeze_panes = "A2"
        sheet.append([_cell(str(name)) for name in frame.columns])
        for row in frame.itertuples(index=False, name=None):
            sheet.append([_cell(value) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_times(buffer.getvalue())


def _cell(value: object) -> object:
    """Turn a value into what a cell holds: a number, a truth value, a text, or nothing."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int)):
        return value
    text = _NO_CELL.sub(lambda found: found[0].encode("unicode_escape").decode(), str(value))
    return harmless(text)


def _without_times(content: bytes) -> bytes:
    """Write the archive again, every clock time in it the same."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as given,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for entry in given.infolist():
            part = _CLOCK.sub(rb"\g<1>1980-01-01T00:00:00Z", given.read(entry))
            fixed = zipfile.ZipInfo(entry.filename, _EPOCH)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            written.writestr(fixed, part)
    return buffer.getvalue()
