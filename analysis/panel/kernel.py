"""
The compiled kernel: every event of a run of firms, from prefix sums of cross products.

For each firm the sums of ``(1, y, y^2, x y)`` run along its sessions, so that an estimation window
of any length is a difference of two rows. The factors' own cross products are the same for all
firms without a missing day and come from `FactorTable`; a firm with missing days has its own. Three
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
    FIXED,
    MISSING_FACTOR,
    MISSING_RETURN,
    NO_VARIANCE,
    OK,
    PER_WINDOW,
    SCAR,
    SIGMA2,
    TOO_FEW,
    WINDOW_OUTSIDE,
    WITH_CONSTANT,
    Events,
    FactorTable,
    PanelDesign,
    Results,
    Rows,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from analysis._typing import BoolArray, FloatArray, IntArray

_LEAST_RCOND = 1e-6  # normal equations then lose six digits of sixteen
_LOST = 4e-5  # sixteen units of rounding over a relative error of 1e-10
_DEPENDENT = 1e-10  # share of a factor that the others leave, below which there is none
_EXACT = 1e-14  # residuals below this share of the returns are rounding
_BLOCK = 256  # events of a firm whose results are handed over together
_BY_TABLE, _BY_OWN, _BY_ROWS, _BY_ORIGIN = range(4)  # where a fit's inverse is
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


@inlined
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


@inlined
def _leverage(
    total: FloatArray,
    at: tuple[int, int],
    centre: FloatArray,
    columns: IntArray,
    inverse: FloatArray,
    place: int,
    model: tuple[int, int],
    n: int,
    length: int,
) -> float:
    """``s'(X'X)^-1 s`` with s the sums of the regressors, constant first, over an event window."""
    m, k = model
    result = length * length / n
    for i in range(k):
        a = columns[m, i]
        left = total[at[0], at[1], a] - length * centre[place, a]
        for j in range(k):
            b = columns[m, j]
            right = total[at[0], at[1], b] - length * centre[place, b]
            result += left * inverse[place, m, i, j] * right
    return result


@inlined
def _slope_leverage(
    total: FloatArray,
    at: tuple[int, int],
    mean: FloatArray,
    columns: IntArray,
    inverse: FloatArray,
    place: int,
    model: tuple[int, int],
    length: int,
) -> float:
    """Give `_leverage` of the slopes alone, where the constant does not count."""
    m, k = model
    result = 0.0
    for i in range(k):
        a = columns[m, i]
        left = total[at[0], at[1], a] + length * mean[a]
        for j in range(k):
            b = columns[m, j]
            right = total[at[0], at[1], b] + length * mean[b]
            result += left * inverse[place, m, i, j] * right
    return result


@inlined
def _share(
    total: FloatArray,
    at: tuple[int, int],
    centre: FloatArray,
    design: PanelDesign,
    w: int,
    inverse: FloatArray,
    place: int,
    model: tuple[int, int],
    n: int,
    length: int,
) -> float:
    """Give what the parameters add to a window's error variance, in units of the residuals'."""
    if design.alpha[w]:
        return _leverage(total, at, centre, design.columns, inverse, place, model, n, length)
    return _slope_leverage(total, at, design.mean, design.columns, inverse, place, model, length)


@compiled
def _window_total(design: PanelDesign, position: int, w: int, total: FloatArray) -> None:
    """Sum each factor over an event window, as far as there are sessions."""
    total[:] = 0.0
    first = max(position + design.windows[w, 0], 0)
    last = min(position + design.windows[w, 1] + 1, design.usable.size)
    for t in range(first, last):
        for j in range(total.size):
            total[j] += design.factors[t, j]


@inlined
def _invert_models(
    cross: FloatArray,
    design: PanelDesign,
    least: FloatArray,
    n: int,
    total: FloatArray,
    place: int,
    table: FactorTable,
    row: int,
    lower: FloatArray,
) -> None:
    """Invert the cross products of every model into one row of a table, for totals of a place."""
    for m in range(design.sizes.size):
        k = design.sizes[m]
        table.solvable[row, m] = _invert(
            cross, design.columns[m, :k], least, table.inverse[row, m], lower
        )
        if table.solvable[row, m]:
            for w in range(len(design.windows)):
                length = design.windows[w, 1] - design.windows[w, 0] + 1
                table.leverage[row, m, w] = _share(
                    total,
                    (place, w),
                    table.centre,
                    design,
                    w,
                    table.inverse,
                    row,
                    (m, k),
                    n,
                    length,
                )


@compiled
def tabulate(design: PanelDesign, positions: IntArray, table: FactorTable) -> None:
    """
    Fill in what depends on the factors alone, by two passes over each estimation window.

    Parameters
    ----------
    design : PanelDesign
        Regressors and windows.
    positions : ndarray of shape (n_places,)
        The sessions on which events fall.
    table : FactorTable
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
        first = max(positions[u] + design.estimation[0], 0)
        last = min(positions[u] + design.estimation[1] + 1, n_sessions)
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
        for w in range(len(design.windows)):
            _window_total(design, positions[u], w, table.total[u, w])
        least = np.maximum(n * design.floor, lost)
        _invert_models(cross, design, least, n, table.total, u, table, u, lower)


