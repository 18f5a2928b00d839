"""All sources of prices, by name: the modules of `analysis.prices.sources.offered`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis._discovery import entries, in_reading_order
from analysis.prices.sources import offered
from analysis.prices.sources.offer import Offer

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = "yahoo"
"""Where prices come from unless a command is told."""


def offers() -> Mapping[str, Offer]:
    """
    List every source in the order of its place.

    Examples
    --------
    >>> list(offers())
    ['yahoo', 'file', 'snapshot']
    """
    return in_reading_order(entries(offered, "SOURCE", Offer))


def offer_of(text: str) -> Offer:
    """
    Find the source that a text names: a name, or else the path of a file.

    Examples
    --------
    >>> offer_of("snapshot").name, offer_of("crsp_daily.csv").name, offer_of("./snapshot").name
    ('snapshot', 'file', 'file')
    """
    found = offers()
    named = found.get(text)
    if named is not None and named.needs != "file":
        return named
    return next(offer for offer in found.values() if offer.needs == "file")
