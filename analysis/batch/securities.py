"""Where securities trade, and what stands for their market."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.errors import DataError, nearest
from analysis.tabular import read_whole

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.pieces import Piece


@dataclass(frozen=True, slots=True)
class Security:
    """
    Where a security trades, and what stands for its market.

    Attributes
    ----------
    calendar : str
        Market code of its exchange; empty for that of the run.
    benchmark : str
        Of its events that name none; empty for that of the run.
    """

    calendar: str = ""
    benchmark: str = ""


def read_securities(path: Path) -> dict[str, Security]:
    """
    Read the exchanges and local indices of securities.

    Parameters
    ----------
    path : pathlib.Path
        Columns ``symbol`` and ``calendar`` (a market code, as XTKS), ``benchmark`` or both.

    Raises
    ------
    DataError
        If it cannot be read, lacks a column, or names a symbol twice.
    """
    piece, _ = read_whole(path)
    piece.file.require(["symbol"])
    names = list(piece.file.names)
    if "calendar" not in names and "benchmark" not in names:
        raise DataError(
            f"{path}: neither 'calendar' nor 'benchmark' is in it; {nearest('calendar', names)}"
        )
    columns = {name: _texts(piece, name) for name in ("symbol", "calendar", "benchmark")}
    found: dict[str, Security] = {}
    for row, symbol in enumerate(columns["symbol"]):
        if not symbol:
            raise DataError(f"{piece.where(row)}: no symbol")
        if symbol in found:
            raise DataError(f"{piece.where(row)}: {symbol} is there twice; keep one row")
        found[symbol] = Security(columns["calendar"][row], columns["benchmark"][row])
    return found


def _texts(piece: Piece, name: str) -> list[str]:
    if name not in piece.file.names:
        return [""] * piece.table.num_rows
    codes, words = piece.texts(list(piece.file.names).index(name))
    return [words[code] if code >= 0 else "" for code in codes.tolist()]
