"""Reference figures: share counts, printed closes, index weights, and what else happened when."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.currency import USD
from analysis.errors import DataError
from analysis.sessions import reaction_session, session_close

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LARGEST_DOUBT = 0.005
"""Relative difference of two counts of one day beyond which one must be wrong."""

WHOLE, ROUNDING = 100.0, 1e-3
"""An index in percent, and what rounded weights may add up to beyond it (relative)."""


@dataclass(frozen=True, slots=True)
class ShareCount:
    """
    Shares outstanding of a firm on a day, and how good the figure is.

    Attributes
    ----------
    symbol : str
    shares : float
        Count, on the split basis of the printed closes.
    as_of : datetime.date
        Day of the count; the last day of the period where it is a mean.
    source : str
    known_from : datetime.date or None
        Day on which it was filed, or first shown where no filing was seen; None where not stated.
    kind : str
        ``cover`` of a filing, ``balance-sheet``, ``level`` shown by an aggregator, ``mean`` over
        a period, or empty.
    document : str
        Where the count stands, in a few words: a filing's cover, a balance sheet; else empty.
    digits : int
        Digits that carry information; 0 where not stated.
    note : str
    """

    symbol: str
    shares: float
    as_of: dt.date
    source: str
    known_from: dt.date | None = None
    kind: str = ""
    document: str = ""
    digits: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class PrintedClose:
    """
    A close as printed that day: not adjusted for dividends, on that day's split basis.

    Attributes
    ----------
    symbol : str
    session : pandas.Timestamp
    close : float
        A share, in `currency`.
    source : str
    currency : str
        ISO 4217 code.
    """

    symbol: str
    session: pd.Timestamp
    close: float
    source: str
    currency: str = USD


@dataclass(frozen=True, slots=True)
class IndexWeight:
    """
    A firm's weight in an index or fund.

    Attributes
    ----------
    index, symbol : str
        The index's name begins with the symbol of the fund that follows it.
    weight : float
        Decimal fraction.
    as_of : datetime.date
        The session at whose close it was so.
    source, note : str
    """

    index: str
    symbol: str
    weight: float
    as_of: dt.date
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChronologyEntry:
    """
    A dated fact beside the events of a study.

    Attributes
    ----------
    id, title, kind, source : str
    date : datetime.date
    session : pandas.Timestamp
        First session that could react.
    confounds : bool
        Whether it could have moved the study's firms for a reason of its own.
    """

    id: str
    title: str
    kind: str
    source: str
    date: dt.date
    session: pd.Timestamp
    confounds: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """
    The reference figures that go with a set of prices.

    Attributes
    ----------
    shares : mapping of str to tuple of ShareCount
        By day of the count.
    closes : mapping of str to tuple of PrintedClose
        Printed closes with a source each, by session.
    daily_closes : pandas.DataFrame of shape (sessions, symbols) or None
        Closes as printed on the split basis of the share counts, NaN where there is none; for
        sessions that `closes` does not hold.
    daily_currencies : mapping of str to str
        Currencies of `daily_closes`, ISO 4217, by symbol; dollars where none is stated.
    splits : mapping of str to tuple of (datetime.date, float)
        First session after each split, and shares that one share became; by symbol.
    basis : datetime.date or None
        Day on whose split basis the closes and counts are; None where no splits are known.
    weights : tuple of IndexWeight
    chronology : tuple of ChronologyEntry
        By date.
    results_days : mapping of str to tuple of pandas.Timestamp
        Sessions that were the first to react to a firm's scheduled results, by firm.
    names : mapping of str to str
        Firms' names, and what funds follow, by symbol; for words and labels.
    """

    shares: Mapping[str, tuple[ShareCount, ...]] = field(default_factory=dict)
    closes: Mapping[str, tuple[PrintedClose, ...]] = field(default_factory=dict)
    daily_closes: pd.DataFrame | None = field(default=None, compare=False)
    daily_currencies: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, tuple[tuple[dt.date, float], ...]] = field(default_factory=dict)
    basis: dt.date | None = None
    weights: tuple[IndexWeight, ...] = ()
    chronology: tuple[ChronologyEntry, ...] = ()
    results_days: Mapping[str, tuple[pd.Timestamp, ...]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def restated(self, symbol: str, day: dt.date) -> float:
        """
        Say how many shares on the split basis of the closes one share of a day is.

        Examples
        --------
        >>> split = {"A": ((dt.date(2024, 6, 10), 10.0),)}
        >>> Reference(splits=split, basis=dt.date(2025, 1, 24)).restated("A", dt.date(2024, 6, 7))
        10.0
        """
        if self.basis is None:
            return 1.0
        splits, basis = self.splits.get(symbol, ()), self.basis
        before = math.prod(ratio for session, ratio in splits if day < session <= basis)
        return before / math.prod(ratio for session, ratio in splits if basis < session <= day)


def shares_from(frame: pd.DataFrame, *, where: str) -> dict[str, tuple[ShareCount, ...]]:
    """
    Read share counts from a frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        Texts, columns ``symbol, shares, as_of, known_from, kind, document, significant_digits,
        source, note``; empty where a figure is not known.
    where : str
        The file, for messages.

    Returns
    -------
    dict of str to tuple of ShareCount
        By day of the count.

    Raises
    ------
    DataError
        If a count is not positive, has no date, occurs twice, or if two counts of one day differ
        by more than `LARGEST_DOUBT`.
    """
    _positive(frame, "shares", where)
    found: dict[str, list[ShareCount]] = {}
    for row in frame.to_dict("records"):
        symbol = str(row["symbol"])
        as_of = _day(row["as_of"], f"{where}: as_of of {symbol}")
        if as_of is None:
            raise DataError(
                f"{where}: the count of {row['shares']} shares of {symbol} has no date; "
                "write as_of as 2025-01-24"
            )
        found.setdefault(symbol, []).append(
            ShareCount(
                symbol=symbol,
                shares=float(row["shares"]),
                as_of=as_of,
                source=str(row["source"]),
                known_from=_day(row["known_from"], f"{where}: known_from of {symbol}"),
                kind=str(row["kind"]),
                document=str(row["document"]),
                digits=int(row["significant_digits"] or 0),
                note=str(row["note"]),
            )
        )
    return {symbol: sorted_counts(counts, where=where) for symbol, counts in found.items()}


def sorted_counts(counts: Iterable[ShareCount], *, where: str) -> tuple[ShareCount, ...]:
    """
    Put the counts of one firm in the order of their days, and hold them against one another.

    Raises
    ------
    DataError
        If two counts of one day (means apart) differ by more than `LARGEST_DOUBT`.
    """
    ordered = sorted(counts, key=lambda count: (count.as_of, count.known_from or count.as_of))
    points = [count for count in ordered if count.kind != "mean"]
    for one, other in itertools.pairwise(points):
        if one.as_of == other.as_of and abs(one.shares / other.shares - 1) > LARGEST_DOUBT:
            raise DataError(
                f"{where}: two counts of {one.symbol} on {one.as_of}, {one.shares:,.0f} and "
                f"{other.shares:,.0f}, differ by more than {LARGEST_DOUBT:.1%}; keep the right one"
            )
    return tuple(ordered)


def closes_from(frame: pd.DataFrame, *, where: str) -> dict[str, tuple[PrintedClose, ...]]:
    """
    Read printed closes from a frame ``symbol, session, close, source``.

    Returns
    -------
    dict of str to tuple of PrintedClose
        By session.

    Raises
    ------
    DataError
        If a close is not positive or a (symbol, session) occurs twice.
    """
    _unique(frame, ["symbol", "session"], where)
    _positive(frame, "close", where)
    found: dict[str, list[PrintedClose]] = {}
    for row in frame.to_dict("records"):
        close = PrintedClose(
            str(row["symbol"]),
            pd.Timestamp(str(row["session"])).as_unit("us"),
            float(row["close"]),
            str(row["source"]),
        )
        found.setdefault(close.symbol, []).append(close)
    return {name: tuple(sorted(some, key=lambda c: c.session)) for name, some in found.items()}


def weights_from(frame: pd.DataFrame, *, where: str) -> tuple[IndexWeight, ...]:
    """
    Read index weights from a frame ``index, symbol, weight_percent, as_of, source, note``.

    Raises
    ------
    DataError
        If a weight is not positive or not below 100 percent, or the weights of one index on one
        day sum to more than it.
    """
    _positive(frame, "weight_percent", where)
    percent = frame["weight_percent"].astype(float)
    for row in frame[percent >= WHOLE].to_dict("records"):
        raise DataError(
            f"{where}: the weight of {row['symbol']} in {row['index']} is {row['weight_percent']} "
            "percent; a firm's weight is below 100"
        )
    keys = frame["index"] + " on " + frame["as_of"].astype(str)
    sums = percent.groupby(keys + " (" + frame["source"] + ")").sum()
    for key, total in sums[sums > WHOLE * (1 + ROUNDING)].items():
        raise DataError(
            f"{where}: the weights in {key} sum to {total:.2f} percent of it; "
            "one of them is wrong, or a row occurs twice"
        )
    days = [_day(day, f"{where}: as_of") for day in frame["as_of"]]
    if None in days:
        raise DataError(f"{where}: a weight has no date; write as_of as 2025-01-24")
    return tuple(
        IndexWeight(
            index=str(row["index"]),
            symbol=str(row["symbol"]),
            weight=float(row["weight_percent"]) / 100,
            as_of=day,
            source=str(row["source"]),
            note=str(row["note"]),
        )
        for row, day in zip(frame.to_dict("records"), days, strict=True)
        if day is not None
    )


def chronology_from(
    document: Mapping[str, Any], *, calendar: str, where: str
) -> tuple[ChronologyEntry, ...]:
    """
    Read the dated facts of a chronology and map each to the first session that could react.

    Parameters
    ----------
    document : mapping
        Parsed TOML with a list ``event`` of ``id, date, title, kind, confounds, source`` and
        optionally ``time_utc`` or ``after_close``.
    calendar : str
        Market code of the sessions to map to.
    where : str
        The file, for messages.

    Raises
    ------
    DataError
        If an entry lacks a key or has a malformed one.
    """
    entries = []
    for item in document.get("event", []):
        try:
            entries.append(
                ChronologyEntry(
                    id=item["id"],
                    title=item["title"],
                    kind=item["kind"],
                    source=item["source"],
                    date=item["date"],
                    session=_first_session(item, calendar),
                    confounds=bool(item["confounds"]),
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{where}: entry {item.get('id', '?')}: {error!r}") from error
    return tuple(sorted(entries, key=lambda entry: (entry.date, entry.id)))


def results_days_from(frame: pd.DataFrame) -> dict[str, tuple[pd.Timestamp, ...]]:
    """
    Take the sessions of scheduled results from a frame of results days.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``symbol``, ``kind`` and ``reaction_session``; kinds other than ``results`` were
        not scheduled and are left out.

    Returns
    -------
    dict of str to tuple of pandas.Timestamp
        By firm, in order.

    Examples
    --------
    >>> frame = pd.DataFrame({"symbol": ["A", "A"], "kind": ["results", "warning"],
    ...                       "reaction_session": ["2024-05-23", "2022-08-08"]})
    >>> [str(day.date()) for day in results_days_from(frame)["A"]]
    ['2024-05-23']
    """
    known = frame[frame["kind"] == "results"]
    return {
        str(symbol): tuple(sorted(map(pd.Timestamp, days)))
        for symbol, days in known.groupby("symbol")["reaction_session"]
    }


def _first_session(item: Mapping[str, Any], calendar: str) -> pd.Timestamp:
    date: dt.date = item["date"]
    if "time_utc" in item:
        clock = dt.time.fromisoformat(item["time_utc"])
        return reaction_session(calendar, dt.datetime.combine(date, clock, dt.UTC))
    session = reaction_session(calendar, date)
    if item.get("after_close", False) and session.date() == date:
        return reaction_session(calendar, session_close(calendar, session).to_pydatetime())
    return session


def _day(text: object, where: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(text)) if str(text) else None
    except ValueError:
        raise DataError(f"{where} is {text!r}; write a date as 2025-01-24") from None


def _unique(frame: pd.DataFrame, keys: list[str], where: str) -> None:
    twice = frame[frame.duplicated(keys)]
    if len(twice):
        raise DataError(f"{where}: {', '.join(map(str, twice.iloc[0][keys]))} occurs twice")


def _positive(frame: pd.DataFrame, column: str, where: str) -> None:
    values = pd.to_numeric(frame[column], errors="coerce")
    wrong = frame[~(values > 0)]
    if len(wrong):
        row = wrong.iloc[0]
        raise DataError(f"{where}: {column} of {row['symbol']} is {row[column]}, not positive")
