"""
What a vendor may do, one behaviour each: figures that are wrong, answers that are none.

A behaviour is asked for one symbol on its second evening; `expects` says what the program may make
of it. ``right`` stands for outcomes after which the store must say what the vendor's true listing
says; any other outcome must leave what is stored as it was.
"""

from __future__ import annotations

import copy
import gzip
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Document = dict[str, Any]
    Act = Callable[[Any, Document], None]

RIGHT = frozenset({"updated", "restated", "unchanged"})
"""The store must then hold what the vendor's true listing shows."""

REFUSED = frozenset({"refused"})
LATER = frozenset({"unavailable"})
OUT = frozenset({"quarantined", "partly", "refused", "behind"})
"""Kept out, wholly or the rows in question."""

MEGABYTE = 2**20
ESCAPES = "\x1b]0;t\x07\r\n\x9b2J\u202e"


@dataclass(frozen=True)
class Behaviour:
    """
    One thing that a vendor may do.

    Attributes
    ----------
    name : str
    group : str
    expects : frozenset of str
        Outcomes that are right.
    act : callable
        Sends the answer: given the server's handler and the true document.
    slow : bool
        Ends only by a timeout.
    """

    name: str
    group: str
    expects: frozenset[str]
    act: Act
    slow: bool = False


def _mutated(change: Callable[[Document], object]) -> Act:
    """Send the true document, changed."""

    def act(handler: Any, document: Document) -> None:
        fresh = copy.deepcopy(document)
        replaced = change(fresh)
        handler.answer(200, json.dumps(fresh if replaced is None else replaced).encode())

    return act


def _result(document: Document) -> Document:
    return document["chart"]["result"][0]


def _quote(document: Document) -> Document:
    return _result(document)["indicators"]["quote"][0]


def _adjusted(document: Document) -> Document:
    return _result(document)["indicators"]["adjclose"][0]


def _prices(document: Document) -> Iterator[tuple[Document, str]]:
    for name in ("open", "high", "low", "close"):
        yield _quote(document), name
    yield _adjusted(document), "adjclose"


def _times(factor: float, at: int = -1) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        if "timestamp" not in _result(document) or len(_result(document)["timestamp"]) < 3:
            return
        for where, name in _prices(document):
            where[name][at] *= factor

    return change


def _at(where: Callable[[Document], Document], name: str, value: Any, at: int | None = -1):
    def change(document: Document) -> None:
        if at is None:
            where(document)[name] = value
        else:
            where(document)[name][at] = value

    return change


def _event(kind: str, entry: Document, offset: int = -2) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        stamps = _result(document)["timestamp"]
        if len(stamps) < 3:
            return
        stamp = stamps[offset]
        _result(document).setdefault("events", {})[kind] = {str(stamp): {"date": stamp, **entry}}

    return change


def _wild_prices() -> Iterator[Behaviour]:
    for factor in (12, 40, 60, 100, 1000, 1e6, 1e300, 1 / 12, 1 / 40, 1 / 60, 1 / 100, 1 / 1000):
        yield Behaviour(f"last bar x {factor:.3g}", "prices", OUT, _mutated(_times(factor)))
    for factor in (100, 1000, 1 / 100):
        act = _mutated(_times(factor, -4))
        yield Behaviour(f"a stored bar x {factor:.3g}", "prices", OUT | RIGHT, act)
    for name in ("close", "adjclose"):
        where = _quote if name == "close" else _adjusted
        for value in (0.0, -5.0, None, float("nan"), float("inf"), "12", "x", True, [], {}, 1e200):
            act = _mutated(_at(where, name, value))
            yield Behaviour(f"last {name} is {value!r}", "prices", OUT | LATER | RIGHT, act)
    for name in ("open", "high", "low"):
        for value in (-1.0, float("inf")):
            act = _mutated(_at(_quote, name, value))
            yield Behaviour(f"last {name} is {value!r}", "prices", OUT | LATER, act)


def _volumes() -> Iterator[Behaviour]:
    for value in (-1, -(10**12), 1e16, 1e300, float("inf"), 10**400, "many"):
        act = _mutated(_at(_quote, "volume", value))
        yield Behaviour(f"last volume is {str(value)[:12]}", "volume", OUT | LATER, act)
    act = _mutated(lambda d: _quote(d).update(volume=[-v for v in _quote(d)["volume"]]))
    yield Behaviour("every volume is negative", "volume", OUT, act)


