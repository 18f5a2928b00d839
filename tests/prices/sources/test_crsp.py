"""CRSP extracts row by row: what is kept, on which basis, and what counts as missing."""

from __future__ import annotations

import io
import math

import pandas as pd
import pytest

from analysis.prices.sources.crsp import read_crsp
from analysis.prices.sources.protocol import BadAnswer


def read(text: str):
    return read_crsp(pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False), where="f")


def one(text: str):
    (found,) = read(text).values()
    return found


def test_a_delisting_follows_the_last_close() -> None:
    """9 at the last close, then half of it: the level ends on 4.50, and began on 10."""
    bars = one(
        "PERMNO,date,PRC,RET,DLRET\n1,20240102,10,C,\n1,20240103,9,-0.1,\n1,20240104,9,0.0,-0.5\n"
    ).bars
    assert bars["adj_close"].tolist() == pytest.approx([10.0, 9.0, 4.5])
    assert bars["close"].tolist() == [10.0, 9.0, 9.0]


@pytest.mark.parametrize("code", ["-44", "-55", "-66.0", "-99", "", "S", "T"])
def test_codes_of_missing_delisting_returns_lose_nothing(code) -> None:
    text = f"PERMNO,date,PRC,RET,DLRET\n1,20240102,10,C,\n1,20240103,9,-0.1,{code}\n"
    assert one(text).bars["adj_close"].tolist() == pytest.approx([10.0, 9.0])


@pytest.mark.parametrize("value", ["-1.5", "-43.9"])
def test_a_delisting_return_that_is_no_code_must_be_one(value) -> None:
    text = f"PERMNO,date,PRC,RET,DLRET\n1,20240102,10,C,\n1,20240103,9,-0.1,{value}\n"
    with pytest.raises(BadAnswer, match="delisting return of"):
        read(text)


def test_a_first_return_is_not_needed_and_every_later_one_is() -> None:
    assert len(one("PERMNO,date,PRC,RET\n1,20240102,10,\n1,20240103,9,-0.1\n").bars) == 2
    with pytest.raises(BadAnswer, match="no RET on 2024-01-03"):
        read("PERMNO,date,PRC,RET\n1,20240102,10,C\n1,20240103,9,\n")


def test_a_price_of_quotes_is_negative_and_one_of_zero_is_none() -> None:
    text = (
        "PERMNO,date,PRC,RET,OPENPRC,ASKHI,BIDLO\n1,20240102,-10,C,-9,-11,-8\n"
        "1,20240103,0,0.3,1,1,1\n1,20240104,,0.3,1,1,1\n1,20240105,12,0.2,11,13,10\n"
    )
    bars = one(text).bars
    assert bars["close"].tolist() == [10.0, 12.0]
    assert bars[["open", "high", "low"]].to_numpy().tolist() == [[9, 11, 8], [11, 13, 10]]
    assert bars["adj_close"].tolist() == pytest.approx([10.0, 12.0])


@pytest.mark.parametrize(
    ("price", "factor", "wrong"),
    [
        ("1e12", "1e9", ""),
        ("1e-9", "1e-9", ""),
        ("1.01e12", "1", "PRC of size 1.01e"),
        ("9.9e-10", "1", "PRC of size 9.9e-10 in data row 2"),
        ("10", "1.01e9", "CFACPR of size 1.01e"),
        ("10", "9.9e-10", "CFACPR of size 9.9e-10 in data row 2"),
        ("-1.01e12", "1", "PRC of size 1.01e"),
        ("0", "0", ""),
    ],
)
def test_figures_beyond_all_reason_are_refused(price, factor, wrong) -> None:
    text = f"PERMNO,date,PRC,RET,CFACPR\n1,20240102,10,C,1\n1,20240103,{price},0.0,{factor}\n"
    if not wrong:
        read(text)
        return
    with pytest.raises(BadAnswer, match=wrong):
        read(text)


def test_a_price_of_cents_is_one() -> None:
    text = "PERMNO,date,PRC,RET\n1,20240102,0.5,C\n1,20240103,0.25,-0.5\n"
    assert one(text).bars["close"].tolist() == [0.5, 0.25]


