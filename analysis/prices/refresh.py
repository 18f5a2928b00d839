"""
Bring the store up to date: plan, then run.

Symbols are read by a few threads at a polite rate; each is judged and stored, one transaction a
symbol, as it arrives. Nothing is ever kept in memory but the symbols being read.
"""

from __future__ import annotations

import collections
import concurrent.futures
import datetime as dt
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import SourceError, StoreError
from analysis.prices.assimilate import GOOD, Stored, Verdict, assimilate
from analysis.prices.lock import alone_at
from analysis.prices.sources import BAR_COLUMNS, SourceUnavailable, bars_frame, no_actions
from analysis.prices.store_records import Change, LogEntry
from analysis.sessions import FIRST_YEAR, exchange_calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeAlias

    from analysis._typing import Progress
    from analysis.prices.assimilate import Outcome
    from analysis.prices.sources import Fetched, Source
    from analysis.prices.store import PriceStore
    from analysis.prices.store_records import SymbolState
    from analysis.prices.store_writer import Writer

    _Reading: TypeAlias = concurrent.futures.Future[Fetched]

OVERLAP = 10
"""Stored sessions that are read again, to see whether the vendor restated them."""

BEGINNING = dt.date(FIRST_YEAR, 1, 2)
"""Where the history of a new symbol begins unless told otherwise."""

GATHERING = 0.1
"""Seconds to wait for further readings before the store is opened."""

DEFAULT_CALENDAR = "XNYS"
"""Exchange of a listing whose source does not say."""


@dataclass(frozen=True, slots=True)
class Task:
    """One symbol to read, from when on, whether that is all its history, and why."""

    symbol: str
    since: dt.date
    full: bool
    why: str


@dataclass(frozen=True, slots=True)
class SymbolOutcome:
    """What became of one symbol."""

    symbol: str
    outcome: Outcome
    added: int = 0
    changed: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """
    What a refresh did.

    Attributes
    ----------
    outcomes : tuple of SymbolOutcome
        By symbol.
    """

    outcomes: tuple[SymbolOutcome, ...]

    @property
    def exit_code(self) -> int:
        """0 all fresh, 3 partly, 4 nothing could be fetched."""
        if all(outcome.outcome in GOOD for outcome in self.outcomes):
            return 0
        if all(outcome.outcome in ("unavailable", "refused") for outcome in self.outcomes):
            return 4
        return 3

    @property
    def failing(self) -> tuple[SymbolOutcome, ...]:
        """The symbols that are not up to date."""
        return tuple(outcome for outcome in self.outcomes if outcome.outcome not in GOOD)

    @property
    def counts(self) -> dict[str, int]:
        """How many symbols came to each outcome."""
        counted = collections.Counter(str(outcome.outcome) for outcome in self.outcomes)
        return dict(sorted(counted.items()))

    def summary(self) -> dict[str, object]:
        """Count by outcome and list the failing symbols with their reasons; ready for JSON."""
        return {
            "exit_code": self.exit_code,
            "symbols": len(self.outcomes),
            "outcomes": self.counts,
            "sessions_added": sum(outcome.added for outcome in self.outcomes),
            "sessions_changed": sum(outcome.changed for outcome in self.outcomes),
            "failing": {outcome.symbol: outcome.message for outcome in self.failing},
        }


@dataclass(frozen=True, slots=True, eq=False)
class RefreshOptions:
    """
    How a refresh runs.

    Attributes
    ----------
    concurrency : int
        Symbols read at once.
    accept : frozenset of str
        Symbols to store although checks fail.
    snapshot : pandas.DataFrame or None
        Bundled levels to compare with, one column a symbol.
    progress : Progress or None
    """

    concurrency: int = 4
    accept: frozenset[str] = frozenset()
    snapshot: pd.DataFrame | None = None
    progress: Progress | None = field(default=None)


