"""A column of a table as symbols, dates, instants or numbers: strict, and never by guess."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import numpy.typing as npt

    from analysis._typing import FloatArray

MISSING = (
    *("", "NA", "NaN", "nan", "-NaN", "-nan", "N/A", "n/a", "#N/A", "<NA>"),
    *("null", "NULL", "None", "."),
)
"""What stands for a missing number in a CSV file."""

NO_DAY = int(np.iinfo(np.int32).min)
"""Stands for a date that could not be read."""

NO_INSTANT = int(np.iinfo(np.int64).min)
"""Stands for a date without an hour."""

EPOCH = dt.date(1970, 1, 1)

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_DATE = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})([T ]00:?00(:?00(\.0+)?)?)?")
_MICROSECOND = dt.timedelta(microseconds=1)
_INSTANT_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MIDNIGHT = dt.time()


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """
    Dates and instants of a column.

    Attributes
    ----------
    day : ndarray of shape (n_rows,)
        Days since 1970 as written, `NO_DAY` where there is no readable date.
    instant : ndarray of shape (n_rows,)
        Microseconds since 1970 in UTC where the hour and its zone are given, else `NO_INSTANT`.
    naive : ndarray of shape (n_rows,)
        Whether an hour is given without a zone: no one can say when that was.
    """

    day: npt.NDArray[np.int32]
    instant: npt.NDArray[np.int64]
    naive: npt.NDArray[np.bool_]


def texts(column: pa.Array) -> tuple[npt.NDArray[np.int64], list[str]]:
    """
    Take a column of symbols as codes and their distinct texts; 10107 and "10107" are the same.

    Parameters
    ----------
    column : pyarrow.Array
        Texts or whole numbers; null and "" are missing, spaces around a text are not part of it.

    Returns
    -------
    codes : ndarray of shape (n_rows,)
        Index of each row's text; -1 where missing.
    distinct : list of str
        The texts; two that differ in spaces only stand twice.

    Raises
    ------
    pyarrow.ArrowException
        If the column holds neither.
    """
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    distinct = encoded.dictionary
    if pa.types.is_floating(distinct.type):
        distinct = pc.if_else(pc.is_nan(distinct), None, distinct).cast(pa.int64())
    words = [(word or "").strip() for word in distinct.cast(pa.string()).to_pylist()]
    codes = _indices(encoded)
    blank = [at for at, word in enumerate(words) if not word]
    if blank:
        codes[np.isin(codes, blank)] = -1
    return codes, words


def days(column: pa.Array) -> npt.NDArray[np.int32]:
    """
    Take a column of dates as days since 1970.

    Parameters
    ----------
    column : pyarrow.Array
        Dates, timestamps at midnight (of their own zone), or texts or integers as 2025-01-27,
        20250127 or 2025-01-27T00:00:00.

    Returns
    -------
    ndarray of shape (n_rows,)
        Days; `NO_DAY` where there is no readable date, or one with a clock time.

    Raises
    ------
    pyarrow.ArrowException
        If the column holds neither dates nor texts nor whole numbers.
    """
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        local = column
        if pa.types.is_timestamp(column.type) and column.type.tz is not None:
            local = pc.local_timestamp(column)
        day = local.cast(pa.date32(), safe=False)
        midnight = pc.equal(day.cast(local.type, safe=False), local)
        return _filled(pc.if_else(midnight, day.cast(pa.int32()), NO_DAY))
    codes, words = _distinct_words(column)
    return np.array([*map(_day, words), NO_DAY], dtype=np.int32)[codes]


def moments(column: pa.Array) -> Moments:
    """
    Take a column of dates, some of which may have an hour.

    Parameters
    ----------
    column : pyarrow.Array
        As `days`; also timestamps, and texts as 2025-01-24T22:30:00Z.

    Returns
    -------
    Moments
        A midnight without a zone is a bare date.

    Raises
    ------
    pyarrow.ArrowException
        As `days`.
    """
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        instant = pc.fill_null(column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()), NO_INSTANT)
        day = pc.local_timestamp(column).cast(pa.date32(), safe=False).cast(pa.int32())
        return Moments(_filled(day), np.asarray(instant), np.zeros(len(column), np.bool_))
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        day = _filled(column.cast(pa.date32(), safe=False).cast(pa.int32()))
        return Moments(day, np.full(len(column), NO_INSTANT), (days(column) != day))
    codes, words = _distinct_words(column)
    found = [*map(_moment, words), (NO_DAY, NO_INSTANT, False)]
    day, instant, naive = (np.array(part) for part in zip(*found, strict=True))
    return Moments(day.astype(np.int32)[codes], instant.astype(np.int64)[codes], naive[codes])


def numbers(column: pa.Array) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """
    Take a column of numbers.

    Parameters
    ----------
    column : pyarrow.Array
        Numbers, or texts of them in ASCII digits with a decimal point and no separators;
        `MISSING` stands for none.

    Returns
    -------
    values : ndarray of shape (n_rows,)
        NaN where there is none.
    bad : ndarray
        Rows that hold something which is neither a finite number nor missing.

    Raises
    ------
    TypeError
        If the column holds dates, durations, truth values or anything else that is no number.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.if_else(
            pc.is_in(column, value_set=pa.array(MISSING, column.type)), None, column
        )
        try:
            values = column.cast(pa.float64())
        except pa.ArrowInvalid:
            column, values = _strictly(column)
    elif _is_numeric(column.type):
        values = column.cast(pa.float64(), safe=False)
    else:
        raise TypeError(f"holds values of type {column.type}; numbers are needed")
    found = np.array(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    given = ~np.asarray(column.is_null(nan_is_null=True))
    bad = np.flatnonzero(given & ~np.isfinite(found))
    found[bad] = np.nan
    return found, bad


def as_date(day: int | np.int32) -> dt.date:
    """Turn days since 1970 into a date."""
    return EPOCH + dt.timedelta(days=int(day))


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    )


