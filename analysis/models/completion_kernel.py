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
_SWEEPS = 30
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
def _turned(matrix: FloatArray, vectors: FloatArray) -> None:
    """Split a small symmetric matrix by Jacobi's turns: its diagonal holds the eigenvalues."""
    size = len(matrix)
    for i in range(size):
        for j in range(size):
            vectors[i, j] = 1.0 if i == j else 0.0
    for _ in range(_SWEEPS):
        still = True
        for i in range(size - 1):
            for j in range(i + 1, size):
                apart = matrix[i, j]
                if abs(apart) <= 1e-17 * np.sqrt(abs(matrix[i, i] * matrix[j, j])):
                    continue
                still = False
                angle = (matrix[j, j] - matrix[i, i]) / (2.0 * apart)
                tangent = 1.0 / (abs(angle) + np.sqrt(1.0 + angle * angle))
                tangent = tangent if angle >= 0.0 else -tangent
                cosine = 1.0 / np.sqrt(1.0 + tangent * tangent)
                sine = tangent * cosine
                for m in range(size):
                    one, two = matrix[m, i], matrix[m, j]
                    matrix[m, i], matrix[m, j] = (
                        cosine * one - sine * two,
                        sine * one + cosine * two,
                    )
                for m in range(size):
                    one, two = matrix[i, m], matrix[j, m]
                    matrix[i, m], matrix[j, m] = (
                        cosine * one - sine * two,
                        sine * one + cosine * two,
                    )
                    one, two = vectors[m, i], vectors[m, j]
                    vectors[m, i], vectors[m, j] = (
                        cosine * one - sine * two,
                        sine * one + cosine * two,
                    )
        if still:
            break


@compiled
def _beyond(values: FloatArray, origin: float, at: float, roots: FloatArray, shift: int) -> int:
    """Count the eigenvalues beyond a point, by the signs on the small matrix's diagonal."""
    found = shift
    for row in range(len(values)):
        if (values[row] - origin) - at > 0.0:
            found += 1
    for i in range(len(roots)):
        if roots[i, i] > 0.0:
            found -= 1
    return found


@compiled
def _positive(numbers: FloatArray) -> int:
    """Count the positive ones."""
    found = 0
    for number in numbers:
        if number > 0.0:
            found += 1
    return found


@compiled
def _nearest(values: FloatArray, at: float) -> float:
    """Find the entry nearest to a point."""
    found = float(values[0])
    for value in values:
        if abs(value - at) < abs(found - at):
            found = float(value)
    return found


@compiled
def _crossing(matrix: FloatArray, turns: FloatArray, side: FloatArray) -> float:
    """Find the small eigenvalue nearest to zero; its vector goes to `side`."""
    near = 0
    for i in range(len(side)):
        if abs(matrix[i, i]) < abs(matrix[near, near]):
            near = i
    for i in range(len(side)):
        side[i] = turns[i, near]
    return float(matrix[near, near])


@compiled
def _along(slope: FloatArray, side: FloatArray) -> float:
    """How fast that eigenvalue rises."""
    found = 0.0
    for i in range(len(side)):
        for j in range(len(side)):
            found += side[i] * slope[i, j] * side[j]
    return float(found)


@compiled
def _eigenvalue(
    values: FloatArray,
    directions: FloatArray,
    inverse: FloatArray,
    place: int,
    low: float,
    high: float,
    side: FloatArray,
) -> tuple[float, float]:
    """Find the eigenvalue of a place between two bounds: the nearest of D, and the distance."""
    size = len(inverse)
    positive = _positive(inverse)
    matrix, slope, turns = np.zeros((size, size)), np.zeros((size, size)), np.zeros((size, size))
    origin, at = 0.0, 0.5 * (low + high)
    for step in range(_MOST_STEPS):
        if step == _COARSE:
            origin = _nearest(values, at)
            low, high, at = low - origin, high - origin, at - origin
        _small(values, directions, inverse, origin, at, matrix, slope)
        _turned(matrix, turns)
        root = _crossing(matrix, turns, side)
        if _beyond(values, origin, at, matrix, positive) > place:
            low = at
        else:
            high = at
        middle = 0.5 * (low + high)
        if step <= _COARSE:
            at = middle
            continue
        if step % 4:
            trial = at - root / _along(slope, side)
            if low < trial < high:
                middle = trial
        if abs(middle - at) <= _SETTLED * abs(at) or high - low <= _SETTLED * abs(high):
            break
        at = middle
    return origin, at


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
    inverse = np.zeros(size)
    positive, spread = _positive(scales), 0.0
    for i in range(size):
        inverse[i] = 1.0 / scales[i]
        for row in range(count):
            spread += abs(scales[i]) * directions[row, i] * directions[row, i]
    matrix, slope, turns = np.zeros((size, size)), np.zeros((size, size)), np.zeros((size, size))
    side = np.zeros(size)
    _small(values, directions, inverse, 0.0, bound, matrix, slope)
    _turned(matrix, turns)
    wanted = _beyond(values, 0.0, bound, matrix, positive)
    sizes, vectors = np.zeros(wanted), np.zeros((wanted, count))
    kept = 0
    for place in range(wanted):  # the largest first, each between its neighbours in D
        low, high = bound, values[0] + spread
        if place >= positive:
            high = min(high, values[place - positive])
        if place + size - positive < count:
            low = max(low, values[place + size - positive])
        origin, at = _eigenvalue(values, directions, inverse, place, low, high, side)
        length = 0.0
        for row in range(count):
            distance = (values[row] - origin) - at
            entry = 0.0
            for i in range(size):
                entry += directions[row, i] * side[i]
            entry /= distance if distance != 0.0 else _TINY
            vectors[kept, row] = entry
            length += entry * entry
        if length > 0.0 and np.isfinite(length):
            sizes[kept] = origin + at
            for row in range(count):
                vectors[kept, row] /= np.sqrt(length)
            kept += 1
    return sizes[:kept], vectors[:kept]
