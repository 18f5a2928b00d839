"""
The elastic net without a Gram matrix of the donors.

A compiled pass over all donors moves each weight to its optimum; the weights in use are then solved
for exactly, their signs given, and the pass is made again until it moves none.

References
----------
Lee, Battle, Raina and Ng (2007), Advances in Neural Information Processing Systems 19, for the
steps between signs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.panel.compiled import compiled

if TYPE_CHECKING:
    from analysis._typing import BoolArray, FloatArray

SETTLED = 1e-11
"""Largest move of a weight, over the largest covariance, at which a pass is the last."""

MOST_PASSES = 1000


@compiled
def _pass(
    columns: FloatArray,
    residual: FloatArray,
    weights: FloatArray,
    lasso: float,
    ridge: float,
) -> float:
    """Move each weight to its optimum, the others given; the largest move."""
    sessions = len(residual)
    moved = 0.0
    for j in range(len(weights)):
        column = columns[j]
        size, partial = 0.0, 0.0
        for t in range(sessions):
            partial += column[t] * residual[t]
            size += column[t] * column[t]
        size /= sessions
        partial = partial / sessions + size * weights[j]
        shrunk = max(abs(partial) - lasso, 0.0) / max(size + ridge, 1e-300)
        step = (shrunk if partial > 0 else -shrunk) - weights[j]
        if step != 0.0:
            weights[j] += step
            for t in range(sessions):
                residual[t] -= column[t] * step
            moved = max(moved, abs(step))
    return moved


def descend(
    columns: FloatArray, target: FloatArray, start: FloatArray, lasso: float, ridge: float
) -> FloatArray:
    """
    Minimise ``|target - w columns|^2 / (2 M) + lasso sum |w| + ridge / 2 sum w^2``.

    Parameters
    ----------
    columns : ndarray of shape (J, M)
        Donors, a row each, of mean 0.
    target : ndarray of shape (M,)
    start : ndarray of shape (J,)
    lasso, ridge : float

    Returns
    -------
    ndarray of shape (J,)
    """
    weights = start.copy()
    size = float(np.abs(columns @ target).max()) / len(target)
    for _ in range(MOST_PASSES):
        used = np.flatnonzero(weights)
        residual = target - weights[used] @ columns[used]
        if _pass(columns, residual, weights, lasso, ridge) <= SETTLED * size:
            break
        _solve(columns, target, weights, lasso, ridge)
    return weights


def _solve(
    columns: FloatArray, target: FloatArray, weights: FloatArray, lasso: float, ridge: float
) -> None:
    """Move the weights in use to their optimum; one that would change its sign is dropped."""
    used = np.flatnonzero(weights)
    some = columns[used]
    gram = some @ some.T / len(target)
    gram[np.diag_indices(len(used))] += ridge + 1e-13 * np.trace(gram) / max(len(used), 1)
    aim = some @ target / len(target) - lasso * np.sign(weights[used])
    kept: BoolArray = np.ones(len(used), dtype=np.bool_)
    while kept.any():
        places = used[kept]
        now = weights[places]
        best = np.linalg.solve(gram[np.ix_(kept, kept)], aim[kept])
        flips = best * now <= 0
        if not flips.any():
            weights[places] = best
            return
        shares = now[flips] / (now[flips] - best[flips])
        share = float(shares.min())
        moved = now + share * (best - now)
        moved[np.flatnonzero(flips)[shares <= share]] = 0.0
        weights[places] = moved
        kept[kept] = moved != 0
