"""
A study: what to ask, of which firms, around which events, under which choices.

A `Study` is frozen and valid by construction: whatever can be checked without data is checked
when it is made. `analysis.study_file` reads and writes it as TOML.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from analysis.currency import USD, check_currency
from analysis.errors import StudyError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.windows import Window

SHORTEST_ESTIMATION = 30
"""An estimation window of fewer sessions is refused."""

PURGED_SUFFIX = "-ex"
"""``SPY-ex`` is SPY without the event firm."""

MARKET_VALUES = ("nearest", "known")
"""Which share count a market value takes."""

ALL_FIRMS = "all"
"""Id in results of all firms of a study taken together."""


@dataclass(frozen=True, slots=True)
class Event:
    """
    A piece of news and when it was public.

    Attributes
    ----------
    id, title : str
    when : datetime.date or timezone-aware datetime.datetime
        A bare date means that the hour is not known: the date's own session, or the next one, is
        taken for the first that could react.
    source : str
    """

    id: str
    title: str
    when: dt.date | dt.datetime
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse an instant without a time zone."""
        if isinstance(self.when, dt.datetime) and self.when.tzinfo is None:
            raise StudyError(
                f"event '{self.id}': {self.when.isoformat()} has no time zone; "
                f"write {self.when.isoformat()}Z or an offset such as -05:00"
            )


@dataclass(frozen=True, slots=True)
class Group:
    """
    Firms that belong together.

    Attributes
    ----------
    id, title : str
    symbols : tuple of str
    """

    id: str
    title: str
    symbols: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a group without firms, and the name of the group of all firms."""
        if not self.symbols:
            raise StudyError(f"group '{self.id}' holds no symbol; name one or more, or drop it")
        if self.id == ALL_FIRMS:
            raise StudyError(
                f"group '{ALL_FIRMS}': the name is kept for all firms of a study; choose another"
            )


@dataclass(frozen=True, slots=True)
class Benchmark:
    """
    What stands for the market.

    Attributes
    ----------
    id : str
        Name in results; the symbol, or the symbol with ``-ex`` where it is purged.
    symbol : str
        Column of the levels.
    purged_of : str
        Firm whose own weight is taken out; empty for none.
    weight : float
        The firm's weight, decimal, at the close of `weight_session`; 0 where nothing is purged.
    weight_session : datetime.date or None
    source : str
        Where the weight is from.
    """

    id: str
    symbol: str
    purged_of: str = ""
    weight: float = 0.0
    weight_session: dt.date | None = None
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse a weight that cannot be one."""
        if not 0 <= self.weight < 1:
            raise StudyError(
                f"benchmark '{self.id}': weight {self.weight} is not between 0 and 1; "
                "write a decimal fraction, as in 0.0696"
            )
        if self.purged_of and self.weight_session is None:
            raise StudyError(
                f"benchmark '{self.id}' is purged of {self.purged_of}: give its weight and "
                "weight_session, the session at whose close the weight was so"
            )


@dataclass(frozen=True, slots=True)
class MarketValue:
    """
    Shares of a firm, and its printed close where the data hold none.

    Attributes
    ----------
    symbol : str
    shares : float
        Count on the split basis of the close.
    as_of : datetime.date
        Day of the count.
    source : str
    known_from : datetime.date or None
        Day on which the count was filed.
    close : float or None
        A share, in `currency`, not adjusted for dividends; None to take the printed close of the
        data.
    close_session : datetime.date or None
    currency : str
        ISO 4217 code.
    """

    symbol: str
    shares: float
    as_of: dt.date
    source: str
    known_from: dt.date | None = None
    close: float | None = None
    close_session: dt.date | None = None
    currency: str = USD

    def __post_init__(self) -> None:
        """Refuse figures that are not positive, half a close, and what is no currency."""
        where = f"market value of {self.symbol}"
        if not 0 < self.shares < math.inf or not (self.close is None or 0 < self.close < math.inf):
            raise StudyError(f"{where}: shares and close must be positive")
        if (self.close is None) != (self.close_session is None):
            raise StudyError(
                f"{where}: close and close_session go together; give both, or neither to take the "
                "printed close of the data"
            )
        check_currency(self.currency, where=where)


