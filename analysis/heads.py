"""Headers of CSV files: which mark lies between cells, and whether one row or two name columns."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.errors import DataError

if TYPE_CHECKING:
    import io
    from pathlib import Path

DELIMITERS = (",", ";", "\t")
"""What may lie between cells; the one that the header holds most of."""

_FIELD, _SYMBOL = "price", "ticker"
_DATES = frozenset({"date", "datetime"})


@dataclass(frozen=True, slots=True)
class Header:
    """
    What the first lines of a CSV file say.

    Attributes
    ----------
    names : tuple of str
        The columns, without spaces around them.
    before : int
        Lines up to and with the header.
    delimiter : str
    heads : tuple of (str, str)
        Field and symbol of each column, where the header has a row for either; else empty.
    """

    names: tuple[str, ...]
    before: int
    delimiter: str = ","
    heads: tuple[tuple[str, str], ...] = ()


def read_header(file: io.BufferedReader, path: Path) -> Header:
    """
    Read the header of a CSV file: one row, or the two of a frame of fields and symbols.

    Raises
    ------
    DataError
        If there is none, or it cannot be read.
    """
    for before, line in enumerate(file, start=1):
        text = _text(line, before, path)
        if not text.strip():
            continue
        delimiter = max(DELIMITERS, key=text.count)
        cells = _cells(text, delimiter, path)
        if cells[0].lower() not in {"", _FIELD, _SYMBOL}:
            return Header(cells, before, delimiter)
        return _of_two_rows(cells, file, before, delimiter, path)
    raise DataError(f"{path}: the file is empty")


def two_rows(
    first: tuple[str, ...], second: tuple[str, ...], third: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """
    Pair field and symbol of each column, where three rows are a header as yfinance's frames have.

    Returns
    -------
    tuple of (str, str)
        The first is that of the dates; empty where the rows are no such header.

    Examples
    --------
    >>> two_rows(("Price", "Close", "Close"), ("Ticker", "A", "B"), ("Date", "", ""))
    (('Date', ''), ('Close', 'A'), ('Close', 'B'))
    """
    if len(second) != len(first) or third[:1] == () or third[0].lower() not in _DATES:
        return ()
    if any(third[1:]) or second[0].lower() not in {"", _FIELD, _SYMBOL}:
        return ()
    fields, symbols = (
        (second, first)
        if first[0].lower() == _SYMBOL or "close" in {cell.lower() for cell in second}
        else (first, second)
    )
    return ((third[0], ""), *zip(fields[1:], symbols[1:], strict=True))


def _of_two_rows(
    first: tuple[str, ...], file: io.BufferedReader, before: int, delimiter: str, path: Path
) -> Header:
    more = []
    for line in (next(file, b""), next(file, b"")):
        before += 1
        more.append(_cells(_text(line, before, path), delimiter, path))
    heads = two_rows(first, more[0], more[1])
    if not heads:
        return Header(first, before - 2, delimiter)
    names = (heads[0][0], *(f"{field} {symbol}" for field, symbol in heads[1:]))
    return Header(names, before, delimiter, heads)


def _text(line: bytes, number: int, path: Path) -> str:
    if number == 1 and line.startswith(b"\xef\xbb\xbf"):
        line = line[3:]  # the mark that some programs begin a file with
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: line {number} is not UTF-8 text (byte 0x{line[error.start]:02x} at "
            f"{error.start + 1}); save the file as UTF-8"
        ) from None


def _cells(text: str, delimiter: str, path: Path) -> tuple[str, ...]:
    try:
        cells = next(csv.reader([text.rstrip("\r\n")], delimiter=delimiter), [""])
    except csv.Error as error:
        raise DataError(f"{path}: the header cannot be read ({error})") from None
    return tuple(cell.strip() for cell in cells)
