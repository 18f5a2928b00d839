"""
Least squares over the simplex: the mix of donors, without short positions, closest to a firm.

An active-set method. One pass over all donors finds those whose gradient lies below the supporting
plane; the worst of them join the donors in use, the small problem is solved exactly, and the pass
is made again until no donor is below. No Gram matrix of the donors is formed: memory is that of
the returns themselves, and a solution is checked against every donor.

References
----------
Wolfe (1976), Mathematical Programming 11, for the nearest point of a hull.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import DataError

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray

_ENTERING = 64  # donors that join between two passes over all of them
_TOLERANCE = 1e-13  # of the squared spread: below it a gradient is rounding
_MOST_PASSES = 1000


@dataclass(frozen=True, slots=True, eq=False)
class SimplexFit:
    """
    The donors in use and their weights.

    Attributes
    ----------
    donors : ndarray of int, shape (s,)
        Columns in use, ascending.
    weights : ndarray of shape (s,)
        Positive, adding up to 1.
    objective : float
        Sum of squared distances at the optimum, the penalty included.
    shortfall : float
        How far the lowest gradient lies below the supporting plane, at least 0: the objective
        exceeds its minimum by at most twice this.
    """

    donors: IntArray
    weights: FloatArray
    objective: float
    shortfall: float

    def dense(self, count: int) -> FloatArray:
        """Weights of all donors, shape (count,), zero for those not in use."""
        weights = np.zeros(count)
        weights[self.donors] = self.weights
        return weights


def simplex_least_squares(
    y: FloatArray, x: FloatArray, *, ridge: float = 0.0, start: SimplexFit | None = None
) -> SimplexFit:
    """
    Minimise ``|y - x w|^2 + ridge |w|^2`` over weights that are not negative and add up to 1.

    Parameters
    ----------
    y : ndarray of shape (M,)
        Returns of the treated unit; no NaN.
    x : ndarray of shape (M, J)
        Returns of the donors on the same rows; no NaN.
    ridge : float
        Penalty on the squared weights, in squared returns; it spreads them over more donors.
    start : SimplexFit, optional
        A solution of a like problem, such as that of the neighbouring date: fewer passes.

    Returns
    -------
    SimplexFit

    Raises
    ------
    DataError
        If there is no donor or no row, or a value is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 0.0, 3.0], [0.0, 1.0, 3.0], [0.5, 0.5, 3.0]])
    >>> fit = simplex_least_squares(x[:, :2] @ [0.25, 0.75], x)
    >>> fit.dense(3).round(6).tolist()
    [0.25, 0.75, 0.0]
    """
    if not x.size:
        raise DataError("a control portfolio needs at least one donor and one session")
    used, weights = _start(y, x, start)
    spread = _spread(y, x, used) + ridge
    candidates = used
    shortfall = 0.0
    for _ in range(_MOST_PASSES):
        before = used
        used, weights = _small_problem(y, x, candidates, weights, spread, ridge)
        residual = x[:, used] @ weights - y
        heights = residual @ x
        heights[used] += ridge * weights
        below = float(weights @ heights[used]) - heights
        shortfall = max(float(below.max()), 0.0)
        entering = np.setdiff1d(np.flatnonzero(below > _TOLERANCE * spread), used)
        stuck = candidates is not before and np.array_equal(used, before)
        if not len(entering) or stuck:
            break
        if len(entering) > _ENTERING:
            worst = np.argpartition(-below[entering], _ENTERING)[:_ENTERING]
            entering = np.sort(entering[worst])
        candidates = np.concatenate([used, entering])
    weights = _polished(y, x[:, used], weights, ridge)
    residual = x[:, used] @ weights - y
    objective = float(residual @ residual) + ridge * float(weights @ weights)
    return SimplexFit(used, weights, objective, shortfall)


def _small_problem(
    y: FloatArray,
    x: FloatArray,
    candidates: IntArray,
    weights: FloatArray,
    spread: float,
    ridge: float,
) -> tuple[IntArray, FloatArray]:
    """Solve exactly over the candidates, the first of which carry the weights to start from."""
    from analysis.models.simplex_kernel import nearest_point  # noqa: PLC0415 - numba loads late

    gaps = x[:, candidates] - y[:, None]
    corral = np.zeros(len(candidates) + 1, dtype=np.int64)
    corral[: len(weights)] = np.arange(len(weights))
    trial = np.zeros(len(candidates) + 1)
    trial[: len(weights)] = weights
    gram = gaps.T @ gaps / spread
    gram[np.diag_indices(len(gram))] += ridge / spread
    size = nearest_point(gram, corral, trial, len(weights), _TOLERANCE / 10)
    found = candidates[corral[:size]]
    order = np.argsort(found)
    return found[order], trial[:size][order].copy()


def _start(y: FloatArray, x: FloatArray, start: SimplexFit | None) -> tuple[IntArray, FloatArray]:
    squares = np.einsum("ij,ij->j", x, x)
    distances = squares - 2 * (y @ x)
    if not (np.isfinite(squares).all() and np.isfinite(distances).all()):
        raise DataError("a control portfolio needs returns without gaps of every donor")
    if start is not None and len(start.donors) and int(start.donors[-1]) < x.shape[1]:
        return start.donors.copy(), start.weights.copy()
    return np.array([int(np.argmin(distances))]), np.ones(1)


def _spread(y: FloatArray, x: FloatArray, used: IntArray) -> float:
    """Scale the squared distances by what does not vanish at a perfect fit."""
    gap = x[:, used].mean(axis=1) - y
    own = y - y.mean()
    return max(float(gap @ gap), float(own @ own), 1e-300)


def _polished(y: FloatArray, x: FloatArray, weights: FloatArray, ridge: float) -> FloatArray:
    """Solve for the donors in use by QR, which loses no digits to the Gram matrix."""
    if ridge:
        size = len(weights)
        x = np.vstack([x, np.sqrt(ridge) * np.eye(size)])
        y = np.append(y, np.zeros(size))
    plain: FloatArray = weights / weights.sum()
    last = x[:, -1]
    free = np.linalg.lstsq(x[:, :-1] - last[:, None], y - last, rcond=None)[0]
    exact: FloatArray = np.append(free, 1.0 - free.sum())
    if (exact <= 0).any():
        return plain
    before, after = x @ weights - y, x @ exact - y
    if float(after @ after) <= float(before @ before):
        return exact
    return plain
