"""
The compiled pass over the pairs' own histories: residuals, their ranks, and sums of both.

Sums run over the pairs of a block in their order, so that they are the same on any number of
threads. All compiled functions of the pass stand in this one file, because numba's cache knows a
function as stale by its own file alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.panel.compiled import compiled

if TYPE_CHECKING:
    import numpy.typing as npt

    from analysis._typing import FloatArray, IntArray
    from analysis.sample.layout import EventRows, History, Sums

_BUCKETS = 256


@compiled
def _residuals(
    history: History, pair: int, rows: IntArray, days: IntArray, residuals: FloatArray
) -> int:
    """List the residuals of a pair's fit, the row of each in the window, and its session."""
    firm, position = history.firm[pair], history.position[pair]
    begin = history.offsets[firm]
    size = history.offsets[firm + 1] - begin
    start = history.first[firm]
    k = history.factors.shape[1]
    count = 0
    for row in range(history.estimation[1] - history.estimation[0] + 1):
        t = position + history.estimation[0] + row
        at = t - start
        if at < 0 or at >= size or not history.usable[t]:
            continue
        y = history.values[begin + at]
        if not np.isfinite(y) or (history.left_out.size > 0 and history.left_out[begin + at]):
            continue
        value = (y - history.base[t]) - history.coefficients[pair, 0]
        for j in range(k):
            value -= history.coefficients[pair, 1 + j] * history.factors[t, j]
        residuals[count] = value
        rows[count] = row
        days[count] = t
        count += 1
    return count


@compiled
def _bucket(value: float) -> int:
    return int(min(max(value + _BUCKETS / 2, 0.0), _BUCKETS - 1.0))


@compiled
def _standardise(
    history: History,
    days: IntArray,
    residuals: FloatArray,
    count: int,
    cross: FloatArray,
    solved: FloatArray,
    leverage: FloatArray,
    standard: FloatArray,
) -> None:
    """Divide residuals by the root of ``1 - h``, h their leverage; the scale does not matter."""
    k = history.factors.shape[1]
    constant, slopes = history.estimated
    leverage[:count] = 1.0 / count if constant else 0.0
    if slopes:
        for i in range(k):
            mean = 0.0
            for m in range(count):
                solved[i, m] = history.factors[days[m], i]
                mean += solved[i, m]
            if constant:
                mean /= count
                for m in range(count):
                    solved[i, m] -= mean
        for i in range(k):
            for j in range(i + 1):
                value = 0.0
                for m in range(count):
                    value += solved[i, m] * solved[j, m]
                cross[i, j] = value
        for i in range(k):  # Cholesky, in place
            for j in range(i + 1):
                value = cross[i, j]
                for c in range(j):
                    value -= cross[i, c] * cross[j, c]
                cross[i, j] = np.sqrt(value) if i == j else value / cross[j, j]
        for i in range(k):
            for c in range(i):
                for m in range(count):
                    solved[i, m] -= cross[i, c] * solved[c, m]
            for m in range(count):
                solved[i, m] /= cross[i, i]
                leverage[m] += solved[i, m] * solved[i, m]
    for m in range(count):
        standard[m] = residuals[m] / np.sqrt(max(1.0 - leverage[m], 1e-12))


@compiled
def _first_order(
    values: FloatArray, count: int, scale: float, order: IntArray, bounds: IntArray
) -> None:
    """Order values by buckets of three of their scales about zero; `_settle` finishes."""
    per = _BUCKETS / (6.0 * scale)
    bounds[:] = 0
    for m in range(count):
        bounds[_bucket(values[m] * per) + 1] += 1
    for b in range(_BUCKETS):
        bounds[b + 1] += bounds[b]
    for m in range(count):
        bucket = _bucket(values[m] * per)
        order[bounds[bucket]] = m
        bounds[bucket] += 1


@compiled
def _settle(values: FloatArray, count: int, order: IntArray, ordered: FloatArray) -> None:
    """Finish a rough order by insertion, and list the values in it."""
    for m in range(count):
        item = order[m]
        value = values[item]
        at = m
        while at > 0 and ordered[at - 1] > value:
            order[at] = order[at - 1]
            ordered[at] = ordered[at - 1]
            at -= 1
        order[at] = item
        ordered[at] = value


