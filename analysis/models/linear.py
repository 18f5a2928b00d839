"""
Linear expected-return models: least squares, and the market-adjusted model without parameters.

References
----------
MacKinlay (1997), Journal of Economic Literature 35. Campbell, Lo and MacKinlay (1997), The
Econometrics of Financial Markets, ch. 4.
"""

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

WORST_CONDITION = 1e10
"""Regressors whose scaled condition number is beyond this are taken for collinear."""


@dataclass(frozen=True, slots=True, eq=False)
class LinearFit:
    """
    A least-squares fit.

    Attributes
    ----------
    coefficients : mapping of str to float
        ``alpha`` first, then one a regressor.
    residuals : ndarray of shape (M,)
    df : int
        M less the number of coefficients.
    triangle : ndarray of shape (p, p)
        Upper triangle R of the QR decomposition of the design, so that X'X = R'R.
    leverage : ndarray of shape (M,)
        Leverage of each estimation row: its residual has variance sigma^2 (1 - h).
    """

    coefficients: Mapping[str, float]
    residuals: FloatArray
    df: int
    triangle: FloatArray
    leverage: FloatArray

    @property
    def sigma(self) -> float:
        """Residual standard deviation with `df` degrees of freedom."""
        return math.sqrt(float(self.residuals @ self.residuals) / self.df)

    def predict(self, x: FloatArray, *, gap: int, alpha: bool = True) -> Prediction:  # noqa: ARG002 - errors do not change with time
        """
        Predict a window with the exact covariance of its prediction errors.

        The covariance is sigma^2 [I + X2 (X1'X1)^-1 X2'] (Patell 1976; Campbell, Lo and MacKinlay
        1997, eq. 4.4.9), the constant's column of X2 being 0 where the alpha does not count.
        """
        design = with_constant(x, counts=alpha)
        scaled = np.linalg.solve(self.triangle.T, design.T)
        covariance = self.sigma**2 * (np.eye(len(design)) + scaled.T @ scaled)
        return Prediction(design @ np.array(list(self.coefficients.values())), covariance)


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """Ordinary least squares with a constant; with no regressor it is the constant-mean model."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        order_free=True, linear=True, placebo="engine"
    )

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> LinearFit:
        """
        Fit by QR decomposition.

        Raises
        ------
        WindowError
            If fewer rows than coefficients plus one are given.
        DataError
            If the regressors are collinear.

        Examples
        --------
        >>> import numpy as np
        >>> market = np.array([[0.01], [-0.01], [0.02], [-0.02], [0.0]])
        >>> firm = np.array([0.02, -0.01, 0.03, -0.03, 0.0])
        >>> fit = LeastSquares().fit(firm, market, ("market",))
        >>> {name: round(value, 6) for name, value in fit.coefficients.items()}
        {'alpha': 0.002, 'market': 1.5}
        >>> float(round(fit.predict(np.array([[-0.03]]), gap=0).covariance[0, 0] ** 0.5, 6))
        0.004583
        """
        design = with_constant(x)
        df = len(design) - design.shape[1]
        if df < 1:
            raise WindowError(
                f"{len(design)} estimation sessions cannot carry {design.shape[1]} coefficients; "
                "lengthen the estimation window"
            )
        q, triangle = np.linalg.qr(design)
        scale = np.linalg.norm(design, axis=0)
        if not scale.all() or np.linalg.cond(triangle / scale) > WORST_CONDITION:
            raise DataError(
                f"the regressors {', '.join(names)} are collinear in the estimation window; "
                "is one of them constant, or a copy of another?"
            )
        values = np.linalg.solve(triangle, q.T @ y)
        residuals = y - design @ values
        coefficients = dict(zip(("alpha", *names), map(float, values), strict=True))
        return LinearFit(coefficients, residuals, df, triangle, np.square(q).sum(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class MarketAdjustedFit:
    """
    The market-adjusted model: the expected return is the benchmark's own.

    Nothing is estimated but the variance of the difference, about zero, with M degrees of freedom.

    Attributes
    ----------
    coefficients : mapping of str to float
        ``alpha`` 0 and the benchmark's 1, by definition.
    residuals : ndarray of shape (M,)
    """

    coefficients: Mapping[str, float]
    residuals: FloatArray

    @property
    def df(self) -> int:
        """Number of estimation sessions: no parameter is estimated."""
        return len(self.residuals)

    @property
    def leverage(self) -> FloatArray:
        """Zero for every row: no parameter is estimated."""
        return np.zeros(len(self.residuals))

    @property
    def sigma(self) -> float:
        """Root mean square of the differences."""
        return math.sqrt(float(self.residuals @ self.residuals) / self.df)

    def predict(self, x: FloatArray, *, gap: int, alpha: bool = True) -> Prediction:  # noqa: ARG002 - errors do not change with time, and there is no alpha
        """Predict the benchmark's return, errors independent across sessions."""
        return Prediction(x[:, 0], self.sigma**2 * np.eye(len(x)))


@dataclass(frozen=True, slots=True)
class MarketAdjusted:
    """Brown and Warner (1980, 1985), Journal of Financial Economics: alpha 0, beta 1."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        order_free=True, placebo="differences", intercept="none"
    )

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> MarketAdjustedFit:
        """
        Take the differences from the one regressor, the benchmark.

        Raises
        ------
        WindowError
            If there is no row.
        """
        if not len(y):
            raise WindowError("no estimation session; lengthen the estimation window")
        return MarketAdjustedFit({"alpha": 0.0, names[0]: 1.0}, y - x[:, 0])


def with_constant(x: FloatArray, *, counts: bool = True) -> FloatArray:
    """Put a column of ones (zeros where it does not count) first: shape (M, k) to (M, k + 1)."""
    return np.column_stack([np.full(len(x), float(counts)), x])
