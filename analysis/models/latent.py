"""
Controls by latent factors: what donors share, estimated from the donors themselves.

References
----------
Bai (2009), Econometrica 77; Xu (2017), Political Analysis 25; Athey, Bayati, Doudchenko, Imbens
and Khosravi (2021), Journal of the American Statistical Association 116; Mazumder, Hastie and
Tibshirani (2010), Journal of Machine Learning Research 11.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from analysis.models.base import Capabilities, Prediction
from analysis.models.donors import check_control
from analysis.models.point import PointFit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import BoolArray, FloatArray

MOST_FACTORS = 10
"""Factors tried by cross-validation, where donors and sessions allow them."""

FOLDS = 5
"""Sets of estimation sessions held out in turn to choose the penalty of matrix completion."""

_PENALTIES = 8
_SETTLED = 1e-7
_MOST_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class InteractiveEffects:
    """
    Interactive fixed effects, or the generalised synthetic control: factors of the donors' returns.

    Factors and loadings of the donors are principal components of the estimation window; the firm
    is regressed on the factors there. In the event window the factors are those that the donors'
    returns show given their loadings, so that the prediction is a weighted sum of donors. The
    number of factors has the least squared error on sessions left out one at a time.

    Attributes
    ----------
    factors : int or None
        Number of factors; None chooses it.
    """

    factors: int | None = None

    capabilities: ClassVar[Capabilities] = Capabilities(order_free=True, controls=True)

    def tuned(self, tuning: float) -> InteractiveEffects:
        """Keep a number of factors."""
        return replace(self, factors=int(tuning))

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> PointFit:
        """
        Fit factors and loadings.

        Raises
        ------
        WindowError
            If no donor or too few sessions are given.
        """
        check_control(y, x)
        scores, loadings = principal_components(x)
        most = min(MOST_FACTORS, scores.shape[1])
        rank = min(self.factors, most) if self.factors is not None else best_rank(y, scores, most)
        slopes = scores[:, :rank].T @ (y - y.mean())
        weights = loadings[:, :rank] @ slopes
        alpha = float(y.mean() - x.mean(axis=0) @ weights)
        values = [alpha, *map(float, weights)]
        residuals = y - alpha - x @ weights
        coefficients = dict(zip(("alpha", *names), values, strict=True))
        return PointFit(coefficients, residuals, max(len(y) - 1 - rank, 1), tuning=rank)


def principal_components(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """
    Split the donors' returns, less each donor's mean, into orthonormal factors and weights.

    Parameters
    ----------
    x : ndarray of shape (M, J)

    Returns
    -------
    scores : ndarray of shape (M, r)
        Orthonormal factors, the largest first.
    weights : ndarray of shape (J, r)
        ``(x - mean) @ weights`` are the scores.
    """
    centred = x - x.mean(axis=0)
    left, sizes, right = np.linalg.svd(centred, full_matrices=False)
    kept = sizes > 1e-10 * sizes[0] if len(sizes) else np.zeros(0, dtype=np.bool_)
    return left[:, kept], right[kept].T / sizes[kept]


def best_rank(y: FloatArray, scores: FloatArray, most: int) -> int:
    """
    Choose how many factors to use by leaving out one session at a time.

    Parameters
    ----------
    y : ndarray of shape (M,)
    scores : ndarray of shape (M, r)
        Orthonormal, with mean zero.
    most : int

    Returns
    -------
    int
        From 0 to `most`; the error left out is the residual over one less its leverage.
    """
    residual = y - y.mean()
    leverage = np.full(len(y), 1 / len(y))
    errors = [float(np.square(residual / (1 - leverage)).sum())]
    for column in scores.T[:most]:
        residual = residual - column * float(column @ y)
        leverage = leverage + column**2
        errors.append(float(np.square(residual / np.maximum(1 - leverage, 1e-12)).sum()))
    return int(np.argmin(errors))


@dataclass(frozen=True, slots=True, eq=False)
class CompletionFit:
    """
    A matrix whose missing cells are the firm's returns in a window.

    Attributes
    ----------
    coefficients : mapping of str to float
        ``alpha``, the firm's mean return in the estimation window, and ``penalty``.
    residuals : ndarray of shape (M,)
        Of sessions held out in turn: the firm's return less what the completion says of it.
    df : float
        M less one.
    y : ndarray of shape (M,)
    donors : ndarray of shape (M, J)
    penalty : float
        On the sum of singular values.
    """

    coefficients: Mapping[str, float]
    residuals: FloatArray
    df: float
    y: FloatArray
    donors: FloatArray
    penalty: float

    @property
    def tuning(self) -> float:
        """The penalty."""
        return self.penalty

    @property
    def leverage(self) -> FloatArray:
        """Zero: not known for this fit."""
        return np.zeros(len(self.residuals))

    @property
    def sigma(self) -> float:
        """Residual standard deviation with `df` degrees of freedom."""
        return math.sqrt(float(self.residuals @ self.residuals) / self.df)

    def predict(self, x: FloatArray, *, gap: int, alpha: bool = True) -> Prediction:  # noqa: ARG002 - no state, and the firm's level is part of what is completed
        """Complete the window's cells, given the donors' returns there; the level always counts."""
        rows = np.concatenate([self.donors, x])
        known = np.arange(len(rows)) < len(self.y)
        own = np.concatenate([self.y, np.zeros(len(x))])
        return Prediction(completed(own, rows, known, self.penalty)[~known], None)


@dataclass(frozen=True, slots=True)
class MatrixCompletion:
    """
    Matrix completion with effects of firms and sessions and a penalty on singular values.

    Attributes
    ----------
    penalty : float or None
        On the sum of singular values, in returns; None chooses it on estimation sessions of the
        firm held out in turn.
    """

    penalty: float | None = None

    @property
    def capabilities(self) -> Capabilities:
        """Which sessions are held out to choose a penalty goes by their place."""
        return Capabilities(order_free=self.penalty is not None, controls=True, intercept="kept")

    def tuned(self, tuning: float) -> MatrixCompletion:
        """Keep a penalty."""
        return replace(self, penalty=tuning)

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> CompletionFit:  # noqa: ARG002 - donors weigh in by the matrix
        """
        Choose the penalty.

        Raises
        ------
        WindowError
            If no donor or too few sessions are given.
        """
        check_control(y, x)
        grid = penalties(y, x) if self.penalty is None else np.array([self.penalty])
        penalty, residuals = best_penalty(y, x, grid)
        means = {"alpha": float(y.mean()), "penalty": penalty}
        return CompletionFit(means, residuals, len(y) - 1, y, x, penalty)


def completed(
    y: FloatArray, x: FloatArray, known: BoolArray, penalty: float, *, warm: bool = False
) -> FloatArray:
    """
    Estimate the firm's column of a matrix of donors and firm, some of its cells missing.

    Singular values of the matrix less the effects of rows and columns are lowered by the penalty;
    the missing cells are set to what this gives until they no longer move, by Nesterov's steps.

    Parameters
    ----------
    y : ndarray of shape (T,)
        The firm's returns.
    x : ndarray of shape (T, J)
        The donors', without gaps.
    known : ndarray of bool, shape (T,)
    penalty : float
    warm : bool
        Whether to start from what `y` holds in missing rows.

    Returns
    -------
    ndarray of shape (T,)
    """
    column = y if warm else np.where(known, y, y[known].mean() + x.mean(axis=1) - x[known].mean())
    scale = float(column[known].std()) or 1.0
    trial, momentum = column, 1.0
    for _ in range(_MOST_ROUNDS):
        fitted = _shrunk(np.column_stack([x, trial]), penalty)
        moved = float(np.abs(fitted - trial)[~known].max(initial=0.0))
        if moved <= _SETTLED * scale:
            break
        before, column = column, np.where(known, y, fitted)
        # a step beyond the fitted values, begun anew where it would lead back
        if float((trial - column) @ (column - before)) > 0:
            momentum = 1.0
        later = (1 + math.sqrt(1 + 4 * momentum**2)) / 2
        trial, momentum = column + (momentum - 1) / later * (column - before), later
    return fitted


def _shrunk(matrix: FloatArray, penalty: float) -> FloatArray:
    """Lower the singular values of a matrix less its effects; the last column of what is left."""
    centred = _centred(matrix)
    own = centred[:, -1]
    values, vectors = np.linalg.eigh(centred @ centred.T)
    kept = values > penalty**2
    vectors = vectors[:, kept]
    shares = 1 - penalty / np.sqrt(values[kept])
    found: FloatArray = matrix[:, -1] - own + vectors @ (shares * (vectors.T @ own))
    return found


def penalties(y: FloatArray, x: FloatArray) -> FloatArray:
    """List the penalties to try, from the largest singular value down to a hundredth of it."""
    sizes = np.linalg.svd(_centred(np.column_stack([x, y])), compute_uv=False)
    grid: FloatArray = sizes[0] * np.logspace(0, -2, _PENALTIES)
    return grid


def best_penalty(y: FloatArray, x: FloatArray, grid: FloatArray) -> tuple[float, FloatArray]:
    """
    Choose the penalty of matrix completion on the firm's own sessions, held out in turn.

    Parameters
    ----------
    y : ndarray of shape (M,)
    x : ndarray of shape (M, J)
    grid : ndarray of shape (g,)
        Falling; the search ends where the error has risen twice.

    Returns
    -------
    penalty : float
    residuals : ndarray of shape (M,)
        The firm's returns less what the others and its other sessions say of them.
    """
    fold = np.arange(len(y)) % FOLDS
    starts = [y.copy() for _ in range(FOLDS)]
    best, residuals, least, rises = float(grid[0]), np.zeros(len(y)), math.inf, 0
    for penalty in grid:
        errors = np.empty(len(y))
        for held, start in enumerate(starts):
            known = fold != held
            found = completed(start, x, known, float(penalty), warm=penalty != grid[0])
            errors[~known] = (y - found)[~known]
            starts[held] = np.where(known, y, found)
        total = float(errors @ errors)
        if total < least:
            best, residuals, least, rises = float(penalty), errors, total, 0
        else:
            rises += 1
            if rises == 2:
                break
    return best, residuals


def _centred(matrix: FloatArray) -> FloatArray:
    rows, columns = matrix.mean(axis=1, keepdims=True), matrix.mean(axis=0)
    centred: FloatArray = matrix - rows - columns + matrix.mean()
    return centred
