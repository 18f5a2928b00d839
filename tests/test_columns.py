"""Columns as symbols, dates, instants and numbers."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from analysis.columns import NO_DAY, NO_INSTANT, days, moments, numbers, texts

moment = dt.datetime.fromisoformat


def test_dates_are_read_in_their_usual_forms():
    text = ["2025-01-27", "20250127", "2025-01-27T00:00:00", " 2025-01-27 ", "27.1.", None]
    assert days(pa.array(text)).tolist() == [20115] * 4 + [NO_DAY] * 2
    assert days(pa.array([20250127, 5])).tolist() == [20115, NO_DAY]
    stamps = pa.array([moment("2025-01-27"), None], pa.timestamp("ns"))
    assert days(stamps).tolist() == [20115, NO_DAY]
    assert days(pa.array([20250127.0, None])).tolist() == [20115, NO_DAY]


@pytest.mark.parametrize(
    "word",
    [
        *("-04", "-2025-01-01", "2025-1-7", "2025-01", "2025-W05-1", "2025-02-30", "01/27/2025"),
        *("2025-01-27T15:30:00", "2025-01-27T00:00:00Z", "\u0662025-01-27", "20250127.0", "today"),
    ],
)
def test_what_is_no_date(word):
    assert days(pa.array([word])).tolist() == [NO_DAY]


def test_a_timestamp_that_is_not_midnight_is_no_date():
    instants = [moment("2025-01-27"), moment("2025-01-27 15:30")]
    assert days(pa.array(instants, pa.timestamp("us"))).tolist() == [20115, NO_DAY]
    # midnight in New York, as vendors write daily bars
    local = pa.array([moment("2025-01-27 05:00")], pa.timestamp("us", "America/New_York"))
    assert days(local).tolist() == [20115]


def test_instants_keep_their_hour():
    found = moments(
        pa.array(
            ["2025-01-24", "2025-01-24T22:30:00Z", "2025-01-24 22:30-05:00", "2025-01-24T22:30", ""]
        )
    )
    assert found.day.tolist() == [20112] * 4 + [NO_DAY]
    base = int(dt.datetime(2025, 1, 24, 22, 30, tzinfo=dt.UTC).timestamp()) * 10**6
    assert found.instant.tolist() == [
        *(NO_INSTANT, base, base + 5 * 3600 * 10**6, NO_INSTANT, NO_INSTANT)
    ]
    assert found.naive.tolist() == [False, False, False, True, False]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_of_any_unit_are_the_texts(unit):
    when = moment("2025-01-24 22:30")
    zoned = moments(pa.array([when, None], pa.timestamp(unit, "UTC")))
    text = moments(pa.array(["2025-01-24T22:30:00Z", None]))
    np.testing.assert_array_equal(zoned.day, text.day)
    np.testing.assert_array_equal(zoned.instant, text.instant)
    bare = moments(pa.array([when, moment("2025-01-24"), None], pa.timestamp(unit)))
    assert bare.naive.tolist() == [True, False, False]
    assert bare.day.tolist() == [20112, 20112, NO_DAY]


def test_numbers_are_strict():
    words = ["1", "-0.5", "+2", ".5", "5.", "1e-3", " 7 ", "", "NA", ".", " NaN\t", "  "]
    values, bad = numbers(pa.array(words))
    assert bad.size == 0
    np.testing.assert_array_equal(values, [1, -0.5, 2, 0.5, 5, 0.001, 7, *[np.nan] * 5])
    wrong = [
        "1_0",
        "\u0661",
        "\uff11",
        "0x10",
        "1,5",
        "1.5.2",
        "1e",
        "--1",
        "inf",
        "-Infinity",
        "1 0",
    ]
    values, bad = numbers(pa.array(["1.5", *wrong]))
    assert bad.tolist() == list(range(1, len(wrong) + 1))
    assert values[0] == 1.5
    assert np.isnan(values[1:]).all()


@pytest.mark.parametrize(
    "column",
    [
        pa.array([dt.date(2025, 1, 27)]),
        pa.array([moment("2025-01-27")]),
        pa.array([dt.timedelta(days=1)]),
        pa.array([True]),
        pa.array([[1.0]]),
    ],
    ids=lambda column: str(column.type),
)
def test_what_is_no_column_of_numbers(column):
    with pytest.raises(TypeError, match="numbers are needed"):
        numbers(column)


def test_symbols_as_texts_and_whole_numbers():
    codes, words = texts(pa.array([10107, None, 10107]))
    assert ([words[code] for code in codes if code >= 0], codes[1]) == (["10107"] * 2, -1)
    codes, words = texts(pa.array([10107.0, float("nan")]))
    assert (words[codes[0]], codes[1]) == ("10107", -1)
    codes, words = texts(pa.array([" NVDA", "NVDA", "", "  "]))
    assert [words[code] for code in codes[:2]] == ["NVDA", "NVDA"]
    assert codes[2:].tolist() == [-1, -1]
    with pytest.raises(pa.ArrowException):
        texts(pa.array([10107.5]))
