"""Yahoo Finance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.prices.sources.offer import Offer

if TYPE_CHECKING:
    from analysis.prices.sources.offer import Wanted
    from analysis.prices.sources.yahoo import YahooSource


def _open(wanted: Wanted) -> YahooSource:
    from analysis.prices.sources.yahoo import YahooSource  # noqa: PLC0415 - yfinance is slow

    return YahooSource(wanted.cache / "yfinance", wanted.patience)


SOURCE = Offer(
    name="yahoo",
    place=0,
    needs="network",
    summary="Yahoo Finance, over the network",
    open=_open,
)
