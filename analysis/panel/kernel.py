"""
The compiled kernel: every event of a run of firms, from prefix sums of cross products.

For each firm the sums of ``(1, y, y^2, x y)`` run along its sessions, so that an estimation window
of any length is a difference of two rows. The factors' own cross products are the same for all
firms without a missing day and come from `Table`; a firm with missing days has its own. Three
rules keep the accuracy of a QR decomposition: everything is centred first; a missing day takes its
whole row out; and a window whose sums have lost digits (the running sum dwarfs the window's
residual sum of squares), whose factors are nearly collinear, or which is very short, is solved
again from its rows by Householder QR with explicit residuals.

All compiled functions stand in this one file, because numba's cache knows a function as stale by
its own file alone. Importing this module imports numba: the engine does so when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.panel.compiled import compiled, inlined
from analysis.panel.layout import (
    BHAR,
    CAR,
    CAR_SE,
    COLLINEAR,
    CONSTANT,
    EVENT_OUTSIDE,
    MISSING_FACTOR,
    MISSING_RETURN,
    NO_VARIANCE,
    OK,
    SCAR,
    SIGMA2,
    TOO_FEW,
    WINDOW_OUTSIDE,
    Design,
    Events,
    Results,
    Rows,
    Table,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from analysis._typing import BoolArray, FloatArray, IntArray

_LEAST_RCOND = 1e-6  # normal equations then lose six digits of sixteen
_LOST = 4e-5  # sixteen units of rounding over a relative error of 1e-10
_DEPENDENT = 1e-10  # share of a factor that the others leave, below which there is none
_EXACT = 1e-14  # residuals below this share of the returns are rounding
_BLOCK = 256  # events of a firm whose results are handed over together
_SHORT = 10  # estimation returns beyond the regressors, below which QR is used


@compiled
def group_by_firm(
    firm: IntArray, position: IntArray, active: BoolArray, n_firms: int
) -> tuple[IntArray, IntArray, IntArray]:
    """
    Sort events by firm, keeping their order within a firm.

    Parameters
    ----------
    firm, position : ndarray of shape (n_events,)
        Firm and session of each event.
    active : ndarray of shape (n_events,)
        Events to take.
    n_firms : int
        Number of firms.

    Returns
    -------
    starts : ndarray of shape (n_firms + 1,)
        Where each firm's events begin.
    order : ndarray of shape (n_active,)
        Rows of the events.
    grouped : ndarray of shape (n_active,)
        Their sessions.
    """
    starts = np.zeros(n_firms + 1, np.int64)
    for event in range(firm.size):
        if active[event]:
            starts[firm[event] + 1] += 1
    for f in range(n_firms):
        starts[f + 1] += starts[f]
    order = np.empty(starts[n_firms], np.int64)
    grouped = np.empty(order.size, np.int64)
    cursor = starts[:-1].copy()
    for event in range(firm.size):
        if active[event]:
            at = cursor[firm[event]]
            order[at] = event
            grouped[at] = position[event]
            cursor[firm[event]] = at + 1
    return starts, order, grouped


@compiled
def _invert(
    cross: FloatArray, columns: IntArray, least: FloatArray, inverse: FloatArray, lower: FloatArray
) -> bool:
    """Invert a block of `cross` by Cholesky on unit diagonal; False where it cannot be trusted."""
    k = columns.size
    for i in range(k):
        if not cross[columns[i], columns[i]] > least[columns[i]]:
            return False
    norm = 0.0
    for i in range(k):
        row_sum = 0.0
        for j in range(k):
            a, b = columns[i], columns[j]
            scaled = cross[a, b] / np.sqrt(cross[a, a] * cross[b, b])
            row_sum += abs(scaled)
            if j <= i:
                for m in range(j):
                    scaled -= lower[i, m] * lower[j, m]
                if i == j:
                    if not scaled > 0.0:
                        return False
                    lower[i, i] = np.sqrt(scaled)
                else:
                    lower[i, j] = scaled / lower[j, j]
        norm = max(norm, row_sum)
    inverse_norm = 0.0
    for j in range(k):  # column j of the inverse, forward then back
        for i in range(k):
            value = 1.0 if i == j else 0.0
            for m in range(i):
                value -= lower[i, m] * inverse[m, j]
            inverse[i, j] = value / lower[i, i]
        column_sum = 0.0
        for i in range(k - 1, -1, -1):
            value = inverse[i, j]
            for m in range(i + 1, k):
                value -= lower[m, i] * inverse[m, j]
            inverse[i, j] = value / lower[i, i]
            column_sum += abs(inverse[i, j])
        inverse_norm = max(inverse_norm, column_sum)
    for i in range(k):
        for j in range(k):
            a, b = columns[i], columns[j]
            inverse[i, j] /= np.sqrt(cross[a, a] * cross[b, b])
    return bool(k == 0 or norm * inverse_norm * _LEAST_RCOND < 1.0)


@compiled
def _leverage(
    total: FloatArray,
    centre: FloatArray,
    columns: IntArray,
    inverse: FloatArray,
    n: int,
    length: int,
) -> float:
    """``s'(X'X)^-1 s`` with s the sums of the regressors, constant first, over the event window."""
    result = length * length / n
    for i in range(columns.size):
        left = total[columns[i]] - length * centre[columns[i]]
        for j in range(columns.size):
            right = total[columns[j]] - length * centre[columns[j]]
            result += left * inverse[i, j] * right
    return result


@compiled
def _window_total(design: Design, position: int, total: FloatArray) -> None:
    """Sum each factor over the event window, as far as there are sessions."""
    total[:] = 0.0
    first = max(position + design.windows[2], 0)
    last = min(position + design.windows[3] + 1, design.usable.size)
    for t in range(first, last):
        for j in range(total.size):
            total[j] += design.factors[t, j]


@compiled
def _invert_models(
    cross: FloatArray,
    design: Design,
    least: FloatArray,
    n: int,
    total: FloatArray,
    table: Table,
    place: int,
    lower: FloatArray,
) -> None:
    """Invert the cross products of every model into one row of a table."""
    length = design.windows[3] - design.windows[2] + 1
    for m in range(design.sizes.size):
        columns = design.columns[m, : design.sizes[m]]
        inverse = table.inverse[place, m]
        table.solvable[place, m] = _invert(cross, columns, least, inverse, lower)
        if table.solvable[place, m]:
            table.leverage[place, m] = _leverage(
                total, table.centre[place], columns, inverse, n, length
            )


@compiled
def tabulate(design: Design, positions: IntArray, table: Table) -> None:
    """
    Fill in what depends on the factors alone, by two passes over each estimation window.

    Parameters
    ----------
    design : Design
        Regressors and windows.
    positions : ndarray of shape (n_places,)
        The sessions on which events fall.
    table : Table
        Written to.
    """
    n_sessions, k = design.factors.shape
    cross = np.empty((k, k))
    lower = np.empty((k, k))
    lost = np.zeros(k)
    for t in range(n_sessions):
        for j in range(k):
            lost[j] += _LOST * design.factors[t, j] ** 2
    for u in range(positions.size):
        first = max(positions[u] + design.windows[0], 0)
        last = min(positions[u] + design.windows[1] + 1, n_sessions)
        centre = table.centre[u]
        centre[:] = 0.0
        cross[:] = 0.0
        n = 0
        for t in range(first, last):
            if design.usable[t]:
                n += 1
                for j in range(k):
                    centre[j] += design.factors[t, j]
        table.usable[u] = n
        table.solvable[u] = False
        if n == 0:
            continue
        for j in range(k):
            centre[j] /= n
        for t in range(first, last):
            if design.usable[t]:
                for i in range(k):
                    left = design.factors[t, i] - centre[i]
                    for j in range(i + 1):
                        cross[i, j] += left * (design.factors[t, j] - centre[j])
        for i in range(k):
            for j in range(i):
                cross[j, i] = cross[i, j]
        _window_total(design, positions[u], table.total[u])
        _invert_models(
            cross, design, np.maximum(n * design.floor, lost), n, table.total[u], table, u, lower
        )


@inlined
def _run_sums(
    y: FloatArray, start: int, factors: FloatArray, usable: BoolArray, sums: FloatArray
) -> float:
    """Run ``(n, y, y^2, x y)`` along a firm's sessions; return the mean that was taken off y."""
    k = factors.shape[1]
    mean = 0.0
    n = 0
    for r in range(y.size):
        if np.isfinite(y[r]):
            mean += y[r]
            n += 1
    mean /= max(n, 1)
    sums[0, :] = 0.0
    for r in range(y.size):
        value = 0.0
        weight = 0.0
        if np.isfinite(y[r]) and usable[start + r]:
            value = y[r] - mean
            weight = 1.0
        sums[r + 1, 0] = sums[r, 0] + weight
        sums[r + 1, 1] = sums[r, 1] + value
        sums[r + 1, 2] = sums[r, 2] + value * value
        for j in range(k):
            sums[r + 1, 3 + j] = sums[r, 3 + j] + factors[start + r, j] * value
    return mean


