"""What a vendor cannot make the program do, over the real HTTP stack and the loopback server."""

from __future__ import annotations

import dataclasses
import datetime as dt
import gzip
import json

import pytest
from curl_cffi import CurlOpt

from analysis.cli._live import yahoo_options
from analysis.errors import SourceError
from analysis.prices.sources.http import LARGEST_BODY, BoundedSession, Pace, Patience
from analysis.prices.sources.protocol import BadAnswer, SymbolRefused
from analysis.prices.sources.yahoo import YahooSource
from analysis.prices.sources.yahoo_http import judge
from tests.loopback.listings import day, listing
from tests.loopback.server import Fault
from tests.prices.conftest import PATIENT

SINCE = dt.date(2024, 1, 1)


@pytest.fixture
def fetch(vendor, source):
    """Fetch NVDA while the vendor acts in some way; AMD was fetched before, with the cookie."""
    vendor.add(listing("NVDA"), listing("AMD"))
    source.fetch("AMD", SINCE)

    def call(act, times=10**9):
        vendor.faults["NVDA"] = Fault("act", times, act=act)
        return source.fetch("NVDA", SINCE)

    return call


def test_a_body_without_end_is_dropped_at_the_bound(fetch):
    def endless(handler, document):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        sent = 0
        while sent < 8 * LARGEST_BODY:  # the client must hang up long before
            handler.wfile.write(b" " * 2**20)
            sent += 2**20
        raise AssertionError("all of it was taken")

    with pytest.raises(BadAnswer, match="NVDA: Yahoo Finance answered with more than 16 MB"):
        fetch(endless)


def test_a_body_is_measured_unpacked(fetch):
    bomb = gzip.compress(b" " * (LARGEST_BODY + 2**20))
    assert len(bomb) < 2**16
    with pytest.raises(BadAnswer, match="more than 16 MB"):
        fetch(lambda handler, _: handler.answer(200, bomb, Content_Encoding="gzip"))


def test_a_large_body_within_the_bound_is_read(fetch):
    def padded(handler, document):
        body = json.dumps(document).encode()
        handler.answer(200, body + b" " * (LARGEST_BODY - len(body)))

    assert len(fetch(padded).bars) == 312


def test_a_packed_body_is_read(fetch):
    def packed(handler, document):
        body = gzip.compress(json.dumps(document).encode())
        handler.answer(200, body, Content_Encoding="gzip")

    assert len(fetch(packed).bars) == 312


@pytest.mark.parametrize(
    "target",
    [
        "http://query1.finance.yahoo.com/v8/finance/chart/NVDA",
        "https://query1.finance.yahoo.com:8443/v8/finance/chart/NVDA",
        "https://yahoo.com.evil.example/",
        "https://evilyahoo.com/",
        "//127.0.0.1/",
        "file:///etc/passwd",
        "ftp://yahoo.com/",
        "https://yahoo.com@evil.example/",
        "https://[::1/",
        "gopher://\x1b[2J",
    ],
)
def test_no_redirect_leads_away_from_the_vendor(fetch, vendor, target):
    with pytest.raises(BadAnswer, match=r"only https at yahoo\.com is followed") as caught:
        fetch(lambda handler, _: handler.answer(302, b"", Location=target))
    assert str(caught.value).isprintable()
    assert {host for host, _, _ in vendor.requests} <= {
        "fc.yahoo.com",
        "query1.finance.yahoo.com",
        "query2.finance.yahoo.com",
    }


def test_a_redirect_within_the_vendor_is_followed(fetch, vendor):
    target = "/v8/finance/chart/NVDA?period1=1704085200&period2=1743480000&interval=1d&events=div"
    got = fetch(lambda handler, _: handler.answer(301, b"", Location=target), times=2)
    assert len(got.bars) > 200


def test_a_redirect_in_circles_ends(fetch, vendor):
    before = len(vendor.requests)
    with pytest.raises(BadAnswer, match="round in circles"):
        fetch(lambda handler, _: handler.answer(302, b"", Location=handler.path))
    assert len(vendor.requests) - before == 6  # the first, and five redirects


CHART = "https://query1.finance.yahoo.com/v8/finance/chart/"


@pytest.fixture
def sent(vendor):
    """Send one request whose first answer has a status and a place; give what arrived, and it."""

    def send(status, method="POST", **more):
        arrived = []

        def act(handler, _):
            body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
            arrived.append((handler.command, handler.path.rpartition("/")[2], body))
            if len(arrived) == 1:
                handler.answer(status, b"moved", Location="/v8/finance/chart/NEW")
            else:
                handler.answer(200, b"there")

        vendor.faults["*"] = Fault("act", act=act)
        vendor.add(listing("OLD"), listing("NEW"))
        with BoundedSession("Yahoo Finance", "yahoo.com", PATIENT) as session:
            answer = session.request(method, CHART + "OLD", **more)
        return arrived, (answer.status_code, answer.content)

    return send


@pytest.mark.parametrize(
    ("status", "second"),
    [
        (300, ("GET", "NEW", b"")),
        (301, ("GET", "NEW", b"")),
        (302, ("GET", "NEW", b"")),
        (303, ("GET", "NEW", b"")),
        (307, ("POST", "NEW", b"asked")),
        (308, ("POST", "NEW", b"asked")),
    ],
)
def test_two_codes_alone_send_a_body_on(sent, status, second):
    """RFC 9110, 15.4.8 and 15.4.9: method and body stay; browsers turn the others into GET."""
    arrived, answer = sent(status, data=b"asked", params={"a": "1"})
    assert arrived == [("POST", "OLD?a=1", b"asked"), second]
    assert answer == (200, b"there")