@dataclass(frozen=True, slots=True)
class Headline:
    """
    The cell of the results that the study leads with.

    Attributes
    ----------
    event, symbol, model, benchmark : str
        Ids.
    window : Window
    beside : str
        A second benchmark to print beside it; empty for none.
    """

    event: str
    symbol: str
    model: str
    benchmark: str
    window: Window
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Study:
    """
    One event study, whole.

    Attributes
    ----------
    id, title : str
    calendar : str
        Market code of the exchange whose sessions count event time.
    event_firm : str
        The firm that the news struck, first of all; purged benchmarks leave it out.
    events : tuple of Event
    groups : tuple of Group
    symbols : tuple of str
        Every firm studied, each once, in the order of results.
    benchmarks : tuple of Benchmark
    models : tuple of str
    estimation : Window
        Sessions the models are fitted on.
    min_estimation : int
        Complete sessions a firm must have in it; fewer are refused.
    windows : tuple of Window
        Event windows.
    level : float
        Confidence level of every interval.
    headline : Headline
    market_values : tuple of MarketValue
    industry : tuple of str
        Securities whose equally weighted mean, without the firm itself, is the firm's industry.
    donors : tuple of str
        Securities of which control portfolios are made; they should be untouched by the event.
    force_donors : bool
        Take donors that are firms of the study all the same.
    data : str
        ``snapshot``, ``store`` or the path of a file of levels.
    market_value : str
        Which share count makes market values: the ``nearest`` filed one, or the one ``known`` on
        the eve.
    stale_counts : bool
        Also make dollars from a count more than 150 days from the event, with a flag.
    """

    id: str
    title: str
    calendar: str
    event_firm: str
    events: tuple[Event, ...]
    groups: tuple[Group, ...]
    symbols: tuple[str, ...]
    benchmarks: tuple[Benchmark, ...]
    models: tuple[str, ...]
    estimation: Window
    min_estimation: int
    windows: tuple[Window, ...]
    level: float
    headline: Headline
    market_values: tuple[MarketValue, ...] = field(default=())
    industry: tuple[str, ...] = ()
    donors: tuple[str, ...] = ()
    force_donors: bool = False
    data: str = "snapshot"
    market_value: str = "nearest"
    stale_counts: bool = False

    def __post_init__(self) -> None:
        """Hold the study against everything that needs no data."""
        _once("event", [event.id for event in self.events])
        _once("group", [group.id for group in self.groups])
        _once("benchmark", [benchmark.id for benchmark in self.benchmarks])
        _once("model", self.models)
        _once("symbol", self.symbols)
        _once("event window", [str(window) for window in self.windows])
        _once("symbol in the groups", [s for group in self.groups for s in group.symbols])
        _once("market value", [f"{v.symbol} {v.as_of}" for v in self.market_values])
        _once("industry member", self.industry)
        _once("donor", self.donors)
        for what, some in (
            ("event", self.events),
            ("symbol", self.symbols),
            ("benchmark", self.benchmarks),
            ("model", self.models),
            ("event window", self.windows),
        ):
            if not some:
                raise StudyError(f"study '{self.id}' names no {what}; name one or more")
        if self.market_value not in MARKET_VALUES:
            raise StudyError(
                f"market_value '{self.market_value}' is unknown; choose one of: "
                f"{', '.join(MARKET_VALUES)}"
            )
        if not 0.5 < self.level < 1:
            raise StudyError(f"level {self.level} is not between 0.5 and 1; 0.95 is usual")
        self._check_estimation()
        self._check_headline()

    def _check_estimation(self) -> None:
        if len(self.estimation) < SHORTEST_ESTIMATION:
            raise StudyError(
                f"estimation window {self.estimation} has {len(self.estimation)} sessions; "
                f"{SHORTEST_ESTIMATION} or more are needed, 250 are usual (-260..-11)"
            )
        if not SHORTEST_ESTIMATION <= self.min_estimation <= len(self.estimation):
            raise StudyError(
                f"min_estimation {self.min_estimation} is not between {SHORTEST_ESTIMATION} and "
                f"the {len(self.estimation)} sessions of the estimation window {self.estimation}"
            )
        for window in self.windows:
            if self.estimation.end >= window.start:
                raise StudyError(
                    f"estimation window {self.estimation} reaches into the event window {window}; "
                    f"let it end before {window.start}, best with a gap"
                )

    def _check_headline(self) -> None:
        head = self.headline
        for what, name, known in (
            ("event", head.event, [event.id for event in self.events]),
            ("symbol", head.symbol, self.symbols),
            ("model", head.model, self.models),
            ("benchmark", head.benchmark, [benchmark.id for benchmark in self.benchmarks]),
            ("window", str(head.window), [str(window) for window in self.windows]),
            ("beside", head.beside, ["", *(benchmark.id for benchmark in self.benchmarks)]),
        ):
            if name not in known:
                raise StudyError(
                    f"headline names {what} '{name}', which is not in the study; "
                    f"{nearest(name, filter(None, known))}"
                )

    def group_of(self, symbol: str) -> str:
        """Name the group of a firm; empty for none."""
        return next((group.id for group in self.groups if symbol in group.symbols), "")