@inlined
def _run_sums(
    y: FloatArray,
    start: int,
    factors: FloatArray,
    usable: BoolArray,
    base: FloatArray,
    sums: FloatArray,
) -> float:
    """Run ``(n, y, y^2, x y)`` along a firm's sessions; return the mean that was taken off y."""
    k = factors.shape[1]
    mean = 0.0
    n = 0
    for r in range(y.size):
        if np.isfinite(y[r]) and np.isfinite(base[start + r]):
            mean += y[r] - base[start + r]
            n += 1
    mean /= max(n, 1)
    sums[0, :] = 0.0
    for r in range(y.size):
        value = 0.0
        weight = 0.0
        if np.isfinite(y[r]) and usable[start + r]:
            value = (y[r] - base[start + r]) - mean
            weight = 1.0
        sums[r + 1, 0] = sums[r, 0] + weight
        sums[r + 1, 1] = sums[r, 1] + value
        sums[r + 1, 2] = sums[r, 2] + value * value
        for j in range(k):
            sums[r + 1, 3 + j] = sums[r, 3 + j] + factors[start + r, j] * value
    return mean


@compiled
def _left_out_days(
    y: FloatArray, start: int, usable: BoolArray, left_out: BoolArray, days: IntArray
) -> int:
    """List the rows of a firm that no model may be fitted on though they have all values."""
    count = 0
    for r in range(left_out.size):
        if left_out[r] and usable[start + r] and np.isfinite(y[r]):
            days[count] = r
            count += 1
    return count


