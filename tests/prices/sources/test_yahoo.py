"""The real yfinance client against the loopback vendor, in every mood of the vendor."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import datetime as dt

import numpy as np
import pytest

from analysis.prices.sources.http import Pace
from analysis.prices.sources.protocol import BadAnswer, SourceUnavailable, SymbolRefused
from analysis.prices.sources.yahoo import YahooSource, _quoted
from analysis.prices.sources.yahoo_http import judge
from tests.loopback.listings import day, listing
from tests.loopback.server import Fault
from tests.prices.conftest import HASTY, PATIENT

SINCE = dt.date(2024, 1, 1)


def test_bars_and_actions_are_what_the_vendor_shows(vendor, source):
    shown = listing("NVDA", splits={day("2024-06-10"): 10.0}, dividends={day("2024-03-05"): 0.4})
    vendor.add(shown)
    got = source.fetch("NVDA", SINCE)
    expected = shown.view()
    np.testing.assert_array_equal(got.bars.index, expected.index)
    for ours, theirs in (("close", "close"), ("adj_close", "adjclose"), ("open", "open")):
        np.testing.assert_allclose(got.bars[ours], expected[theirs], rtol=1e-7)
    assert got.actions.to_numpy().tolist() == [
        [day("2024-03-05"), "dividend", pytest.approx(0.04)],
        [day("2024-06-10"), "split", 10.0],
    ]
    assert (got.currency, got.calendar, got.source) == ("USD", "XNYS", "yahoo")
    assert got.client.startswith("yfinance ")


def test_only_the_span_asked_for_is_read(vendor, source):
    vendor.add(listing("NVDA"))
    got = source.fetch("NVDA", dt.date(2025, 3, 3))
    assert got.bars.index[0] == day("2025-03-03")
    assert len(vendor.charts("NVDA")) == 1


@pytest.mark.parametrize("kind", ["429", "500", "truncated", "cut", "html"])
def test_what_passes_is_tried_again(vendor, source, kind):
    vendor.add(listing("NVDA"))
    vendor.faults["NVDA"] = Fault(kind, times=2)
    assert len(source.fetch("NVDA", SINCE).bars) == 312


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("429", "HTTP 429"),
        ("500", "HTTP 500"),
        ("truncated", "no answer from query2.finance.yahoo.com"),
        ("cut", "broken body"),
        ("html", "a web page instead of JSON"),
    ],
)
def test_what_does_not_pass_is_unavailable_after_bounded_tries(vendor, source, kind, says):
    vendor.add(listing("NVDA"), listing("AMD"))
    source.fetch("AMD", SINCE)
    vendor.faults["NVDA"] = Fault(kind)
    before = len(vendor.requests)
    with pytest.raises(SourceUnavailable, match=f"NVDA: .*{says}"):
        source.fetch("NVDA", SINCE)
    assert len(vendor.requests) - before == HASTY.attempts


@pytest.mark.slow
def test_an_answer_that_never_comes_is_given_up(vendor, loopback, tmp_path):
    source = YahooSource(tmp_path, dataclasses.replace(PATIENT, stall=1, attempts=50))
    vendor.add(listing("NVDA"), listing("AMD"))
    source.fetch("AMD", SINCE)
    fault = vendor.faults["NVDA"] = Fault("slow", times=1)
    assert len(source.fetch("NVDA", SINCE).bars) == 312  # a later try
    assert fault.times == 0


@pytest.mark.parametrize("kind", ["delisted", "empty"])
def test_no_data_is_not_mistaken_for_no_network(vendor, source, kind):
    vendor.add(listing("NVDA"))
    vendor.faults["NVDA"] = Fault(kind)
    with pytest.raises(SymbolRefused, match="NVDA: Yahoo Finance"):
        source.fetch("NVDA", SINCE)
    assert len(vendor.charts("NVDA")) <= 1  # not tried again


def test_nan_rows_arrive_as_nan(vendor, source):
    vendor.add(listing("NVDA", nan_rows={day("2025-03-20")}))
    bars = source.fetch("NVDA", SINCE).bars
    assert bars.index[bars["close"].isna()].tolist() == [day("2025-03-20")]


def test_retry_after_is_heeded_up_to_a_bound(loopback, vendor, tmp_path):
    vendor.add(listing("NVDA"))
    vendor.faults["NVDA"] = Fault("429", times=1, header={"Retry-After": "3600"})
    source = YahooSource(tmp_path, PATIENT)
    assert len(source.fetch("NVDA", SINCE).bars) == 312


def test_without_a_network_it_stops_asking_at_once(loopback, monkeypatch, tmp_path):
    for name in loopback.environment:
        if name.lower().endswith("_proxy") and not name.lower().startswith("no"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
    source = YahooSource(tmp_path, HASTY)
    for _ in range(2):
        with pytest.raises(SourceUnavailable, match="cannot be reached") as caught:
            source.fetch("NVDA", SINCE)
        assert caught.value.offline


def test_shares_come_with_their_dates(vendor, source):
    counts = {day("2024-11-20"): 2.449e10, day("2025-02-26"): 2.44e10}
    vendor.add(listing("NVDA", shares=counts), listing("SPY"))
    assert source.shares("NVDA", SINCE).to_dict() == counts
    assert source.shares("SPY", SINCE).empty


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (429, b"", SourceUnavailable),
        (503, b"{}", SourceUnavailable),
        (200, b"<html>", SourceUnavailable),
        (200, b'{"chart": {"resu', SourceUnavailable),
        (200, b"[]", BadAnswer),
        (404, b'{"chart": {"error": {"description": "gone"}}}', SymbolRefused),
    ],
)
def test_judge_raises_for_what_yfinance_would_swallow(status, body, error):
    with pytest.raises(error):
        judge(status, body, None)


@pytest.mark.parametrize("status", [200, 401, 403])
def test_judge_lets_pass_what_yfinance_handles(status):
    judge(status, b'{"chart": {"result": [], "error": null}}', None)


def test_requests_are_spaced_over_all_threads():
    slept: list[float] = []
    pace = Pace(rate=100, clock=lambda: 5.0, sleep=slept.append)  # all at the same instant
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: pace.wait(), range(11)))
    np.testing.assert_allclose(sorted(slept), np.arange(11) / 100, atol=1e-12)


def test_a_pause_between_requests_counts():
    slept: list[float] = []
    ticks = iter([0.0, 0.25, 10.0])
    pace = Pace(rate=2, clock=lambda: next(ticks), sleep=slept.append)
    for _ in range(3):
        pace.wait()
    assert slept == [0.0, 0.25, 0.0]


def test_a_symbol_has_at_most_forty_letters():
    assert _quoted("A" * 40) == "A" * 40
    assert _quoted("^GSPC") == "^GSPC"
    for none in ("A" * 41, "", "..", "A\n"):
        with pytest.raises(SymbolRefused, match="no symbol that Yahoo Finance could have"):
            _quoted(none)
