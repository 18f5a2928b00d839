"""Pairs on their sessions: which can be measured, and why others cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from analysis.columns import NO_DAY, NO_INSTANT
from analysis.errors import DataError, nearest
from analysis.sessions import reaction_days
from analysis.study import ALL_FIRMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from analysis._typing import BoolArray, FloatArray, IntArray
    from analysis.sample.data import SampleData
    from analysis.sample.events import FirmEvents, Labels
    from analysis.sample.spec import SampleSpec

N = TypeVar("N", bound=np.generic)

(
    OK,
    NO_SYMBOL,
    NO_DATE,
    NO_ZONE,
    UNKNOWN,
    OUTSIDE,
    DUPLICATE,
    NO_BENCHMARK,
    OVERLAPS,
    TOO_FEW,
    NOT_LISTED,
    THIN,
    COLLINEAR,
    NO_VARIANCE,
    NO_RETURN,
    GAP,
    DATA_END,
    NO_FACTOR,
) = range(18)

STATUS_WORDS = (
    "ok",
    "no symbol",
    "unreadable date",
    "time without a zone",
    "symbol not in the data",
    "date outside the data",
    "duplicate of another pair",
    "benchmark not in the data",
    "another event of the firm within the window",
    "too few estimation returns",
    "no returns at the event: not yet listed or delisted",
    "too many zero returns in the estimation window",
    "collinear factors in the estimation window",
    "no residual variance in the estimation window",
    "no return in the window",
    "missing return in the window",
    "window reaches the end of the data",
    "missing benchmark or factor in the window",
)
"""What became of a pair, by its code."""

PARTIAL, DELISTED, OVERLAPPING, MANY_ZEROS = 1, 2, 4, 8
NOTE_WORDS = {
    DELISTED: "ends with the firm's last return",
    PARTIAL: "some returns missing",
    OVERLAPPING: "another event of the firm within the window",
    MANY_ZEROS: "thin trading",
}
"""Flags of pairs that were measured all the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """
    Firm-events on the sessions of the data, in an order of their own: by symbol, then session.

    Sums over pairs run in this order, so that they do not depend on that of the file.

    Attributes
    ----------
    row : ndarray of shape (n,)
        Row of each pair in the list that was given.
    firm, position : ndarray of shape (n,)
        Column of the firm and row of the reaction session; -1 for none.
    date : ndarray of shape (n,)
        Day of the reaction session by `SampleData.day_numbers`: what pairs of different exchanges
        share, and of one exchange `position` itself.
    benchmark : ndarray of shape (n,)
        Place in `benchmarks`.
    benchmarks : tuple of str
        Of pairs of several exchanges one entry for each of them.
    benchmark_blocks : tuple of int
        Exchange of each, as `SampleData.exchanges` numbers them.
    group : ndarray of shape (n,)
        Place in `groups`; -1 for none.
    groups : tuple of str
    weight : ndarray of shape (n,)
    status : ndarray of shape (n,)
        Codes of `STATUS_WORDS`.
    notes : ndarray of shape (n,)
        Flags of `NOTE_WORDS`, summed.
    """

    row: npt.NDArray[np.int32]
    firm: IntArray
    position: IntArray
    date: IntArray
    benchmark: IntArray
    benchmarks: tuple[str, ...]
    benchmark_blocks: tuple[int, ...]
    group: IntArray
    groups: tuple[str, ...]
    weight: FloatArray
    status: npt.NDArray[np.int8]
    notes: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.row)

    @property
    def usable(self) -> BoolArray:
        """Which pairs can be measured as far as is known before any fit."""
        return np.equal(self.status, OK)


def place_pairs(events: FirmEvents, data: SampleData, spec: SampleSpec) -> Pairs:
    """
    Find each pair's firm and session, and which pairs cannot be used.

    Parameters
    ----------
    events : FirmEvents
    data : SampleData
    spec : SampleSpec

    Returns
    -------
    Pairs

    Raises
    ------
    DataError
        If there is no pair at all, or none can be placed.
    """
    if not len(events):
        raise DataError(f"{events.name}: no firm-event in it; give one row a pair")
    if ALL_FIRMS in events.group.words:
        raise DataError(
            f"{events.name}: a group is called '{ALL_FIRMS}', which stands for all pairs; rename it"
        )
    firm = _coded(events.symbol, dict(data.symbols))
    block = np.where(firm < 0, 0, data.firm_blocks()[firm])
    position = _positions(events, data, block)
    benchmarks, blocks, benchmark = _benchmarks(events, data.local, spec.benchmark, block)
    known = [name in data.symbols or name in data.markets for name in benchmarks]
    status = np.zeros(len(events), dtype=np.int8)
    status[~np.array(known)[benchmark]] = NO_BENCHMARK
    status[position < 0] = OUTSIDE
    status[firm < 0] = UNKNOWN
    status[events.day == NO_DAY] = NO_DATE
    status[events.naive] = NO_ZONE
    status[events.symbol.codes < 0] = NO_SYMBOL
    position[status != OK] = np.where(
        status[status != OK] == NO_BENCHMARK, position[status != OK], -1
    )
    order = _order(events, position)
    placed = position[order]
    one = len(data.exchanges) == 1
    pairs = Pairs(
        row=order.astype(np.int32),
        firm=firm[order],
        position=placed,
        date=placed if one else np.append(data.day_numbers(), -1)[placed],
        benchmark=_ordered(benchmark, order),
        benchmarks=benchmarks,
        benchmark_blocks=blocks,
        group=_ordered(events.group.codes, order),
        groups=events.group.words,
        weight=_ordered(events.weight, order),
        status=status[order],
        notes=np.zeros(len(events), dtype=np.int8),
    )
    if not pairs.usable.any():
        raise DataError(f"{events.name}: no pair can be used ({_reasons(pairs, events, data)})")
    _mark_duplicates(pairs)
    _mark_overlaps(pairs, spec)
    return pairs