@compiled
def _run_cross(
    y: FloatArray, start: int, factors: FloatArray, usable: BoolArray, cross_sums: FloatArray
) -> None:
    """Run ``(x, x x')`` along the sessions on which a firm has a return."""
    k = factors.shape[1]
    cross_sums[0, :] = 0.0
    for r in range(y.size):
        weight = 1.0 if np.isfinite(y[r]) and usable[start + r] else 0.0
        at = k
        for i in range(k):
            left = weight * factors[start + r, i]
            cross_sums[r + 1, i] = cross_sums[r, i] + left
            for j in range(i + 1):
                cross_sums[r + 1, at] = cross_sums[r, at] + left * factors[start + r, j]
                at += 1


@compiled
def _own_inverse(
    cross_sums: FloatArray,
    span: tuple[int, int, int],
    design: Design,
    total: FloatArray,
    own: Table,
    cross: FloatArray,
    lower: FloatArray,
) -> None:
    """Fill the one row of `own` for a window with missing days; see `tabulate`."""
    lo, hi, n = span
    k = design.mean.size
    least = np.empty(k)
    at = k
    for i in range(k):
        own.centre[0, i] = (cross_sums[hi, i] - cross_sums[lo, i]) / n
        for j in range(i + 1):
            value = cross_sums[hi, at] - cross_sums[lo, at]
            value -= n * (own.centre[0, i] * own.centre[0, j])  # the same whichever comes first
            cross[i, j] = value
            cross[j, i] = value
            if i == j:
                least[i] = max(n * design.floor[i], _LOST * cross_sums[hi, at])
            at += 1
    _invert_models(cross, design, least, n, total, own, 0, lower)


