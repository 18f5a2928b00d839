"""What the commands around the price store share: options, the clock, progress, summaries."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from analysis.cli.terminal import echo, is_quiet
from analysis.prices.place import DB_VARIABLE, default_store

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from analysis._typing import Progress
    from analysis.prices.refresh.plan import Task
    from analysis.prices.refresh.run import RefreshReport
    from analysis.prices.sources.http import Patience
    from analysis.prices.sources.protocol import Source
    from analysis.prices.store import PriceStore
    from analysis.prices.store.records import SymbolOutcome

_F = TypeVar("_F", bound="Callable[..., Any]")

EXIT_CODES = """\b
    Exit codes:
      0  every symbol is up to date
      2  wrong use, or the store cannot be opened or written
      3  some symbols are not up to date (they are listed)
      4  nothing could be fetched; what is stored is untouched"""


class Symbols(click.ParamType):  # type: ignore[type-arg]  # generic in late click only
    """Symbols separated by commas or spaces."""

    name = "symbols"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Split the text; refuse an empty one."""
        found = split_symbols(str(value))
        if not found:
            self.fail("no symbol in it; write them as NVDA,AMD", param, ctx)
        return found


def split_symbols(text: str) -> tuple[str, ...]:
    """Split at commas and spaces."""
    return tuple(text.replace(",", " ").split())


def spelled(symbols: Iterable[str], known: Container[str]) -> tuple[str, ...]:
    """
    Give symbols as they are known, letter for letter, else in capitals.

    Examples
    --------
    >>> spelled(["nvda", "my index"], {"my index"})
    ('NVDA', 'my index')
    """
    return tuple(symbol if symbol in known else symbol.upper() for symbol in symbols)


class InstantType(click.ParamType):  # type: ignore[type-arg]  # generic in late click only
    """An instant with its time zone."""

    name = "instant"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.datetime:
        """Read ISO 8601 with an offset; a bare date is its end, UTC."""
        if isinstance(value, dt.datetime):
            return value
        text = str(value)
        try:
            instant = dt.datetime.fromisoformat(text)
            if len(text) == 10:
                instant = instant.replace(hour=23, minute=59, second=59, tzinfo=dt.UTC)
        except ValueError:
            self.fail(f"'{text}' is no instant; write it as 2025-01-27T21:00Z", param, ctx)
        if instant.tzinfo is None:
            self.fail(f"'{text}' has no time zone; write it as 2025-01-27T21:00Z", param, ctx)
        return instant


