"""
The compiled part of the simplex solver: the point of a small hull that is nearest to the origin.

Wolfe's algorithm keeps a corral of affinely independent points and the Cholesky factor of
``1 + G`` over it (G the Gram matrix of the candidates), so that each step costs the square of the
corral's size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.panel.compiled import compiled

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray

DEPENDENT = 1e-14
"""A pivot below this says that a point is an affine mix of those already in the corral."""


@compiled
def _extend(factor: FloatArray, gram: FloatArray, corral: IntArray, first: int, size: int) -> int:
    """Write rows `first` to `size` of the factor; the first row that is dependent, or `size`."""
    for i in range(first, size):
        for j in range(i + 1):
            value = 1.0 + gram[corral[i], corral[j]]
            for m in range(j):
                value -= factor[i, m] * factor[j, m]
            if i == j:
                if value <= DEPENDENT:
                    return i
                factor[i, i] = np.sqrt(value)
            else:
                factor[i, j] = value / factor[j, j]
    return size


@compiled
def _affine(factor: FloatArray, size: int, weights: FloatArray) -> None:
    """Weights, of any sign and adding up to 1, of the corral's affine hull's nearest point."""
    for i in range(size):
        value = 1.0
        for m in range(i):
            value -= factor[i, m] * weights[m]
        weights[i] = value / factor[i, i]
    for i in range(size - 1, -1, -1):
        value = weights[i]
        for m in range(i + 1, size):
            value -= factor[m, i] * weights[m]
        weights[i] = value / factor[i, i]
    weights[:size] /= weights[:size].sum()


@compiled
def nearest_point(
    gram: FloatArray, corral: IntArray, weights: FloatArray, size: int, tolerance: float
) -> int:
    """
    Move a start to the nearest point; `corral` and `weights` are overwritten.

    Parameters
    ----------
    gram : ndarray of shape (c, c)
        Inner products of the candidates.
    corral : ndarray of int, shape (c + 1,)
        Its first `size` entries are the candidates in use.
    weights : ndarray of shape (c + 1,)
        Theirs, positive, adding up to 1.
    size : int
    tolerance : float
        By how much a candidate must lie below the supporting plane to enter.

    Returns
    -------
    int
        Candidates in use at the end.
    """
    count = gram.shape[0]
    factor, trial = np.zeros((count + 1, count + 1)), np.zeros(count + 1)
    inside = np.zeros(count, np.bool_)
    for i in range(size):
        inside[corral[i]] = True
    if _extend(factor, gram, corral, 0, size) < size:  # a dependent start: its heaviest point
        heaviest = corral[np.argmax(weights[:size])]
        inside[:] = False
        inside[heaviest] = True
        corral[0], weights[0], size = heaviest, 1.0, 1
        _extend(factor, gram, corral, 0, 1)
    heights = np.zeros(count)
    settled = size == 1
    for _ in range(50 * count + 100):
        if settled:
            heights[:] = 0.0
            for i in range(size):
                heights += weights[i] * gram[corral[i]]
            level = 0.0
            for i in range(size):
                level += weights[i] * heights[corral[i]]
            lowest, entering = level - tolerance, -1
            for j in range(count):
                if not inside[j] and heights[j] < lowest:
                    lowest, entering = heights[j], j
            if entering < 0:
                break
            corral[size], weights[size] = entering, 0.0
            if _extend(factor, gram, corral, size, size + 1) == size:
                break
            inside[entering] = True
            size += 1
        settled = True
        while True:
            _affine(factor, size, trial)
            share, leaving = 1.0, -1
            for i in range(size):
                if trial[i] <= 0.0:
                    step = weights[i] / (weights[i] - trial[i]) if weights[i] > trial[i] else 0.0
                    if leaving < 0 or step < share:
                        share, leaving = step, i
            if leaving < 0:
                weights[:size] = trial[:size]
                break
            weights[:size] += share * (trial[:size] - weights[:size])
            weights[leaving] = 0.0
            first, kept = size, 0
            for i in range(size):
                if weights[i] > 0.0:
                    corral[kept], weights[kept] = corral[i], weights[i]
                    kept += 1
                else:
                    inside[corral[i]] = False
                    first = min(first, i)
            size = kept
            _extend(factor, gram, corral, first, size)
    return size
