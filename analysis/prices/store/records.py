"""What is read from the price store, and what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

Outcome = Literal[
    "fresh",  # read recently enough: not asked for
    "unchanged",
    "updated",
    "restated",
    "behind",  # stored, but the vendor lacks the last complete session
    "partly",  # stored, but some rows were kept out
    "quarantined",
    "refused",  # the vendor knows no such symbol, or answered with nonsense
    "unavailable",
]

GOOD: tuple[Outcome, ...] = ("fresh", "unchanged", "updated", "restated")
"""Outcomes after which a symbol is up to date."""


Severity = Literal["warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """
    What a check found.

    Attributes
    ----------
    symbol : str
    session : pandas.Timestamp or None
        Where; None for the series as a whole.
    check : str
        Name of the check.
    value : float
        The figure that failed: a price, a return (simple), a ratio, a count.
    severity : {"warning", "error"}
    detail : str
        The finding in words.
    """

    symbol: str
    session: pd.Timestamp | None
    check: str
    value: float
    severity: Severity
    detail: str


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
class SymbolOutcome:
    """
    What became of one symbol.

    Attributes
    ----------
    symbol : str
    outcome : Outcome
    added, changed : int
        Sessions new to the store, and sessions whose figures change.
    message : str
        The outcome in words; empty where there is no more to say.
    """

    symbol: str
    outcome: Outcome
    added: int = 0
    changed: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the fetch log: what became of a symbol, when, and what read it from when on."""

    result: SymbolOutcome
    at: dt.datetime
    source: str
    client: str
    since: dt.date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """
    What one fetch does to the figures of one symbol.

    Attributes
    ----------
    bars : pandas.DataFrame or None
        Bars to hold from now on, for the sessions it names; None where nothing may change.
    actions : pandas.DataFrame or None
        All actions from ``actions_since`` on.
    reason : str
        Why what differs is replaced.
    currency : str or None
    calendar : str
        Market code of the symbol's exchange.
    findings : tuple of (Finding, bool)
        Every finding of the fetch, and whether it kept figures out of the store.
    quarantine : pandas.DataFrame or None
        Bars that were kept out.
    """

    bars: pd.DataFrame | None = None
    actions: pd.DataFrame | None = None
    actions_since: pd.Timestamp | None = None
    reason: str = ""
    currency: str | None = None
    calendar: str = ""
    findings: tuple[tuple[Finding, bool], ...] = ()
    quarantine: pd.DataFrame | None = None
