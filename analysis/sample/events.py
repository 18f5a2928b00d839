"""Lists of firm-events: who and when, with what else is known of each pair."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.columns import EPOCH, NO_DAY, NO_INSTANT
from analysis.errors import DataError, nearest
from analysis.pieces import Problems
from analysis.sample.tables import LARGEST
from analysis.tabular import read_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from analysis._typing import FloatArray, IntArray
    from analysis.pieces import Piece

KNOWN_COLUMNS = ("symbol", "when", "id", "group", "benchmark", "weight", "title", "source")
"""Columns of an events file with a meaning of their own; any other is a characteristic."""

_MICROSECOND = dt.timedelta(microseconds=1)
_INSTANT_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """
    A column of texts as codes.

    Attributes
    ----------
    codes : ndarray of shape (n,)
        Place of each row's text in `words`; -1 where there is none.
    words : tuple of str
    """

    codes: IntArray
    words: tuple[str, ...]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Labels:
        """
        Code a list of texts; an empty one is none.

        Examples
        --------
        >>> Labels.of(["a", "", "a"]).codes.tolist()
        [0, -1, 0]
        """
        words: dict[str, int] = {}
        codes = [words.setdefault(text, len(words)) if text else -1 for text in texts]
        return cls(np.array(codes, dtype=np.int64), tuple(words))

    @classmethod
    def none(cls, n: int) -> Labels:
        """Make a column without any text; it takes no memory and cannot be written to."""
        return cls(np.broadcast_to(np.int64(-1), (n,)), ())

    def texts(self) -> npt.NDArray[np.object_]:
        """Write the texts out; shape (n,), ``""`` where there is none."""
        found: npt.NDArray[np.object_] = np.array([*self.words, ""], dtype=object)[self.codes]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class FirmEvents:
    """
    Pairs of a firm and a date, in the order in which they were given.

    Attributes
    ----------
    symbol : Labels
    day : ndarray of shape (n,)
        Days since 1970 as written; `NO_DAY` where unreadable.
    instant : ndarray of shape (n,)
        Microseconds since 1970 in UTC where the hour is known, else `NO_INSTANT`.
    naive : ndarray of shape (n,)
        Whether an hour stands without its zone, so that the pair cannot be placed.
    ids : Labels
        Names of the pairs; their numbers, from 1, where none is given.
    group, benchmark, title, source : Labels
    weight : ndarray of shape (n,)
        Weights of the weighted averages; NaN where none is given.
    characteristics : pandas.DataFrame
        Further columns, one row a pair: numbers where all cells are numbers, else texts.
    name : str
        Where the list is from.
    problems : Problems
        Cells that could not be used.
    """

    symbol: Labels
    day: npt.NDArray[np.int32]
    instant: IntArray
    naive: npt.NDArray[np.bool_]
    ids: Labels
    group: Labels
    benchmark: Labels
    title: Labels
    source: Labels
    weight: FloatArray
    characteristics: pd.DataFrame
    name: str = "firm-events"
    problems: Problems = field(default_factory=Problems)

    def __len__(self) -> int:
        return len(self.day)

    @classmethod
    def make(
        cls,
        symbols: Sequence[str],
        when: Sequence[dt.date | dt.datetime],
        *,
        group: Sequence[str] | None = None,
        benchmark: Sequence[str] | None = None,
        weight: Sequence[float] | None = None,
        characteristics: pd.DataFrame | None = None,
        **texts: Sequence[str],
    ) -> FirmEvents:
        """
        Put a list of pairs together.

        Parameters
        ----------
        symbols : sequence of str
        when : sequence of datetime.date or timezone-aware datetime.datetime
            A bare date means that the hour is not known.
        group, benchmark, weight, characteristics
            See `FirmEvents`; one entry or row a pair.
        **texts : sequence of str
            ``ids``, ``title`` or ``source``.

        Raises
        ------
        DataError
            If the columns are not of one length, or a weight is negative.

        Examples
        --------
        >>> import datetime as dt
        >>> len(FirmEvents.make(["NVDA", "AMD"], [dt.date(2025, 1, 27)] * 2))
        2
        """
        n = len(symbols)
        given = {"when": when, "group": group, "benchmark": benchmark, "weight": weight, **texts}
        for name, column in (*given.items(), ("characteristics", characteristics)):
            if column is not None and len(column) != n:
                raise DataError(f"firm-events: {n} symbols and {len(column)} entries of '{name}'")
        weights = None if weight is None else np.asarray(weight, dtype=float)
        if weights is not None and (weights < 0).any():
            row = int(np.argmax(weights < 0))
            raise DataError(
                f"firm-events: the weight of pair {row + 1}, {weights[row]:g}, is negative"
            )
        day, instant, naive = _moments(when)
        numbers = [str(row + 1) for row in range(n)]
        return cls(
            symbol=Labels.of([str(symbol) for symbol in symbols]),
            day=day,
            instant=instant,
            naive=naive,
            ids=Labels.of([str(text) for text in texts.get("ids", numbers)]),
            group=Labels.none(n) if group is None else Labels.of(group),
            benchmark=Labels.none(n) if benchmark is None else Labels.of(benchmark),
            title=Labels.of(texts["title"]) if "title" in texts else Labels.none(n),
            source=Labels.of(texts["source"]) if "source" in texts else Labels.none(n),
            weight=np.broadcast_to(np.nan, (n,)) if weights is None else weights,
            characteristics=pd.DataFrame(index=range(n))
            if characteristics is None
            else characteristics.reset_index(drop=True),
        )


def read_events(path: Path) -> FirmEvents:
    """
    Read firm-events from a CSV or Parquet file.

    Parameters
    ----------
    path : pathlib.Path
        Columns ``symbol`` and ``when``: a date as 2025-01-27, or an instant with its zone as
        2025-01-27T21:20:00Z. Optional: ``id``, ``group``, ``benchmark``, ``weight``, ``title``,
        ``source``. Any other column is kept as a characteristic.

    Returns
    -------
    FirmEvents
        Every row of the file, those that cannot be used among them.

    Raises
    ------
    DataError
        If the file cannot be read as a table, or lacks ``symbol`` or ``when``.
    """
    piece, _ = read_whole(path)
    piece.file.require(["symbol", "when"])
    names = list(piece.file.names)
    n = piece.table.num_rows
    problems = Problems()

    def labels(name: str) -> Labels:
        if name not in names:
            return Labels.none(n)
        codes, words = piece.texts(names.index(name))
        return Labels(codes, tuple(words))

    moments = piece.moments(names.index("when"))
    ids = labels("id")
    if "id" not in names:
        ids = Labels(np.arange(n), tuple(str(row + 1) for row in range(n)))
    return FirmEvents(
        symbol=labels("symbol"),
        day=np.where(moments.naive, NO_DAY, moments.day).astype(np.int32),
        instant=_instants(moments.instant),
        naive=moments.naive,
        ids=ids,
        group=labels("group"),
        benchmark=labels("benchmark"),
        title=labels("title"),
        source=labels("source"),
        weight=_weights(piece, names.index("weight"), problems)
        if "weight" in names
        else np.broadcast_to(np.nan, (n,)),
        characteristics=_characteristics(piece),
        name=path.name,
        problems=problems,
    )


def _instants(instant: IntArray) -> IntArray:
    """Keep instants; where no pair has an hour one stands for all and takes no memory."""
    if (instant == NO_INSTANT).all():
        return np.broadcast_to(np.int64(NO_INSTANT), instant.shape)
    return instant


def events_of_tables(tables: Sequence[Mapping[str, Any]], *, where: str) -> FirmEvents:
    """
    Take firm-events from the ``[[firm_events]]`` tables of a study file.

    Parameters
    ----------
    tables : sequence of mapping
        Keys as the columns of `read_events`.
    where : str
        The file, for messages.

    Raises
    ------
    DataError
        If a table lacks ``symbol`` or ``when``, or holds what no cell can.
    """
    weights = []
    for number, table in enumerate(tables, start=1):
        place = f"{where}: [[firm_events]] number {number}"
        for key in ("symbol", "when"):
            if key not in table:
                raise DataError(f"{place} has no '{key}'")
        if not isinstance(table["when"], dt.date):
            raise DataError(
                f"{place}: 'when' is {table['when']!r}; "
                "write a date without quotes, as in 2025-01-27"
            )
        for key, value in table.items():
            if isinstance(value, list | dict):
                raise DataError(f"{place}: '{key}' holds several values; give one")
            if isinstance(value, int) and abs(value) > LARGEST:
                raise DataError(f"{place}: '{key}' is a whole number beyond 64 bits")
        weight = table.get("weight", np.nan)
        if not isinstance(weight, int | float) or isinstance(weight, bool) or np.isinf(weight):
            raise DataError(f"{place}: weight '{weight}' is no number")
        if weight < 0:
            raise DataError(f"{place}: weight '{weight}' is negative; leave it out for none")
        weights.append(float(weight))
    extra = [key for table in tables for key in table if key not in KNOWN_COLUMNS]
    frame = pd.DataFrame(
        {key: [table.get(key) for table in tables] for key in dict.fromkeys(extra)},
        index=range(len(tables)),
    )
    return FirmEvents.make(
        [str(table["symbol"]) for table in tables],
        [table["when"] for table in tables],
        group=[str(table.get("group", "")) for table in tables],
        benchmark=[str(table.get("benchmark", "")) for table in tables],
        weight=weights,
        characteristics=frame,
        ids=[str(table.get("id", row + 1)) for row, table in enumerate(tables)],
        title=[str(table.get("title", "")) for table in tables],
        source=[str(table.get("source", "")) for table in tables],
    )


def _moments(
    when: Sequence[dt.date | dt.datetime],
) -> tuple[npt.NDArray[np.int32], IntArray, npt.NDArray[np.bool_]]:
    day = np.full(len(when), NO_DAY, dtype=np.int32)
    instant = np.full(len(when), NO_INSTANT, dtype=np.int64)
    naive = np.zeros(len(when), dtype=np.bool_)
    for row, moment in enumerate(when):
        if isinstance(moment, dt.datetime):
            naive[row] = moment.tzinfo is None
            if naive[row]:
                continue
            instant[row] = (moment - _INSTANT_EPOCH) // _MICROSECOND
            day[row] = (moment.date() - EPOCH).days
        else:
            day[row] = (moment - EPOCH).days
    return day, instant, naive


def _numbers(piece: Piece, column: int, problems: Problems) -> FloatArray:
    values, bad = piece.numbers(column)
    name = piece.file.names[column]
    problems.add_rows(
        piece, bad, lambda row: f"{name} '{piece.shown(column, row)}' is no number; left empty"
    )
    return values


def _weights(piece: Piece, column: int, problems: Problems) -> FloatArray:
    values = _numbers(piece, column, problems)
    negative = values < 0
    problems.add_rows(
        piece,
        np.flatnonzero(negative),
        lambda row: f"weight '{piece.shown(column, row)}' is negative; left empty",
    )
    return np.where(negative, np.nan, values)


def _characteristics(piece: Piece) -> pd.DataFrame:
    found: dict[str, Any] = {}
    for at, name in enumerate(piece.file.names):
        if name in KNOWN_COLUMNS:
            continue
        try:
            values, bad = piece.numbers(at)
        except DataError:
            values, bad = np.zeros(0), np.zeros(1, dtype=np.int64)
        if bad.size:  # one text makes the column a text
            column = piece.table.column(at).to_pylist()
            found[name] = np.array(
                [None if cell is None or cell == "" else str(cell) for cell in column], dtype=object
            )
        else:
            found[name] = values
    return pd.DataFrame(found, index=range(piece.table.num_rows))


def grouped_by(events: FirmEvents, column: str) -> FirmEvents:
    """
    Group pairs by a column: ``group``, or a characteristic.

    Raises
    ------
    DataError
        If there is no such column.
    """
    if column == "group":
        return events
    if column in {"symbol", "benchmark"}:
        return replace(events, group=getattr(events, column))
    if column not in events.characteristics.columns:
        known = ("group", "symbol", "benchmark", *events.characteristics.columns)
        raise DataError(
            f"{events.name}: no column '{column}' to group by; {nearest(column, known)}"
        )
    return replace(events, group=Labels.of([_word(x) for x in events.characteristics[column]]))


def _word(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
