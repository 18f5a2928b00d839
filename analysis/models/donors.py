"""
Control portfolios: the firm's return as that of donors which the event did not touch.

The weights are chosen on the estimation window; they have no prediction error in closed form, so
that inference goes through placebo dates or conformal ranks. Tuning looks forward only: each fold
is fitted on the sessions before the ones that it predicts.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from analysis.errors import DataError, WindowError
from analysis.models.base import Capabilities, with_alpha
from analysis.models.point import PointFit
from analysis.models.simplex import simplex_least_squares

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis._typing import FloatArray

FOLDS = 5
"""Forward-chaining folds; the first is fitted on half the estimation window."""

RIDGES = 21
"""Ridge penalties tried."""

FEWEST_ROWS = 40
"""Fewer sessions leave a fold too short to tune on."""

FEWEST_DONORS = 2
"""Of one donor no portfolio can be made."""

MOST_BYTES = 2**31
"""Returns of all donors over all sessions may take a quarter of this."""


@dataclass(frozen=True, slots=True)
class SyntheticControl:
    """
    Donor weights that are not negative and add up to 1, of least squared distance in returns.

    References
    ----------
    Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical Association 105.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(
        order_free=True, controls=True, intercept="none"
    )

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> PointFit:
        """
        Find the weights.

        Raises
        ------
        WindowError
            If no donor or too few sessions are given.
        """
        check_control(y, x)
        return _portfolio(y, x, names, simplex_weights(y, x))


@dataclass(frozen=True, slots=True)
class RidgeAugmented:
    """
    Synthetic control whose remaining misfit a ridge regression takes out.

    Returns are taken less the donors' mean of their session, so that the weights, which may leave
    the simplex, still add up to 1.

    Attributes
    ----------
    penalty : float or None
        Ridge penalty as a share of the largest squared singular value of the donors' returns. None
        chooses it by leaving out one session at a time, the control fitted anew: the largest whose
        mean squared error is within one standard error of the least.

    References
    ----------
    Ben-Michael, Feller and Rothstein (2021), Journal of the American Statistical Association 116.
    """

    penalty: float | None = None

    @property
    def capabilities(self) -> Capabilities:
        """Tuning a penalty goes forward in time, so that the fit then depends on the order."""
        return Capabilities(order_free=self.penalty is not None, controls=True, intercept="none")

    def tuned(self, tuning: float) -> RidgeAugmented:
        """Keep a penalty."""
        return replace(self, penalty=tuning)

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> PointFit:
        """
        Find the weights.

        Raises
        ------
        WindowError
            If no donor or too few sessions are given.
        """
        check_control(y, x)
        penalty = best_ridge(y, x) if self.penalty is None else self.penalty
        return replace(_portfolio(y, x, names, augmented_weights(y, x, penalty)), tuning=penalty)


@dataclass(frozen=True, slots=True)
class ElasticNet:
    """
    Regression on donors with a penalty on the size and the squares of standardised weights.

    Minimises ``RSS / (2 M) + penalty [mix sum |b| + (1 - mix) / 2 sum b^2]``.

    Attributes
    ----------
    mix : float
        1 is the lasso, 0 ridge regression.
    penalty : float or None
        None tunes it.

    References
    ----------
    Zou and Hastie (2005), Journal of the Royal Statistical Society B 67; Doudchenko and Imbens
    (2016), NBER working paper 22791.
    """

    mix: float = 0.5
    penalty: float | None = None

    @property
    def capabilities(self) -> Capabilities:
        """As those of `RidgeAugmented`."""
        return Capabilities(order_free=self.penalty is not None, controls=True)

    def tuned(self, tuning: float) -> ElasticNet:
        """Keep a penalty."""
        return replace(self, penalty=tuning)

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> PointFit:
        """
        Find intercept and weights.

        Raises
        ------
        WindowError
            If no donor or too few sessions are given.
        """
        check_control(y, x)
        if self.penalty is not None:
            fit = _regression(y, x, names, elastic_path(y, x, self.mix, [self.penalty])[0])
            return replace(fit, tuning=self.penalty)
        scaled = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-300)
        largest = float(np.abs(scaled.T @ (y - y.mean())).max()) / len(y) / max(self.mix, 1e-3)
        grid = [float(value) for value in largest * np.logspace(0, -3, 25)]

        def path(train_y: FloatArray, train_x: FloatArray) -> FloatArray:
            return elastic_path(train_y, train_x, self.mix, grid)

        best = int(np.argmin(forward_errors(y, x, path)))
        fit = _regression(y, x, names, elastic_path(y, x, self.mix, [grid[best]])[0])
        return replace(fit, tuning=grid[best])