@inlined
def _solve_sums(
    sums: FloatArray,
    span: tuple[int, int, int],
    columns: IntArray,
    model: tuple[int, int],
    place: int,
    centre: FloatArray,
    inverse: FloatArray,
    slope: FloatArray,
) -> tuple[float, float]:
    """Slopes from window sums; the residual sum of squares (-1: digits are lost) and constant."""
    lo, hi, n = span
    m, k = model
    total = sums[hi, 1] - sums[lo, 1]
    constant = total / n
    rss = sums[hi, 2] - sums[lo, 2] - total * constant
    for i in range(k):
        slope[i] = 0.0
    for j in range(k):
        c = columns[m, j]
        product = sums[hi, 3 + c] - sums[lo, 3 + c] - centre[place, c] * total
        for i in range(k):
            slope[i] += inverse[place, m, i, j] * product
    for j in range(k):
        c = columns[m, j]
        rss -= slope[j] * (sums[hi, 3 + c] - sums[lo, 3 + c] - centre[place, c] * total)
        constant -= slope[j] * centre[place, c]
    return (rss if rss > _LOST * sums[hi, 2] else -1.0), constant


@compiled
def _gather(
    y: FloatArray,
    start: int,
    lo: int,
    hi: int,
    design: Design,
    columns: IntArray,
    rows: FloatArray,
    centre: FloatArray,
) -> tuple[int, float, float]:
    """Copy a window's rows ``(x, y)``, centred by their own means; count, mean and largest of y."""
    k = columns.size
    n = 0
    for r in range(lo, hi):
        if np.isfinite(y[r]) and design.usable[start + r]:
            for j in range(k):
                rows[n, j] = design.factors[start + r, columns[j]]
            rows[n, k] = y[r]
            n += 1
    largest = 0.0
    mean = 0.0
    for r in range(n):
        largest = max(largest, abs(rows[r, k]))
    for j in range(k + 1):
        mean = 0.0
        for _ in range(2):  # the second pass takes off what rounding left of the first
            part = 0.0
            for r in range(n):
                part += rows[r, j]
            part /= n
            mean += part
            for r in range(n):
                rows[r, j] -= part
        if j < k:
            centre[columns[j]] = mean
    return n, mean, largest


