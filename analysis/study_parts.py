"""The parts that a study is made of: events, groups, benchmarks, market values, the headline."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.currency import USD, check_currency
from analysis.errors import StudyError
from analysis.keys import fill, key, understand_fields
from analysis.kinds import DAY, EVENT_TIME, FLAG, NAMES, NUMBER, TEXT, TEXTS, WHEN, ListOf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.windows import Window

PURGED_SUFFIX = "-ex"
"""``SPY-ex`` is SPY without the event firm."""

ALL_FIRMS = "all"
"""Id in results of all firms of a study taken together."""

LARGEST_VALUE = 1e18
"""No firm is worth more, in any currency."""

SHORTEST_ESTIMATION = 30
"""An estimation window of fewer sessions is refused."""

RETURNS = ("simple", "log")
"""Kinds of returns."""

WORDS = {
    "factors_in": ("decimals", "percent"),
    "other_events": ("keep", "leave-out"),
    "market_value": ("nearest", "known"),
    "returns": RETURNS,
}
"""Keys of a study that take one of a few words, and these."""

FIRST_YEAR, LAST_YEAR = 1800, 2200


@dataclass(frozen=True, slots=True)
class Event:
    """
    A piece of news and when it was public.

    Attributes
    ----------
    id : str
        Name in results.
    title : str
        In words.
    when : datetime.date or timezone-aware datetime.datetime
        A bare date means that the hour is not known: the date's own session, or the next one, is
        taken for the first that could react.
    source : str
        Where it is published.
    """

    id: str = key(TEXT, "Name of the event in results.")
    title: str = key(TEXT, "The event in words.")
    when: dt.date | dt.datetime = key(
        WHEN,
        "When it was public: an instant with its time zone, or a date where the hour is unknown.",
    )
    source: str = key(TEXT, "Where the event is published.", default="")

    def __post_init__(self) -> None:
        """Refuse an instant without a time zone, and years that no exchange knows."""
        understand_fields(self)
        if not FIRST_YEAR <= self.when.year <= LAST_YEAR:
            raise StudyError(
                f"event '{self.id}': the year {self.when.year} is not between {FIRST_YEAR} and "
                f"{LAST_YEAR}"
            )
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
    id : str
        Name in results.
    title : str
        In words; the id where it is not given.
    symbols : tuple of str
        One or more.
    """

    id: str = key(TEXT, "Name of the group in results.")
    title: str = key(TEXT, "The group in words; the id where it is not given.", default=None)
    symbols: tuple[str, ...] = key(TEXTS, "The firms of the group.", default=())

    def __post_init__(self) -> None:
        """Refuse a group without firms, and the name of the group of all firms."""
        understand_fields(self)
        fill(self, title=self.id)
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
        Column of the levels; the id without ``-ex`` where it is not given.
    purged_of : str or None
        Firms whose weights are taken out, with commas, or the id of a group of the study; empty
        for none. None, which only a benchmark named
        ``-ex`` may have, becomes the event firm of the study that it is put into.
    weight : float
        The one firm's weight, decimal, at the close of `weight_session`; 0 to take the weights of
        the data.
    weight_session : datetime.date or None
        A session of the data.
    source : str
        Where the weight is from.
    sector : bool
        Whether it is the index of a sector: an abnormal return is then relative to that.
    """

    id: str = key(TEXT, "Name of the benchmark in results; SYMBOL-ex for one that is purged.")
    symbol: str = key(TEXT, "Column of the levels; the id without -ex by default.", default=None)
    purged_of: str | None = key(
        NAMES,
        "Firms, or the group, whose weights are taken out; the event firm for SYMBOL-ex.",
        default=None,
    )
    weight: float = key(
        NUMBER,
        "The one firm's weight in it, a decimal fraction; by default as the data know it.",
        default=0.0,
    )
    weight_session: dt.date | None = key(
        DAY, "The session at whose close the weight was so.", default=None
    )
    source: str = key(TEXT, "Where the weight is published.", default="")
    sector: bool = key(
        FLAG, "The index is a sector's: abnormal returns are relative to it.", default=False
    )

    def __post_init__(self) -> None:
        """Refuse a weight that cannot be one, or that has nothing to be taken out."""
        understand_fields(self)
        named_purged = self.id.endswith(PURGED_SUFFIX)
        fill(self, symbol=self.id.removesuffix(PURGED_SUFFIX))
        if not named_purged:
            fill(self, purged_of="")
        if not self.symbol:
            raise StudyError(f"benchmark '{self.id}' names no symbol; write it as SYMBOL-ex")
        if not 0 <= self.weight < 1:
            raise StudyError(
                f"benchmark '{self.id}': weight {self.weight} is not between 0 and 1; "
                "write a decimal fraction, as in 0.0696"
            )
        if self.purged_of == "":
            self._check_whole(named_purged=named_purged)
        elif (self.weight == 0) != (self.weight_session is None):
            raise StudyError(
                f"benchmark '{self.id}' is purged of {self.purged_of or 'the event firm'}: give "
                "its weight and weight_session, the session at whose close the weight was so, or "
                "neither to take the weights that the data hold"
            )
        elif self.weight and len(self.firms) > 1:
            raise StudyError(
                f"benchmark '{self.id}' is purged of {len(self.firms)} firms and has one weight; "
                "leave weight and weight_session out to take the weights that the data hold"
            )

    @property
    def firms(self) -> tuple[str, ...]:
        """The firms whose weights are taken out."""
        return tuple(name.strip() for name in (self.purged_of or "").split(",") if name.strip())

    def _check_whole(self, *, named_purged: bool) -> None:
        if named_purged:
            raise StudyError(f"benchmark '{self.id}' is purged of no firm; name one in purged_of")
        if self.weight or self.weight_session:
            raise StudyError(
                f"benchmark '{self.id}' has a weight and is purged of no firm; name it "
                f"{self.id}{PURGED_SUFFIX}, or the firm in purged_of"
            )


@dataclass(frozen=True, slots=True)
class MarketValue:
    """
    Shares of a firm, and its printed close where the data hold none.

    Attributes
    ----------
    symbol : str
        A firm of the study.
    shares : float
        Count on the split basis of the close; where the close is that of a price store, on the
        basis of the count's own day.
    as_of : datetime.date
        Day of the count.
    source : str
        Where the share count is published.
    known_from : datetime.date or None
        Day on which the count was filed.
    close : float or None
        A share, in `currency`, not adjusted for dividends; None for the printed close of the data.
    close_session : datetime.date or None
        A session of the data.
    currency : str
        ISO 4217 code.
    """

    symbol: str = key(TEXT, "The firm.")
    shares: float = key(NUMBER, "Shares outstanding, on the split basis of the close.")
    as_of: dt.date = key(DAY, "Day of the share count.")
    source: str = key(TEXT, "Where the share count is published.")
    known_from: dt.date | None = key(DAY, "Day on which the count was filed.", default=None)
    close: float | None = key(
        NUMBER,
        "Close as printed, a share, not adjusted for dividends; by default that of the data.",
        default=None,
    )
    close_session: dt.date | None = key(DAY, "The session of that close.", default=None)
    currency: str = key(TEXT, "Currency of the close, ISO 4217.", default=USD)

    def __post_init__(self) -> None:
        """Refuse figures that are not positive, half a close, or a value that no firm has."""
        understand_fields(self)
        where = f"market value of {self.symbol}"
        if not 0 < self.shares < math.inf or not (self.close is None or 0 < self.close < math.inf):
            raise StudyError(f"{where}: shares and close must be positive")
        if (self.close is None) != (self.close_session is None):
            raise StudyError(
                f"{where}: close and close_session go together; give both, or neither to take the "
                "printed close of the data"
            )
        check_currency(self.currency, where=where)
        if self.close is not None and self.shares * self.close > LARGEST_VALUE:
            raise StudyError(
                f"market value of {self.symbol}: {self.shares:.3g} shares at {self.close:.6g} are "
                f"{self.shares * self.close:.3g}, more than any firm is worth; check the count"
            )


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """
    Where the dollars of a currency are read.

    Attributes
    ----------
    currency : str
        ISO 4217 code; not USD.
    symbol : str
        Column of the levels: USD a unit of the currency, as EUR/USD.
    per_dollar : bool
        The column is units of the currency a dollar, as USD/JPY.
    """

    currency: str = key(TEXT, "Currency, ISO 4217.")
    symbol: str = key(TEXT, "Column of the levels that holds USD a unit of it, as EUR/USD.")
    per_dollar: bool = key(
        FLAG, "The column holds units of the currency a dollar instead, as USD/JPY.", default=False
    )

    def __post_init__(self) -> None:
        """Refuse what is no currency, and the dollar itself."""
        understand_fields(self)
        check_currency(self.currency, where="exchange rate")
        if self.currency == USD:
            raise StudyError("exchange rate of USD: a dollar is a dollar; drop the table")


@dataclass(frozen=True, slots=True)
class ScheduledNews:
    """
    When news of a firm was due, such as its results: placebo dates on which it was are told apart.

    Attributes
    ----------
    symbol : str
        A firm of the study.
    when : tuple of datetime.date or timezone-aware datetime.datetime
        Each as `Event.when`. Placebo dates before the first of them are taken for such days too.
    source : str
        Where the days are published.
    """

    symbol: str = key(TEXT, "The firm.")
    when: tuple[dt.date | dt.datetime, ...] = key(
        ListOf(WHEN), "When its results, or other news that was due, came: dates or instants."
    )
    source: str = key(TEXT, "Where these days are published.", default="")

    def __post_init__(self) -> None:
        """Refuse a list without days, a day twice, and instants without a time zone."""
        understand_fields(self)
        where = f"scheduled news of {self.symbol}"
        if not self.when:
            raise StudyError(f"{where}: 'when' lists no day")
        check_once(f"day of {where}", [str(when) for when in self.when])
        for when in self.when:
            if isinstance(when, dt.datetime) and when.tzinfo is None:
                raise StudyError(
                    f"{where}: {when.isoformat()} has no time zone; write {when.isoformat()}Z or "
                    "an offset such as -05:00"
                )


@dataclass(frozen=True, slots=True)
class Headline:
    """
    The cell of the results that the study leads with.

    What is None becomes the first of its kind in the study that the headline is put into (the event
    firm, for the symbol).

    Attributes
    ----------
    event, symbol, model, benchmark : str
        Ids.
    window : Window
        One of the study's event windows.
    beside : str
        A second benchmark to print beside it; empty for none.
    untreated : str
        A benchmark that the event did not reach, for events that moved the whole market; empty for
        none.
    """

    event: str = key(TEXT, "Id of the event; the first by default.", default=None)
    symbol: str = key(TEXT, "The firm; the event firm by default.", default=None)
    model: str = key(TEXT, "Id of the model; the first by default.", default=None)
    benchmark: str = key(TEXT, "Id of the benchmark; the first by default.", default=None)
    window: Window = key(EVENT_TIME, "Event window; the first by default.", default=None)
    beside: str = key(TEXT, "A second benchmark to print beside it.", default="")
    untreated: str = key(
        TEXT, "A benchmark that the event did not reach, where it moved the market.", default=""
    )

    def __post_init__(self) -> None:
        """Take what a caller wrote for what it means."""
        understand_fields(self)


def default_min_estimation(estimation: Window) -> int:
    """Ask for four fifths of the estimation window, and no fewer than the shortest allowed."""
    return min(len(estimation), max(SHORTEST_ESTIMATION, len(estimation) * 4 // 5))


def check_words(study: object) -> None:
    """
    Hold the keys of a study that take one of a few words against these, see `WORDS`.

    Raises
    ------
    StudyError
        If a key holds another.
    """
    for name, words in WORDS.items():
        value = getattr(study, name)
        if value not in words:
            raise StudyError(f"{name} '{value}' is unknown; choose one of: {', '.join(words)}")


def check_windows(estimation: Window, fewest: int, windows: Sequence[Window]) -> None:
    """
    Hold an estimation window against its least number of sessions and the event windows.

    Raises
    ------
    StudyError
        If it is too short, fewer or more sessions are asked for than it can have, or it reaches
        into an event window.
    """
    if len(estimation) < SHORTEST_ESTIMATION:
        raise StudyError(
            f"estimation window {estimation} has {len(estimation)} sessions; "
            f"{SHORTEST_ESTIMATION} or more are needed, 250 are usual (-260..-11)"
        )
    if not SHORTEST_ESTIMATION <= fewest <= len(estimation):
        raise StudyError(
            f"min_estimation {fewest} is not between {SHORTEST_ESTIMATION} and "
            f"the {len(estimation)} sessions of the estimation window {estimation}"
        )
    for window in windows:
        if estimation.end >= window.start:
            raise StudyError(
                f"estimation window {estimation} reaches into the event window {window}; "
                f"let it end before {window.start}, best with a gap"
            )


def check_once(what: str, names: Sequence[str]) -> None:
    """
    Hold a list of names against itself.

    Raises
    ------
    StudyError
        If a name occurs twice.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise StudyError(f"{what} '{name}' occurs twice; keep one")
        seen.add(name)


def check_owners(groups: Sequence[Group]) -> None:
    """Refuse a firm that stands in two groups."""
    owner: dict[str, str] = {}
    for group in groups:
        for symbol in group.symbols:
            if symbol in owner:
                raise StudyError(
                    f"symbol '{symbol}' occurs twice in the groups ('{owner[symbol]}' and "
                    f"'{group.id}'); keep one"
                )
            owner[symbol] = group.id
