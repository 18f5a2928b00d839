"""What a refresh has to read: each symbol from which date on, and which ones are fresh."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import StoreError
from analysis.prices.refresh.due import last_complete_session
from analysis.prices.store.records import GOOD, SymbolOutcome
from analysis.sessions import FIRST_YEAR, exchange_calendar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from analysis.prices.store import PriceStore
    from analysis.prices.store.records import Outcome, SymbolState

OVERLAP = 10
"""Stored sessions that are read again, to see whether the vendor restated them."""

BEGINNING = dt.date(FIRST_YEAR, 1, 2)
"""Where the history of a new symbol begins unless told otherwise."""

_AGE = re.compile(r"([0-9]+(?:\.[0-9]*)?)([mhd])")
_OLDEST = dt.timedelta(days=36_500)
"""Any greater age is taken as this one: no store is as old."""


@dataclass(frozen=True, slots=True)
class Task:
    """One symbol to read, from when on, whether that is all its history, and why."""

    symbol: str
    since: dt.date
    full: bool
    why: str


@dataclass(frozen=True, slots=True)
class StoreContents:
    """What the store holds before a refresh: the state and the last outcome of each symbol."""

    states: Mapping[str, SymbolState]
    outcomes: Mapping[str, Outcome]


def held_by(store: PriceStore) -> StoreContents:
    """Read what a store holds; nothing where there is none."""
    if not store.exists():
        return StoreContents({}, {})
    with store.reading() as reader:
        return StoreContents(
            {state.symbol: state for state in reader.states()},
            {symbol: entry.result.outcome for symbol, entry in reader.last_log().items()},
        )


def plan(
    held: StoreContents,
    symbols: Iterable[str],
    *,
    now: dt.datetime,
    since: dt.date | None = None,
    max_age: dt.timedelta | None = None,
) -> tuple[list[Task], list[SymbolOutcome]]:
    """
    Say what to read, and what is fresh enough to be left alone.

    Parameters
    ----------
    held : StoreContents
    symbols : iterable of str
    now : timezone-aware datetime.datetime
    since : datetime.date, optional
        Read from this date on; by default all of a new symbol, and a stored one from `OVERLAP`
        sessions before its end.
    max_age : datetime.timedelta, optional
        Leave alone what was refreshed within this time with a good outcome, and is stored to the
        last session that is over.

    Returns
    -------
    tasks : list of Task
    fresh : list of SymbolOutcome
    """
    tasks, fresh = [], []
    due: dict[str, pd.Timestamp] = {}
    for symbol in dict.fromkeys(symbols):
        state = held.states.get(symbol)
        if state is None or state.first is None or state.last is None:
            tasks.append(Task(symbol, max(since or BEGINNING, BEGINNING), True, "new"))
            continue
        if state.calendar not in due:
            due[state.calendar] = last_complete_session(state.calendar, now)
        age = now - state.refreshed
        if (
            max_age is not None
            and dt.timedelta(0) <= age < max_age
            and held.outcomes.get(symbol) in GOOD
            and state.last >= due[state.calendar]
        ):
            hours = age.total_seconds() / 3600
            fresh.append(SymbolOutcome(symbol, "fresh", message=f"refreshed {hours:.1f} h ago"))
        else:
            tasks.append(_again(state, state.first, state.last, since))
    return tasks, fresh


def _again(
    state: SymbolState, first: pd.Timestamp, last: pd.Timestamp, since: dt.date | None
) -> Task:
    sessions = exchange_calendar(state.calendar).sessions
    position = int(sessions.searchsorted(last))
    start = pd.Timestamp(sessions[max(0, position - OVERLAP + 1)]).date()
    start = max(min(start, since or start), BEGINNING)
    return Task(state.symbol, start, start <= first.date(), f"stored to {last.date()}")


def plan_for(
    store: PriceStore,
    symbols: Sequence[str] | None,
    *,
    now: dt.datetime,
    since: dt.date | None = None,
    max_age: dt.timedelta | None = None,
) -> tuple[list[Task], list[SymbolOutcome]]:
    """
    Plan a refresh of a store as `plan` does; by default of all that it holds.

    Raises
    ------
    StoreError
        If the store cannot be read, or holds nothing and no symbol is named.
    """
    held = held_by(store)
    wanted = list(held.states) if symbols is None else list(symbols)
    if not wanted:
        raise StoreError(
            f"{store.path} holds no symbols yet; name some with --symbols NVDA,AMD or --study NAME"
        )
    return plan(held, wanted, now=now, since=since, max_age=max_age)


def parse_age(text: str) -> dt.timedelta:
    """
    Read an age such as ``18h``, ``30m`` or ``2d``; a hundred years are the most.

    Raises
    ------
    ValueError
        If the text is none.

    Examples
    --------
    >>> parse_age("18h")
    datetime.timedelta(seconds=64800)
    """
    units = {"m": "minutes", "h": "hours", "d": "days"}
    found = _AGE.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is no age; write a number and m, h or d, as in 18h")
    try:
        age = dt.timedelta(**{units[found[2]]: float(found[1])})
    except OverflowError:
        return _OLDEST
    return min(age, _OLDEST)