@pytest.mark.parametrize(
    ("status", "more"), [(400, {}), (201, {}), (302, {"allow_redirects": False})]
)
def test_what_is_no_redirect_or_not_wanted_is_not_followed(sent, status, more):
    arrived, answer = sent(status, "GET", **more)
    assert len(arrived) == 1
    assert answer == (status, b"moved")


@pytest.mark.parametrize(("stall", "seconds"), [(0.2, 1), (1, 1), (2.4, 2)])
def test_a_stall_is_told_to_curl_in_whole_seconds_and_never_none(stall, seconds):
    """libcurl takes whole seconds, and 0 of either for no bound at all."""
    with BoundedSession("V", "v.com", dataclasses.replace(PATIENT, stall=stall)) as session:
        bounds = session.curl_options
    assert bounds[CurlOpt.LOW_SPEED_LIMIT] == 1
    assert bounds[CurlOpt.LOW_SPEED_TIME] == seconds


def test_who_does_not_say_otherwise_is_as_patient_as_the_command_says():
    asked = {p.name: p.default for p in yahoo_options(lambda: None).__click_params__}
    usual = Patience()
    assert usual.rate == asked["rate"] == 5
    assert usual.attempts - 1 == asked["retries"] == 3
    assert usual.stall == asked["timeout"] == 6
    assert usual.wait == asked["backoff"] == 1
    assert (usual.connect, usual.total, usual.longest_wait, usual.silences) == (4, 30, 20, 3)
    slept: list[float] = []
    pace = Pace(usual.rate, clock=lambda: 0.0, sleep=slept.append)
    for _ in range(3):
        pace.wait()
    assert slept == [0.0, 0.2, 0.4]
    assert LARGEST_BODY == 16_777_216  # 16 MB, as docs/reliability.md says


@pytest.mark.parametrize(
    "symbol", ["BRK/B", "A?B=C", "A#B", "A&B", "Ä", "A B", "^GSPC", "EURUSD=X"]
)
def test_a_symbol_is_a_part_of_the_address_and_no_more(vendor, source, symbol):
    vendor.add(listing(symbol))
    assert len(source.fetch(symbol, SINCE).bars) == 312
    assert {path for _, path, _ in vendor.requests if "/v8/" in path and "?" in path} == set()


@pytest.mark.parametrize("symbol", ["..", ".", "", "A\n", "A\x1b[2J", "A" * 41])
def test_what_is_no_symbol_is_not_asked_for(vendor, source, symbol):
    with pytest.raises(SymbolRefused, match="no symbol") as caught:
        source.fetch(symbol, SINCE)
    assert str(caught.value).isprintable()
    assert vendor.requests == []


def test_a_symbol_cannot_leave_its_place(vendor, source):
    with pytest.raises(SymbolRefused):
        source.fetch("../../x", SINCE)
    paths = [path for _, path, _ in vendor.requests if "x" in path.lower().rpartition("/")[2]]
    assert paths
    assert all(path.lower().startswith("/v8/finance/chart/..%2f..%2fx") for path in paths)


def test_escapes_of_the_vendor_are_not_passed_on(fetch):
    said = {"chart": {"result": None, "error": {"code": "x", "description": "gone\x1b[31m\r\n!"}}}
    with pytest.raises(SymbolRefused) as caught:
        fetch(lambda handler, _: handler.answer(404, json.dumps(said).encode()))
    assert str(caught.value) == r"NVDA: Yahoo Finance says: gone\x1b[31m !"


def stamped(*stamps, zone="America/New_York", closes=None):
    closes = closes or [float(i) for i in range(len(stamps))]
    quote = dict.fromkeys(("open", "high", "low", "close", "volume"), closes)
    meta = {"exchangeTimezoneName": zone}
    result = {"meta": meta, "timestamp": list(stamps), "indicators": {"quote": [quote]}}
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()


NOON = int(day("2025-03-03").timestamp()) + 15 * 3600
DAY = 86400


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (stamped(1743168600000), "which is no time"),
        (stamped(-(2**33)), "which is no time"),
        (stamped(1.5), "which is no time"),
        (stamped("soon\x1b"), "which is no time"),
        (stamped(NOON, zone="Mars/Olympus"), "no time zone"),
        (stamped(NOON, zone="../../etc/passwd"), "no time zone"),
        (stamped(NOON, NOON + 60, NOON + DAY), "two different bars of 2025-03-03"),
        (b"[" * 200_000, "nested without end"),
    ],
)
def test_a_chart_that_cannot_be_is_refused(body, says):
    with pytest.raises(BadAnswer, match=says) as caught:
        judge(200, body, None)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "body",
    [
        stamped(NOON, NOON + 60),  # the session under way, beside its daily bar
        stamped(NOON, NOON + 60, NOON + DAY, closes=[7.0, 7.0, 8.0]),  # the same bar twice
        stamped(-NOON, NOON),  # listed before 1970
        b'{"chart": {"result": null, "error": null}}',
        b'{"chart": null}',
        b'{"chart": "x"}',
        b'{"timeseries": {"result": [], "error": null}}',
    ],
)
def test_a_chart_that_can_be_passes(body):
    judge(200, body, None)


def test_a_cache_that_cannot_be_written_is_said_so(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match=r"cannot be written .*XDG_CACHE_HOME"):
        YahooSource(tmp_path / "file" / "cache", PATIENT)


@pytest.mark.parametrize("place", ["v.com", "v.com:443", "a.v.com.", "a.v.com:443"])
def test_an_address_of_the_vendor_is_one_by_https_at_its_own_port(place):
    with BoundedSession("V", "v.com", PATIENT) as session:
        session._check_address(f"https://{place}/x")
        for other in (f"http://{place}/x", f"https://{place.removesuffix(':443')}:444/x"):
            with pytest.raises(BadAnswer, match=r"only https at v\.com"):
                session._check_address(other)
