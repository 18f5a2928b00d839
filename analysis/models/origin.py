"""Least squares through the origin: an expected-return model whose alpha is 0."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from analysis.errors import DataError, WindowError
from analysis.models.base import Capabilities, Prediction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class OriginFit:
    """
    A least-squares fit without a constant.

    Attributes
    ----------
    coefficients : mapping of str to float
        ``alpha`` 0 by definition, then one a regressor.
    residuals : ndarray of shape (M,)
        Their mean need not be 0.
    df : int
        M less the number of regressors.
    triangle : ndarray of shape (k, k)
        Upper triangle R of the QR decomposition of the regressors, so that X'X = R'R.
    leverage : ndarray of shape (M,)
    """

    coefficients: Mapping[str, float]
    residuals: FloatArray
    df: int
    triangle: FloatArray
    leverage: FloatArray

    @property
    def sigma(self) -> float:
        """Residual standard deviation about zero, with `df` degrees of freedom."""
        return math.sqrt(float(self.residuals @ self.residuals) / self.df)

    def predict(self, x: FloatArray, *, gap: int, alpha: bool = True) -> Prediction:  # noqa: ARG002 - errors do not change with time, and there is no alpha
        """Predict a window with covariance sigma^2 [I + X2 (X1'X1)^-1 X2']."""
        scaled = np.linalg.solve(self.triangle.T, x.T)
        covariance = self.sigma**2 * (np.eye(len(x)) + scaled.T @ scaled)
        return Prediction(x @ np.array(list(self.coefficients.values())[1:]), covariance)


@dataclass(frozen=True, slots=True)
class ThroughOrigin:
    """
    Ordinary least squares without a constant.

    The drift of the estimation window, which a constant carries into the event window, is taken
    for chance.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(order_free=True, intercept="none")

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> OriginFit:
        """
        Fit by QR decomposition.

        Raises
        ------
        WindowError
            If fewer rows than regressors plus one are given.
        DataError
            If a regressor is 0 on every row, or a copy of another.

        Examples
        --------
        >>> import numpy as np
        >>> market = np.array([[0.01], [-0.01], [0.02], [-0.02]])
        >>> firm = np.array([0.02, -0.01, 0.03, -0.03])
        >>> fit = ThroughOrigin().fit(firm, market, ("market",))
        >>> {name: round(value, 6) for name, value in fit.coefficients.items()}, fit.df
        ({'alpha': 0.0, 'market': 1.5}, 3)
        """
        df = len(x) - x.shape[1]
        if df < 1:
            raise WindowError(
                f"{len(x)} estimation sessions cannot carry {x.shape[1]} coefficients; "
                "lengthen the estimation window"
            )
        q, triangle = np.linalg.qr(x)
        if np.linalg.matrix_rank(x) < x.shape[1]:
            raise DataError(
                f"the regressors {', '.join(names)} are collinear in the estimation window; "
                "is one of them 0 throughout, or a copy of another?"
            )
        values = np.linalg.solve(triangle, q.T @ y)
        coefficients = {"alpha": 0.0, **dict(zip(names, map(float, values), strict=True))}
        return OriginFit(coefficients, y - x @ values, df, triangle, np.square(q).sum(axis=1))
