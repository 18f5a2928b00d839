"""The compiled part of the elastic net: coordinate descent on the residual, no Gram matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.panel.compiled import compiled

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray

SETTLED = 1e-11
"""Largest move of a weight, over the largest covariance, at which a pass is the last."""

MOST_PASSES = 20_000


@compiled
def _pass(
    columns: FloatArray,
    residual: FloatArray,
    weights: FloatArray,
    chosen: IntArray,
    lasso: float,
    ridge: float,
) -> float:
    """Move each chosen weight to its optimum, the others given; the largest move."""
    sessions = len(residual)
    moved = 0.0
    for j in chosen:
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


@compiled
def descend(
    columns: FloatArray, target: FloatArray, start: FloatArray, lasso: float, ridge: float
) -> FloatArray:
    """
    Minimise ``|target - w columns|^2 / (2 M) + lasso sum |w| + ridge / 2 sum w^2``.

    Passes over the weights in use alternate with passes over all, until none moves.

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
    residual = target.copy()
    size = 0.0
    for j in range(len(weights)):
        size = max(size, abs(np.dot(columns[j], target)) / len(target))
        if weights[j] != 0.0:
            residual -= columns[j] * weights[j]
    everyone = np.arange(len(weights))
    for _ in range(MOST_PASSES):
        if _pass(columns, residual, weights, everyone, lasso, ridge) <= SETTLED * size:
            break
        used = np.flatnonzero(weights)
        for _ in range(MOST_PASSES):
            if _pass(columns, residual, weights, used, lasso, ridge) <= SETTLED * size:
                break
    return weights