@compiled
def _rank(
    ordered: FloatArray, count: int, order: IntArray, rows: IntArray, codes: npt.NDArray[np.int32]
) -> None:
    """Write twice the mid-ranks, from 2, on the rows of the window; -1 where there is no value."""
    codes[:] = -1
    begin = 0
    while begin < count:
        end = begin + 1
        value = ordered[begin]
        while end < count and ordered[end] == value:
            end += 1
        for m in range(begin, end):
            codes[rows[order[m]]] = begin + 1 + end
        begin = end


@compiled
def _place(ordered: FloatArray, count: int, event: float) -> int:
    """
    Twice the rank of an event value among the ordered ones, less one: where equal, their own.

    A value above the event has a larger code in `_rank`, one below a smaller one.
    """
    low = 0
    left = count
    while left > 1:  # without a branch that depends on the values
        half = left // 2
        low += half * int(ordered[low + half - 1] < event)
        left -= half
    low += int(ordered[low] < event)
    upto = low
    while upto < count and ordered[upto] == event:
        upto += 1
    return low + upto + 1


@compiled
def _raise_signed(
    codes: npt.NDArray[np.int32],
    event: np.int32,
    middle: np.int32,
    above: npt.NDArray[np.int32],
    sign: npt.NDArray[np.int32],
) -> None:
    """Count twice what an event value adds to each rank, and the signs about the joint middle."""
    for m in range(codes.size):
        up = np.int32(codes[m] > event) + np.int32(codes[m] >= event)
        above[m] = np.int32(above[m] + up)
        joint = np.int32(codes[m] + up)
        sign[m] = np.int32(sign[m] + np.int32(joint > middle) - np.int32(joint < middle))


@compiled
def _raise(codes: npt.NDArray[np.int32], event: np.int32, above: npt.NDArray[np.int32]) -> None:
    """Count twice what an event value adds to each rank; a missing row is below everything."""
    for m in range(codes.size):
        up = np.int32(codes[m] > event) + np.int32(codes[m] >= event)
        above[m] = np.int32(above[m] + up)


@compiled
def _scaled(codes: npt.NDArray[np.int32], half: float, base: FloatArray) -> None:
    """Scale ranks about zero; a missing row is 0."""
    for m in range(codes.size):
        base[m] = codes[m] * half - 0.5 if codes[m] > 0 else 0.0


@compiled
def _add_joint(
    codes: npt.NDArray[np.int32],
    raised: npt.NDArray[np.int32],
    half: float,
    middle: int,
    rank: FloatArray,
    sign: FloatArray,
) -> None:
    """Add the joint ranks of a history beside several event values, and their signs if wanted."""
    for m in range(codes.size):
        if codes[m] > 0:
            joint = codes[m] + raised[m]
            rank[m] += joint * half - 0.5
            if sign.size > 0:
                sign[m] += np.float64(joint > middle) - np.float64(joint < middle)


@compiled
def _add_events(
    places: IntArray,
    values: FloatArray,
    half: float,
    middle: int,
    rank: FloatArray,
    sign: FloatArray,
) -> None:
    """Add the ranks of event values among a history and one another; a missing one has place 0."""
    for j in range(values.size):
        if places[j] == 0:
            continue
        own = places[j] + 1
        for other in range(values.size):
            if other != j and places[other] > 0:
                own += 2 if values[other] < values[j] else int(values[other] == values[j])
        rank[j] += own * half - 0.5
        if sign.size > 0:
            sign[j] += np.float64(own > middle) - np.float64(own < middle)


@compiled
def _add_window(
    codes: npt.NDArray[np.int32],
    places: IntArray,
    values: FloatArray,
    count: int,
    raised: npt.NDArray[np.int32],
    rank: FloatArray,
    event_rank: FloatArray,
    sign: FloatArray,
    event_sign: FloatArray,
) -> None:
    """Add one pair's joint ranks to the sums of a window of several sessions, and their signs."""
    size = 0
    raised[:] = 0
    for j in range(values.size):
        if places[j] > 0:
            size += 1
            _raise(codes, np.int32(places[j]), raised)
    if size > 0:
        middle = count + size + 1
        half = 0.5 / middle
        _add_joint(codes, raised, half, middle, rank, sign)
        _add_events(places, values, half, middle, event_rank, event_sign)