def plan(
    states: Mapping[str, SymbolState],
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
    states : mapping of str to SymbolState
        What the store knows.
    symbols : iterable of str
    now : timezone-aware datetime.datetime
    since : datetime.date, optional
        Read from this date on; by default all of a new symbol, and a stored one from `OVERLAP`
        sessions before its end.
    max_age : datetime.timedelta, optional
        Leave alone what was refreshed within this time.

    Returns
    -------
    tasks : list of Task
    fresh : list of SymbolOutcome
    """
    tasks, fresh = [], []
    for symbol in dict.fromkeys(symbols):
        state = states.get(symbol)
        if state is None or state.first is None or state.last is None:
            tasks.append(Task(symbol, max(since or BEGINNING, BEGINNING), True, "new"))
            continue
        age = now - state.refreshed
        if max_age is not None and age < max_age:
            hours = age.total_seconds() / 3600
            fresh.append(SymbolOutcome(symbol, "fresh", message=f"refreshed {hours:.1f} h ago"))
            continue
        sessions = exchange_calendar(state.calendar).sessions
        position = int(sessions.searchsorted(state.last))
        start = pd.Timestamp(sessions[max(0, position - OVERLAP + 1)]).date()
        start = max(start, BEGINNING) if since is None else max(min(start, since), BEGINNING)
        full = start <= state.first.date()
        tasks.append(Task(symbol, start, full, f"stored to {state.last.date()}"))
    return tasks, fresh


class Refresher:
    """
    Runs a plan against a store and a source.

    Parameters
    ----------
    store : PriceStore
    source : Source
    now : timezone-aware datetime.datetime
        The instant that says which sessions are complete, and from when figures are known.
    options : RefreshOptions, optional
    """

    def __init__(
        self,
        store: PriceStore,
        source: Source,
        now: dt.datetime,
        options: RefreshOptions | None = None,
    ) -> None:
        self._store = store
        self._source = source
        self._now = now
        self._options = options or RefreshOptions()

    def run(self, tasks: Sequence[Task], fresh: Sequence[SymbolOutcome] = ()) -> RefreshReport:
        """
        Read, judge and store every task.

        Raises
        ------
        StoreError
            If the store cannot be written; what was stored by then stays, whole.
        """
        queue = collections.deque(tasks)
        running: dict[_Reading, Task] = {}
        outcomes: list[SymbolOutcome] = list(fresh)
        pool = concurrent.futures.ThreadPoolExecutor(self._options.concurrency)
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", module="yfinance")
                while queue or running:
                    while queue and len(running) < 2 * self._options.concurrency:
                        task = queue.popleft()
                        future = pool.submit(self._source.fetch, task.symbol, task.since)
                        running[future] = task
                    done = _arrivals(running)
                    self._store.passing("arrived")
                    settled, again, offline = self._settle([(running.pop(f), f) for f in done])
                    queue.extendleft(again)
                    if offline is not None:
                        settled += [
                            SymbolOutcome(t.symbol, "unavailable", message=offline) for t in queue
                        ]
                        queue.clear()
                    outcomes += settled
                    if settled:
                        self._tell(outcomes, len(tasks) + len(fresh))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return RefreshReport(tuple(sorted(outcomes, key=lambda outcome: outcome.symbol)))

    def _settle(
        self, done: Sequence[tuple[Task, _Reading]]
    ) -> tuple[list[SymbolOutcome], list[Task], str | None]:
        """Store what has arrived; give the outcomes, what must be read in full, and bad news."""
        settled: list[SymbolOutcome] = []
        again: list[Task] = []
        offline = None
        arrived: list[tuple[Task, Fetched]] = []
        for task, future in done:
            try:
                arrived.append((task, future.result()))
            except SourceUnavailable as error:
                why = _without_symbol(error, task)
                settled.append(SymbolOutcome(task.symbol, "unavailable", message=why))
                offline = why if error.offline else offline
            except SourceError as error:
                settled.append(
                    SymbolOutcome(task.symbol, "refused", message=_without_symbol(error, task))
                )
        if arrived or (settled and self._store.exists()):
            with self._store.writing(self._now) as writer:
                if settled:
                    writer.log_only([self._log(outcome, None) for outcome in settled])
                for task, fetched in arrived:
                    outcome = self._assimilate(writer, task, fetched)
                    if outcome is None:
                        again.append(self._in_full(writer, task))
                    else:
                        settled.append(outcome)
        return settled, again, offline

    def _assimilate(self, writer: Writer, task: Task, fetched: Fetched) -> SymbolOutcome | None:
        symbol = task.symbol
        states = writer.states([symbol])
        currency = states[0].currency if states else None
        calendar = fetched.calendar or (states[0].calendar if states else DEFAULT_CALENDAR)
        bars = writer.bars(symbol) if states else _no_bars()
        actions = writer.actions(symbol) if states else no_actions()
        snapshot = self._options.snapshot
        verdict = assimilate(
            Stored(bars, actions, currency),
            fetched,
            calendar=calendar,
            now=self._now,
            full=task.full,
            accept=symbol in self._options.accept,
            snapshot=None if snapshot is None or symbol not in snapshot else snapshot[symbol],
        )
        self._store.passing("judged")
        if verdict.outcome is None:
            return None
        outcome = SymbolOutcome(
            symbol, verdict.outcome, verdict.added, verdict.changed, verdict.message
        )
        writer.apply(self._change(task, fetched, verdict, outcome, calendar))
        return outcome

    def _change(
        self,
        task: Task,
        fetched: Fetched,
        verdict: Verdict,
        outcome: SymbolOutcome,
        calendar: str,
    ) -> Change:
        return Change(
            log=self._log(outcome, task.since),
            bars=verdict.bars,
            actions=verdict.actions,
            actions_since=None if fetched.bars.empty else fetched.bars.index.min(),
            reason=verdict.reason,
            currency=fetched.currency,
            calendar=calendar,
            findings=verdict.findings,
            quarantine=verdict.quarantine,
        )

    def _in_full(self, writer: Writer, task: Task) -> Task:
        first = writer.states([task.symbol])[0].first
        assert first is not None  # noqa: S101 - a restatement has an overlap
        return Task(task.symbol, first.date(), True, "restated")

    def _log(self, outcome: SymbolOutcome, since: dt.date | None) -> LogEntry:
        return LogEntry(
            outcome.symbol,
            self._now,
            self._source.name,
            self._source.client,
            since,
            outcome.outcome,
            outcome.added,
            outcome.changed,
            outcome.message,
        )

    def _tell(self, outcomes: Sequence[SymbolOutcome], total: int) -> None:
        if self._options.progress is not None and outcomes:
            last = outcomes[-1]
            self._options.progress(f"{last.symbol}: {last.outcome}", len(outcomes), total)


def _arrivals(running: Iterable[_Reading]) -> set[_Reading]:
    """Wait for one reading, then a moment for others to be stored with it: opening costs time."""
    concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
    return concurrent.futures.wait(running, timeout=GATHERING).done


def _no_bars() -> pd.DataFrame:
    return bars_frame(pd.DatetimeIndex([]), {name: [] for name in BAR_COLUMNS})


def _without_symbol(error: SourceError, task: Task) -> str:
    return str(error).removeprefix(f"{task.symbol}: ")


def parse_age(text: str) -> dt.timedelta:
    """
    Read an age such as ``18h``, ``30m`` or ``2d``.

    Raises
    ------
    ValueError
        If the text is none.

    Examples
    --------
    >>> parse_age("18h")
    datetime.timedelta(seconds=64800)
    """
    units: dict[str, Callable[[float], dt.timedelta]] = {
        "m": lambda n: dt.timedelta(minutes=n),
        "h": lambda n: dt.timedelta(hours=n),
        "d": lambda n: dt.timedelta(days=n),
    }
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.replace(".", "", 1).isdecimal():
        raise ValueError(f"'{text}' is no age; write a number and m, h or d, as in 18h")
    return units[unit](float(number))


def refresh_store(
    store: PriceStore,
    source: Source,
    symbols: Sequence[str] | None,
    *,
    now: dt.datetime,
    since: dt.date | None = None,
    max_age: dt.timedelta | None = None,
    wait: float = 60.0,
    waiting: Callable[[str], None] | None = None,
    options: RefreshOptions | None = None,
) -> RefreshReport:
    """
    Bring a store up to date, alone: a second refresh waits for the first.

    Parameters
    ----------
    store : PriceStore
        Made if it is not there.
    source : Source
    symbols : sequence of str or None
        By default all that the store holds.
    now : timezone-aware datetime.datetime
    since, max_age
        As in `plan`.
    wait : float
        Seconds to wait for another refresh.
    waiting : callable, optional
        Told once who is waited for.
    options : RefreshOptions, optional

    Raises
    ------
    StoreError
        If there is nothing to refresh, another refresh does not end in time, or the store cannot
        be written.
    """
    with alone_at(store.path, wait, waiting):
        tasks, fresh = plan_for(store, symbols, now=now, since=since, max_age=max_age)
        store.passing("planned")
        return Refresher(store, source, now, options).run(tasks, fresh)


def plan_for(
    store: PriceStore,
    symbols: Sequence[str] | None,
    *,
    now: dt.datetime,
    since: dt.date | None = None,
    max_age: dt.timedelta | None = None,
) -> tuple[list[Task], list[SymbolOutcome]]:
    """Plan a refresh of a store as `plan` does; by default of all that it holds."""
    states: dict[str, SymbolState] = {}
    if store.exists():
        with store.reading() as reader:
            states = {state.symbol: state for state in reader.states()}
    wanted = list(states) if symbols is None else list(symbols)
    if not wanted:
        raise StoreError(
            f"{store.path} holds no symbols yet; name some with --symbols NVDA,AMD or --study NAME"
        )
    return plan(states, wanted, now=now, since=since, max_age=max_age)
