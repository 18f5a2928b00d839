"""Fits that predict a return but not its error: inference then goes through ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.models.base import Prediction, ResidualFit
from analysis.models.linear import with_constant

if TYPE_CHECKING:
    from analysis._typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PointFit(ResidualFit):
    """
    A linear predictor without an error covariance.

    Attributes
    ----------
    coefficients, residuals, df
        As of `ResidualFit`.
    tuning : float or None
        The penalty or the number of factors that the fit was made with; None where it has none.
    """

    tuning: float | None = None

    @property
    def leverage(self) -> FloatArray:
        """Zero: not known for this fit."""
        return np.zeros(len(self.residuals))

    def predict(self, x: FloatArray, *, gap: int, alpha: bool = True) -> Prediction:  # noqa: ARG002 - there is no error to carry
        """Predict a window, without a covariance."""
        return Prediction(with_constant(x, counts=alpha) @ self.values, None)
