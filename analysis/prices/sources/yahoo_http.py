"""
The HTTP session that yfinance is given: strict about answers, brief about silence, polite.

yfinance turns many failures into empty frames or into "possibly delisted". This session stands
below it and raises before it can: on 429 and 5xx, on a body that is not JSON or no chart, and on
Yahoo's own "no such symbol", each as a class of its own. It spaces the requests, and after several
silences in a row stops asking at all.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analysis.errors import printable
from analysis.prices.sources.http import BoundedSession, NoAnswer, Pace, Patience
from analysis.prices.sources.protocol import BadAnswer, SymbolRefused

if TYPE_CHECKING:
    from curl_cffi.requests import Response
    from curl_cffi.requests.session import HttpMethod

API_PATHS = ("/v8/finance/chart/", "/ws/fundamentals-timeseries/")
"""Paths whose answers are figures; cookies and crumbs are left to yfinance."""

EARLIEST, LATEST = -(2**32), 2**32
"""Seconds since 1970 that a bar may be dated: 1833 to 2106. Some listings are older than 1970."""


class Silence:
    """Counts requests without any answer and says when to stop asking."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._silences = 0
        self._answered = False
        self._last = ""
        self._lock = threading.Lock()

    def answer(self) -> None:
        """Note an answer of any kind."""
        with self._lock:
            self._silences, self._answered = 0, True

    def no_answer(self, why: str) -> None:
        """Note a request that got none."""
        with self._lock:
            self._silences += 1
            self._last = why

    def check(self) -> None:
        """
        Refuse to ask on once the bound is reached.

        Raises
        ------
        SourceUnavailable
            With ``offline`` set.
        """
        with self._lock:
            bound = self._bound * (3 if self._answered else 1)
            if self._silences >= bound:
                raise NoAnswer(
                    f"Yahoo Finance cannot be reached ({self._last}); check the network, or the "
                    "proxy named by HTTPS_PROXY",
                    offline=True,
                )


class StrictSession(BoundedSession):
    """
    The session for Yahoo; it raises where yfinance would go on with nothing.

    Parameters
    ----------
    patience : Patience
    """

    def __init__(self, patience: Patience) -> None:
        super().__init__("Yahoo Finance", "yahoo.com", patience)
        self._pace = Pace(patience.rate)
        self._silence = Silence(patience.silences)

    def request(self, method: HttpMethod, url: str, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        """Send a request in its turn, then judge the answer; see `BoundedSession.request`."""
        self._silence.check()
        self._pace.wait()
        try:
            response = super().request(method, url, *args, **kwargs)
        except NoAnswer as error:
            self._silence.no_answer(str(error).partition(": ")[2])
            self._silence.check()
            raise
        self._silence.answer()
        if urlsplit(url).path.startswith(API_PATHS):
            judge(response.status_code, response.content, response.headers.get("Retry-After"))
        return response


def judge(status: int, body: bytes, retry_after: str | None) -> None:
    """
    Raise unless an answer of Yahoo's is one that yfinance can be trusted to read.

    Parameters
    ----------
    status : int
        HTTP status. 401 and 403 pass: yfinance renews its cookie on them.
    body : bytes
    retry_after : str or None
        Header of that name.

    Raises
    ------
    SourceUnavailable
        On 429, 5xx, or a body that is not JSON although the status is good.
    SymbolRefused
        Where Yahoo itself says that it has nothing for the symbol.
    BadAnswer
        On JSON that is no object, is nested without end, or fails `check_chart`.
    """
    if status == 429 or status >= 500:
        wait = float(retry_after) if retry_after and retry_after.isdecimal() else None
        raise NoAnswer(f"Yahoo Finance answered HTTP {status}", retry_after=wait)
    if status in (401, 403):
        return
    try:
        document = json.loads(body)
    except RecursionError:
        raise BadAnswer("Yahoo Finance answered with JSON that is nested without end") from None
    except ValueError:
        kind = "a web page" if body.lstrip()[:1] == b"<" else "a broken body"
        raise NoAnswer(f"Yahoo Finance answered with {kind} instead of JSON") from None
    if not isinstance(document, dict):
        raise BadAnswer("Yahoo Finance answered with JSON that is no object")
    chart = document.get("chart")
    if not isinstance(chart, dict):
        return
    error = chart.get("error")
    if error:
        said = error.get("description", error) if isinstance(error, dict) else error
        raise SymbolRefused(f"Yahoo Finance says: {printable(str(said))}")
    for result in chart.get("result") or []:
        check_chart(result)


def check_chart(result: object) -> None:
    """
    Raise unless the bars of a chart stand at times that can be, one a day.

    The last bar may stand twice: Yahoo shows the session that is under way beside its daily bar.

    Raises
    ------
    BadAnswer
        Where a time lies outside `EARLIEST` to `LATEST` (milliseconds, say), or two bars of one
        day differ, of which yfinance would keep one.
    """
    stamps = result.get("timestamp") if isinstance(result, dict) else None
    if not isinstance(result, dict) or not isinstance(stamps, list):
        return
    for stamp in stamps:
        if not isinstance(stamp, int) or not EARLIEST <= stamp <= LATEST:
            said = printable(str(stamp), 40)
            raise BadAnswer(f"Yahoo Finance dates a bar {said}, which is no time")
    meta, indicators = result.get("meta"), result.get("indicators")
    if not isinstance(meta, dict) or not isinstance(indicators, dict):
        raise BadAnswer("Yahoo Finance answered with a chart without its parts")
    try:
        zone = ZoneInfo(str(meta.get("exchangeTimezoneName")))
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise BadAnswer("Yahoo Finance names no time zone that there is") from None
    _check_numbers(indicators)
    days = [dt.datetime.fromtimestamp(stamp, zone).date() for stamp in stamps[:-1]]
    if len(set(days)) == len(days):
        return
    quote = indicators["quote"][0]
    seen: dict[dt.date, tuple[object, ...]] = {}
    for i, day in enumerate(days):
        bar = tuple(values[i] for _, values in sorted(quote.items()))
        if seen.setdefault(day, bar) != bar:
            raise BadAnswer(f"Yahoo Finance has two different bars of {day}")


def _check_numbers(indicators: dict[str, object]) -> None:
    """Refuse text and truth values for figures: pandas would read 12 and 1 out of them."""
    for parts in indicators.values():
        for part in parts if isinstance(parts, list) else []:
            for name, values in part.items() if isinstance(part, dict) else ():
                for value in values if isinstance(values, list) else []:
                    if value is not None and type(value) not in (int, float):
                        said = printable(repr(value), 40)
                        raise BadAnswer(f"Yahoo Finance answered with {said} as {printable(name)}")