@compiled
def _triangularise(
    rows: FloatArray, n: int, k: int, least: FloatArray, norm: FloatArray, diagonal: FloatArray
) -> bool:
    """Householder QR of centred rows, y alongside; False where a factor depends on the others."""
    for j in range(k):
        square = 0.0
        for r in range(n):
            square += rows[r, j] * rows[r, j]
        if not square > n * least[j]:
            return False
        norm[j] = np.sqrt(square)
        for r in range(n):
            rows[r, j] /= norm[j]
    for j in range(k):
        square = 0.0
        for r in range(j, n):
            square += rows[r, j] * rows[r, j]
        length = np.sqrt(square)
        if not length > _DEPENDENT or n <= j + 1:
            return False
        diagonal[j] = -length if rows[j, j] > 0.0 else length
        rows[j, j] -= diagonal[j]
        scale = -diagonal[j] * rows[j, j]
        for c in range(j + 1, k + 1):
            product = 0.0
            for r in range(j, n):
                product += rows[r, j] * rows[r, c]
            product /= scale
            for r in range(j, n):
                rows[r, c] -= product * rows[r, j]
    return True


@compiled
def _solve_rows(
    y: FloatArray,
    start: int,
    span: tuple[int, int, int],
    design: Design,
    columns: IntArray,
    total: FloatArray,
    rows: FloatArray,
    slope: FloatArray,
) -> tuple[int, float, float, float, float]:
    """Solve a window from its rows by QR: status, level, constant beyond it, rss, leverage."""
    lo, hi, _ = span
    centre = np.empty(design.mean.size)
    k = columns.size
    n, mean, largest = _gather(y, start, lo, hi, design, columns, rows, centre)
    norm = np.empty(k)
    diagonal = np.empty(k)
    least = np.empty(k)
    for j in range(k):
        least[j] = design.floor[columns[j]]
    if not _triangularise(rows, n, k, least, norm, diagonal):
        return COLLINEAR, mean, 0.0, 0.0, 0.0
    for j in range(k - 1, -1, -1):
        value = rows[j, k]
        for c in range(j + 1, k):
            value -= rows[j, c] * slope[c]
        slope[j] = value / diagonal[j]
    length = design.windows[3] - design.windows[2] + 1
    leverage = length * length / n
    for j in range(k):  # forward substitution with the transpose of R
        value = (total[columns[j]] - length * centre[columns[j]]) / norm[j]
        for c in range(j):
            value -= rows[c, j] * least[c]
        least[j] = value / diagonal[j]
        leverage += least[j] * least[j]
    constant = 0.0
    for j in range(k):
        slope[j] /= norm[j]
        constant -= slope[j] * centre[columns[j]]
    rss = 0.0
    for r in range(lo, hi):
        if np.isfinite(y[r]) and design.usable[start + r]:
            residual = y[r] - mean
            for j in range(k):
                c = columns[j]
                residual -= slope[j] * (design.factors[start + r, c] - centre[c])
            rss += residual * residual
    exact = _EXACT * largest
    status = OK if rss > n * exact * exact else NO_VARIANCE
    return status, mean, constant, rss, leverage


