"""
Linear fits whose parameters are weighted sums of the returns.

The covariance of prediction errors follows from the weights, for errors that are independent and of
constant variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.models.base import Prediction
from analysis.models.linear import with_constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class WeightedFit:
    """
    A linear fit with the covariance of its parameters.

    Attributes
    ----------
    coefficients : mapping of str to float
        ``alpha`` first, then one a column read by `predict`.
    residuals : ndarray of shape (M,)
    df : float
        Residual degrees of freedom; by Satterthwaite's rule where rows weigh unequally.
    sigma : float
        Residual standard deviation.
    leverage : ndarray of shape (M,)
        A residual has variance sigma^2 (1 - h); negative for a row that the fit does not use.
    spread : ndarray of shape (p, p)
        Covariance of the parameters over sigma^2.
    drift : ndarray of shape (p, p)
        Covariance of a session's change of the parameters over sigma^2; zeros where they stay.
    """

    coefficients: Mapping[str, float]
    residuals: FloatArray
    df: float
    sigma: float
    leverage: FloatArray
    spread: FloatArray
    drift: FloatArray

    def predict(self, x: FloatArray, *, gap: int, alpha: bool = True) -> Prediction:
        """
        Predict a window with the covariance of its prediction errors; parameters stay frozen.

        Where parameters drift, their covariance grows by `drift` a session, those of the gap
        included.

        Columns beyond those that have a coefficient (leads and lags used in the fit only) are not
        read.
        """
        values = np.array(list(self.coefficients.values()))
        design = with_constant(x[:, : len(values) - 1], counts=alpha)
        ahead = np.arange(gap + 1, gap + len(x) + 1)
        moved = np.minimum.outer(ahead, ahead) * (design @ self.drift @ design.T)
        covariance = np.eye(len(x)) + design @ self.spread @ design.T + moved
        return Prediction(design @ values, self.sigma**2 * covariance)


def hat_leverage(hat: FloatArray) -> FloatArray:
    """
    Compute h such that the residuals (I - H) e have variance sigma^2 (1 - h).

    Parameters
    ----------
    hat : ndarray of shape (M, M)
        H, which turns returns into fitted values; need be no projection.

    Returns
    -------
    ndarray of shape (M,)
        ``2 H_tt - sum_s H_ts^2``: H_tt itself for least squares.
    """
    leverage: FloatArray = 2 * hat.diagonal() - np.square(hat).sum(axis=1)
    return leverage
