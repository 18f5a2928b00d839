"""What became of the events of a batch, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from analysis.panel.layout import OK, STATUS_TEXT

if TYPE_CHECKING:
    import numpy.typing as npt

    from analysis.panel.estimates import WindowEstimates

NO_SYMBOL = "no symbol"
NO_DATE = "unreadable event date"
NO_ZONE = "event time without a zone"
NO_CLOSES = "event with an hour: name the exchange whose closes count with --calendar"


def status_texts(
    status: npt.NDArray[np.int32], faults: dict[int, str]
) -> tuple[pa.Array, pa.Array]:
    """Give the status of every row as codes into a list of words."""
    words = list(STATUS_TEXT)
    known: dict[str, int] = {}
    codes = status.astype(np.int64)
    for row, fault in faults.items():
        if fault not in known:
            known[fault] = len(words)
            words.append(fault)
        codes[row] = known[fault]
    return pa.array(codes.ravel()), pa.array(words, pa.string())


def tally(codes: pa.Array, words: pa.Array) -> Counter[str]:
    """Count rows by their status; unreadable dates by what is wrong with them."""
    counts = np.bincount(codes.to_numpy(), minlength=len(words))
    tally: Counter[str] = Counter()
    for word, count in zip(words.to_pylist(), counts.tolist(), strict=True):
        if count:
            kinds = [kind for kind in (NO_DATE, NO_ZONE) if word.startswith(kind)]
            tally[kinds[0] if kinds else word] += count
    return tally


def window_statuses(found: WindowEstimates) -> npt.NDArray[np.int32]:
    """Status of each event, model and window: the window's own, else that of the fit."""
    own = found.window_status
    status: npt.NDArray[np.int32] = np.where(own == OK, found.status[..., None], own)
    return status
