"""Fits that predict a return but not its error: inference then goes through ranks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.models.base import Prediction
from analysis.models.linear import with_constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PointFit:
    """
    A linear predictor without an error covariance.

    Attributes
    ----------
    coefficients : mapping of str to float
        ``alpha`` first (0 where the model has none), then one a regressor.
    residuals : ndarray of shape (M,)
    df : float
        M less the number of coefficients that the fit chose freely.
    tuning : float or None
        The penalty or the number of factors that the fit was made with; None where it has none.
    """

    coefficients: Mapping[str, float]
    residuals: FloatArray
    df: float
    tuning: float | None = None

    @property
    def sigma(self) -> float:
        """Residual standard deviation with `df` degrees of freedom."""
        return math.sqrt(float(self.residuals @ self.residuals) / self.df)

    @property
    def leverage(self) -> FloatArray:
        """Zero: not known for this fit."""
        return np.zeros(len(self.residuals))

    def predict(self, x: FloatArray, *, gap: int, alpha: bool = True) -> Prediction:  # noqa: ARG002 - there is no error to carry
        """Predict a window, without a covariance."""
        design = with_constant(x, counts=alpha)
        return Prediction(design @ np.array(list(self.coefficients.values())), None)