def _ordered(values: npt.NDArray[N], order: IntArray) -> npt.NDArray[N]:
    """Put values into an order; one that stands for all takes no memory."""
    return values if values.strides == (0,) else values[order]


def _reasons(pairs: Pairs, events: FirmEvents, data: SampleData) -> str:
    codes, counts = np.unique(pairs.status, return_counts=True)
    found = [f"{count:,} {STATUS_WORDS[code]}" for code, count in zip(codes, counts, strict=True)]
    if UNKNOWN in codes:
        lacking = next(word for word in events.symbol.words if word and word not in data.symbols)
        found.append(f"'{lacking}': {nearest(lacking, data.symbols)}")
    if NO_BENCHMARK in codes:
        known = (*data.symbols, *data.markets)
        missing = next(name for name in pairs.benchmarks if name not in known)
        found.append(f"'{missing}': {nearest(missing, known)}")
    return "; ".join(found)


def _coded(labels: Labels, known: dict[str, int]) -> IntArray:
    return np.array([*(known.get(word, -1) for word in labels.words), -1], dtype=np.int64)[
        labels.codes
    ]


def _positions(events: FirmEvents, data: SampleData, block: IntArray) -> IntArray:
    """Find each pair's reaction session on the exchange of its firm; -1 outside the data."""
    found = np.full(len(events), -1, dtype=np.int64)
    for code, exchange in enumerate(data.exchanges):
        rows = np.flatnonzero(block == code)
        day, instant = events.day[rows], events.instant[rows]
        timed = instant != NO_INSTANT
        if timed.any():
            day[timed] = reaction_days(exchange.calendar, instant[timed])
        sessions = data.sessions[exchange.start : exchange.stop]
        place = np.searchsorted(sessions, day, side="left").astype(np.int64)
        outside = (day < sessions[0]) | (place == sessions.size)
        found[rows] = np.where(outside, -1, exchange.start + place)
    return found


def _benchmarks(
    events: FirmEvents, local: Mapping[str, str], default: str, block: IntArray
) -> tuple[tuple[str, ...], tuple[int, ...], IntArray]:
    """List the benchmarks by exchange, and the place of each pair's: its own, else its firm's."""
    labels = events.benchmark
    words = list(dict.fromkeys([*labels.words, *local.values(), default]))
    place = {word: at for at, word in enumerate(words)}
    of_firm = [place[local.get(symbol, default)] for symbol in events.symbol.words]
    given = np.array([*(place[word] for word in labels.words), -1], dtype=np.int64)[labels.codes]
    others = np.array([*of_firm, place[default]], dtype=np.int64)[events.symbol.codes]
    code = np.where(given < 0, others, given)
    width = int(block.max(initial=0)) + 1
    both, found = np.unique(code * width + block, return_inverse=True)
    names = tuple(words[at] for at in (both // width).tolist())
    places = found.astype(np.int64) if len(both) > 1 else np.broadcast_to(np.int64(0), code.shape)
    return names, tuple((both % width).tolist()), places


def _order(events: FirmEvents, position: IntArray) -> IntArray:
    words = np.array([*events.symbol.words, ""], dtype=str)
    rank = np.empty(len(words), dtype=np.int64)
    rank[np.argsort(words, kind="stable")] = np.arange(len(words))
    groups = np.array([*events.group.words, ""], dtype=str)
    group_rank = np.empty(len(groups), dtype=np.int64)
    group_rank[np.argsort(groups, kind="stable")] = np.arange(len(groups))
    late = np.where(position < 0, np.iinfo(np.int64).max, position)
    return np.lexsort((group_rank[events.group.codes], late, rank[events.symbol.codes]))


def _mark_duplicates(pairs: Pairs) -> None:
    """Mark pairs of one firm, session and group but for the first of the file."""
    usable = np.flatnonzero(pairs.usable)
    firm, position, group = pairs.firm[usable], pairs.position[usable], pairs.group[usable]
    same = (np.diff(firm) == 0) & (np.diff(position) == 0) & (np.diff(group) == 0)
    pairs.status[usable[1:][same]] = DUPLICATE


def _mark_overlaps(pairs: Pairs, spec: SampleSpec) -> None:
    """Flag pairs of one firm whose longest windows share a session; obey the policy."""
    usable = np.flatnonzero(pairs.usable)
    firm, position = pairs.firm[usable], pairs.position[usable]
    near = (np.diff(firm) == 0) & (np.diff(position) < spec.longest)
    both = np.zeros(len(usable), dtype=bool)
    both[1:] |= near
    both[:-1] |= near
    pairs.notes[usable[both]] |= OVERLAPPING
    if spec.policies.overlap == "refuse":
        pairs.status[usable[both]] = OVERLAPS
    elif spec.policies.overlap == "first":
        kept = -1
        for at in range(len(usable)):
            begins = kept < 0 or firm[at] != firm[kept]
            if begins or position[at] - position[kept] >= spec.longest:
                kept = at
            else:
                pairs.status[usable[at]] = OVERLAPS
