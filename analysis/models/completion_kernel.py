"""
Eigenvalues of a matrix that differs by two or three directions from one already split.

In the coordinates of the split the matrix is ``D + W S W'``, D diagonal and S of signs and scales.
Its eigenvalues beyond a bound are found one by one: the inertia of a matrix of the size of S says
how many lie beyond any point, and Newton's steps on the eigenvalue of that small matrix which
crosses zero do the rest. Each eigenvalue is kept as a distance from the nearest entry of D, so that
no digits are lost where the two all but coincide.

References
----------
Golub (1973), SIAM Review 15; Gu and Eisenstat (1994), SIAM Journal on Matrix Analysis 15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.panel.compiled import compiled

if TYPE_CHECKING:
    from analysis._typing import FloatArray

_MOST_STEPS = 200
_SETTLED = 1e-15
_TINY = 1e-300
_COARSE = 12  # halvings before an eigenvalue is measured from its nearest neighbour in D


@compiled
def _small(
    values: FloatArray,
    directions: FloatArray,
    inverse: FloatArray,
    origin: float,
    shift: float,
    matrix: FloatArray,
    slope: FloatArray,
) -> None:
    """Write ``S^-1 + W'(D - x)^-1 W`` and its derivative in x, for x = `origin` + `shift`."""
    size = len(inverse)
    matrix[:] = 0.0
    slope[:] = 0.0
    for row in range(len(values)):
        distance = (values[row] - origin) - shift
        if distance == 0.0:
            distance = _TINY
        turned = 1.0 / distance
        for i in range(size):
            scaled = directions[row, i] * turned
            for j in range(i + 1):
                product = scaled * directions[row, j]
                matrix[i, j] += product
                slope[i, j] += product * turned
    for i in range(size):
        matrix[i, i] += inverse[i]
        for j in range(i):
            matrix[j, i] = matrix[i, j]
            slope[j, i] = slope[i, j]


@compiled
def _beyond(values: FloatArray, origin: float, at: float, roots: FloatArray, shift: int) -> int:
    """Count the eigenvalues beyond a point, by the signs of the small matrix's own."""
    found = shift
    for row in range(len(values)):
        found += (values[row] - origin) - at > 0.0
    for root in roots:
        found -= root > 0.0
    return found


@compiled
def _eigenvalue(
    values: FloatArray,
    directions: FloatArray,
    inverse: FloatArray,
    place: int,
    ends: tuple[float, float],
) -> tuple[float, float, FloatArray]:
    """Find the eigenvalue of a place between two bounds: nearest of D, distance, small vector."""
    size = len(inverse)
    positive = int(np.sum(inverse > 0.0))
    matrix, slope = np.zeros((size, size)), np.zeros((size, size))
    low, high = ends
    origin, at = 0.0, 0.5 * (low + high)
    side = np.zeros(size)
    for step in range(_MOST_STEPS):
        if step == _COARSE:
            origin = values[np.argmin(np.abs(values - at))]
            low, high, at = low - origin, high - origin, at - origin
        _small(values, directions, inverse, origin, at, matrix, slope)
        roots, sides = np.linalg.eigh(matrix)
        near = np.argmin(np.abs(roots))
        side = np.ascontiguousarray(sides[:, near])
        if _beyond(values, origin, at, roots, positive) > place:
            low = at
        else:
            high = at
        middle = 0.5 * (low + high)
        if step <= _COARSE:
            at = middle
            continue
        if step % 4:
            trial = at - roots[near] / (side @ slope @ side)
            if low < trial < high:
                middle = trial
        if abs(middle - at) <= _SETTLED * abs(at) or high - low <= _SETTLED * abs(high):
            break
        at = middle
    return origin, at, side


@compiled
def leading_axes(
    values: FloatArray, directions: FloatArray, scales: FloatArray, bound: float
) -> tuple[FloatArray, FloatArray]:
    """
    Find the eigenvectors of ``D + W S W'`` whose eigenvalues lie beyond a bound.

    Those that W does not touch may be left out: W'v is nought for them.

    Parameters
    ----------
    values : ndarray of shape (T,)
        D, descending.
    directions : ndarray of shape (T, p)
        W.
    scales : ndarray of shape (p,)
        The diagonal of S, positive entries and negative ones.
    bound : float
        Not negative.

    Returns
    -------
    sizes : ndarray of shape (k,)
        Eigenvalues, descending.
    vectors : ndarray of shape (k, T)
        A row each, of length 1.
    """
    count, size = directions.shape
    inverse = 1.0 / scales
    positive = int(np.sum(inverse > 0.0))
    spread = 0.0
    for i in range(size):
        spread += abs(scales[i]) * np.sum(directions[:, i] ** 2)
    matrix, slope = np.zeros((size, size)), np.zeros((size, size))
    _small(values, directions, inverse, 0.0, bound, matrix, slope)
    wanted = _beyond(values, 0.0, bound, np.linalg.eigh(matrix)[0], positive)
    sizes, vectors = np.zeros(wanted), np.zeros((wanted, count))
    kept = 0
    for place in range(wanted):  # the largest first, each between its neighbours in D
        low, high = bound, values[0] + spread
        if place >= positive:
            high = min(high, values[place - positive])
        if place + size - positive < count:
            low = max(low, values[place + size - positive])
        origin, at, side = _eigenvalue(values, directions, inverse, place, (low, high))
        vector = directions @ side
        for row in range(count):
            distance = (values[row] - origin) - at
            vector[row] /= distance if distance != 0.0 else _TINY
        length = np.sqrt(vector @ vector)
        if length > 0.0 and np.isfinite(length):
            sizes[kept], vectors[kept] = origin + at, vector / length
            kept += 1
    return sizes[:kept], vectors[:kept]
