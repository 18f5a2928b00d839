"""Reference figures: share counts, printed closes, index weights, and what else happened when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.errors import DataError
from analysis.sessions import reaction_session, session_close

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ShareCount:
    """
    Shares outstanding of a firm, and how good the figure is.

    Attributes
    ----------
    symbol : str
    shares : float
        Count, on the split basis of the printed closes.
    as_of : str
        Date or description of the date of the count.
    source, note : str
    """

    symbol: str
    shares: float
    as_of: str
    source: str
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
        USD a share.
    source : str
    """

    symbol: str
    session: pd.Timestamp
    close: float
    source: str


@dataclass(frozen=True, slots=True)
class IndexWeight:
    """
    A firm's weight in an index or fund.

    Attributes
    ----------
    index, symbol : str
    weight : float
        Decimal fraction.
    as_of, source, note : str
    """

    index: str
    symbol: str
    weight: float
    as_of: str
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
    shares : mapping of str to ShareCount
    closes : mapping of str to PrintedClose
        The printed close that anchors a firm's market value; one a symbol.
    weights : tuple of IndexWeight
    chronology : tuple of ChronologyEntry
        By date.
    """

    shares: Mapping[str, ShareCount] = field(default_factory=dict)
    closes: Mapping[str, PrintedClose] = field(default_factory=dict)
    weights: tuple[IndexWeight, ...] = ()
    chronology: tuple[ChronologyEntry, ...] = ()


def shares_from(frame: pd.DataFrame, *, where: str) -> dict[str, ShareCount]:
    """
    Read share counts from a frame ``symbol, shares, as_of, source, note``.

    Raises
    ------
    DataError
        If a count is not positive or a symbol occurs twice.
    """
    _unique(frame, ["symbol"], where)
    _positive(frame, "shares", where)
    return {
        str(row["symbol"]): ShareCount(
            symbol=str(row["symbol"]),
            shares=float(row["shares"]),
            as_of=str(row["as_of"]),
            source=str(row["source"]),
            note=str(row["note"]),
        )
        for row in frame.to_dict("records")
    }


def closes_from(
    frame: pd.DataFrame, session: pd.Timestamp, *, where: str
) -> dict[str, PrintedClose]:
    """
    Read the printed closes of one session from a frame ``symbol, session, close, source``.

    Raises
    ------
    DataError
        If a close is not positive or a (symbol, session) occurs twice.
    """
    _unique(frame, ["symbol", "session"], where)
    _positive(frame, "close", where)
    rows = frame[pd.to_datetime(frame["session"]) == session]
    return {
        str(row["symbol"]): PrintedClose(
            str(row["symbol"]), session, float(row["close"]), str(row["source"])
        )
        for row in rows.to_dict("records")
    }


def weights_from(frame: pd.DataFrame, *, where: str) -> tuple[IndexWeight, ...]:
    """
    Read index weights from a frame ``index, symbol, weight_percent, as_of, source, note``.

    Raises
    ------
    DataError
        If a weight is not positive.
    """
    _positive(frame, "weight_percent", where)
    return tuple(
        IndexWeight(
            index=str(row["index"]),
            symbol=str(row["symbol"]),
            weight=float(row["weight_percent"]) / 100,
            as_of=str(row["as_of"]),
            source=str(row["source"]),
            note=str(row["note"]),
        )
        for row in frame.to_dict("records")
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


def _first_session(item: Mapping[str, Any], calendar: str) -> pd.Timestamp:
    date: dt.date = item["date"]
    if "time_utc" in item:
        clock = dt.time.fromisoformat(item["time_utc"])
        return reaction_session(calendar, dt.datetime.combine(date, clock, dt.UTC))
    session = reaction_session(calendar, date)
    if item.get("after_close", False) and session.date() == date:
        return reaction_session(calendar, session_close(calendar, session).to_pydatetime())
    return session


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