def _actions() -> Iterator[Behaviour]:
    for amount in (1e6, 1e300, 150.0):
        yield Behaviour(
            f"a dividend of {amount:g}",
            "actions",
            OUT,
            _mutated(_event("dividends", {"amount": amount})),
        )
    for amount in (float("nan"), "x", None, []):
        act = _mutated(_event("dividends", {"amount": amount}))
        yield Behaviour(f"a dividend of {amount!r}", "actions", OUT | RIGHT | LATER, act)
    for up, down in ((2, 1), (10, 1), (1, 10), (1e9, 1), (1, 1e9)):
        entry = {"numerator": up, "denominator": down, "splitRatio": f"{up}:{down}"}
        yield Behaviour(
            f"a false {up:g}:{down:g} split", "actions", OUT, _mutated(_event("splits", entry))
        )
    for up, down in ((1, 0), (0, 1), ("x", 1), (None, None), (-2, 1)):
        entry = {"numerator": up, "denominator": down, "splitRatio": "?"}
        act = _mutated(_event("splits", entry))
        yield Behaviour(f"a split of {up!r} to {down!r}", "actions", OUT | RIGHT | LATER, act)
    for events in ([], "none", 5, {"dividends": []}, {"splits": "x"}, {"dividends": {"a": {}}}):
        act = _mutated(lambda d, e=events: _result(d).update(events=e))
        yield Behaviour(f"events are {events!r}", "actions", OUT | RIGHT | LATER, act)


def _stamps() -> Iterator[Behaviour]:
    def stamps(change: Callable[[list[int]], list[Any]]) -> Act:
        return _mutated(
            lambda d: _result(d).update(timestamp=change(_result(d).get("timestamp", [])))
        )

    yield Behaviour(
        "times in milliseconds", "times", REFUSED, stamps(lambda t: [1000 * x for x in t])
    )
    yield Behaviour("times far ahead", "times", REFUSED, stamps(lambda t: [x + 2**40 for x in t]))
    yield Behaviour("times negative", "times", OUT, stamps(lambda t: [-x for x in t]))
    yield Behaviour("times as text", "times", REFUSED, stamps(lambda t: [str(x) for x in t]))
    yield Behaviour(
        "times with fractions", "times", REFUSED, stamps(lambda t: [x + 0.5 for x in t])
    )
    yield Behaviour("times are null", "times", REFUSED, stamps(lambda t: [None for _ in t]))
    yield Behaviour("times reversed", "times", OUT | RIGHT, stamps(lambda t: t[::-1]))
    yield Behaviour("times a day early", "times", OUT, stamps(lambda t: [x - 86400 for x in t]))
    yield Behaviour("times a day late", "times", OUT, stamps(lambda t: [x + 86400 for x in t]))
    yield Behaviour("times one too few", "times", OUT, stamps(lambda t: t[:-1]))
    yield Behaviour("times one too many", "times", OUT, stamps(lambda t: [*t, 4 * 10**9]))
    yield Behaviour(
        "two bars of one day differ", "times", OUT, stamps(lambda t: [*t[:-2], t[-3], t[-1]])
    )
    yield Behaviour("every bar on one day", "times", OUT, stamps(lambda t: [t[-1]] * len(t)))


def _currency_and_meta() -> Iterator[Behaviour]:
    for value in ("EUR", "usd", "", "\x1b[2J", "X" * 10**5, 5, ["USD"], {"a": 1}):
        act = _mutated(lambda d, v=value: _result(d)["meta"].update(currency=v))
        yield Behaviour(f"currency is {str(value)[:9]!r}", "meta", OUT | LATER | RIGHT, act)
    for value in (
        "Mars/Olympus",
        "../../etc/passwd",
        "",
        5,
        None,
        "Asia/Tokyo",
        "\x00",
        "A" * 10**4,
    ):
        act = _mutated(lambda d, v=value: _result(d)["meta"].update(exchangeTimezoneName=v))
        yield Behaviour(f"time zone is {str(value)[:16]!r}", "meta", OUT | LATER | RIGHT, act)
    for value in (None, [], "x", {}):
        act = _mutated(lambda d, v=value: _result(d).update(meta=v))
        yield Behaviour(f"meta is {value!r}", "meta", REFUSED, act)
    act = _mutated(lambda d: _result(d)["meta"].update(symbol="OTHER", instrumentType="ETF"))
    yield Behaviour("another symbol in meta", "meta", RIGHT, act)
    act = _mutated(lambda d: _result(d)["meta"].update(new={"a": [1] * 1000}))
    yield Behaviour("fields nobody knows", "meta", RIGHT, act)