def test_prices_and_volume_are_on_the_basis_of_the_extract() -> None:
    text = (
        "PERMNO,date,PRC,RET,VOL,CFACPR,CFACSHR\n1,20240102,100,C,7,4,5\n"
        "1,20240103,25,0.0,-99,1,1\n1,20240104,25,0.0,0,1,1\n"
    )
    bars = one(text).bars
    assert bars["close"].tolist() == [25.0, 25.0, 25.0]
    assert bars["volume"].iloc[0] == 35.0
    assert math.isnan(bars["volume"].iloc[1])
    assert bars["volume"].iloc[2] == 0.0
    text = (
        "PERMNO,date,PRC,RET,OPENPRC,ASKHI,BIDLO,CFACPR\n1,20240102,100,C,96,104,92,4\n"
        "1,20240103,25,0.0,24,26,23,1\n"
    )
    bars = one(text).bars
    assert bars[["open", "high", "low"]].to_numpy().tolist() == [[24, 26, 23], [24, 26, 23]]
    none = one("PERMNO,date,PRC,RET,VOL,CFACPR\n1,20240102,10,C,7,0\n1,20240103,9,-0.1,7,1\n").bars
    assert math.isnan(none["close"].iloc[0])


@pytest.mark.parametrize(
    ("row", "actions"),
    [
        ("1232,0.01,0,1", [["dividend", 0.01]]),
        ("1232,0.01,0,10", [["dividend", 0.001]]),
        ("5523,0,9,1", [["split", 10.0]]),
        ("5523,0,0,1", []),  # a split by one is none
        ("5523,0,-0.5,1", [["split", 0.5]]),
        ("5523,0,-1,1", []),
        ("1232,0.01,9,1", [["dividend", 0.01]]),  # the code says which of the two it is
        ("5523,0.01,9,1", [["split", 10.0]]),
        ("1232,0,0,1", []),
        ("3763,0.01,9,1", []),
    ],
)
def test_what_a_distribution_is_its_code_says(row, actions) -> None:
    text = "PERMNO,date,PRC,RET,DISTCD,DIVAMT,FACPR,CFACPR\n1,20240102,10,C,,,,1\n"
    got = one(f"{text}1,20240103,10,0.0,{row}\n").actions
    assert got[["kind", "value"]].to_numpy().tolist() == actions
    assert [str(day.date()) for day in got["session"]] == ["2024-01-03"] * len(actions)


def test_without_codes_both_count_and_a_row_that_repeats_counts_once() -> None:
    text = (
        "PERMNO,date,PRC,RET,DIVAMT,FACPR\n1,20240102,10,C,,\n1,20240103,10,0.0,0.5,1\n"
        "1,20240103,10,0.0,0.5,1\n"
    )
    got = one(text)
    assert len(got.bars) == 2
    assert got.actions[["kind", "value"]].to_numpy().tolist() == [["dividend", 0.5], ["split", 2.0]]
    ciz = "PERMNO,DlyCalDt,DlyPrc,DlyRet,DlyOrdDivAmt,DlyFacPrc\n1,20240102,10,,0,1\n"
    got = one(f"{ciz}1,20240103,5,0.0,0,2\n").actions
    assert got[["kind", "value"]].to_numpy().tolist() == [["split", 2.0]]


def test_securities_are_named_by_their_last_ticker_once() -> None:
    text = (
        "PERMNO,date,PRC,RET,TICKER\n1,20240102,10,C,old\n1,20240103,10,0,new\n"
        "2,20240103,10,C,NEW\n3,20240103,10,C,\n"
    )
    frame = pd.read_csv(io.StringIO(text), dtype=str)
    assert list(read_crsp(frame, where="f")) == ["NEW", "2", "3"]
    assert list(read("PERMNO,date,PRC,RET\n1,20240102,10,C\n")) == ["1"]


def test_rows_may_come_in_any_order() -> None:
    text = "PERMNO,date,PRC,RET\n1,20240104,8,-0.2\n1,20240102,10,C\n1,20240103,10,0.0\n"
    assert one(text).bars["adj_close"].tolist() == pytest.approx([10.0, 10.0, 8.0])


def test_a_row_without_a_permno_is_named() -> None:
    frame = pd.read_csv(
        io.StringIO("PERMNO,date,PRC,RET\n1,20240102,10,C\n,20240103,9,-0.1\n"), dtype=str
    )
    with pytest.raises(BadAnswer, match="no PERMNO in data row 2"):
        read_crsp(frame, where="f")
