"""What is read from the price store, and what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import pandas as pd

    from analysis.prices.quality import Finding


@dataclass(frozen=True, slots=True)
class SymbolState:
    """What the store knows of a symbol: source, currency, exchange, span, last refresh."""

    symbol: str
    source: str
    client: str
    currency: str | None
    calendar: str
    added: dt.datetime
    refreshed: dt.datetime
    first: pd.Timestamp | None
    last: pd.Timestamp | None
    sessions: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the fetch log."""

    symbol: str
    at: dt.datetime
    source: str
    client: str
    since: dt.date | None
    outcome: str
    added: int = 0
    changed: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """
    All that one fetch does to one symbol.

    Attributes
    ----------
    log : LogEntry
    bars : pandas.DataFrame or None
        Bars to hold from now on, for the sessions it names; None where nothing may change.
    actions : pandas.DataFrame or None
        All actions from ``actions_since`` on.
    reason : str
        Why what differs is replaced.
    currency, calendar : str
        Of the symbol.
    findings : sequence of (Finding, bool)
        Every finding of the fetch, and whether it kept figures out of the store.
    quarantine : pandas.DataFrame or None
        Bars that were kept out.
    """

    log: LogEntry
    bars: pd.DataFrame | None = None
    actions: pd.DataFrame | None = None
    actions_since: pd.Timestamp | None = None
    reason: str = ""
    currency: str | None = None
    calendar: str = ""
    findings: Sequence[tuple[Finding, bool]] = field(default_factory=tuple)
    quarantine: pd.DataFrame | None = None