@dataclass(frozen=True, slots=True)
class Overrides:
    """
    Choices that replace those of a study; None keeps the study's own.

    Attributes
    ----------
    events, symbols, models, benchmarks : tuple of str or None
        Ids; a benchmark is a symbol, or ``SYMBOL-ex`` for one the study says how to purge.
    estimation : Window or None
    windows : tuple of Window or None
    data : str or None
    """

    events: tuple[str, ...] | None = None
    symbols: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None
    benchmarks: tuple[str, ...] | None = None
    estimation: Window | None = None
    windows: tuple[Window, ...] | None = None
    data: str | None = None


def override(study: Study, choices: Overrides) -> Study:
    """
    Replace some of a study's choices, and check the whole again.

    The headline keeps what is still in the study and otherwise takes the first of each. Firms stand
    in the order of the study's groups, those of no group after them, as in a study file.

    Raises
    ------
    StudyError
        If an id is unknown or the outcome is no valid study.
    """
    symbols = _grouped_first(study, choices.symbols or study.symbols)
    events = study.events
    if choices.events:
        known = {event.id: event for event in study.events}
        events = tuple(_known("event", name, known) for name in choices.events)
    benchmarks = study.benchmarks
    if choices.benchmarks:
        benchmarks = tuple(_benchmark(study, name) for name in choices.benchmarks)
    estimation = choices.estimation or study.estimation
    models = choices.models or study.models
    windows = choices.windows or study.windows
    head = study.headline
    return replace(
        study,
        events=events,
        symbols=symbols,
        groups=tuple(
            replace(group, symbols=tuple(s for s in group.symbols if s in symbols))
            for group in study.groups
            if any(s in symbols for s in group.symbols)
        ),
        benchmarks=benchmarks,
        models=models,
        estimation=estimation,
        min_estimation=study.min_estimation
        if choices.estimation is None
        else default_min_estimation(estimation),
        windows=windows,
        headline=Headline(
            event=_keep(head.event, [event.id for event in events]),
            symbol=_keep(head.symbol, choices.symbols or study.symbols),
            model=_keep(head.model, models),
            benchmark=_keep(head.benchmark, [benchmark.id for benchmark in benchmarks]),
            window=head.window if head.window in windows else windows[0],
            beside=head.beside if head.beside in {b.id for b in benchmarks} else "",
        ),
        data=choices.data or study.data,
    )


def default_min_estimation(estimation: Window) -> int:
    """Ask for four fifths of the estimation window, and no fewer than the shortest allowed."""
    return min(len(estimation), max(SHORTEST_ESTIMATION, len(estimation) * 4 // 5))


def _grouped_first(study: Study, symbols: tuple[str, ...]) -> tuple[str, ...]:
    _once("symbol", symbols)
    grouped = [s for group in study.groups for s in group.symbols if s in symbols]
    return (*grouped, *(s for s in symbols if s not in grouped))


def _benchmark(study: Study, name: str) -> Benchmark:
    for benchmark in study.benchmarks:
        if benchmark.id == name:
            return benchmark
    if name.endswith(PURGED_SUFFIX):
        purged = [b.id for b in study.benchmarks if b.purged_of]
        raise StudyError(
            f"benchmark '{name}': the study gives no weight of {study.event_firm} in "
            f"{name.removesuffix(PURGED_SUFFIX)}; add it under [[benchmarks]]"
            + (f" (purged here: {', '.join(purged)})" if purged else "")
        )
    return Benchmark(id=name, symbol=name)


_Item = TypeVar("_Item")


def _known(what: str, name: str, known: dict[str, _Item]) -> _Item:
    if name not in known:
        raise StudyError(f"{what} '{name}' is not in the study; {nearest(name, known)}")
    return known[name]


def _keep(name: str, names: Sequence[str]) -> str:
    return name if name in names or not names else names[0]


def _once(what: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise StudyError(f"{what} '{name}' occurs twice; keep one")
        seen.add(name)