def _shapes() -> Iterator[Behaviour]:
    documents: dict[str, Any] = {
        "null": None, "a number": 5, "a text": "x", "a list": [], "empty": {},
        "chart null": {"chart": None},
        "chart a list": {"chart": []}, "no result": {"chart": {"result": None, "error": None}},
        "result empty": {"chart": {"result": [], "error": None}},
        "result null inside": {"chart": {"result": [None], "error": None}},
        "result a text": {"chart": {"result": "x", "error": None}},
        "result of nothing": {"chart": {"result": [{}], "error": None}},
        "error a text": {"chart": {"result": None, "error": "gone\x1b[31m"}},
        "error of lists": {"chart": {"result": None, "error": [[1], [2]]}},
        "error without end": {"chart": {"result": None, "error": {"description": "x" * MEGABYTE}}},
        "error of escapes": {"chart": {"result": None, "error": {"description": ESCAPES}}},
    }  # fmt: skip
    for name, document in documents.items():
        act = _mutated(lambda _, d=document: d if d is not None else [])
        yield Behaviour(f"the answer is {name}", "shape", REFUSED | LATER, act)
    for name in ("timestamp", "indicators", "meta"):
        act = _mutated(lambda d, n=name: _result(d).pop(n) and None)
        yield Behaviour(f"no {name}", "shape", REFUSED | OUT, act)
    for name in ("open", "high", "low", "close", "volume"):
        act = _mutated(lambda d, n=name: _quote(d).pop(n) and None)
        yield Behaviour(f"no {name}", "shape", REFUSED | OUT | RIGHT, act)
        act = _mutated(lambda d, n=name: _quote(d)[n].pop() and None)
        yield Behaviour(f"{name} one too short", "shape", OUT, act)
    for value in ([], [{}], None, "x", [{"adjclose": []}], [{"adjclose": None}]):
        act = _mutated(lambda d, v=value: _result(d)["indicators"].update(adjclose=v))
        yield Behaviour(f"adjclose is {value!r}", "shape", OUT | LATER | RIGHT, act)
    act = _mutated(lambda d: d["chart"]["result"].append(_result(d)) or None)
    yield Behaviour("the result twice", "shape", OUT | RIGHT, act)
    deep = b'{"chart": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    yield Behaviour("nested without end", "shape", REFUSED, lambda h, _: h.answer(200, deep))
    number = b'{"chart": {"result": [{"meta": {}, "timestamp": [' + b"9" * 10_000 + b"]}]}}"
    yield Behaviour(
        "a number of 10,000 digits", "shape", REFUSED | LATER, lambda h, _: h.answer(200, number)
    )


def _sends(status: int, body: bytes, **header: str) -> Act:
    return lambda handler, _: handler.answer(status, body, **header)


def _statuses() -> Iterator[Behaviour]:
    for status in (429, 500, 502, 503, 504, 520, 599):
        yield Behaviour(f"HTTP {status}", "HTTP", LATER, _sends(status, b"later"))
    words = json.dumps({"chart": {"result": None, "error": {"description": "no"}}}).encode()
    for status in (400, 404, 410, 418, 451):
        yield Behaviour(f"HTTP {status} with words", "HTTP", REFUSED, _sends(status, words))
        yield Behaviour(f"HTTP {status} with a page", "HTTP", LATER, _sends(status, b"<html>no"))
    for status in (401, 403):
        yield Behaviour(f"HTTP {status}", "HTTP", LATER | REFUSED, _sends(status, b"who are you"))
    for wait in ("0", "9" * 400, "-5", "soon", "\u0663", "Wed, 21 Oct 2099 07:28:00 GMT"):
        act = _sends(429, b"", Retry_After=wait.encode().decode("latin-1"))
        yield Behaviour(f"429 and wait {wait[:8]}", "HTTP", LATER, act)
    for target in (
        "http://query1.finance.yahoo.com/", "https://yahoo.com.evil.example/", "file:///etc/passwd",
        "//127.0.0.1/", "https://[::1", "javascript:alert(1)", "https://yahoo.com:22/", "\x1b[2J",
    ):  # fmt: skip
        act = _sends(302, b"", Location=target)
        yield Behaviour(f"leads to {target!r}", "HTTP", REFUSED, act)
    act = lambda handler, _: handler.answer(302, b"", Location=handler.path)  # noqa: E731
    yield Behaviour("leads round in circles", "HTTP", REFUSED, act)


