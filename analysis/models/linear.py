"""
Linear expected-return models: least squares, and the market-adjusted model without parameters.

References
----------
MacKinlay (1997), Journal of Economic Literature 35. Campbell, Lo and MacKinlay (1997), The
Econometrics of Financial Markets, ch. 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from analysis.errors import DataError, WindowError
from analysis.models.base import Capabilities, Prediction, ResidualFit, with_alpha

if TYPE_CHECKING:
    from analysis._typing import FloatArray

WORST_CONDITION = 1e10
"""Regressors whose scaled condition number is beyond this are taken for collinear."""

EXACT = 1e-12
"""Residuals below this share of the returns are rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class LinearFit(ResidualFit):
    """
    A least-squares fit.

    Attributes
    ----------
    coefficients, residuals, df
        As of `ResidualFit`; ``alpha`` is 0 by definition where the fit has no constant, and the
        residuals' mean then need not be.
    triangle : ndarray of shape (p, p)
        Upper triangle R of the QR decomposition of the design, so that X'X = R'R.
    leverage : ndarray of shape (M,)
        Leverage of each estimation row: its residual has variance sigma^2 (1 - h).
    constant : bool
        Whether the design has a column of ones.
    """

    triangle: FloatArray
    leverage: FloatArray
    constant: bool = True

    def predict(self, x: FloatArray, *, gap: int, alpha: bool = True) -> Prediction:  # noqa: ARG002 - errors do not change with time
        """
        Predict a window with the exact covariance of its prediction errors.

        The covariance is sigma^2 [I + X2 (X1'X1)^-1 X2'] (Patell 1976; Campbell, Lo and MacKinlay
        1997, eq. 4.4.9), the constant's column of X2 being 0 where the alpha does not count.
        """
        if self.constant:
            design = with_constant(x, counts=alpha)
            return Prediction(design @ self.values, self.error(design))
        return Prediction(x @ self.values[1:], self.error(x))

    def error(self, design: FloatArray) -> FloatArray:
        """Compute the covariance of prediction errors, shape (L, L), for L rows of the design."""
        scaled = np.linalg.solve(self.triangle.T, design.T)
        covariance: FloatArray = self.sigma**2 * (np.eye(len(design)) + scaled.T @ scaled)
        return covariance


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """
    Ordinary least squares; with a constant and no regressor it is the constant-mean model.

    Attributes
    ----------
    constant : bool
        Without one the alpha is 0: the drift of the estimation window, which a constant carries
        into the event window, is taken for chance.
    """

    constant: bool = True

    @property
    def capabilities(self) -> Capabilities:
        """Redrawn residuals need a constant, which makes their mean 0."""
        if self.constant:
            return Capabilities(order_free=True, linear=True, placebo="engine")
        return Capabilities(order_free=True, intercept="none")

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
        >>> fit = LeastSquares(constant=False).fit(firm, market, ("market",))
        >>> {name: round(value, 6) for name, value in fit.coefficients.items()}, fit.df
        ({'alpha': 0.0, 'market': 1.5}, 4)
        """
        design = with_constant(x) if self.constant else x
        df = degrees_of_freedom(*design.shape)
        q, triangle = decomposed(design, names, constant=self.constant)
        values = np.linalg.solve(triangle, q.T @ y)
        coefficients = with_alpha(values if self.constant else [0.0, *values], names)
        leverage = np.square(q).sum(axis=1)
        return LinearFit(coefficients, y - design @ values, df, triangle, leverage, self.constant)


@dataclass(frozen=True, slots=True, eq=False)
class MarketAdjustedFit(ResidualFit):
    """
    The market-adjusted model: the expected return is the benchmark's own.

    Nothing is estimated but the variance of the difference, about zero, with M degrees of freedom.
    """

    @property
    def leverage(self) -> FloatArray:
        """Zero for every row: no parameter is estimated."""
        return np.zeros(len(self.residuals))

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
        return MarketAdjustedFit({"alpha": 0.0, names[0]: 1.0}, y - x[:, 0], len(y))


def with_constant(x: FloatArray, *, counts: bool = True) -> FloatArray:
    """Put a column of ones (zeros where it does not count) first: shape (M, k) to (M, k + 1)."""
    return np.column_stack([np.full(len(x), float(counts)), x])


def decomposed(
    design: FloatArray, names: tuple[str, ...], *, constant: bool = True
) -> tuple[FloatArray, FloatArray]:
    """
    Decompose a design, M = Q R, where its columns determine their coefficients.

    Parameters
    ----------
    design : ndarray of shape (M, p)
    names : tuple of str
        Of the regressors.
    constant : bool
        Whether the design has a column of ones besides them.

    Returns
    -------
    q, triangle : ndarray of shape (M, p), (p, p)

    Raises
    ------
    DataError
        If the columns are collinear.
    """
    q, triangle = np.linalg.qr(design)
    scale = np.linalg.norm(design, axis=0)
    if not scale.all() or np.linalg.cond(triangle / scale) > WORST_CONDITION:
        raise DataError(
            f"the regressors {', '.join(names)} are collinear in the estimation window; is one of "
            f"them {'constant' if constant else '0 throughout'}, or a copy of another?"
        )
    return q, triangle


def is_exact(y: FloatArray, design: FloatArray) -> bool:
    """Whether least squares leaves nothing of the returns but rounding."""
    rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return float(np.linalg.norm(rest)) <= EXACT * float(np.linalg.norm(y))


def degrees_of_freedom(rows: int, columns: int) -> int:
    """
    Count the rows that a design of so many columns leaves free.

    Raises
    ------
    WindowError
        If it leaves none.
    """
    if rows <= columns:
        raise WindowError(
            f"{rows} estimation sessions cannot carry {columns} coefficients; "
            "lengthen the estimation window"
        )
    return rows - columns