class Age(click.ParamType):  # type: ignore[type-arg]  # generic in late click only
    """An age such as 18h."""

    name = "age"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.timedelta:
        """Read the age."""
        from analysis.prices.refresh.plan import parse_age

        if isinstance(value, dt.timedelta):
            return value
        try:
            return parse_age(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def store_option(function: _F) -> _F:
    """Add ``--db``."""
    return click.option(
        "--db",
        type=click.Path(dir_okay=False, path_type=Path),
        help=f"The price store; by default {DB_VARIABLE}, else the user's data folder.",
        callback=lambda _ctx, _param, value: value or default_store(),
    )(function)


def source_option(function: _F) -> _F:
    """Add ``--from``; its help lists the sources there are."""
    from analysis.prices.sources.catalog import DEFAULT, offers

    every = "; ".join(
        f"{offer.summary}" + (f" ({offer.name})" if offer.needs != "file" else "")
        for offer in offers().values()
    )
    return click.option(
        "--from",
        "source",
        default=DEFAULT,
        show_default=True,
        metavar="SOURCE|FILE",
        help=f"Where prices come from: {every}.",
    )(function)


def now_option(function: _F) -> _F:
    """Add the clock: hidden, for tests and for replaying a day."""
    return click.option("--now", type=InstantType(), hidden=True)(function)


def yahoo_options(function: _F) -> _F:
    """Add what says how patiently and how politely Yahoo is asked."""
    options = (
        click.option("--wait", type=click.FloatRange(min=0), default=60.0, show_default=True,
                     metavar="SECONDS", help="Wait so long for another refresh to finish."),
        click.option("--concurrency", type=click.IntRange(1, 32), default=4, show_default=True,
                     help="Symbols read at once."),
        click.option("--rate", type=click.FloatRange(min=0, min_open=True), default=5.0,
                     show_default=True, help="Most requests a second."),
        click.option("--retries", type=click.IntRange(0, 20), default=3, show_default=True,
                     help="Further tries after HTTP 429, 5xx, a timeout or a broken answer."),
        click.option("--timeout", type=click.FloatRange(min=1), default=6.0, show_default=True,
                     metavar="SECONDS", help="Give a request up after so long without a byte."),
        click.option("--backoff", type=click.FloatRange(min=0), default=1.0, hidden=True),
    )  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


@dataclass(frozen=True, slots=True)
class Job:
    """
    A refresh as the command line asks for it.

    Attributes
    ----------
    store : PriceStore
    source : str
        Name of a source, or the path of a file.
    symbols : tuple of str or None
        As typed; None: all that the store holds.
    now : datetime.datetime
    since : datetime.date or None
    max_age : datetime.timedelta or None
    wait, backoff, timeout, rate : float
    concurrency, retries : int
    """

    store: PriceStore
    source: str
    symbols: tuple[str, ...] | None
    now: dt.datetime
    since: dt.date | None
    max_age: dt.timedelta | None
    wait: float
    concurrency: int
    rate: float
    retries: int
    timeout: float
    backoff: float

    @classmethod
    def of(
        cls,
        live: dict[str, Any],
        *,
        now: dt.datetime | None,
        symbols: tuple[str, ...] | None,
        since: dt.datetime | None,
        max_age: dt.timedelta | None = None,
    ) -> Job:
        """Gather the options of `yahoo_options` and `store_option` with a command's own."""
        from analysis.prices.store import PriceStore

        return cls(
            store=PriceStore(live.pop("db")),
            symbols=symbols,
            now=now or dt.datetime.now(dt.UTC),
            since=since.date() if since else None,
            max_age=max_age,
            **live,
        )

    def plan(self) -> tuple[list[Task], list[SymbolOutcome]]:
        """Say what would be read."""
        from analysis.prices.refresh.plan import plan_for

        return plan_for(
            self.store, self._names(None), now=self.now, since=self.since, max_age=self.max_age
        )

    def run(
        self,
        *,
        every: bool = False,
        accept: Sequence[str] | None = (),
        factors: bool = False,
        shares: bool = False,
        quiet: bool = False,
    ) -> RefreshReport:
        """
        Run the refresh.

        Parameters
        ----------
        every : bool
            Without symbols read all that the source has, instead of all that the store holds.
        accept : sequence of str or None
            Symbols to store although checks fail; None: all.
        factors, shares : bool
            Whether to read these too.
        quiet : bool
            No progress.
        """
        from analysis.prices.refresh.related import refresh_factors, refresh_shares
        from analysis.prices.refresh.run import RefreshOptions, refresh_store
        from analysis.prices.snapshot import load_snapshot
        from analysis.prices.sources.yahoo import YahooSource

        source, patience = self.open()
        names = self._names(source)
        if names is None and every:
            names = source.symbols
            if not names:
                raise click.UsageError(
                    "name the symbols to fetch, as in 'market-impact fetch NVDA AMD'"
                )
        accepted = names or () if accept is None else spelled(accept, names or ())
        with progress("refresh", quiet=quiet) as tell:
            report = refresh_store(
                self.store,
                source,
                names,
                now=self.now,
                since=self.since,
                max_age=self.max_age,
                wait=self.wait,
                waiting=None if quiet else _tell_of_waiting,
                options=RefreshOptions(
                    self.concurrency, frozenset(accepted), load_snapshot().levels, tell
                ),
            )
            report = replace(report, ends=not self.networked)
            if report.exit_code == 4:
                return report
            if shares and isinstance(source, YahooSource):
                report = refresh_shares(self.store, source, report, self.now)
            if factors:
                report = refresh_factors(self.store, report, self.now, patience)
        return report

    @property
    def networked(self) -> bool:
        """Whether the source is asked over the network."""
        from analysis.prices.sources.catalog import offer_of

        return offer_of(self.source).needs == "network"

    def _names(self, source: Source | None) -> tuple[str, ...] | None:
        """Spell the symbols as the source or the store does."""
        from analysis.prices.refresh.plan import held_by

        if self.symbols is None:
            return None
        listed = source.symbols if source is not None else None
        return spelled(self.symbols, held_by(self.store).states if listed is None else listed)

    def open(self) -> tuple[Source, Patience]:
        """Open the source; its caches lie in the user's cache folder."""
        import platformdirs

        from analysis.prices.sources.catalog import offer_of
        from analysis.prices.sources.http import Patience
        from analysis.prices.sources.offer import Wanted

        for name in ("yfinance", "stamina"):
            logging.getLogger(name).addHandler(logging.NullHandler())
        patience = Patience(
            connect=min(self.timeout, max(4.0, self.timeout / 2)),
            stall=self.timeout,
            rate=self.rate,
            attempts=self.retries + 1,
            wait=self.backoff,
            longest_wait=20 * self.backoff,
        )
        cache = Path(platformdirs.user_cache_dir("market-impact", appauthor=False))
        wanted = Wanted(Path(self.source), patience, cache)
        return offer_of(self.source).open(wanted), patience


def _tell_of_waiting(holder: str) -> None:
    echo(f"waiting for another refresh ({holder})", err=True)


def print_report(report: RefreshReport, *, as_json: bool) -> None:
    """Print the summary; where nothing could be fetched, one message on standard error."""
    if as_json:
        echo(json.dumps(report.summary(), sort_keys=True))
    if report.exit_code == 4:
        reasons = list(dict.fromkeys(outcome.message for outcome in report.failing))
        more = f" (and {len(reasons) - 1} more reasons)" if len(reasons) > 1 else ""
        echo(
            f"error: nothing could be fetched: {reasons[0]}{more}; what is stored is untouched",
            err=True,
        )
    elif not as_json:
        echo(describe(report))


@contextlib.contextmanager
def progress(label: str, *, quiet: bool) -> Iterator[Progress | None]:
    """Show progress on standard error: a bar on a terminal, else a line for each step."""
    if quiet or is_quiet():
        yield None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress as Bar

        with Bar(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(label, total=None)

            def show(step: str, done: int, total: int) -> None:
                bar.update(task, completed=done, total=total, description=step)

            yield show
    else:

        def tell(step: str, done: int, total: int) -> None:
            echo(f"{label} {done}/{total} {step}", err=True)

        yield tell


def describe(report: RefreshReport) -> str:
    """Say in a line what was done, and in one more for each way of not being up to date."""
    counts = ", ".join(f"{n} {name}" for name, n in report.counts.items())
    added = sum(outcome.added for outcome in report.outcomes)
    changed = sum(outcome.changed for outcome in report.outcomes)
    head = (
        f"{len(report.outcomes)} read or fresh: {counts}; {added} sessions added, {changed} changed"
    )
    told: dict[tuple[str, str], list[str]] = {}
    for one in report.failing:
        told.setdefault((str(one.outcome), one.message), []).append(one.symbol)
    failing = [f"{what}: {', '.join(who)}: {why}" for (what, why), who in told.items()]
    return "\n".join([head, *failing])