@inlined
def _event_status(
    y: FloatArray,
    start: int,
    window: tuple[int, int, int],
    usable: BoolArray,
    sums: FloatArray,
) -> tuple[int, int]:
    """Say whether the event window has all its returns and factors, and count the returns."""
    position, first, last = window
    if position < start or position >= start + y.size:
        return EVENT_OUTSIDE, 0
    inside = first >= start and last <= start + y.size
    if inside and sums[last - start, 0] - sums[first - start, 0] == last - first:
        return OK, last - first
    status = OK
    if first < start or last > start + y.size:
        status = WINDOW_OUTSIDE
    seen = 0
    for t in range(max(first, start), min(last, start + y.size)):
        if np.isfinite(y[t - start]):
            seen += 1
        elif status == OK:
            status = MISSING_RETURN
        if status == OK and not usable[t]:
            status = MISSING_FACTOR
    return status, seen


@inlined
def _write(
    y: FloatArray,
    start: int,
    window: tuple[int, int, int],
    factors: FloatArray,
    factor_mean: FloatArray,
    columns: IntArray,
    model: tuple[int, int],
    slope: FloatArray,
    fit: tuple[float, float, float, float, int],
    row: int,
    numbers: FloatArray,
) -> None:
    """Write the results of one fit: level, constant beyond it, rss, leverage, df."""
    level, constant, rss, leverage, df = fit
    m, k = model
    car = 0.0
    held = 1.0
    expected = 1.0
    for t in range(window[1], window[2]):
        normal = constant
        for j in range(k):
            normal += slope[j] * factors[t, columns[m, j]]
        car += (y[t - start] - level) - normal
        held *= 1.0 + y[t - start]
        expected *= 1.0 + (level + normal)
    for j in range(k):
        numbers[row, m, CONSTANT + 1 + j] = slope[j]
        constant -= slope[j] * factor_mean[columns[m, j]]
    numbers[row, m, CONSTANT] = level + constant
    variance = rss / df
    error = np.sqrt(variance * (window[2] - window[1] + leverage))
    numbers[row, m, SIGMA2] = variance
    numbers[row, m, CAR] = car
    numbers[row, m, CAR_SE] = error
    numbers[row, m, SCAR] = car / error
    numbers[row, m, BHAR] = held - expected


@compiled
def _hand_over(
    numbers: FloatArray,
    counts: npt.NDArray[np.int32],
    events: IntArray,
    slots: IntArray,
    results: Results,
) -> None:
    """Copy results of a firm to the rows of their events: many far writes under way at once."""
    for row in range(events.size):
        event = events[row]
        results.counts[event, 0] = counts[row, 0]
        for m in range(slots.size):
            results.counts[event, 1 + 2 * slots[m]] = counts[row, 1 + 2 * m]
            results.counts[event, 2 + 2 * slots[m]] = counts[row, 2 + 2 * m]
            for c in range(numbers.shape[2]):
                results.numbers[event, slots[m], c] = numbers[row, m, c]


