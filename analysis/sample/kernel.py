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
def _standardise(
    history: History,
    days: IntArray,
    residuals: FloatArray,
    count: int,
    cross: FloatArray,
    mean: FloatArray,
    solved: FloatArray,
    standard: FloatArray,
) -> None:
    """Divide residuals by the root of ``1 - h``, h their leverage; the scale does not matter."""
    k = history.factors.shape[1]
    constant, slopes = history.estimated
    mean[:] = 0.0
    cross[:] = 0.0
    if slopes:
        for j in range(k):
            if constant:
                for m in range(count):
                    mean[j] += history.factors[days[m], j]
                mean[j] /= count
        for m in range(count):
            for i in range(k):
                left = history.factors[days[m], i] - mean[i]
                for j in range(i + 1):
                    cross[i, j] += left * (history.factors[days[m], j] - mean[j])
        for i in range(k):  # Cholesky, in place
            for j in range(i + 1):
                value = cross[i, j]
                for c in range(j):
                    value -= cross[i, c] * cross[j, c]
                cross[i, j] = np.sqrt(value) if i == j else value / cross[j, j]
    for m in range(count):
        leverage = 1.0 / count if constant else 0.0
        if slopes:
            for i in range(k):
                value = history.factors[days[m], i] - mean[i]
                for c in range(i):
                    value -= cross[i, c] * solved[c]
                solved[i] = value / cross[i, i]
                leverage += solved[i] * solved[i]
        standard[m] = residuals[m] / np.sqrt(max(1.0 - leverage, 1e-12))


@compiled
def _first_order(values: FloatArray, count: int, order: IntArray, bounds: IntArray) -> None:
    """Order values by buckets of their range; `_settle` finishes."""
    low = values[0]
    high = values[0]
    for m in range(count):
        low = min(low, values[m])
        high = max(high, values[m])
    scale = (_BUCKETS - 1) / (high - low) if high > low else 0.0
    bounds[:] = 0
    for m in range(count):
        bounds[int((values[m] - low) * scale) + 1] += 1
    for b in range(_BUCKETS):
        bounds[b + 1] += bounds[b]
    for m in range(count):
        bucket = int((values[m] - low) * scale)
        order[bounds[bucket]] = m
        bounds[bucket] += 1


@compiled
def _settle(values: FloatArray, count: int, order: IntArray, ranks: FloatArray) -> None:
    """Finish a rough order by insertion, and give mid-ranks from 1."""
    for m in range(1, count):
        item = order[m]
        value = values[item]
        at = m
        while at > 0 and values[order[at - 1]] > value:
            order[at] = order[at - 1]
            at -= 1
        order[at] = item
    begin = 0
    while begin < count:
        end = begin + 1
        value = values[order[begin]]
        while end < count and values[order[end]] == value:
            end += 1
        for m in range(begin, end):
            ranks[order[m]] = 0.5 * (begin + 1 + end)
        begin = end


@compiled
def _spread_out(
    compact: FloatArray, rows: IntArray, count: int, missing: float, dense: FloatArray
) -> None:
    """Put the values of a history on the rows of its window, `missing` on the others."""
    dense[:] = missing
    for m in range(count):
        dense[rows[m]] = compact[m]