def simplex_weights(y: FloatArray, x: FloatArray) -> FloatArray:
    """
    Find the weights, not negative and adding up to 1, of the donors' mix closest to the firm.

    Parameters
    ----------
    y : ndarray of shape (M,)
    x : ndarray of shape (M, J)

    Returns
    -------
    ndarray of shape (J,)

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    >>> simplex_weights(x @ [0.25, 0.75], x).round(6).tolist()
    [0.25, 0.75]
    """
    return simplex_least_squares(y, x).dense(x.shape[1])


def augmented_weights(y: FloatArray, x: FloatArray, penalty: float) -> FloatArray:
    """
    Correct synthetic-control weights by ridge regression of their misfit.

    Parameters
    ----------
    y : ndarray of shape (M,)
    x : ndarray of shape (M, J)
    penalty : float
        Over the largest squared singular value of z, see below.

    Returns
    -------
    ndarray of shape (J,)
        ``w + z'(z z' + lambda I)^-1 (y - x w)``, z the donors' returns less their mean of each
        session; adds up to 1.
    """
    start = simplex_weights(y, x)
    centred = x - x.mean(axis=1, keepdims=True)
    if not centred.any():  # donors that are all alike leave nothing to correct by
        return start
    square = centred @ centred.T
    ridge = penalty * float(np.linalg.eigvalsh(square)[-1]) * np.eye(len(square))
    weights: FloatArray = start + centred.T @ np.linalg.solve(square + ridge, y - x @ start)
    return weights


def best_ridge(y: FloatArray, x: FloatArray) -> float:
    """
    Choose the ridge penalty on sessions left out one at a time, as the authors do.

    The error of a session left out follows from one eigendecomposition: with Q the inverse of
    ``z z' + lambda I`` and r the misfit of the control that did not see session t, it is
    ``(Q r)_t / Q_tt``.

    Parameters
    ----------
    y : ndarray of shape (M,)
    x : ndarray of shape (M, J)

    Returns
    -------
    float
        Over the largest squared singular value, from 1 down to 1e-8; 1 where donors are all alike.
    """
    centred = x - x.mean(axis=1, keepdims=True)
    if not centred.any():
        return 1.0
    values, vectors = np.linalg.eigh(centred @ centred.T)
    values = np.maximum(values, 0.0)
    grid = np.logspace(0, -8, RIDGES)
    shrink = 1 / (values + grid[:, None] * values[-1])
    scale = np.square(vectors) @ shrink.T
    whole = simplex_least_squares(y, x)
    errors = np.empty((len(y) - 1, RIDGES))  # the last session stays in, as it does for the authors
    keep = np.ones(len(y), dtype=np.bool_)
    for row in range(len(errors)):
        keep[row] = False
        weights = simplex_least_squares(y[keep], x[keep], start=whole)
        keep[row] = True
        misfit = vectors.T @ (y - x[:, weights.donors] @ weights.weights)
        errors[row] = np.square((vectors[row] * misfit) @ shrink.T / scale[row])
    mean = errors.mean(axis=0)
    least = int(np.argmin(mean))
    spread = float(errors[:, least].std(ddof=1)) / math.sqrt(len(errors))
    return float(grid[mean <= mean[least] + spread].max())