@inlined
def _place_of(days: IntArray, count: int, row: int) -> int:
    """Count the days before a row, of the first so many."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if days[middle] < row:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _left_out_sums(
    y: FloatArray,
    start: int,
    factors: FloatArray,
    base: FloatArray,
    days: IntArray,
    y_mean: float,
    length: int,
    ahead: FloatArray,
    behind: FloatArray,
) -> None:
    """
    Sum ``(n, y, y^2, x y, x, x x')`` over the rows left out, in blocks of the rows of a firm.

    A block is as long as an estimation window, which therefore reaches over one border at the most:
    its sums are those from its first row to the border (`ahead`), and from there to its last
    (`behind`). Rows outside the window do not touch them, not even by rounding.
    """
    k = factors.shape[1]
    for at in range(days.size):
        r = days[at]
        value = (y[r] - base[start + r]) - y_mean
        ahead[at, 0] = 1.0
        ahead[at, 1] = value
        ahead[at, 2] = value * value
        c = 3 + 2 * k
        for i in range(k):
            left = factors[start + r, i]
            ahead[at, 3 + i] = left * value
            ahead[at, 3 + k + i] = left
            for j in range(i + 1):
                ahead[at, c] = left * factors[start + r, j]
                c += 1
        joined = at > 0 and days[at - 1] // length == r // length
        for c in range(ahead.shape[1]):
            behind[at, c] = ahead[at, c] + (behind[at - 1, c] if joined else 0.0)
    for at in range(days.size - 2, -1, -1):
        if days[at] // length == days[at + 1] // length:
            for c in range(ahead.shape[1]):
                ahead[at, c] += ahead[at + 1, c]


@inlined
def _take_left_out(
    lo: int,
    days: IntArray,
    length: int,
    ahead: FloatArray,
    behind: FloatArray,
    skipped: tuple[int, int],
    first: int,
    window: FloatArray,
) -> None:
    """Take the sums of the rows left out, from column `first` on, off those of a window."""
    border = (lo // length + 1) * length
    across = days[skipped[1] - 1] >= border
    begins = lo % length == 0 and not across
    for c in range(window.size):
        out = 0.0
        if days[skipped[0]] < border and not begins:
            out = ahead[skipped[0], first + c]
        if across or begins:
            out += behind[skipped[1] - 1, first + c]
        window[c] -= out


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


@inlined
def _own_inverse(
    days: IntArray,
    length: int,
    ahead: FloatArray,
    behind: FloatArray,
    skipped: tuple[int, int],
    cross_sums: FloatArray,
    span: tuple[int, int, int],
    design: PanelDesign,
    total: FloatArray,
    place: int,
    own: FactorTable,
    cross: FloatArray,
    lower: FloatArray,
    window: FloatArray,
    least: FloatArray,
) -> None:
    """Fill the one row of `own` for a window with missing days; see `tabulate`."""
    lo, hi, n = span
    k = design.mean.size
    for c in range(window.size):
        window[c] = cross_sums[hi, c] - cross_sums[lo, c]
    if skipped[0] < skipped[1]:
        _take_left_out(lo, days, length, ahead, behind, skipped, 3 + k, window)
    at = k
    for i in range(k):
        own.centre[0, i] = window[i] / n
        for j in range(i + 1):
            value = window[at]
            value -= n * (own.centre[0, i] * own.centre[0, j])  # the same whichever comes first
            cross[i, j] = value
            cross[j, i] = value
            if i == j:
                least[i] = max(n * design.floor[i], _LOST * cross_sums[hi, at])
            at += 1
    _invert_models(cross, design, least, n, total, place, own, 0, lower)


@inlined
def _solve_sums(
    window: FloatArray,
    running: float,
    columns: IntArray,
    model: tuple[int, int],
    place: int,
    centre: FloatArray,
    inverse: FloatArray,
    slope: FloatArray,
) -> tuple[float, float]:
    """Slopes from window sums; the residual sum of squares (-1: digits are lost) and constant."""
    m, k = model
    total = window[1]
    constant = total / window[0]
    rss = window[2] - total * constant
    for i in range(k):
        slope[i] = 0.0
    for j in range(k):
        c = columns[m, j]
        product = window[3 + c] - centre[place, c] * total
        for i in range(k):
            slope[i] += inverse[place, m, i, j] * product
    for j in range(k):
        c = columns[m, j]
        rss -= slope[j] * (window[3 + c] - centre[place, c] * total)
        constant -= slope[j] * centre[place, c]
    return (rss if rss > _LOST * running else -1.0), constant


@compiled
def _copy_rows(
    y: FloatArray,
    start: int,
    span: tuple[int, int, int],
    design: PanelDesign,
    left_out: BoolArray,
    columns: IntArray,
    rows: FloatArray,
) -> tuple[int, float]:
    """Copy the rows ``(x, y)`` that a window is fitted on; their count and the largest of y."""
    lo, hi, _ = span
    k = columns.size
    n = 0
    largest = 0.0
    for r in range(lo, hi):
        out = left_out.size > 0 and left_out[r]
        if not out and np.isfinite(y[r]) and design.usable[start + r]:
            for j in range(k):
                rows[n, j] = design.factors[start + r, columns[j]]
            rows[n, k] = y[r] - design.base[start + r]
            largest = max(largest, abs(rows[n, k]))
            n += 1
    return n, largest


@compiled
def _centre_rows(rows: FloatArray, n: int, k: int, columns: IntArray, centre: FloatArray) -> float:
    """Centre a window's rows ``(x, y)`` by their own means; the mean of y."""
    mean = 0.0
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
    return mean


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
def _row_leverage(
    rows: FloatArray,
    k: int,
    norm: FloatArray,
    diagonal: FloatArray,
    sums: FloatArray,
    solved: FloatArray,
) -> float:
    """``s'(X'X)^-1 s`` from a triangle, `sums` of the regressors as they were triangularised."""
    leverage = 0.0
    for j in range(k):  # forward substitution with the transpose of R
        value = sums[j] / norm[j]
        for c in range(j):
            value -= rows[c, j] * solved[c]
        solved[j] = value / diagonal[j]
        leverage += solved[j] * solved[j]
    return leverage


@compiled
def _back_substitute(
    rows: FloatArray, k: int, norm: FloatArray, diagonal: FloatArray, slope: FloatArray
) -> None:
    """Slopes from a triangle with its right-hand side in the last column."""
    for j in range(k - 1, -1, -1):
        value = rows[j, k]
        for c in range(j + 1, k):
            value -= rows[j, c] * slope[c]
        slope[j] = value / diagonal[j]
    for j in range(k):
        slope[j] /= norm[j]


@compiled
def _solve_rows(
    y: FloatArray,
    start: int,
    span: tuple[int, int, int],
    design: PanelDesign,
    left_out: BoolArray,
    columns: IntArray,
    rows: FloatArray,
    centre: FloatArray,
    norm: FloatArray,
    diagonal: FloatArray,
    slope: FloatArray,
) -> tuple[int, float, float, float]:
    """Solve a window from its rows by QR: status, level, constant beyond it, rss."""
    lo, hi, _ = span
    k = columns.size
    n, largest = _copy_rows(y, start, span, design, left_out, columns, rows)
    mean = _centre_rows(rows, n, k, columns, centre)
    least = np.empty(k)
    for j in range(k):
        least[j] = design.floor[columns[j]]
    if not _triangularise(rows, n, k, least, norm, diagonal):
        return COLLINEAR, mean, 0.0, 0.0
    _back_substitute(rows, k, norm, diagonal, slope)
    constant = 0.0
    for j in range(k):
        constant -= slope[j] * centre[columns[j]]
    rss = 0.0
    for r in range(lo, hi):
        out = left_out.size > 0 and left_out[r]
        if not out and np.isfinite(y[r]) and design.usable[start + r]:
            residual = (y[r] - design.base[start + r]) - mean
            for j in range(k):
                c = columns[j]
                residual -= slope[j] * (design.factors[start + r, c] - centre[c])
            rss += residual * residual
    exact = _EXACT * largest
    status = OK if rss > n * exact * exact else NO_VARIANCE
    return status, mean, constant, rss


@compiled
def _solve_origin(
    y: FloatArray,
    start: int,
    span: tuple[int, int, int],
    design: PanelDesign,
    left_out: BoolArray,
    model: tuple[int, int],
    rows: FloatArray,
    norm: FloatArray,
    diagonal: FloatArray,
    slope: FloatArray,
) -> tuple[int, float, float]:
    """Solve a window without a constant, or with slopes of one: status, constant, rss."""
    lo, hi, _ = span
    m, k = model
    columns = design.columns[m, :k]
    n, largest = _copy_rows(y, start, span, design, left_out, columns, rows)
    if design.kinds[m] == FIXED:
        slope[:k] = 1.0
    else:
        for r in range(n):
            for j in range(k):
                rows[r, j] += design.mean[columns[j]]
        if not _triangularise(rows, n, k, np.zeros(k), norm, diagonal):
            return COLLINEAR, 0.0, 0.0
        _back_substitute(rows, k, norm, diagonal, slope)
    constant = 0.0
    for j in range(k):
        constant += slope[j] * design.mean[columns[j]]
    rss = 0.0
    for r in range(lo, hi):
        out = left_out.size > 0 and left_out[r]
        if not out and np.isfinite(y[r]) and design.usable[start + r]:
            residual = (y[r] - design.base[start + r]) - constant
            for j in range(k):
                residual -= slope[j] * design.factors[start + r, columns[j]]
            rss += residual * residual
    exact = _EXACT * largest
    return (OK if rss > n * exact * exact else NO_VARIANCE), constant, rss


@compiled
def _used_total(
    y: FloatArray, start: int, window: tuple[int, int, int], design: PanelDesign, total: FloatArray
) -> None:
    """Sum each factor over the sessions of a window that have a return and all factors."""
    total[:] = 0.0
    for t in range(max(window[1], start), min(window[2], start + y.size)):
        if np.isfinite(y[t - start]) and design.usable[t]:
            for j in range(total.size):
                total[j] += design.factors[t, j]


@inlined
def _event_status(
    y: FloatArray,
    start: int,
    window: tuple[int, int, int],
    usable: BoolArray,
    sums: FloatArray,
    skip: bool,
) -> tuple[int, int]:
    """Say whether the event window has the returns and factors it needs, and count them."""
    position, first, last = window
    if position < start or position >= start + y.size:
        return EVENT_OUTSIDE, 0
    inside = first >= start and last <= start + y.size
    if inside and sums[last - start, 0] - sums[first - start, 0] == last - first:
        return OK, last - first
    status = OK
    if first < start or last > start + y.size:
        status = WINDOW_OUTSIDE
    if skip:
        lo, hi = max(first, start), min(last, start + y.size)
        used = int(sums[hi - start, 0] - sums[lo - start, 0]) if lo < hi else 0
        if used > 0:
            return OK, used
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
def _write_fit(
    columns: IntArray,
    model: tuple[int, int],
    slope: FloatArray,
    factor_mean: FloatArray,
    kind: int,
    fit: tuple[float, float, float],
    row: int,
    numbers: FloatArray,
) -> None:
    """Write the coefficients and the variance of one fit: level, constant beyond it, variance."""
    level, constant, variance = fit
    m, k = model
    for j in range(k):
        numbers[row, m, CONSTANT + 1 + j] = slope[j]
        constant -= slope[j] * factor_mean[columns[m, j]]
    numbers[row, m, CONSTANT] = level + constant if kind == WITH_CONSTANT else 0.0
    numbers[row, m, SIGMA2] = variance


@inlined
def _write_window(
    y: FloatArray,
    start: int,
    window: tuple[int, int, int],
    factors: FloatArray,
    usable: BoolArray,
    base: FloatArray,
    how: tuple[bool, bool],
    columns: IntArray,
    model: tuple[int, int],
    slope: FloatArray,
    fit: tuple[float, float, float],
    used: int,
    leverage: float,
    row: int,
    at: int,
    numbers: FloatArray,
) -> None:
    """Write the results of one event window: level, constant beyond it, variance of the fit."""
    level, constant, variance = fit
    m, k = model
    skip, log = how
    car = 0.0
    held = 1.0
    expected = 1.0
    held_log = 0.0
    expected_log = 0.0
    for t in range(max(window[1], start), min(window[2], start + y.size)):
        if skip and not (np.isfinite(y[t - start]) and usable[t]):
            continue
        normal = constant
        for j in range(k):
            normal += slope[j] * factors[t, columns[m, j]]
        car += ((y[t - start] - base[t]) - level) - normal
        if log:
            held_log += y[t - start]
            expected_log += (level + normal) + base[t]
        else:
            held *= 1.0 + y[t - start]
            expected *= 1.0 + ((level + normal) + base[t])
    if log:
        held = np.exp(held_log)
        expected = np.exp(expected_log)
    error = np.sqrt(variance * (used + leverage))
    numbers[row, m, at + CAR] = car
    numbers[row, m, at + CAR_SE] = error
    numbers[row, m, at + SCAR] = car / error
    numbers[row, m, at + BHAR] = held - expected


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
        for m in range(slots.size):
            for c in range(counts.shape[2]):
                results.counts[event, slots[m], c] = counts[row, m, c]
            for c in range(numbers.shape[2]):
                results.numbers[event, slots[m], c] = numbers[row, m, c]


@compiled
def solve_firms(
    firms: tuple[int, int],
    data: Rows,
    design: PanelDesign,
    table: FactorTable,
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
    design : PanelDesign
        Regressors and windows.
    table : FactorTable
        From `tabulate`.
    events : Events
        Events grouped by firm.
    results : Results
        Written to, in the caller's order; different firms write to different rows.
    """
    k_all = design.mean.size
    n_models = design.sizes.size
    n_windows = len(design.windows)
    longest = 0
    for firm in range(firms[0], firms[1]):
        if events.starts[firm + 1] > events.starts[firm]:
            longest = max(longest, data.offsets[firm + 1] - data.offsets[firm])
    sums = np.empty((longest + 1, k_all + 3))
    cross_sums = np.empty((longest + 1, k_all + k_all * (k_all + 1) // 2))
    cross = np.empty((k_all, k_all))
    lower = np.empty((k_all, k_all))
    slope = np.empty(k_all)
    row_centre = np.empty(k_all)
    norm = np.empty(k_all)
    diagonal = np.empty(k_all)
    solved = np.empty(k_all)
    shift = np.empty(k_all)
    part_total = np.empty((1, 1, k_all))
    left_days = np.empty(longest, np.int64)
    any_left = longest if data.left_out.size > 0 else 0
    ahead = np.empty((any_left, sums.shape[1] + cross_sums.shape[1]))
    behind = np.empty(ahead.shape)
    cross_window = np.empty(cross_sums.shape[1])
    least = np.empty(k_all)
    estimation_sums = np.empty(k_all + 3)
    rows = np.empty((design.estimation[1] - design.estimation[0] + 1, k_all + 1))
    own = FactorTable(
        np.zeros(1, np.int64),
        np.zeros((1, k_all)),
        np.zeros((1, n_windows, k_all)),
        np.zeros((1, n_models, k_all, k_all)),
        np.zeros((1, n_models, n_windows)),
        np.zeros((1, n_models), np.bool_),
    )
    factors, usable, columns, sizes = design.factors, design.usable, design.columns, design.sizes
    estimation_start, estimation_end = design.estimation
    length = estimation_end - estimation_start + 1
    windows, alpha, kinds, base = design.windows, design.alpha, design.kinds, design.base
    skip, log = design.skip, design.log
    slots, factor_mean, min_estimation = design.slots, design.mean, design.min_estimation
    count, centre, inverse = table.usable, table.centre, table.inverse
    leverages, solvable, total = table.leverage, table.solvable, table.total
    own_centre, own_inverse, own_solvable = own.centre, own.inverse, own.solvable
    own_leverage = own.leverage
    starts, order, positions, places = events.starts, events.order, events.position, events.place
    first_window = results.numbers.shape[2] - PER_WINDOW * n_windows
    numbers = np.empty((_BLOCK, n_models, results.numbers.shape[2]))
    counts = np.empty((_BLOCK, n_models, 2 + 2 * n_windows), np.int32)
    for firm in range(firms[0], firms[1]):
        if starts[firm + 1] == starts[firm]:
            continue
        y = data.values[data.offsets[firm] : data.offsets[firm + 1]]
        start = data.first[firm]
        left_out = data.left_out
        n_left = 0
        if left_out.size > 0:
            left_out = left_out[data.offsets[firm] : data.offsets[firm + 1]]
            n_left = _left_out_days(y, start, usable, left_out, left_days)
        y_mean = _run_sums(y, start, factors, usable, base, sums)
        if n_left > 0:
            known = left_days[:n_left]
            _left_out_sums(y, start, factors, base, known, y_mean, length, ahead, behind)
        has_cross = False
        for at in range(starts[firm], starts[firm + 1]):
            row = (at - starts[firm]) % _BLOCK
            numbers[row] = np.nan
            position = positions[at]
            place = places[position]
            lo = min(max(position + estimation_start - start, 0), y.size)
            hi = min(max(position + estimation_end + 1 - start, lo), y.size)
            skipped = (0, 0)
            for c in range(estimation_sums.size):
                estimation_sums[c] = sums[hi, c] - sums[lo, c]
            if n_left > 0:
                skipped = (_place_of(left_days, n_left, lo), _place_of(left_days, n_left, hi))
                if skipped[0] < skipped[1]:
                    _take_left_out(
                        lo, left_days, length, ahead, behind, skipped, 0, estimation_sums
                    )
            n = int(estimation_sums[0])
            span = (lo, hi, n)
            outcome = OK
            for w in range(n_windows):
                window = (position, position + windows[w, 0], position + windows[w, 1] + 1)
                found, seen = _event_status(y, start, window, usable, sums, skip)
                if found == EVENT_OUTSIDE:
                    outcome = EVENT_OUTSIDE
                for m in range(n_models):
                    counts[row, m, 2 + 2 * w] = found
                    counts[row, m, 3 + 2 * w] = seen
            shared = n == count[place]
            if outcome == OK and not shared and n >= min_estimation and n > 0:
                if not has_cross:
                    _run_cross(y, start, factors, usable, cross_sums)
                    has_cross = True
                _own_inverse(
                    left_days,
                    length,
                    ahead,
                    behind,
                    skipped,
                    cross_sums,
                    span,
                    design,
                    total,
                    place,
                    own,
                    cross,
                    lower,
                    cross_window,
                    least,
                )
            for m in range(n_models):
                k = sizes[m]
                kind = kinds[m]
                counts[row, m, 1] = n
                df = n - k - 1 if kind == WITH_CONSTANT else (n if kind == FIXED else n - k)
                status = outcome
                if status == OK and (n < min_estimation or df < 1):
                    status = TOO_FEW
                counts[row, m, 0] = status
                if status != OK:
                    continue
                model = (m, k)
                level, constant, rss = y_mean, 0.0, -1.0
                way = _BY_ROWS
                if kind != WITH_CONSTANT:
                    way = _BY_ORIGIN
                    level = 0.0
                    status, constant, rss = _solve_origin(
                        y, start, span, design, left_out, model, rows, norm, diagonal, slope
                    )
                elif df >= _SHORT and shared and solvable[place, m]:
                    way = _BY_TABLE
                    rss, constant = _solve_sums(
                        estimation_sums, sums[hi, 2], columns, model, place, centre, inverse, slope
                    )
                elif df >= _SHORT and not shared and own_solvable[0, m]:
                    way = _BY_OWN
                    rss, constant = _solve_sums(
                        estimation_sums,
                        sums[hi, 2],
                        columns,
                        model,
                        0,
                        own_centre,
                        own_inverse,
                        slope,
                    )
                if rss < 0.0:
                    way = _BY_ROWS
                    status, level, constant, rss = _solve_rows(
                        y,
                        start,
                        span,
                        design,
                        left_out,
                        columns[m, :k],
                        rows,
                        row_centre,
                        norm,
                        diagonal,
                        slope,
                    )
                counts[row, m, 0] = status
                if status == COLLINEAR:
                    continue
                fit = (level, constant, rss / df)
                _write_fit(columns, model, slope, factor_mean, kind, fit, row, numbers)
                raised = 0.0  # what the slopes expect where the factors are at their means
                for j in range(k):
                    raised += slope[j] * factor_mean[columns[m, j]]
                for w in range(n_windows):
                    if counts[row, m, 2 + 2 * w] != OK:
                        continue
                    used = counts[row, m, 3 + 2 * w]
                    window = (position, position + windows[w, 0], position + windows[w, 1] + 1)
                    whole = used == window[2] - window[1]
                    if not whole:
                        _used_total(y, start, window, design, part_total[0, 0])
                    leverage = 0.0
                    if way == _BY_TABLE:
                        leverage = leverages[place, m, w]
                        if not whole:
                            leverage = _share(
                                part_total,
                                (0, 0),
                                centre,
                                design,
                                w,
                                inverse,
                                place,
                                model,
                                n,
                                used,
                            )
                    elif way == _BY_OWN:
                        leverage = own_leverage[0, m, w]
                        if not whole:
                            leverage = _share(
                                part_total,
                                (0, 0),
                                own_centre,
                                design,
                                w,
                                own_inverse,
                                0,
                                model,
                                n,
                                used,
                            )
                    elif kind != FIXED:
                        for j in range(k):
                            c = columns[m, j]
                            shift[j] = total[place, w, c] if whole else part_total[0, 0, c]
                            if way == _BY_ROWS and alpha[w]:
                                shift[j] -= used * row_centre[c]
                            else:
                                shift[j] += used * factor_mean[c]
                        if way == _BY_ROWS and alpha[w]:
                            leverage = used * used / n
                        leverage += _row_leverage(rows, k, norm, diagonal, shift, solved)
                    column = first_window + PER_WINDOW * w
                    _write_window(
                        y,
                        start,
                        window,
                        factors,
                        usable,
                        base,
                        (skip, log),
                        columns,
                        model,
                        slope,
                        fit if kind != WITH_CONSTANT or alpha[w] else (0.0, raised, rss / df),
                        used,
                        leverage,
                        row,
                        column,
                        numbers,
                    )
                    if status == NO_VARIANCE:
                        numbers[row, m, column + CAR_SE] = np.nan
                        numbers[row, m, column + SCAR] = np.nan
            if row == _BLOCK - 1 or at == starts[firm + 1] - 1:
                _hand_over(numbers, counts, order[at - row : at + 1], slots, results)