@compiled
def _find_places(ordered: FloatArray, count: int, values: FloatArray, places: IntArray) -> None:
    """Place every event value among a history; 0 where there is none."""
    for j in range(values.size):
        places[j] = _place(ordered, count, values[j]) if np.isfinite(values[j]) else 0


@compiled
def _hand_over(counts: npt.NDArray[np.int32], scale: float, total: FloatArray) -> None:
    """Add counts to sums, and begin to count anew."""
    for w in range(len(counts)):
        for m in range(counts.shape[1]):
            total[w, m] += scale * counts[w, m]
            counts[w, m] = 0


@compiled
def _sign(value: int, middle: int) -> float:
    return np.float64(value > middle) - np.float64(value < middle)


@compiled
def _add_base(
    windows: IntArray,
    places: IntArray,
    found: int,
    most: int,
    base: FloatArray,
    shared: FloatArray,
    total: FloatArray,
) -> None:
    """Add a pair's own ranks to its windows of one session: once for all where it has them all."""
    if found == most:
        for m in range(base.size):
            shared[m] += base[m]
        return
    for w in range(len(windows)):
        if windows[w, 0] == windows[w, 1] and places[windows[w, 0]] > 0:
            for m in range(base.size):
                total[w, m] += base[m]


@compiled
def _add_missing(
    windows: IntArray, places: IntArray, codes: npt.NDArray[np.int32], sign: FloatArray
) -> None:
    """Take back the signs that `_raise_signed` counts for rows without a residual."""
    for w in range(len(windows)):
        if windows[w, 0] == windows[w, 1] and places[windows[w, 0]] > 0:
            for m in range(codes.size):
                sign[w, m] += np.float64(codes[m] < 0)