def _bodies() -> Iterator[Behaviour]:
    def body(change: Callable[[bytes], bytes], **header: str) -> Act:
        return lambda h, d: h.answer(200, change(json.dumps(d).encode()), **header)

    def raw(change: Callable[[bytes], tuple[bytes, ...]]) -> Act:
        return lambda h, d: h.raw(*change(json.dumps(d).encode()))

    ok = b"HTTP/1.1 200 OK\r\n"
    yield Behaviour("an empty body", "body", LATER, body(lambda _: b""))
    yield Behaviour("a web page", "body", LATER, body(lambda _: b"<html>soon</html>"))
    yield Behaviour("half a body", "body", LATER, body(lambda b: b[: len(b) // 2]))
    yield Behaviour("rubbish after the body", "body", LATER, body(lambda b: b + b"x"))
    yield Behaviour("a byte order mark", "body", LATER | RIGHT, body(lambda b: b"\xef\xbb\xbf" + b))
    yield Behaviour(
        "UTF-16", "body", LATER | RIGHT | REFUSED, body(lambda b: b.decode().encode("utf-16"))
    )
    yield Behaviour("zero bytes", "body", LATER, body(lambda b: b"\0" * len(b)))
    yield Behaviour("bytes that are no text", "body", LATER, body(lambda b: b"\xff\xfe\x80" * 99))
    yield Behaviour(
        "Infinity and NaN", "body", OUT | LATER | RIGHT, body(lambda b: b.replace(b"null", b"NaN"))
    )
    yield Behaviour("packed", "body", RIGHT, body(gzip.compress, Content_Encoding="gzip"))
    yield Behaviour(
        "packed otherwise", "body", RIGHT, body(zlib.compress, Content_Encoding="deflate")
    )
    yield Behaviour("not packed as said", "body", LATER, body(bytes, Content_Encoding="gzip"))
    yield Behaviour(
        "packed in no way there is", "body", LATER | REFUSED, body(bytes, Content_Encoding="x")
    )
    act = body(lambda b: gzip.compress(b)[:-20], Content_Encoding="gzip")
    yield Behaviour("packed and cut", "body", LATER, act)
    bomb = gzip.compress(b" " * (64 * MEGABYTE))
    act = body(lambda _: bomb, Content_Encoding="gzip")
    yield Behaviour("64 MB packed to 64 kB", "body", REFUSED, act)
    yield Behaviour(
        "a length too long",
        "body",
        LATER,
        raw(lambda b: (ok, b"Content-Length: %d\r\n\r\n" % (2 * len(b)), b)),
    )
    yield Behaviour(
        "a length too short", "body", LATER, raw(lambda b: (ok, b"Content-Length: 9\r\n\r\n", b))
    )
    yield Behaviour(
        "no length", "body", LATER | RIGHT, raw(lambda b: (ok, b"Connection: close\r\n\r\n", b))
    )
    yield Behaviour(
        "a negative length", "body", LATER, raw(lambda b: (ok, b"Content-Length: -5\r\n\r\n", b))
    )
    yield Behaviour(
        "two lengths",
        "body",
        LATER | RIGHT | REFUSED,
        raw(lambda b: (ok, b"Content-Length: 5\r\nContent-Length: %d\r\n\r\n" % len(b), b)),
    )
    yield Behaviour(
        "a broken chunk",
        "body",
        LATER,
        raw(lambda b: (ok, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b)),
    )
    yield Behaviour(
        "a chunk that ends early",
        "body",
        LATER,
        raw(lambda b: (ok, b"Transfer-Encoding: chunked\r\n\r\nffff\r\n", b[:100])),
    )
    yield Behaviour("no HTTP at all", "body", LATER, raw(lambda _: (b"SSH-2.0-OpenSSH\r\n",)))
    yield Behaviour("hangs up at once", "body", LATER, raw(lambda _: ()))
    yield Behaviour(
        "a header of 1 MB",
        "body",
        LATER | RIGHT,
        raw(lambda b: (ok, b"X: " + b"y" * MEGABYTE, b"\r\n\r\n", b)),
    )
    yield Behaviour(
        "10,000 headers",
        "body",
        LATER | RIGHT,
        raw(lambda b: (ok, b"X: y\r\n" * 10_000, b"\r\n", b)),
    )
    yield Behaviour(
        "escapes in the status",
        "body",
        LATER | RIGHT | REFUSED,
        raw(lambda b: (b"HTTP/1.1 200 \x1b[2J\r\nConnection: close\r\n\r\n", b)),
    )
    yield Behaviour(
        "no status", "body", LATER | REFUSED, raw(lambda b: (b"HTTP/1.1 xyz\r\n\r\n", b))
    )
    yield Behaviour("a body without end", "body", REFUSED, _endless)
    yield Behaviour("silence", "time", LATER, lambda h, _: h.vendor.over.wait(), slow=True)
    yield Behaviour("a byte a second", "time", LATER, _dripping, slow=True)


def _endless(handler: Any, _: Document) -> None:
    handler.raw(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", *(b" " * MEGABYTE for _ in range(99))
    )


def _dripping(handler: Any, document: Document) -> None:
    handler.raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    for byte in json.dumps(document).encode():
        if handler.vendor.over.wait(1.0):
            return
        handler.raw(bytes([byte]))


def behaviours() -> tuple[Behaviour, ...]:
    """List every behaviour; no two have one name."""
    return (
        *_wild_prices(), *_volumes(), *_actions(), *_stamps(), *_currency_and_meta(), *_shapes(),
        *_statuses(), *_bodies(),
    )  # fmt: skip
