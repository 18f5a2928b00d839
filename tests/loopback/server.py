"""
The loopback vendor: an HTTP proxy that never forwards.

The real clients are pointed to it by the settings they honour anyway (``HTTPS_PROXY``,
``HTTP_PROXY``, ``CURL_CA_BUNDLE``), so their whole stack runs: name, tunnel, TLS, HTTP, cookies,
crumb, JSON. Every host is answered here; nothing leaves the machine.
"""

from __future__ import annotations

import io
import json
import shutil
import ssl
import subprocess
import threading
import time
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pandas as pd
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.loopback.listings import Listing

HOSTS = (
    "fc.yahoo.com", "query1.finance.yahoo.com", "query2.finance.yahoo.com", "guce.yahoo.com",
    "consent.yahoo.com", "finance.yahoo.com", "mba.tuck.dartmouth.edu",
)  # fmt: skip


HANG = 120.0
"""Seconds after which a test that waits for something that never comes is let fail."""


@dataclass
class Fault:
    """How the next answers about a symbol go wrong, and how often before they go right."""

    kind: str
    times: int = 10**9
    header: dict[str, str] = field(default_factory=dict)
    act: Callable[[_Handler, dict], None] | None = None  # of the kind "act": sends what it likes


@dataclass
class Vendor:
    """What the server knows and how it behaves; tests change it between requests."""

    listings: dict[str, Listing] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, list[str]]]] = field(default_factory=list)
    delay: float = 0.0
    gate: threading.Event | None = None  # charts wait until it is set
    crowd: int = 0  # as many charts in flight set the gate
    asked: threading.Event = field(default_factory=threading.Event)  # something was
    over: threading.Event = field(default_factory=threading.Event)  # the test has ended
    live: dict[str, float] = field(default_factory=dict)  # an unfinished bar's close
    live_session: pd.Timestamp | None = None
    zips: dict[str, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    in_flight: int = 0
    most_in_flight: int = 0

    def add(self, *listings: Listing) -> None:
        for item in listings:
            self.listings[item.symbol] = item

    def show_until(self, last: pd.Timestamp) -> None:
        for item in self.listings.values():
            item.visible_until = last

    def fault_for(self, symbol: str) -> Fault | None:
        with self.lock:
            fault = self.faults.get(symbol) or self.faults.get("*")
            if fault is None or fault.times <= 0:
                return None
            fault.times -= 1
            return fault

    def hold(self) -> None:
        """Let a chart wait as tests ask."""
        time.sleep(self.delay)
        if self.gate is not None:
            if 0 < self.crowd <= self.in_flight:
                self.gate.set()
            self.gate.wait(HANG)

    def charts(self, symbol: str | None = None) -> list[dict[str, list[str]]]:
        """Queries of the chart requests for history made so far."""
        return [
            query
            for _, path, query in self.requests
            if path.startswith("/v8/finance/chart/")
            and "period1" in query
            and symbol in (None, unquote(path).removeprefix("/v8/finance/chart/"))
        ]


def _epoch(session: pd.Timestamp, timezone: str, clock: str = "09:30") -> int:
    return int(pd.Timestamp(f"{session.date()} {clock}").tz_localize(timezone).timestamp())


def _numbers(values) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def chart(vendor: Vendor, item: Listing, query: dict[str, list[str]]) -> dict:
    frame = item.view()
    stamps = np.array([_epoch(s, item.timezone) for s in frame.index])
    if "period1" in query:
        keep = (stamps >= int(query["period1"][0])) & (stamps < int(query["period2"][0]))
    else:
        keep = np.arange(len(frame)) == len(frame) - 1
    frame, times = frame[keep], [int(t) for t in stamps[keep]]
    if item.symbol in vendor.live and vendor.live_session is not None:
        bar = dict.fromkeys(("open", "high", "low", "close", "adjclose"), vendor.live[item.symbol])
        frame.loc[vendor.live_session] = {**bar, "volume": 1234.0}
        times.append(_epoch(vendor.live_session, item.timezone, "11:02"))
    first = frame.index[0] if len(frame) else pd.Timestamp.max
    events: dict[str, dict] = {}
    dividends = {s: a for s, a in item.shown_dividends().items() if s >= first}
    splits = {s: r for s, r in item.shown_splits().items() if s >= first}
    if dividends:
        events["dividends"] = {
            str(_epoch(s, item.timezone)): {"amount": a, "date": _epoch(s, item.timezone)}
            for s, a in dividends.items()
        }
    if splits:
        events["splits"] = {
            str(_epoch(s, item.timezone)): {
                "date": _epoch(s, item.timezone),
                "numerator": r,
                "denominator": 1.0,
                "splitRatio": f"{r:g}:1",
            }
            for s, r in splits.items()
        }
    result = {
        "meta": {
            "currency": item.currency,
            "symbol": item.symbol,
            "exchangeName": "NMS",
            "fullExchangeName": "NasdaqGS",
            "instrumentType": "EQUITY",
            "firstTradeDate": _epoch(item.printed.index[0], item.timezone),
            "regularMarketTime": times[-1] if times else 0,
            "hasPrePostMarketData": True,
            "gmtoffset": -18000,
            "timezone": "EST",
            "exchangeTimezoneName": item.timezone,
            "regularMarketPrice": float(item.printed.iloc[-1]),
            "priceHint": 2,
            "currentTradingPeriod": {
                name: {"timezone": "EST", "start": 0, "end": 0, "gmtoffset": -18000}
                for name in ("pre", "regular", "post")
            },
            "dataGranularity": "1d",
            "range": "",
            "validRanges": ["1d", "5d", "1mo", "1y", "5y", "10y", "ytd", "max"],
        },
        "indicators": {"quote": [{}], "adjclose": [{}]},
    }
    if times:
        result["timestamp"] = times
        result["indicators"] = {
            "quote": [
                {name: _numbers(frame[name]) for name in ("open", "high", "low", "close", "volume")}
            ],
            "adjclose": [{"adjclose": _numbers(frame["adjclose"])}],
        }
        if events:
            result["events"] = events
    return {"chart": {"result": [result], "error": None}}


def refused(code: str, description: str) -> dict:
    return {"chart": {"result": None, "error": {"code": code, "description": description}}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    host = ""

    @property
    def vendor(self) -> Vendor:
        return self.server.vendor

    def log_message(self, *args) -> None:
        pass

    def do_CONNECT(self) -> None:
        self.host = self.path.partition(":")[0]
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb")
        self.close_connection = False

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        host, path, query = self.host or target.hostname, target.path, parse_qs(target.query)
        vendor = self.vendor
        vendor.asked.set()
        with vendor.lock:
            vendor.requests.append((host, path, query))
            vendor.in_flight += 1
            vendor.most_in_flight = max(vendor.most_in_flight, vendor.in_flight)
        try:
            self._answer(host, path, query)
        finally:
            with vendor.lock:
                vendor.in_flight -= 1

    do_POST = do_GET  # noqa: N815 - http.server's name

    def _answer(self, host: str, path: str, query: dict[str, list[str]]) -> None:
        if path.startswith("/v8/finance/chart/"):
            self._chart(unquote(path.removeprefix("/v8/finance/chart/")), query)
        elif path.startswith("/ws/fundamentals-timeseries/"):
            self._shares(unquote(path.rsplit("/", 1)[1]))
        elif path == "/v1/test/getcrumb":
            self._send(200, b"a.crumb", "text/plain")
        elif host == "fc.yahoo.com":
            cookie = (
                "A3=d=loopback; Expires=Fri, 01 Jan 2100 00:00:00 GMT; Domain=.yahoo.com; Path=/"
            )
            self._send(404, b"", "text/html", {"Set-Cookie": cookie})
        elif path.endswith("_CSV.zip"):
            name = path.rsplit("/", 1)[1]
            found = self.vendor.zips.get(name)
            self._send(200 if found else 404, found or b"", "application/zip")
        else:
            self._send(404, b"{}", "application/json")

    def _chart(self, symbol: str, query: dict[str, list[str]]) -> None:  # noqa: PLR0911 - one a mode
        self.vendor.hold()
        fault = self.vendor.fault_for(symbol)
        item = self.vendor.listings.get(symbol)
        if item is None:
            kind = "delisted"
        elif fault is None:
            return self._json(200, chart(self.vendor, item, query))
        else:
            kind = fault.kind
        header = fault.header if fault else {}
        if kind == "act":
            return fault.act(self, chart(self.vendor, item, query))
        if kind == "429":
            return self._send(429, b"Too Many Requests\r\n", "text/plain", header)
        if kind == "500":
            return self._json(500, refused("Internal Server Error", "try later"))
        if kind == "slow":
            self.vendor.over.wait()
            self.close_connection = True
            return None
        if kind == "html":
            return self._send(200, b"<html><body>Will be right back...</body></html>", "text/html")
        if kind == "empty":
            blank = item.but(printed=item.printed.iloc[:1], visible_until=None)
            return self._json(200, chart(self.vendor, blank, {"period1": ["0"], "period2": ["1"]}))
        if kind == "delisted":
            why = "No data found, symbol may be delisted"
            return self._json(404, refused("Not Found", why))
        if kind in ("truncated", "cut"):
            body = json.dumps(chart(self.vendor, item, query)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header(
                "Content-Length", str(len(body) if kind == "truncated" else len(body) // 2)
            )
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.close_connection = True
            return None
        raise AssertionError(kind)

    def _shares(self, symbol: str) -> None:
        item = self.vendor.listings.get(symbol)
        if item is None or not item.shares:
            return self._json(200, {"timeseries": {"result": [{"meta": {}}], "error": None}})
        stamps = [int(s.tz_localize("UTC").timestamp()) for s in item.shares]
        result = {"meta": {}, "timestamp": stamps, "shares_out": list(item.shares.values())}
        return self._json(200, {"timeseries": {"result": [result], "error": None}})

    def answer(self, status: int, body: bytes, kind: str = "application/json", **header) -> None:
        """Send a whole answer; ``Content_Length`` and the like may lie."""
        named = {name.replace("_", "-"): value for name, value in header.items()}
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **named,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def raw(self, *chunks: bytes) -> None:
        """Send bytes as they are, then hang up."""
        for chunk in chunks:
            self.wfile.write(chunk)
        self.wfile.flush()
        self.close_connection = True

    def _json(self, status: int, document: dict) -> None:
        self._send(status, json.dumps(document).encode(), "application/json")

    def _send(
        self, status: int, body: bytes, kind: str, header: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (header or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address) -> None:
        """A client that hangs up (killed, timed out) is part of the tests, not an error."""


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for the vendor's hosts, made anew for every test run."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command to make the loopback server's certificate")
    certificate, key = folder / "loopback.crt", folder / "loopback.key"
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "3650", "-subj", "/CN=loopback", "-addext", f"subjectAltName={names}",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


class Loopback:
    """The running server: `vendor` to set up, `environment` to point a client to it."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.vendor = Vendor()
        self.certificate = certificate
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.vendor = self.vendor
        self._server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server.tls.load_cert_chain(certificate, key)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        address = f"http://127.0.0.1:{self._server.server_address[1]}"
        names = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
        return {
            **dict.fromkeys(names, address),
            "NO_PROXY": "",
            "no_proxy": "",
            "CURL_CA_BUNDLE": str(self.certificate),
            "REQUESTS_CA_BUNDLE": str(self.certificate),
        }

    def close(self) -> None:
        self.vendor.over.set()
        self._server.shutdown()
        self._server.server_close()


def zipped(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return buffer.getvalue()
