"""
Controls by latent factors: what donors share, estimated from the donors themselves.

References
----------
Bai (2009), Econometrica 77; Xu (2017), Political Analysis 25.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from analysis.models.base import Capabilities, with_alpha
from analysis.models.donors import check_control
from analysis.models.point import PointFit

if TYPE_CHECKING:
    from analysis._typing import FloatArray

MOST_FACTORS = 10
"""Factors tried by cross-validation, where donors and sessions allow them."""


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
        residuals = y - alpha - x @ weights
        coefficients = with_alpha([alpha, *weights], names)
        return PointFit(coefficients, residuals, len(y) - 1 - rank, tuning=rank)


def principal_components(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """
    Split the donors' returns, less each donor's mean, into orthonormal factors and weights.

    Parameters
    ----------
    x : ndarray of shape (M, J)
        Of one donor at least.

    Returns
    -------
    scores : ndarray of shape (M, r)
        Orthonormal factors, the largest first.
    weights : ndarray of shape (J, r)
        ``(x - mean) @ weights`` are the scores.
    """
    centred = x - x.mean(axis=0)
    left, sizes, right = np.linalg.svd(centred, full_matrices=False)
    kept = sizes > 1e-10 * sizes[0]
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
