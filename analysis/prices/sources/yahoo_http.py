"""
The HTTP session that yfinance is given: strict about answers, brief about silence, polite.

yfinance turns many failures into empty frames or into "possibly delisted". This session stands
below it and raises before it can: on 429 and 5xx, on a body that is not JSON, and on Yahoo's own
"no such symbol", each as a class of its own. It caps every wait, spaces the requests, and after
several silences in a row stops asking at all.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from curl_cffi import CurlOpt
from curl_cffi.requests import Session
from curl_cffi.requests.exceptions import RequestException

from analysis.prices.sources.protocol import BadAnswer, SourceUnavailable, SymbolRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from curl_cffi.requests import Response
    from curl_cffi.requests.session import HttpMethod

API_PATHS = ("/v8/finance/chart/", "/ws/fundamentals-timeseries/")
"""Paths whose answers are figures; cookies and crumbs are left to yfinance."""


@dataclass(frozen=True, slots=True)
class Patience:
    """
    How long to wait for a vendor, and how often to ask.

    Attributes
    ----------
    connect, stall, total : float
        Seconds to connect, without a byte, and for a whole answer.
    silences : int
        Requests in a row without any answer after which the network counts as absent; after a
        first answer it takes three times as many.
    rate : float
        Most requests a second.
    attempts : int
        Tries a symbol, the first included.
    wait, longest_wait : float
        Seconds before the second try, doubled for each further one, and their bound; jitter of up
        to ``wait`` is added.
    """

    connect: float = 4.0
    stall: float = 6.0
    total: float = 30.0
    silences: int = 3
    rate: float = 5.0
    attempts: int = 4
    wait: float = 1.0
    longest_wait: float = 20.0


class Pace:
    """
    Spaces calls evenly over all threads.

    Parameters
    ----------
    rate : float
        Most calls a second.
    clock, sleep : callable
        Seconds that have passed, and how to let some pass.
    """

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1 / rate
        self._next = 0.0
        self._lock = threading.Lock()
        self._clock, self._sleep = clock, sleep

    def wait(self) -> None:
        """Sleep until it is this call's turn."""
        with self._lock:
            now = self._clock()
            turn = max(self._next, now)
            self._next = turn + self._interval
        self._sleep(turn - now)


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
                raise _Unavailable(
                    f"Yahoo Finance cannot be reached ({self._last}); check the network, or the "
                    "proxy named by HTTPS_PROXY",
                    offline=True,
                )


class _Unavailable(SourceUnavailable, OSError):  # noqa: N818 - as its base
    """An ``OSError`` too, because yfinance goes on without a cookie only after one of those."""


class StrictSession(Session):  # type: ignore[type-arg]  # generic for the type checker only
    """
    A curl_cffi session that raises where yfinance would go on with nothing.

    Parameters
    ----------
    patience : Patience
    """

    def __init__(self, patience: Patience) -> None:
        super().__init__(
            impersonate="chrome",
            curl_options={
                CurlOpt.LOW_SPEED_LIMIT: 1,
                CurlOpt.LOW_SPEED_TIME: max(1, round(patience.stall)),
            },
        )
        self._patience = patience
        self._pace = Pace(patience.rate)
        self._silence = Silence(patience.silences)

    def request(self, method: HttpMethod, url: str, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        """Send a request as `curl_cffi.requests.Session.request` does, then judge the answer."""
        self._silence.check()
        self._pace.wait()
        kwargs["timeout"] = (self._patience.connect, self._patience.total)
        try:
            response: Response = super().request(method, url, *args, **kwargs)
        except RequestException as error:
            why = str(error).partition(". See ")[0]
            self._silence.no_answer(why)
            self._silence.check()
            raise _Unavailable(f"no answer from {urlsplit(url).hostname}: {why}") from error
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
    """
    if status == 429 or status >= 500:
        wait = float(retry_after) if retry_after and retry_after.isdecimal() else None
        raise _Unavailable(f"Yahoo Finance answered HTTP {status}", retry_after=wait)
    if status in (401, 403):
        return
    try:
        document = json.loads(body)
    except ValueError:
        kind = "a web page" if body.lstrip()[:1] == b"<" else "a broken body"
        raise _Unavailable(f"Yahoo Finance answered with {kind} instead of JSON") from None
    if not isinstance(document, dict):
        raise BadAnswer("Yahoo Finance answered with JSON that is no object")
    error = (document.get("chart") or {}).get("error")
    if error:
        raise SymbolRefused(f"Yahoo Finance says: {error.get('description', error)}")
