"""Files as vendors and spreadsheets write them: each gives the levels that it holds."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.prices.files import load_levels_file
from analysis.tabular import read_pieces, table_file

if TYPE_CHECKING:
    from pathlib import Path

DAYS = ["2025-01-23", "2025-01-24", "2025-01-27"]
NVDA, SPY = [147.2186, 142.6186, 118.4187], [607.1201, 605.3701, 596.8]

STOOQ_CSV = """Date,Open,High,Low,Close,Volume
2025-01-23,145.05,147.23,143.71,147.2186,155915000
2025-01-24,148.37,148.97,141.88,142.6186,234657000
2025-01-27,124.8,128.4,116.7,118.4187,818831000
"""
STOOQ_ASCII = """<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>
NVDA.US,D,20250123,000000,145.05,147.23,143.71,147.2186,155915000,0
NVDA.US,D,20250124,000000,148.37,148.97,141.88,142.6186,234657000,0
NVDA.US,D,20250127,000000,124.8,128.4,116.7,118.4187,818831000,0
SPY.US,D,20250123,000000,605.8,607.12,604.5,607.1201,41152100,0
SPY.US,D,20250124,000000,607.6,608.78,604.4,605.3701,34604700,0
SPY.US,D,20250127,000000,594.8,599.69,594.6,596.8,70361100,0
"""
YFINANCE = """Price,Close,Close,High,High,Volume,Volume
Ticker,NVDA,SPY,NVDA,SPY,NVDA,SPY
Date,,,,,,
2025-01-23,147.2186,607.1201,147.23,607.12,155915000,41152100
2025-01-24,142.6186,605.3701,148.97,608.78,234657000,34604700
2025-01-27,118.4187,596.8,128.4,599.69,818831000,70361100
"""
YFINANCE_ALONE = """Price,Adj Close,Close,High,Low,Open,Volume
Ticker,NVDA,NVDA,NVDA,NVDA,NVDA,NVDA
Date,,,,,,
2025-01-23,147.2186,147.22,147.23,143.71,145.05,155915000
2025-01-24,142.6186,142.62,148.97,141.88,148.37,234657000
2025-01-27,118.4187,118.42,128.4,116.7,124.8,818831000
"""
YFINANCE_BY_TICKER = """Ticker,SPY,SPY,SPY,NVDA,NVDA,NVDA
Price,Open,Close,Adj Close,Open,Close,Adj Close
Date,,,,,,
2025-01-23 00:00:00-05:00,605.8,609.75,607.1201,145.05,147.22,147.2186
2025-01-24 00:00:00-05:00,607.6,607.97,605.3701,148.37,142.62,142.6186
2025-01-27 00:00:00-05:00,594.8,599.37,596.8,124.8,118.42,118.4187
"""
YFINANCE_OLD = """,Adj Close,Adj Close,Close,Close
,NVDA,SPY,NVDA,SPY
Date,,,,
2025-01-23,147.2186,607.1201,147.22,609.75
2025-01-24,142.6186,605.3701,142.62,607.97
2025-01-27,118.4187,596.8,118.42,599.37
"""
YAHOO = """Date,Open,High,Low,Close,Adj Close,Volume
2025-01-23,145.05,147.23,143.71,147.22,147.2186,155915000
2025-01-24,148.37,148.97,141.88,142.62,142.6186,234657000
2025-01-27,124.8,128.4,116.7,118.42,118.4187,818831000
"""
SEMICOLONS = """Date;NVDA;SPY
2025-01-23;147,2186;607,1201
2025-01-24;142,6186;605,3701
2025-01-27;118,4187;596,8
"""
LONG = """timestamp,Ticker,currency,Close,volume
2025-01-23T00:00:00,NVDA,USD,147.2186,155915000
2025-01-23T00:00:00,SPY,USD,607.1201,41152100
2025-01-24T00:00:00,NVDA,USD,142.6186,234657000
2025-01-24T00:00:00,SPY,USD,605.3701,34604700
2025-01-27T00:00:00,NVDA,USD,118.4187,818831000
2025-01-27T00:00:00,SPY,USD,596.8,70361100
"""


@pytest.fixture
def read(tmp_path: Path, snapshot):
    def _read(content: str | bytes, name: str = "levels.csv") -> pd.DataFrame:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_levels_file(path, snapshot, calendar="XNYS").levels

    return _read


def workbook(rows: list[list[object]], *, empty_first: bool = False) -> bytes:
    book = openpyxl.Workbook()
    for row in [[None], *rows] if empty_first else rows:
        book.active.append(row)
    book.create_sheet("Notes").append(["nothing of this is read"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        *(STOOQ_ASCII, YFINANCE, YFINANCE_BY_TICKER, YFINANCE_OLD, SEMICOLONS, LONG),
        SEMICOLONS.replace(",", ".").replace(";", "\t"),
        SEMICOLONS.replace("Date", "session").replace("\n", "\r\n"),
        LONG.replace("timestamp", "date").replace("Ticker", "PERMNO"),
    ],
    ids=["stooq", "yfinance", "by-ticker", "old", "semicolons", "long", "tabs", "crlf", "permno"],
)
def test_every_dialect_gives_the_same_levels(read, content) -> None:
    levels = read(content)
    assert [str(day.date()) for day in levels.index] == DAYS
    assert sorted(levels.columns) == ["NVDA", "SPY"]
    assert levels["NVDA"].tolist() == NVDA
    assert levels["SPY"].tolist() == SPY


@pytest.mark.parametrize(
    ("content", "name"),
    [(STOOQ_CSV, "nvda_us_d.csv"), (YAHOO, "NVDA.csv"), (YFINANCE_ALONE, "download.csv")],
    ids=["stooq", "yahoo", "yfinance"],
)
def test_the_bars_of_one_symbol_have_its_name_or_that_of_the_file(read, content, name) -> None:
    levels = read(content, name)
    assert levels.columns.tolist() == ["NVDA"]
    assert levels["NVDA"].tolist() == NVDA


@pytest.mark.parametrize("empty_first", [False, True])
def test_a_workbook_is_its_first_sheet(read, empty_first) -> None:
    rows = [[pd.Timestamp(day), a, b] for day, a, b in zip(DAYS, NVDA, SPY, strict=True)]
    content = workbook([["Date", "NVDA", "SPY"], *rows], empty_first=empty_first)
    levels = read(content, "levels.xlsx")
    assert levels["NVDA"].tolist() == NVDA
    assert levels["SPY"].tolist() == SPY
    assert [str(day.date()) for day in levels.index] == DAYS


def test_a_cell_of_a_workbook_is_named_by_its_row(read, tmp_path) -> None:
    rows = [["Date", "A"], ["2025-01-23", 10], ["2025-01-24", "ten"]]
    with pytest.raises(DataError, match="A on 2025-01-24 is 'ten', not a number"):
        read(workbook(rows), "levels.xlsx")
    assert table_file(tmp_path / "levels.xlsx").place(1).endswith("levels.xlsx line 3")
    pieces = list(read_pieces(tmp_path / "levels.xlsx", ["A"]))
    assert [piece.texts(0)[1] for piece in pieces] == [["10", "ten"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 and no more", "no sound Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel; save it as .xlsx"),
        (workbook([]), "the first sheet is empty"),
        (workbook([["Date", "A"], ["2025-01-23", 1, 2]]), "row 2 has more cells than the header"),
        (workbook([["Date", "A", "A"], ["2025-01-23", 1, 2]]), "'A' occurs twice"),
    ],
)
def test_what_is_no_sound_workbook_is_refused(read, content, words) -> None:
    with pytest.raises(DataError, match=words):
        read(content, "levels.xlsx")


@pytest.mark.parametrize(("unit", "code"), [("USD", "USD"), ("GBp", "GBP"), ("ZAc", "ZAR")])
def test_a_currency_of_hundredths_is_that_of_its_whole(tmp_path, snapshot, unit, code) -> None:
    rows = "".join(f"{day},A,{price},{unit}\n" for day, price in zip(DAYS, (1, 2, 3), strict=True))
    path = tmp_path / "long.csv"
    path.write_text(f"date,symbol,close,currency\n{rows}")
    assert load_levels_file(path, snapshot, calendar="XNYS").currencies == {"A": code}


def test_returns_are_compounded_where_the_head_says_returns(read) -> None:
    returns = [0.01, -0.0312, -0.1697]
    rows = "".join(f"{day},A,{value}\n" for day, value in zip(DAYS, returns, strict=True))
    level = read(f"date,symbol,return\n{rows}")["A"]
    np.testing.assert_allclose(level.pct_change()[1:], returns[1:], rtol=1e-12)
    assert level.iloc[0] == 1.01
    with pytest.raises(DataError, match="give decimals"):
        read(f"date,symbol,ret\n{rows}".replace("-0.1697", "-16.97"))
    with pytest.raises(DataError, match="both stand in it"):
        read("date,symbol,close,return\n2025-01-23,A,1,0.1\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (SEMICOLONS.replace("596,8", "1.596,8"), "has a comma, other cells of 'SPY' have points"),
        (SEMICOLONS.replace("596,8", "596,8,1"), "'596,8,1', not a number"),
        (LONG.replace("24T00:00:00,NVDA,USD", "24,NVDA,EUR"), "NVDA stands in two currencies"),
        (STOOQ_ASCII.replace(",D,", ",5,"), "bars of '5'; daily ones"),
        (
            YFINANCE.replace("Close", "Open"),
            "no 'close' in the first row of heads; known: high, open",
        ),
        (LONG.replace("2025-01-23T00:00:00", "2025-01-23T09:30:00"), "holds clock times"),
        (SEMICOLONS.replace("118,4187;", ""), "fewer cells than the header"),
    ],
)
def test_what_is_ambiguous_is_refused(read, content, words) -> None:
    with pytest.raises(DataError, match=words):
        read(content)
