"""Vendors' files as a source: a Yahoo download, CRSP extracts, tables of levels."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.prices.sources.files import FileSource
from analysis.prices.sources.protocol import BadAnswer, SymbolRefused
from tests.loopback.listings import day

BEGIN = dt.date(1990, 1, 2)

YAHOO = """Date,Open,High,Low,Close,Adj Close,Volume
2025-01-24,148.37,148.97,141.88,142.62,142.60,234657600
2025-01-27,124.80,128.40,116.70,118.42,118.40,818830900
"""

# Legacy CRSP around NVIDIA's ten for one split of 2024-06-10, with the dividend of 11 June:
# 7 June 1208.88, 10 June 121.79, 11 June 120.91 and 0.01 paid; a row repeats for a distribution.
CFACPR = "PERMNO,date,PRC,RET,CFACPR\n1,20240102,10,C,1\n1,20240103,9,-0.1,{}\n"
CRSP = """PERMNO,date,TICKER,DISTCD,DIVAMT,FACPR,PRC,VOL,RET,CFACPR,CFACSHR
86580,2024-06-06,NVDA,,,,1209.98,66470000,C,10,10
86580,2024-06-07,NVDA,,,,1208.88,41238600,-0.000909,10,10
86580,2024-06-10,NVDA,5523,0,9,121.79,314163000,0.007461,1,1
86580,2024-06-11,NVDA,1232,0.01,0,-120.91,222551000,-0.007143,1,1
"""


def source(tmp_path, text, name="nvda.csv") -> FileSource:
    path = tmp_path / name
    path.write_text(text)
    return FileSource(path)


def test_a_yahoo_download_is_named_by_its_file(tmp_path):
    got = source(tmp_path, YAHOO).fetch("NVDA", BEGIN)
    assert got.bars.index.tolist() == [day("2025-01-24"), day("2025-01-27")]
    assert got.bars["adj_close"].tolist() == [142.60, 118.40]
    assert got.bars["volume"].tolist() == [234657600, 818830900]


def test_a_crsp_extract_is_chained_from_its_returns(tmp_path):
    got = source(tmp_path, CRSP, "crsp.csv").fetch("NVDA", BEGIN)
    assert got.bars["close"].tolist() == pytest.approx([120.998, 120.888, 121.79, 120.91])
    returns = got.bars["adj_close"].pct_change().tolist()[1:]
    assert returns == pytest.approx([-0.000909, 0.007461, -0.007143])
    assert got.bars["adj_close"].iloc[-1] == pytest.approx(120.91)
    assert got.bars["volume"].iloc[0] == 664700000
    assert got.actions.to_numpy().tolist() == [
        [day("2024-06-11"), "dividend", 0.01],
        [day("2024-06-10"), "split", 10.0],
    ]
    assert (got.currency, got.calendar) == ("USD", "XNYS")


def test_a_ciz_extract_reads_the_same(tmp_path):
    names = {"date": "DlyCalDt", "PRC": "DlyPrc", "RET": "DlyRet", "VOL": "DlyVol",
             "CFACPR": "DlyCumFacPr", "CFACSHR": "DlyCumFacShr", "TICKER": "Ticker"}  # fmt: skip
    first, *rest = CRSP.splitlines()
    header = ",".join(names.get(column, column) for column in first.split(","))
    legacy = source(tmp_path, CRSP, "old.csv").fetch("NVDA", BEGIN)
    ciz = source(tmp_path, "\n".join([header, *rest]), "new.csv").fetch("NVDA", BEGIN)
    pd.testing.assert_frame_equal(ciz.bars, legacy.bars)


def test_a_delisting_return_is_the_last_one(tmp_path):
    text = (
        "PERMNO,date,PRC,RET,DLRET\n1,20240102,10,C,\n1,20240103,9,-0.1,\n1,20240104,9,0.0,-0.5\n"
    )
    bars = source(tmp_path, text).fetch("1", BEGIN).bars
    assert bars["adj_close"].pct_change().tolist()[1:] == pytest.approx([-0.1, -0.5])


def test_a_return_missing_between_prices_is_refused(tmp_path):
    text = "PERMNO,date,PRC,RET\n1,20240102,10,C\n1,20240103,9,-99\n1,20240104,9,0.0\n"
    with pytest.raises(BadAnswer, match="no RET on 2024-01-03"):
        source(tmp_path, text).fetch("1", BEGIN)


@pytest.mark.parametrize(
    "text",
    [
        "session,AAA,BBB\n2025-01-24,10,20\n2025-01-27,9,\n",
        "session,symbol,close\n2025-01-24,AAA,10\n2025-01-24,BBB,20\n2025-01-27,AAA,9\n",
    ],
)
def test_wide_and_long_levels(tmp_path, text):
    files = source(tmp_path, text, "levels.csv")
    assert sorted(files.symbols) == ["AAA", "BBB"]
    assert files.fetch("AAA", BEGIN).bars["adj_close"].tolist() == [10.0, 9.0]
    assert len(files.fetch("BBB", BEGIN).bars) == 1


def test_parquet_reads_as_csv_does(tmp_path):
    csv = source(tmp_path, CRSP, "crsp.csv")
    pd.read_csv(tmp_path / "crsp.csv").to_parquet(tmp_path / "crsp.parquet")
    parquet = FileSource(tmp_path / "crsp.parquet")
    pd.testing.assert_frame_equal(parquet.fetch("NVDA", BEGIN).bars, csv.fetch("NVDA", BEGIN).bars)


def test_a_file_is_read_from_the_session_asked_for_on(tmp_path):
    crsp = source(tmp_path, CRSP)
    for since, rows, kinds in (
        ("2024-06-10", 2, ["split", "dividend"]),
        ("2024-06-11", 1, ["dividend"]),
    ):
        got = crsp.fetch("NVDA", dt.date.fromisoformat(since))
        assert (len(got.bars), got.bars.index[0]) == (rows, day(since))
        assert sorted(got.actions["kind"]) == sorted(kinds)


def test_what_is_not_in_the_file_is_refused(tmp_path):
    files = source(tmp_path, YAHOO)
    with pytest.raises(SymbolRefused, match="did you mean 'NVDA'"):
        files.fetch("NVDIA", BEGIN)
    with pytest.raises(SymbolRefused, match="nothing since"):
        files.fetch("NVDA", dt.date(2026, 1, 1))


def test_what_is_no_table_of_prices_is_refused(tmp_path):
    with pytest.raises(DataError, match="column 'session' is missing"):
        _ = source(tmp_path, "a,b\n1,2\n").symbols


def test_a_file_goes_into_the_store(night, tmp_path):
    report = night("2024-06-11", "NVDA", source=source(tmp_path, CRSP, "crsp.csv"))
    assert report.exit_code == 0
    assert night.read(lambda r: r.states())[0].source == "crsp.csv"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CRSP.replace("2024-06-07", "-04"), "'-04' in data row 2 is no date"),
        (CRSP.replace("2024-06-07", "-2025-01-01"), "'-2025-01-01' in data row 2 is no date"),
        (CRSP.replace("PERMNO,date", "date,date"), "column 'date' occurs twice"),
        (
            CRSP.replace("PERMNO,date", "PERMNO,DATE").replace("TICKER", "date"),
            "'DATE' occurs twice",
        ),
        ("PERMNO,date,PRC,RET\n1,20240102,,C\n", "no price in it for PERMNO 1"),
        ("PERMNO,date,PRC,RET\n", "no rows in it"),
        (CFACPR.format("1e-320"), "CFACPR of size 9.99989e-321 in data row 2 cannot be"),
        (CFACPR.format("-2e9"), "CFACPR of size 2e\\+09 in data row 2 cannot be"),
        ("PERMNO,date,PRC,RET\n1,20240102,1e16,C\n", "PRC of size 1e\\+16 in data row 1"),
        ("PERMNO,date,PRC,RET\n,20240102,1,C\n", "no PERMNO in data row 1"),
        (YAHOO.replace("2025-01-27", "-04"), "'-04' in data row 2 is no date"),
        (YAHOO.replace("124.80", "1_0"), "open '1_0' in data row 2 is no number"),
        (YAHOO.splitlines()[0] + "\n", "no rows in it"),
    ],
)
def test_a_broken_vendor_file_is_refused_in_words(tmp_path, text, words):
    with pytest.raises((DataError, BadAnswer), match=words) as caught:
        _ = source(tmp_path, text).symbols
    assert "nvda.csv" in str(caught.value)


def test_a_return_that_cannot_be_is_none(tmp_path):
    text = "PERMNO,date,PRC,RET\n1,20240102,10,C\n1,20240103,9,-2\n1,20240104,9,0.0\n"
    with pytest.raises(BadAnswer, match="no RET on 2024-01-03"):
        source(tmp_path, text).fetch("1", BEGIN)


def test_a_delisting_that_loses_everything_is_refused(tmp_path):
    text = "PERMNO,date,PRC,RET,DLRET\n1,20240102,10,C,\n1,20240103,9,-0.1,-1\n"
    with pytest.raises(BadAnswer, match="delisting return of -1 on 2024-01-03"):
        _ = source(tmp_path, text).symbols


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%d%b%Y"])
def test_the_dates_that_wrds_offers_are_read(tmp_path, form):
    days = [dt.date(2024, 1, 2), dt.date(2024, 1, 3)]
    rows = "".join(
        f"1,{d.strftime(form)},{10 - i},{'C' if not i else -0.1}\n" for i, d in enumerate(days)
    )
    bars = source(tmp_path, "PERMNO,date,PRC,RET\n" + rows).fetch("1", BEGIN).bars
    assert [stamp.date() for stamp in bars.index] == days
