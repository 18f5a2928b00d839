"""Returns on delisting: what was last paid for a share that left its exchange."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import DataError
from analysis.plausible import LARGEST_RETURN
from analysis.tabular import read_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from analysis._typing import FloatArray
    from analysis.pieces import Problems
    from analysis.sample.data import SampleData


@dataclass(frozen=True, slots=True)
class Delisting:
    """
    A firm's return on leaving its exchange.

    Attributes
    ----------
    day : int
        Days since 1970.
    value : float
        Simple return, decimal; -1 where nothing was paid.
    """

    day: int
    value: float


def read_delistings(path: Path) -> dict[str, Delisting]:
    """
    Read returns on delisting.

    Parameters
    ----------
    path : pathlib.Path
        Columns ``symbol``, ``session`` and ``return`` (simple, decimal); a row without a return is
        passed over.

    Returns
    -------
    dict of str to Delisting

    Raises
    ------
    DataError
        If it cannot be read, names a symbol twice, or holds what no return can be.
    """
    piece, _ = read_whole(path)
    piece.file.require(["symbol", "session", "return"])
    at = {name: place for place, name in enumerate(piece.file.names)}
    codes, words = piece.texts(at["symbol"])
    days = piece.days(at["session"])
    values, bad = piece.numbers(at["return"])
    if bad.size:
        row = int(bad[0])
        raise DataError(f"{piece.where(row)}: '{piece.shown(at['return'], row)}' is no number")
    found: dict[str, Delisting] = {}
    for row in np.flatnonzero((codes >= 0) & np.isfinite(values)).tolist():
        symbol, value = words[codes[row]], float(values[row])
        if symbol in found:
            raise DataError(f"{piece.where(row)}: {symbol} leaves twice; keep one row")
        if not -1 <= value <= LARGEST_RETURN:
            raise DataError(f"{piece.where(row)}: {value:g} is no return on delisting")
        found[symbol] = Delisting(int(days[row]), value)
    return found


def with_delistings(
    data: SampleData, delistings: Mapping[str, Delisting], problems: Problems
) -> SampleData:
    """
    End the returns of firms that left with what was last paid.

    Parameters
    ----------
    data : SampleData
        Of simple returns.
    delistings : mapping of str to Delisting
        A return of a day on which the firm has one already is compounded with it; one of a later
        day stands alone. A day that is no session is the next one.
    problems : Problems
        Delistings before a firm's last return, or after the last session, are noted and left out.
    """
    rows = data.panel.rows
    series = [rows.values[a:b] for a, b in zip(rows.offsets[:-1], rows.offsets[1:], strict=True)]
    for symbol, delisting in delistings.items():
        firm = data.symbols.get(symbol)
        if firm is None:
            continue
        ended = _ended(data, firm, series[firm], delisting)
        if ended is None:
            problems.add(
                symbol, "its delisting is before its last return or after the data; left out"
            )
        else:
            series[firm] = ended
    offsets = np.concatenate([[0], np.cumsum([len(part) for part in series])]).astype(np.int64)
    ended_rows = rows._replace(values=np.concatenate(series), offsets=offsets)
    return replace(data, panel=replace(data.panel, rows=ended_rows))


def _ended(
    data: SampleData, firm: int, returns: FloatArray, delisting: Delisting
) -> FloatArray | None:
    first = int(data.panel.rows.first[firm])
    block = data.block_at(first)
    own = data.sessions[block.start : block.stop]
    session = block.start + int(np.searchsorted(own, delisting.day))
    place = session - first
    if not len(returns) or session >= block.stop or place < len(returns) - 1:
        return None
    if place == len(returns) - 1:
        last = (1 + returns[-1]) * (1 + delisting.value) - 1
        return np.append(returns[:-1], last)
    gap = np.full(place - len(returns), np.nan)
    return np.concatenate([returns, gap, [delisting.value]])