@compiled
def sum_histories(history: History, events: EventRows, ranks: bool, sums: Sums) -> None:
    """
    Go through the histories of a block of pairs.

    Parameters
    ----------
    history : History
    events : EventRows
        Without windows nothing is ranked.
    ranks : bool
        Whether ranks are wanted; else only residuals are summed.
    sums : Sums
        Written to.
    """
    length = history.estimation[1] - history.estimation[0] + 1
    k = history.factors.shape[1]
    n_windows = len(events.windows)
    n_days = events.ar.shape[1]
    rows = np.empty(length, np.int64)
    days = np.empty(length, np.int64)
    residuals = np.empty(length)
    standard = np.empty(length)
    ordered = np.empty(length)
    ordered_standard = np.empty(length)
    codes = np.empty(length, np.int32)
    codes_standard = np.empty(length, np.int32)
    base = np.empty(length)
    base_standard = np.empty(length)
    raised = np.empty(length, np.int32)
    order = np.empty(length, np.int64)
    bounds = np.empty(_BUCKETS + 1, np.int64)
    places = np.empty(n_days, np.int64)
    places_standard = np.empty(n_days, np.int64)
    scaled = np.empty(n_days)
    cross = np.empty((k, k))
    solved = np.empty((k, length))
    leverage = np.empty(length)
    one = np.empty(1)
    one_place = np.empty(1, np.int64)
    event_general = np.zeros(1)
    no_sums = np.empty(0)
    # of windows of one session, counts over pairs with as many residuals, handed over together
    above = np.zeros((n_windows, length), np.int32)
    above_standard = np.zeros((n_windows, length), np.int32)
    signs = np.zeros((n_windows, length), np.int32)
    shared_base = np.zeros(length)
    shared_standard = np.zeros(length)
    counted = 0
    n_alone = 0
    for w in range(n_windows):
        n_alone += events.windows[w, 0] == events.windows[w, 1]
    for pair in range(history.firm.size):
        count = _residuals(history, pair, rows, days, residuals)
        if count < 2:
            continue
        square = 0.0
        positive = 0
        for m in range(count):
            square += residuals[m] * residuals[m]
            positive += residuals[m] > 0
            sums.pairs[rows[m]] += 1.0
            sums.residual[rows[m]] += residuals[m]
        sums.positive[pair] = positive / count
        norm = 1.0 / np.sqrt(square) if square > 0 else 0.0
        date = history.date[pair]
        origin = history.day[history.position[pair]] + history.earliest
        for m in range(count):
            sums.shared[date, history.day[days[m]] - origin] += residuals[m] * norm
        if not ranks:
            continue
        if counted != count:
            if counted > 0:
                _hand_over(above, 0.5 / (counted + 2), sums.rank)
                _hand_over(above_standard, 0.5 / (counted + 2), sums.standard)
            counted = count
        _standardise(history, days, residuals, count, cross, solved, leverage, standard)
        _first_order(residuals, count, history.sigma[pair], order, bounds)
        _settle(residuals, count, order, ordered)
        _rank(ordered, count, order, rows, codes)
        _settle(standard, count, order, ordered_standard)
        _rank(ordered_standard, count, order, rows, codes_standard)
        for j in range(n_days):
            scaled[j] = events.sar[pair, j] * history.sigma[pair]
        _find_places(ordered, count, events.ar[pair], places)
        _find_places(ordered_standard, count, scaled, places_standard)
        middle = count + 2
        half = 0.5 / middle
        _scaled(codes, half, base)
        _scaled(codes_standard, half, base_standard)
        variance = count / (12.0 * middle)
        alone = 0
        alone_standard = 0
        for w in range(n_windows):
            first, last = events.windows[w, 0], events.windows[w, 1] + 1
            if last - first > 1:
                continue
            if places[first] > 0:
                place = places[first]
                alone += 1
                _raise_signed(codes, np.int32(place), np.int32(middle), above[w], signs[w])
                sums.event_count[w, 0] += 1.0
                sums.event_rank[w, 0] += (place + 1) * half - 0.5
                sums.event_sign[w, 0] += _sign(place + 1, middle)
                sums.event_general[w, 1] += variance
            if places_standard[first] > 0:
                place = places_standard[first]
                alone_standard += 1
                _raise(codes_standard, np.int32(place), above_standard[w])
                sums.event_standard[w, 0] += (place + 1) * half - 0.5
        _add_base(events.windows, places, alone, n_alone, base, shared_base, sums.rank)
        _add_base(
            events.windows,
            places_standard,
            alone_standard,
            n_alone,
            base_standard,
            shared_standard,
            sums.standard,
        )
        if count < length:
            _add_missing(events.windows, places, codes, sums.sign)
        for w in range(n_windows):
            first, last = events.windows[w, 0], events.windows[w, 1] + 1
            if last - first == 1:
                continue
            found = 0
            for j in range(first, last):
                found += places[j] > 0
                sums.event_count[w, j - first] += places[j] > 0
            if found == 0:
                continue
            _add_window(
                codes,
                places[first:last],
                events.ar[pair, first:last],
                count,
                raised,
                sums.rank[w],
                sums.event_rank[w],
                sums.sign[w],
                sums.event_sign[w],
            )
            _add_window(
                codes_standard,
                places_standard[first:last],
                scaled[first:last],
                count,
                raised,
                sums.standard[w],
                sums.event_standard[w],
                no_sums,
                no_sums,
            )
            one[0] = events.scar[pair, w] * history.sigma[pair]
            if not np.isfinite(one[0]):
                continue
            one_place[0] = _place(ordered_standard, count, one[0])
            event_general[0] = 0.0
            _add_window(
                codes_standard,
                one_place,
                one,
                count,
                raised,
                sums.general[w],
                event_general,
                no_sums,
                no_sums,
            )
            sums.event_general[w, 0] += event_general[0]
            sums.event_general[w, 1] += variance
    if counted > 0:
        _hand_over(above, 0.5 / (counted + 2), sums.rank)
        _hand_over(above_standard, 0.5 / (counted + 2), sums.standard)
        _hand_over(signs, 1.0, sums.sign)
        for w in range(n_windows):
            if events.windows[w, 0] == events.windows[w, 1]:
                for m in range(length):
                    sums.rank[w, m] += shared_base[m]
                    sums.standard[w, m] += shared_standard[m]
