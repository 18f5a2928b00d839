"""What the price store holds of each symbol, and how good it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.errors import StoreError, nearest

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Hashable, Sequence

    from analysis.prices.store import PriceStore
    from analysis.prices.store.records import LogEntry, SymbolState


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding of the last fetch, and whether it kept figures out; session as ``2025-01-27``."""

    session: str | None
    check: str
    value: float | None
    severity: str
    detail: str
    blocked: bool


@dataclass(frozen=True, slots=True)
class SymbolStatus:
    """
    One symbol in the store.

    Attributes
    ----------
    symbol : str
    first, last : str or None
        Sessions; None where no bar is stored.
    sessions : int
    age_hours : float or None
        Since the last successful refresh.
    outcome, message : str
        Of the last fetch.
    source, currency, calendar : str or None
    findings : tuple of StoredFinding
    """

    symbol: str
    first: str | None
    last: str | None
    sessions: int
    age_hours: float | None
    outcome: str
    message: str
    source: str | None
    currency: str | None
    calendar: str | None
    findings: tuple[StoredFinding, ...]

    @property
    def age_in_words(self) -> str:
        """Age as ``3.2 h`` or ``12 d``; ``never`` where nothing was ever stored."""
        if self.age_hours is None:
            return "never"
        return f"{self.age_hours:.1f} h" if self.age_hours < 48 else f"{self.age_hours / 24:.0f} d"

    def as_dict(self) -> dict[str, object]:
        """Turn into what JSON can hold."""
        return asdict(self)


def known_to(store: PriceStore) -> set[str]:
    """List the symbols that a store holds or has tried to read."""
    with store.reading() as reader:
        return {*(state.symbol for state in reader.states()), *reader.last_log()}


def status_of(
    store: PriceStore, now: dt.datetime, symbols: Sequence[str] | None = None
) -> list[SymbolStatus]:
    """
    Read the status of every symbol that was ever fetched, or of some.

    Raises
    ------
    StoreError
        If the store cannot be read or knows nothing of a symbol.
    """
    with store.reading() as reader:
        states = {state.symbol: state for state in reader.states()}
        log = reader.last_log()
        findings = reader.findings()
    names = sorted({*states, *log}) if symbols is None else list(symbols)
    unknown = [name for name in names if name not in states and name not in log]
    if unknown:
        raise StoreError(
            f"{store.path} knows nothing of {unknown[0]}; {nearest(unknown[0], {*states, *log})}"
        )
    return [_status(name, states.get(name), log.get(name), findings, now) for name in names]


def _status(
    symbol: str,
    state: SymbolState | None,
    entry: LogEntry | None,
    findings: pd.DataFrame,
    now: dt.datetime,
) -> SymbolStatus:
    return SymbolStatus(
        symbol=symbol,
        first=str(state.first.date()) if state and state.first is not None else None,
        last=str(state.last.date()) if state and state.last is not None else None,
        sessions=state.sessions if state else 0,
        age_hours=round((now - state.refreshed).total_seconds() / 3600, 2) if state else None,
        outcome=entry.result.outcome if entry else "-",
        message=entry.result.message if entry else "",
        source=state.source if state else None,
        currency=state.currency if state else None,
        calendar=state.calendar if state else None,
        findings=tuple(
            _finding(row) for row in findings[findings["symbol"] == symbol].to_dict("records")
        ),
    )


def _finding(row: dict[Hashable, Any]) -> StoredFinding:
    session, value = row["session"], row["value"]
    return StoredFinding(
        session=None if pd.isna(session) else str(pd.Timestamp(session).date()),
        check=str(row["check_name"]),
        value=None if pd.isna(value) else float(value),
        severity=str(row["severity"]),
        detail=str(row["detail"]),
        blocked=bool(row["blocked"]),
    )