@compiled
def _bounds(ordered: FloatArray, count: int, event: float) -> tuple[int, int]:
    """Count the ordered values below an event value, and those not above it."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] < event:
            low = middle + 1
        else:
            high = middle
    upto = low
    while upto < count and ordered[upto] == event:
        upto += 1
    return low, upto


@compiled
def _add_ranks(
    values: FloatArray, base: FloatArray, half: float, event: float, total: FloatArray
) -> None:
    """Add what an event value does to the scaled ranks of a history; a missing row adds nothing."""
    for m in range(values.size):
        above = half if values[m] > event else 0.0
        above += half if values[m] >= event else 0.0
        total[m] += base[m] + above


@compiled
def _add_signs(joint: FloatArray, middle: float, total: FloatArray) -> None:
    """Add the signs of joint ranks about their middle; a missing row is NaN and adds nothing."""
    for m in range(joint.size):
        above = 1.0 if joint[m] > middle else 0.0
        above -= 1.0 if joint[m] < middle else 0.0
        total[m] += above


@compiled
def _join(values: FloatArray, event: float, joint: FloatArray) -> None:
    """Raise the joint ranks of what stands above an event value, by half where equal."""
    for m in range(values.size):
        above = 0.5 if values[m] > event else 0.0
        above += 0.5 if values[m] >= event else 0.0
        joint[m] += above


@compiled
def _scaled(ranks: FloatArray, scale: float, base: FloatArray) -> None:
    """Scale ranks about zero; a missing row is 0."""
    for m in range(ranks.size):
        base[m] = ranks[m] * scale - 0.5 if ranks[m] == ranks[m] else 0.0


@compiled
def _add_single(
    values: FloatArray,
    ranks: FloatArray,
    base: FloatArray,
    count: int,
    event: float,
    rank: FloatArray,
    sign: FloatArray,
) -> None:
    """Add the joint ranks and signs of a history beside one event value, in one pass."""
    half = 0.5 / (count + 2)
    middle = 0.5 * (count + 2)
    for m in range(values.size):
        above = 0.5 if values[m] > event else 0.0
        above += 0.5 if values[m] >= event else 0.0
        joint = ranks[m] + above
        rank[m] += base[m] + 2.0 * half * above
        step = 1.0 if joint > middle else 0.0
        step -= 1.0 if joint < middle else 0.0
        sign[m] += step


@compiled
def _add_window(
    values: FloatArray,
    ranks: FloatArray,
    ordered: FloatArray,
    count: int,
    events: FloatArray,
    single: FloatArray,
    base: FloatArray,
    joint: FloatArray,
    rank: FloatArray,
    event_rank: FloatArray,
    sign: FloatArray,
    event_sign: FloatArray,
) -> int:
    """Add one pair's joint ranks to the sums of a window, and their signs where wanted."""
    size = 0
    for j in range(events.size):
        size += np.isfinite(events[j])
    if size == 0:
        return 0
    scale = 1.0 / (count + size + 1)
    middle = 0.5 * (count + size + 1)
    wanted = sign.size > 0
    if events.size == 1 and wanted:
        _add_single(values, ranks, single, count, events[0], rank, sign)
    elif events.size == 1:
        _add_ranks(values, single, 0.5 * scale, events[0], rank)
    else:
        _scaled(ranks, scale, base)
        if wanted:
            joint[:] = ranks
        for j in range(events.size):
            if np.isfinite(events[j]):
                _add_ranks(values, base, 0.5 * scale, events[j], rank)
                base[:] = 0.0
                if wanted:
                    _join(values, events[j], joint)
        if wanted:
            _add_signs(joint, middle, sign)
    for j in range(events.size):
        if not np.isfinite(events[j]):
            continue
        below, upto = _bounds(ordered, count, events[j])
        own = 1.0 + below + 0.5 * (upto - below)
        for other in range(events.size):
            if other != j and np.isfinite(events[other]):
                own += 1.0 if events[other] < events[j] else 0.5 * (events[other] == events[j])
        event_rank[j] += own * scale - 0.5
        if wanted:
            event_sign[j] += 1.0 if own > middle else (-1.0 if own < middle else 0.0)
    return size


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
    rows = np.empty(length, np.int64)
    days = np.empty(length, np.int64)
    residuals = np.empty(length)
    standard = np.empty(length)
    compact = np.empty(length)
    ordered = np.empty(length)
    ordered_standard = np.empty(length)
    own = np.empty(length)
    own_ranks = np.empty(length)
    other = np.empty(length)
    other_ranks = np.empty(length)
    base = np.empty(length)
    own_single = np.empty(length)
    other_single = np.empty(length)
    joint = np.empty(length)
    order = np.empty(length, np.int64)
    bounds = np.empty(_BUCKETS + 1, np.int64)
    scaled = np.empty(max(events.ar.shape[1], 1))
    cross = np.empty((k, k))
    mean = np.empty(k)
    solved = np.empty(k)
    event_general = np.zeros(1)
    no_sums = np.empty(0)
    for pair in range(history.firm.size):
        count = _residuals(history, pair, rows, days, residuals)
        if count < 2:
            continue
        square = 0.0
        above = 0
        for m in range(count):
            square += residuals[m] * residuals[m]
            above += residuals[m] > 0
            sums.pairs[rows[m]] += 1.0
            sums.residual[rows[m]] += residuals[m]
        sums.positive[pair] = above / count
        norm = 1.0 / np.sqrt(square) if square > 0 else 0.0
        date = history.date[pair]
        for m in range(count):
            sums.shared[date, rows[m]] += residuals[m] * norm
        if not ranks:
            continue
        _standardise(history, days, residuals, count, cross, mean, solved, standard)
        scale = history.sigma[pair]
        _first_order(residuals, count, order, bounds)
        _settle(residuals, count, order, compact)
        for m in range(count):
            ordered[m] = residuals[order[m]]
        _spread_out(residuals, rows, count, np.nan, own)
        _spread_out(compact, rows, count, np.nan, own_ranks)
        _settle(standard, count, order, compact)
        for m in range(count):
            ordered_standard[m] = standard[order[m]]
        _spread_out(standard, rows, count, np.nan, other)
        _spread_out(compact, rows, count, np.nan, other_ranks)
        _scaled(own_ranks, 1.0 / (count + 2), own_single)
        _scaled(other_ranks, 1.0 / (count + 2), other_single)
        for w in range(n_windows):
            first, last = events.windows[w, 0], events.windows[w, 1] + 1
            found = _add_window(
                own,
                own_ranks,
                ordered,
                count,
                events.ar[pair, first:last],
                own_single,
                base,
                joint,
                sums.rank[w],
                sums.event_rank[w],
                sums.sign[w],
                sums.event_sign[w],
            )
            if found == 0:
                continue
            for j in range(last - first):
                sums.event_count[w, j] += np.isfinite(events.ar[pair, first + j])
                scaled[j] = events.sar[pair, first + j] * scale
            _add_window(
                other,
                other_ranks,
                ordered_standard,
                count,
                scaled[: last - first],
                other_single,
                base,
                joint,
                sums.standard[w],
                sums.event_standard[w],
                no_sums,
                no_sums,
            )
            if last - first == 1:  # the window is its session: the sums are those just added to
                sums.event_general[w, 1] += count / (12.0 * (count + 2))
                continue
            scaled[0] = events.scar[pair, w] * scale
            event_general[0] = 0.0
            if _add_window(
                other,
                other_ranks,
                ordered_standard,
                count,
                scaled[:1],
                other_single,
                base,
                joint,
                sums.general[w],
                event_general,
                no_sums,
                no_sums,
            ):
                sums.event_general[w, 0] += event_general[0]
                sums.event_general[w, 1] += count / (12.0 * (count + 2))
