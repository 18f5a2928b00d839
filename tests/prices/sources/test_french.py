"""Kenneth French's library over the real HTTP stack, from the loopback server."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pandas as pd
import pytest

from analysis.prices.refresh.related import refresh_factors, refresh_shares
from analysis.prices.refresh.run import RefreshReport
from analysis.prices.sources.french import FIVE_FACTORS, MOMENTUM, read_factors, vintage_of
from analysis.prices.sources.http import LARGEST_BODY
from analysis.prices.sources.protocol import BadAnswer, SourceUnavailable
from analysis.prices.store.records import SymbolOutcome
from tests.loopback.listings import after_close, day, listing, sessions
from tests.loopback.server import zipped
from tests.prices.conftest import PATIENT

ONCE = dataclasses.replace(PATIENT, attempts=1)
NOW = after_close("2025-03-31")


def library(header: str, rows: list[str], about: str) -> str:
    """A file as the library writes it: prose, an empty line, the table, a copyright line."""
    return "\r\n".join([about, "", header, *rows, "", "Copyright Eugene F. Fama"]) + "\r\n"


@pytest.fixture
def french(vendor):
    """Two small files of the library; what they say is returned in percent."""
    days = sessions("2025-01-02", "2025-03-31")
    five = [
        f"{d:%Y%m%d},   {0.01 * i:.2f},  0.10, -0.20,  0.30, -0.40, 0.017"
        for i, d in enumerate(days)
    ]
    momentum = [f"{d:%Y%m%d},   {-0.01 * i:.2f}" for i, d in enumerate(days)]
    momentum[-1] = f"{days[-1]:%Y%m%d}, -99.99"
    about = "This file was created by using the 202503 CRSP database. The 1-month TBill rate ..."
    vendor.zips[f"{FIVE_FACTORS}_CSV.zip"] = zipped(
        "five.csv", library(",Mkt-RF,SMB,HML,RMW,CMA,RF", five, about)
    )
    vendor.zips[f"{MOMENTUM}_CSV.zip"] = zipped("mom.csv", library(",Mom   ", momentum, about))
    return days


def test_percent_become_decimals_and_missing_codes_no_rows(french):
    read = read_factors(NOW, ONCE)
    assert read.vintage == "202503"
    assert list(read.factors.columns) == ["mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf"]
    pd.testing.assert_index_equal(read.factors.index, french[:-1].rename("session"), exact=False)
    row = read.factors.loc[day("2025-01-03")]
    expected = [0.0001, 0.001, -0.002, 0.003, -0.004, -0.0001, 0.00017]
    assert row.tolist() == pytest.approx(expected)


def test_factors_are_kept_with_their_vintage(french, store):
    report = refresh_factors(store, RefreshReport(()), NOW, ONCE)
    assert report.exit_code == 0
    assert report.outcomes[-1].message == f"to {french[-2].date()}, CRSP vintage 202503"
    with store.reading() as reader:
        factors, vintage = reader.factors()
    assert (len(factors), vintage) == (len(french) - 1, "202503")


def test_a_library_that_does_not_answer_is_said_so(vendor, store):
    with pytest.raises(SourceUnavailable, match="Kenneth French's library answered HTTP 404"):
        read_factors(NOW, ONCE)
    done = RefreshReport((SymbolOutcome("NVDA", "updated"),))
    assert refresh_factors(store, done, NOW, ONCE).exit_code == 3


def test_a_library_that_has_changed_its_form_is_no_library(french, vendor):
    text = library(",Momentum", [f"{d:%Y%m%d},   0.10" for d in french], "prose")
    vendor.zips[f"{MOMENTUM}_CSV.zip"] = zipped("mom.csv", text)
    with pytest.raises(BadAnswer, match="changed its form"):
        read_factors(NOW, ONCE)


def test_vintage_of_an_unknown_description():
    assert vintage_of("no such thing") == "unknown"


def test_shares_are_kept_with_their_dates(night, source):
    night.vendor.add(listing("NVDA", shares={day("2024-11-20"): 2.449e10}), listing("SPY"))
    report = night("2025-03-31", "NVDA", "SPY")
    report = refresh_shares(night.store, source, report, NOW)
    assert report.outcomes[-1].message == "1 firm(s)"
    shares = night.read(lambda r: r.shares("NVDA"))
    assert shares["shares"].tolist() == [2.449e10]
    asked = [query for _, path, query in night.vendor.requests if "timeseries" in path]
    ten_years = NOW.date() - dt.timedelta(days=3650)
    begun = {dt.datetime.fromtimestamp(int(query["period1"][0]), dt.UTC).date() for query in asked}
    assert begun == {ten_years}
    assert shares["source"].tolist()[0].startswith("yahoo, yfinance ")


def test_what_lies_after_the_day_asked_for_is_not_taken(french):
    read = read_factors(after_close("2025-02-28"), ONCE)
    assert read.factors.index[-1] == day("2025-02-28")


@pytest.mark.parametrize(
    ("archive", "says"),
    [
        (b"no zip", "not a zip file"),
        (zipped("a.csv", "prose only"), "no header in it"),
        (zipped("a.csv", ",Mkt-RF,SMB\r\n20250102, x, 0.1\r\n"), "could not convert"),
        (zipped("a.csv", ",Mkt-RF,SMB\r\n20251399, 0.1, 0.1\r\n"), "%Y%m%d"),
        (zipped("a.csv", ",Mkt-RF,SMB\r\n20250102, 0.1\r\n"), "columns passed"),
        (zipped("a.csv", " " * (LARGEST_BODY + 1)), "larger than 16 MB"),
    ],
)
def test_what_is_no_table_of_the_library_is_refused(french, vendor, archive, says):
    vendor.zips[f"{FIVE_FACTORS}_CSV.zip"] = archive
    with pytest.raises(BadAnswer, match=says):
        read_factors(NOW, ONCE)