def elastic_path(y: FloatArray, x: FloatArray, mix: float, penalties: list[float]) -> FloatArray:
    """
    Fit the elastic net for falling penalties, each started from the one before.

    Parameters
    ----------
    y : ndarray of shape (M,)
    x : ndarray of shape (M, J)
    mix : float
    penalties : list of float

    Returns
    -------
    ndarray of shape (len(penalties), J + 1)
        Intercept and weights on the scale of the returns.
    """
    from analysis.models.elastic_kernel import descend  # noqa: PLC0415 - numba loads late

    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-300)
    scaled, centred = (x - mean) / scale, y - y.mean()
    columns = np.ascontiguousarray(scaled.T)
    weights = np.zeros(x.shape[1])
    rows = []
    for penalty in penalties:
        weights = descend(columns, centred, weights, penalty * mix, penalty * (1 - mix))
        slopes = weights / scale
        rows.append(np.append(y.mean() - slopes @ mean, slopes))
    return np.array(rows)


def forward_errors(
    y: FloatArray, x: FloatArray, path: Callable[[FloatArray, FloatArray], FloatArray]
) -> FloatArray:
    """
    Sum the squared errors of a path of fits on sessions after those that they were fitted on.

    Parameters
    ----------
    y : ndarray of shape (M,)
    x : ndarray of shape (M, J)
    path : callable
        From returns and donors of the first sessions to an array of shape (candidates, J + 1),
        intercept first.

    Returns
    -------
    ndarray of shape (candidates,)
    """
    cuts = np.linspace(len(y) // 2, len(y), FOLDS + 1).astype(int)
    total = np.zeros(0)
    for begin, end in itertools.pairwise(cuts):
        fits = path(y[:begin], x[:begin])
        errors = y[begin:end, None] - fits[:, 0] - x[begin:end] @ fits[:, 1:].T
        squares = np.square(errors).sum(axis=0)
        total = total + squares if len(total) else squares
    return total


def _portfolio(
    y: FloatArray, x: FloatArray, names: tuple[str, ...], weights: FloatArray
) -> PointFit:
    return _regression(y, x, names, np.append(0.0, weights), free=-1)


def _regression(
    y: FloatArray, x: FloatArray, names: tuple[str, ...], values: FloatArray, free: int = 1
) -> PointFit:
    used = int(np.count_nonzero(np.abs(values[1:]) > 1e-12)) + free
    residuals = y - values[0] - x @ values[1:]
    return PointFit(with_alpha(values, names), residuals, max(len(y) - used, 1))


def check_control(y: FloatArray, x: FloatArray) -> None:
    """
    Refuse a control without donors or sessions enough.

    Parameters
    ----------
    y : ndarray of shape (M,)
    x : ndarray of shape (M, J)

    Raises
    ------
    WindowError
        If there is no donor, or there are fewer than `FEWEST_ROWS` sessions.
    """
    if not x.shape[1]:
        raise WindowError("a control portfolio needs donors; name them in the study")
    if len(y) < FEWEST_ROWS:
        raise WindowError(
            f"a control portfolio needs {FEWEST_ROWS} estimation sessions, there are {len(y)}; "
            "lengthen the estimation window"
        )


def check_memory(donors: int, sessions: int) -> None:
    """
    Refuse more returns than memory should hold: a quarter of `MOST_BYTES`.

    Raises
    ------
    DataError

    Examples
    --------
    >>> check_memory(4000, 2500)
    >>> check_memory(40_000, 2500)
    Traceback (most recent call last):
    analysis.errors.DataError: 40,000 donors over 2,500 sessions need about 3.0 GB of memory; name \
fewer donors, or cut the sessions of the data to those of the study
    """
    size = 4 * 8 * donors * sessions
    if size > MOST_BYTES:
        raise DataError(
            f"{donors:,} donors over {sessions:,} sessions need about {size / 2**30:.1f} GB of "
            "memory; name fewer donors, or cut the sessions of the data to those of the study"
        )
