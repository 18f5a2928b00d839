"""Yahoo Finance through yfinance: bars, dividends, splits, shares outstanding."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import numpy as np
import pandas as pd
import stamina

from analysis.errors import SourceError, printable
from analysis.prices.bars import bars_frame, no_actions
from analysis.prices.sources.http import Patience
from analysis.prices.sources.protocol import BadAnswer, Fetched, SourceUnavailable, SymbolRefused
from analysis.prices.sources.yahoo_http import StrictSession

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import yfinance

_T = TypeVar("_T")

EXCHANGES = {
    "America/New_York": "XNYS",
    "America/Toronto": "XTSE",
    "Asia/Hong_Kong": "XHKG",
    "Asia/Seoul": "XKRX",
    "Asia/Shanghai": "XSHG",
    "Asia/Taipei": "XTAI",
    "Asia/Tokyo": "XTKS",
    "Australia/Sydney": "XASX",
    "Europe/Amsterdam": "XAMS",
    "Europe/Berlin": "XFRA",
    "Europe/London": "XLON",
    "Europe/Paris": "XPAR",
    "Europe/Zurich": "XSWX",
}
"""Yahoo's time zone of a listing to the market code of the exchange whose sessions it trades."""

LONGEST_SYMBOL = 40
"""Characters; options have the longest symbols, with 21."""

_COLUMNS = {
    "open": "Open",
    "high": "High",
    "low": "Low",
    "close": "Close",
    "adj_close": "Adj Close",
    "volume": "Volume",
}


class YahooSource:
    """
    Daily bars of Yahoo Finance, read by yfinance over its own HTTP stack.

    Parameters
    ----------
    cache : pathlib.Path
        Folder for yfinance's cookie and time-zone caches; made if absent.
    patience : Patience, optional
        Timeouts, retries and pace.

    Notes
    -----
    yfinance keeps its settings, its caches and its one session for the whole process; this class
    sets them once, when it is made. It may be used from several threads.
    """

    name = "yahoo"
    symbols = None

    def __init__(self, cache: Path, patience: Patience | None = None) -> None:
        import yfinance  # noqa: PLC0415 - half a second that no other source should cost

        self._patience = patience or Patience()
        _make_writable(cache)
        yfinance.set_tz_cache_location(str(cache))
        yfinance.config.debug.hide_exceptions = False
        self._session = StrictSession(self._patience)
        self._ticker: Callable[..., yfinance.Ticker] = yfinance.Ticker
        self._first = threading.Lock()
        self._warm = False
        self.client = f"yfinance {version('yfinance')}"

    def fetch(self, symbol: str, since: dt.date) -> Fetched:
        """
        Read the bars and actions of one symbol from a date on; see `Source.fetch`.

        Retries what may pass, with backoff and jitter; a server's ``Retry-After`` is heeded.
        """
        return self._retrying(lambda: self._read(symbol, since))

    def shares(self, symbol: str, since: dt.date) -> pd.Series:
        """
        Read the shares outstanding that Yahoo has for a firm.

        Returns
        -------
        pandas.Series
            Counts by date, on the split basis of their date; empty where Yahoo has none.

        Raises
        ------
        SourceUnavailable, SymbolRefused, BadAnswer
        """
        return self._retrying(lambda: self._read_shares(symbol, since))

    def _retrying(self, read: Callable[[], _T]) -> _T:
        patience = self._patience
        for attempt in stamina.retry_context(
            on=self._again,
            attempts=patience.attempts,
            timeout=None,
            wait_initial=patience.wait,
            wait_max=patience.longest_wait,
            wait_jitter=patience.wait,
        ):
            with attempt:
                return self._alone_at_first(read)
        raise AssertionError("stamina ends by returning or raising")  # pragma: no cover

    def _again(self, error: Exception) -> bool | float:
        if not isinstance(error, SourceUnavailable) or error.offline:
            return False
        if error.retry_after is None:
            return True
        return min(error.retry_after, self._patience.longest_wait)

    def _alone_at_first(self, read: Callable[[], _T]) -> _T:
        """Let one thread fetch the cookie and make the caches before the others follow."""
        if self._warm:
            return read()
        with self._first:
            result = read()
            self._warm = True
            return result

    def _read(self, symbol: str, since: dt.date) -> Fetched:
        ticker = self._ticker(_quoted(symbol), session=self._session)
        with _named(symbol):
            frame = ticker.history(
                start=since.isoformat(),
                interval="1d",
                auto_adjust=False,
                actions=True,
                keepna=True,
            )
            meta = ticker.history_metadata
            currency, timezone = meta.get("currency"), meta.get("exchangeTimezoneName")
            bars = bars_frame(
                frame.index, {ours: frame[theirs].to_numpy() for ours, theirs in _COLUMNS.items()}
            )
            actions = _actions_of(frame, bars.index)
        return Fetched(
            symbol=symbol,
            source=self.name,
            client=self.client,
            bars=bars,
            actions=actions,
            currency=currency,
            calendar=EXCHANGES.get(str(timezone)),
        )

    def _read_shares(self, symbol: str, since: dt.date) -> pd.Series:
        ticker = self._ticker(_quoted(symbol), session=self._session)
        with _named(symbol):
            counts = ticker.get_shares_full(start=since.isoformat())
        if counts is None:
            return pd.Series(dtype=float)
        dates = pd.DatetimeIndex(counts.index).tz_localize(None).normalize().as_unit("us")
        series = pd.Series(counts.to_numpy(dtype=float), index=dates)
        return series[~series.index.duplicated(keep="last") & (series > 0)]


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SourceError(
            f"{folder} cannot be written ({error.strerror}), and yfinance keeps its cookie there; "
            "mend its permissions, or name another cache folder with XDG_CACHE_HOME"
        ) from error


def _quoted(symbol: str) -> str:
    """Give a symbol as a part of an address; it can neither leave its place nor add to it."""
    if not symbol.strip(".") or len(symbol) > LONGEST_SYMBOL or not symbol.isprintable():
        raise SymbolRefused(f"{printable(symbol, 40)}: no symbol that Yahoo Finance could have")
    return quote(symbol, safe="^=-.")


@contextlib.contextmanager
def _named(symbol: str) -> Iterator[None]:
    """Turn what yfinance raises into a source's errors, with the symbol in the message."""
    from yfinance.exceptions import YFException, YFRateLimitError, YFTickerMissingError  # noqa: PLC0415

    try:
        yield
    except SourceError as error:
        error.args = (f"{symbol}: {error}",)
        raise
    except YFRateLimitError as error:
        raise SourceUnavailable(f"{symbol}: Yahoo Finance limits the rate of requests") from error
    except YFTickerMissingError as error:
        raise SymbolRefused(f"{symbol}: Yahoo Finance has {error.rationale}") from error
    except (YFException, LookupError, TypeError, ValueError, AttributeError) as error:
        raise BadAnswer(
            f"{symbol}: yfinance could not read the answer ({type(error).__name__}: {error})"
        ) from error


def _actions_of(frame: pd.DataFrame, sessions: pd.Index) -> pd.DataFrame:
    paid = frame["Dividends"].to_numpy(dtype=float)
    if "Capital Gains" in frame.columns:
        paid = paid + frame["Capital Gains"].to_numpy(dtype=float)
    parts = [no_actions()]
    for kind, values in (("dividend", paid), ("split", frame["Stock Splits"].to_numpy(float))):
        there = np.isfinite(values) & (values > 0)
        if there.any():
            parts.append(
                pd.DataFrame({"session": sessions[there], "kind": kind, "value": values[there]})
            )
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
