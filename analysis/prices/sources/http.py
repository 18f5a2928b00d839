"""
HTTP that cannot be led astray: bounded bodies, bounded waits, https on the vendor's hosts only.

A vendor may be broken, or not the vendor: a body is counted as it is unpacked and dropped at its
bound, a redirect is followed only to the hosts that the session was made for.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from curl_cffi import CurlOpt
from curl_cffi.requests import Session
from curl_cffi.requests.exceptions import RequestException

from analysis.errors import printable
from analysis.prices.sources.protocol import BadAnswer, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from curl_cffi.requests import Response
    from curl_cffi.requests.session import HttpMethod

LARGEST_BODY = 16 * 2**20
"""Bytes of an answer, unpacked. All of a stock's daily history is under 3 MB."""

MOST_REDIRECTS = 5

_STOP = 0xFFFFFFFF
"""What libcurl's write function returns to end a transfer."""


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


class NoAnswer(SourceUnavailable, OSError):  # noqa: N818 - as its base
    """An ``OSError`` too, because yfinance goes on without a cookie only after one of those."""


class BoundedSession(Session):  # type: ignore[type-arg, unused-ignore]  # generic for the type checker only
    """
    A curl_cffi session for one vendor.

    Parameters
    ----------
    vendor : str
        Its name, for messages.
    domain : str
        Its domain; its hosts are this and those below it.
    patience : Patience
    """

    def __init__(self, vendor: str, domain: str, patience: Patience) -> None:
        super().__init__(
            impersonate="chrome",
            curl_options={
                CurlOpt.LOW_SPEED_LIMIT: 1,
                CurlOpt.LOW_SPEED_TIME: max(1, round(patience.stall)),
            },
        )
        self.vendor = vendor
        self._domain = domain
        self._patience = patience

    def request(self, method: HttpMethod, url: str, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        """
        Send a request as `curl_cffi.requests.Session.request` does, within the bounds.

        Raises
        ------
        SourceUnavailable
            If there is no answer.
        BadAnswer
            If it is larger than `LARGEST_BODY`, or leads away from the vendor's hosts.
        """
        follow = kwargs.pop("allow_redirects", None) is not False
        kwargs["timeout"] = (self._patience.connect, self._patience.total)
        kwargs["allow_redirects"] = False
        for _ in range(MOST_REDIRECTS + 1):
            self._check_address(url)
            response = self._bounded(method, url, *args, **kwargs)
            target = response.headers.get("Location") if 300 <= response.status_code < 400 else None
            if not follow or not target:
                return response
            url = self._joined(url, target)
            if response.status_code not in (307, 308):
                method = "GET"
                kwargs = {k: v for k, v in kwargs.items() if k not in ("data", "json", "content")}
            kwargs.pop("params", None)
            args = ()
        raise BadAnswer(f"{self.vendor} sends the request round in circles")

    def _bounded(self, method: HttpMethod, url: str, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        """Send one request; collect its body up to the bound."""
        chunks: list[bytes] = []
        size = 0

        def take(chunk: bytes) -> int:
            nonlocal size
            size += len(chunk)
            if size > LARGEST_BODY:
                return _STOP
            chunks.append(chunk)
            return len(chunk)

        try:
            response: Response = super().request(
                method, url, *args, **{**kwargs, "content_callback": take}
            )
        except RequestException as error:
            if size > LARGEST_BODY:
                raise BadAnswer(
                    f"{self.vendor} answered with more than {LARGEST_BODY // 2**20} MB"
                ) from error
            raise NoAnswer(
                f"no answer from {urlsplit(url).hostname}: {str(error).partition('. See ')[0]}"
            ) from error
        response.content = b"".join(chunks)
        return response

    def _joined(self, url: str, target: str) -> str:
        try:
            return urljoin(url, target)
        except ValueError:
            return target  # no address: the check says so

    def _check_address(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").rstrip(".")
            port = parts.port
        except ValueError:
            host, port = "", None
        good = host == self._domain or host.endswith("." + self._domain)
        if not good or parts.scheme != "https" or port not in (None, 443):
            raise BadAnswer(
                f"{self.vendor} leads to {printable(url, 80)}; only https at {self._domain} is "
                "followed"
            )