def _strictly(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Trim texts, null where missing, and read those that are numbers; infinite where none is."""
    trimmed = pc.utf8_trim_whitespace(column)
    given = pc.if_else(pc.is_in(trimmed, pa.array(MISSING, column.type)), None, trimmed)
    good = pc.match_substring_regex(given, _NUMBER)
    values = pc.if_else(good, given, None).cast(pa.float64())
    return given, pc.if_else(pc.invert(good), float("inf"), values)


def _filled(days_: pa.Array) -> npt.NDArray[np.int32]:
    return np.asarray(pc.fill_null(days_, pa.scalar(NO_DAY, pa.int32())), dtype=np.int32)


def _distinct_words(column: pa.Array) -> tuple[npt.NDArray[np.int64], list[str]]:
    if pa.types.is_floating(column.type):  # whole numbers beside missing ones
        column = pc.if_else(pc.is_nan(column), None, column).cast(pa.int64())
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    kind = encoded.dictionary.type
    if not (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_null(kind)
    ):
        raise TypeError(f"holds values of type {kind}; dates are needed, as 2025-01-27")
    words = encoded.dictionary.cast(pa.string()).to_pylist()
    return _indices(encoded), [(word or "").strip() for word in words]


def _indices(encoded: pa.DictionaryArray) -> npt.NDArray[np.int64]:
    return np.array(pc.fill_null(encoded.indices.cast(pa.int64()), -1), dtype=np.int64)


def _day(word: str) -> int:
    found = _DATE.fullmatch(word)
    if found is None:
        return NO_DAY
    try:
        return (dt.date(int(found[1]), int(found[3]), int(found[4])) - EPOCH).days
    except ValueError:
        return NO_DAY


def _moment(word: str) -> tuple[int, int, bool]:
    day = _day(word)
    if day != NO_DAY:
        return day, NO_INSTANT, False
    try:
        if not word.isascii() or len(word) <= len("2025-01-27"):
            return NO_DAY, NO_INSTANT, False
        moment = dt.datetime.fromisoformat(word)
    except ValueError:
        return NO_DAY, NO_INSTANT, False
    day = (moment.date() - EPOCH).days
    if moment.tzinfo is None:
        return day, NO_INSTANT, moment.time() != _MIDNIGHT
    return day, (moment - _INSTANT_EPOCH) // _MICROSECOND, False
