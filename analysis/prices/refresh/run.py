"""
Bring the store up to date: plan, then run.

Symbols are read by a few threads at a polite rate; each is judged and stored, one transaction a
symbol, as it arrives. Nothing is ever kept in memory but the symbols being read.
"""

from __future__ import annotations

import collections
import concurrent.futures
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from analysis.errors import SourceError, printable
from analysis.prices.bars import BAR_COLUMNS, bars_frame, no_actions
from analysis.prices.refresh.judge import judge
from analysis.prices.refresh.overlap import Stored
from analysis.prices.refresh.plan import Task, plan_for
from analysis.prices.sources.protocol import SourceUnavailable
from analysis.prices.store.lock import alone_at
from analysis.prices.store.records import GOOD, LogEntry, SymbolOutcome

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeAlias

    from analysis._typing import Progress
    from analysis.prices.refresh.judge import Judgement
    from analysis.prices.sources.protocol import Fetched, Source
    from analysis.prices.store import PriceStore
    from analysis.prices.store.records import Outcome
    from analysis.prices.store.writer import Writer

    _Reading: TypeAlias = concurrent.futures.Future[Fetched]

GATHERING = 0.1
"""Seconds to wait for further readings, unless `RefreshOptions` say otherwise."""

DEFAULT_CALENDAR = "XNYS"
"""Exchange of a listing whose source does not say."""


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """
    What a refresh did.

    Attributes
    ----------
    outcomes : tuple of SymbolOutcome
        By symbol.
    ends : bool
        Whether the source is one that ends, such as a file: that it is behind today is no failure.
    """

    outcomes: tuple[SymbolOutcome, ...]
    ends: bool = False

    def _good(self, outcome: SymbolOutcome) -> bool:
        return outcome.outcome in GOOD or (self.ends and outcome.outcome == "behind")

    @property
    def exit_code(self) -> int:
        """0 all fresh, 3 partly, 4 nothing could be fetched."""
        if all(map(self._good, self.outcomes)):
            return 0
        if all(outcome.outcome in ("unavailable", "refused") for outcome in self.outcomes):
            return 4
        return 3

    @property
    def failing(self) -> tuple[SymbolOutcome, ...]:
        """The symbols that are not up to date."""
        return tuple(outcome for outcome in self.outcomes if not self._good(outcome))

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
    gathering : float or None
        Seconds to wait for further readings before the store is opened, which costs time; None
        waits for all that are under way, so that no clock decides what is stored together.
    """

    concurrency: int = 4
    accept: frozenset[str] = frozenset()
    snapshot: pd.DataFrame | None = None
    progress: Progress | None = None
    gathering: float | None = GATHERING


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
        self._unlogged: list[SymbolOutcome] = []  # failed before there was a store

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
                    done = _arrivals(running, self._options.gathering)
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
            except Exception as error:  # noqa: BLE001 - one symbol never stops the others
                settled.append(_failed(task, error))
                if isinstance(error, SourceUnavailable) and error.offline:
                    offline = settled[-1].message
        self._unlogged += settled
        if arrived or (self._unlogged and self._store.exists()):
            with self._store.writing(self._now) as writer:
                if self._unlogged:
                    writer.log_only([self._entry(outcome) for outcome in self._unlogged])
                    self._unlogged.clear()
                for task, fetched in arrived:
                    outcome = self._store_one(writer, task, fetched)
                    if outcome is None:
                        again.append(self._in_full(writer, task))
                    else:
                        settled.append(outcome)
        return settled, again, offline

    def _store_one(self, writer: Writer, task: Task, fetched: Fetched) -> SymbolOutcome | None:
        """Judge a reading and store it; None where the whole history must be read first."""
        try:
            judgement = self._judge(writer, task, fetched)
            self._store.passing("judged")
            if judgement is None:
                return None
            writer.apply(self._entry(judgement.result, task.since), judgement.change)
        except (duckdb.OperationalError, duckdb.InternalError):
            raise  # the store's trouble, not the symbol's
        except Exception as error:  # noqa: BLE001 - one symbol never stops the others
            outcome = _failed(task, error)
            writer.log_only([self._entry(outcome)])
            return outcome
        return judgement.result

    def _judge(self, writer: Writer, task: Task, fetched: Fetched) -> Judgement | None:
        symbol = task.symbol
        states = writer.states([symbol])
        calendar = fetched.calendar or (states[0].calendar if states else DEFAULT_CALENDAR)
        snapshot = self._options.snapshot
        return judge(
            Stored(
                writer.bars(symbol) if states else _no_bars(),
                writer.actions(symbol) if states else no_actions(),
                states[0].currency if states else None,
            ),
            fetched,
            calendar=calendar,
            now=self._now,
            full=task.full,
            accept=symbol in self._options.accept,
            snapshot=None if snapshot is None or symbol not in snapshot else snapshot[symbol],
        )

    def _in_full(self, writer: Writer, task: Task) -> Task:
        first = writer.states([task.symbol])[0].first
        assert first is not None  # noqa: S101 - a restatement has an overlap
        return Task(task.symbol, first.date(), True, "restated")

    def _entry(self, result: SymbolOutcome, since: dt.date | None = None) -> LogEntry:
        return LogEntry(result, self._now, self._source.name, self._source.client, since)

    def _tell(self, outcomes: Sequence[SymbolOutcome], total: int) -> None:
        if self._options.progress is not None and outcomes:
            last = outcomes[-1]
            self._options.progress(f"{last.symbol}: {last.outcome}", len(outcomes), total)


def _arrivals(running: Iterable[_Reading], gathering: float | None) -> set[_Reading]:
    """Wait for one reading, then a moment for others to be stored with it."""
    concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
    return concurrent.futures.wait(running, timeout=gathering).done


def _no_bars() -> pd.DataFrame:
    return bars_frame(pd.DatetimeIndex([]), {name: [] for name in BAR_COLUMNS})


def _failed(task: Task, error: Exception) -> SymbolOutcome:
    """Say what went wrong with one symbol."""
    if isinstance(error, SourceUnavailable):
        outcome: Outcome = "unavailable"
    else:
        outcome = "refused"
    if isinstance(error, SourceError):
        message = printable(str(error).removeprefix(f"{task.symbol}: "))
    else:
        message = f"the answer cannot be read ({type(error).__name__}: {printable(str(error))})"
    return SymbolOutcome(task.symbol, outcome, message=message)


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
        store.bring_up_to_date(now)
        tasks, fresh = plan_for(store, symbols, now=now, since=since, max_age=max_age)
        store.passing("planned")
        return Refresher(store, source, now, options).run(tasks, fresh)