@compiled
def solve_firms(
    firms: tuple[int, int],
    data: Rows,
    design: Design,
    table: Table,
    events: Events,
    results: Results,
) -> None:
    """
    Solve every event of a run of firms.

    Parameters
    ----------
    firms : tuple of int
        First firm and the one after the last.
    data : Rows
        The firms' returns.
    design : Design
        Regressors and windows.
    table : Table
        From `tabulate`.
    events : Events
        Events grouped by firm.
    results : Results
        Written to, in the caller's order; different firms write to different rows.
    """
    k_all = design.mean.size
    n_models = design.sizes.size
    longest = 0
    for firm in range(firms[0], firms[1]):
        if events.starts[firm + 1] > events.starts[firm]:
            longest = max(longest, data.offsets[firm + 1] - data.offsets[firm])
    sums = np.empty((longest + 1, k_all + 3))
    cross_sums = np.empty((longest + 1, k_all + k_all * (k_all + 1) // 2))
    cross = np.empty((k_all, k_all))
    lower = np.empty((k_all, k_all))
    slope = np.empty(k_all)
    rows = np.empty((design.windows[1] - design.windows[0] + 1, k_all + 1))
    own = Table(
        np.zeros(1, np.int64),
        np.zeros((1, k_all)),
        np.zeros((1, k_all)),
        np.zeros((1, n_models, k_all, k_all)),
        np.zeros((1, n_models)),
        np.zeros((1, n_models), np.bool_),
    )
    factors, usable, columns, sizes = design.factors, design.usable, design.columns, design.sizes
    estimation_start, estimation_end, window_start, window_end = design.windows
    slots, factor_mean, min_obs = design.slots, design.mean, design.min_obs
    count, centre, inverse = table.usable, table.centre, table.inverse
    leverages, solvable, total = table.leverage, table.solvable, table.total
    own_centre, own_inverse, own_solvable = own.centre, own.inverse, own.solvable
    own_leverage = own.leverage
    starts, order, positions, places = events.starts, events.order, events.position, events.place
    numbers = np.empty((_BLOCK, n_models, results.numbers.shape[2]))
    counts = np.empty((_BLOCK, 1 + 2 * n_models), np.int32)
    for firm in range(firms[0], firms[1]):
        if starts[firm + 1] == starts[firm]:
            continue
        y = data.values[data.offsets[firm] : data.offsets[firm + 1]]
        start = data.first[firm]
        y_mean = _run_sums(y, start, factors, usable, sums)
        has_cross = False
        for at in range(starts[firm], starts[firm + 1]):
            row = (at - starts[firm]) % _BLOCK
            numbers[row] = np.nan
            position = positions[at]
            place = places[position]
            lo = min(max(position + estimation_start - start, 0), y.size)
            hi = min(max(position + estimation_end + 1 - start, lo), y.size)
            n = int(sums[hi, 0] - sums[lo, 0])
            span = (lo, hi, n)
            window = (position, position + window_start, position + window_end + 1)
            outcome, counts[row, 0] = _event_status(y, start, window, usable, sums)
            shared = n == count[place]
            if outcome == OK and not shared and n >= min_obs and n > 0:
                if not has_cross:
                    _run_cross(y, start, factors, usable, cross_sums)
                    has_cross = True
                _own_inverse(cross_sums, span, design, total[place], own, cross, lower)
            for m in range(n_models):
                k = sizes[m]
                counts[row, 2 + 2 * m] = n
                status = outcome
                if status == OK and (n < min_obs or n < k + 2):
                    status = TOO_FEW
                counts[row, 1 + 2 * m] = status
                if status != OK:
                    continue
                df = n - k - 1
                model = (m, k)
                level, constant, rss, leverage = y_mean, 0.0, -1.0, 0.0
                if df >= _SHORT and shared and solvable[place, m]:
                    leverage = leverages[place, m]
                    rss, constant = _solve_sums(
                        sums, span, columns, model, place, centre, inverse, slope
                    )
                elif df >= _SHORT and not shared and own_solvable[0, m]:
                    leverage = own_leverage[0, m]
                    rss, constant = _solve_sums(
                        sums, span, columns, model, 0, own_centre, own_inverse, slope
                    )
                if rss < 0.0:
                    fit = _solve_rows(
                        y, start, span, design, columns[m, :k], total[place], rows, slope
                    )
                    status, level, constant, rss, leverage = fit
                    counts[row, 1 + 2 * m] = status
                    if status == COLLINEAR:
                        continue
                parts = (level, constant, rss, leverage, df)
                _write(
                    y,
                    start,
                    window,
                    factors,
                    factor_mean,
                    columns,
                    model,
                    slope,
                    parts,
                    row,
                    numbers,
                )
                if status == NO_VARIANCE:
                    numbers[row, m, CAR_SE] = np.nan
                    numbers[row, m, SCAR] = np.nan
            if row == _BLOCK - 1 or at == starts[firm + 1] - 1:
                _hand_over(numbers, counts, order[at - row : at + 1], slots, results)
