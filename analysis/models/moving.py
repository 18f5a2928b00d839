"""
Betas that move: exponential weights, the last sessions only, a random walk.

The state at the end of the estimation window stays frozen over the event window, so that the shock
under study cannot pass for a change of beta.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import scipy

from analysis.errors import WindowError
from analysis.models.base import Capabilities, with_alpha
from analysis.models.gls import WeightedFit, hat_leverage
from analysis.models.linear import (
    LeastSquares,
    decomposed,
    degrees_of_freedom,
    is_exact,
    with_constant,
)

if TYPE_CHECKING:
    from analysis._typing import FloatArray


@dataclass(frozen=True, slots=True)
class Ewma:
    """
    Least squares with weights that fade by a constant factor a session.

    Attributes
    ----------
    decay : float
        Weight of a session over that of the next; 0.97 has the weight of about 66 sessions.
    """

    decay: float = 0.97

    capabilities: ClassVar[Capabilities] = Capabilities()

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> WeightedFit:
        """
        Fit by weighted least squares; errors are taken for equally wide.

        The residual variance is the weighted one, made unbiased, with Satterthwaite's degrees of
        freedom.

        Raises
        ------
        WindowError
            If the rows carry no residual degree of freedom.
        DataError
            If the regressors are collinear.
        """
        design = with_constant(x)
        degrees_of_freedom(*design.shape)
        decomposed(design, names)
        weights = self.decay ** np.arange(len(y) - 1, -1, -1)
        weighted = design * weights[:, None]
        inverse = np.linalg.inv(design.T @ weighted)
        values = inverse @ (weighted.T @ y)
        hat = design @ inverse @ weighted.T
        maker = np.eye(len(y)) - hat
        form = maker.T @ (weights[:, None] * maker)
        trace = float(form.trace())
        residuals = y - design @ values
        return WeightedFit(
            coefficients=with_alpha(values, names),
            residuals=residuals,
            df=trace**2 / float(np.square(form).sum()),
            sigma=math.sqrt(float(weights @ np.square(residuals)) / trace),
            leverage=hat_leverage(hat),
            spread=inverse @ weighted.T @ weighted @ inverse,
            drift=np.zeros_like(inverse),
        )


@dataclass(frozen=True, slots=True)
class Rolling:
    """
    Least squares on the last sessions of the estimation window only.

    Attributes
    ----------
    sessions : int
    """

    sessions: int = 60

    capabilities: ClassVar[Capabilities] = Capabilities()

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> WeightedFit:
        """
        Fit on the last rows; residuals of all rows are those from that fit.

        Raises
        ------
        WindowError
            If there are fewer rows than `sessions`.
        DataError
            If the regressors are collinear in these.
        """
        if len(y) < self.sessions:
            raise WindowError(
                f"a rolling fit needs {self.sessions} estimation sessions, there are {len(y)}; "
                "lengthen the estimation window"
            )
        recent = LeastSquares().fit(y[-self.sessions :], x[-self.sessions :], names)
        design = with_constant(x)
        inverse = np.linalg.inv(recent.triangle)
        spread = inverse @ inverse.T
        leverage = -np.einsum("ij,jk,ik->i", design, spread, design)
        leverage[-self.sessions :] = recent.leverage
        return WeightedFit(
            coefficients=recent.coefficients,
            residuals=y - design @ np.array(list(recent.coefficients.values())),
            df=recent.df,
            sigma=recent.sigma,
            leverage=leverage,
            spread=spread,
            drift=np.zeros_like(spread),
        )


@dataclass(frozen=True, slots=True)
class KalmanBeta:
    """
    Slopes that follow a random walk, filtered to the end of the estimation window.

    A session's step of a slope, times its regressor's standard deviation, has `ratio` times the
    variance of the errors; the intercept stays. The filter with a diffuse start is computed as
    generalised least squares for the state at the end, which is the same.

    Attributes
    ----------
    ratio : float or None
        Signal-to-noise ratio a session; None estimates it by restricted maximum likelihood. With 0
        the fit is least squares.

    References
    ----------
    Durbin and Koopman (2012), Time Series Analysis by State Space Methods, ch. 4 and 5.
    """

    ratio: float | None = None

    capabilities: ClassVar[Capabilities] = Capabilities(
        placebo="none",
        not_drawn="not drawn: each pseudo-date would take a fit by maximum likelihood",
    )

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> WeightedFit:
        """
        Fit the state of the last session.

        Residuals are smoothed: the errors' expectation given all sessions.

        Raises
        ------
        WindowError
            If the rows carry no residual degree of freedom.
        DataError
            If the regressors are collinear.
        """
        design = with_constant(x)
        df = degrees_of_freedom(*design.shape)
        decomposed(design, names)
        scale = np.append(0.0, 1 / x.var(axis=0))
        walk = np.arange(len(y) - 1, -1, -1)
        left = np.minimum.outer(walk, walk)
        kernel = (design * scale) @ design.T * left
        ratio = self.ratio if self.ratio is not None else _likeliest(y, design, kernel)
        maker, spread, values = _solve(y, design, kernel, ratio)
        squares = max(float(y @ maker @ y), 0.0)  # rounding, of an exact fit
        return WeightedFit(
            coefficients=with_alpha(values, names),
            residuals=maker @ y,
            df=df,
            sigma=math.sqrt(squares / df),
            leverage=1 - maker.diagonal(),
            spread=spread,
            drift=np.diag(scale * ratio),
        )


def _solve(
    y: FloatArray, design: FloatArray, kernel: FloatArray, ratio: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Residual maker, parameter covariance over sigma^2 and state at the end."""
    inverse = np.linalg.inv(np.eye(len(y)) + ratio * kernel)
    weighted = inverse @ design
    spread = np.asarray(np.linalg.inv(design.T @ weighted), dtype=np.float64)
    return inverse - weighted @ spread @ weighted.T, spread, spread @ (weighted.T @ y)


def _likeliest(y: FloatArray, design: FloatArray, kernel: FloatArray) -> float:
    """Signal-to-noise ratio of the highest restricted likelihood, 0 where none beats it."""
    df = len(y) - design.shape[1]

    def cost(log_ratio: float) -> float:
        covariance = np.eye(len(y)) + math.exp(log_ratio) * kernel
        lower = np.linalg.cholesky(covariance)
        scaled = np.linalg.solve(lower, np.column_stack([design, y]))
        left, right = scaled[:, :-1], scaled[:, -1]
        q, triangle = np.linalg.qr(left)
        rest = right - q @ (q.T @ right)
        determinants = 2 * float(np.log(lower.diagonal()).sum())
        determinants += 2 * float(np.log(np.abs(triangle.diagonal())).sum())
        return float(df * math.log(float(rest @ rest)) + determinants)

    if is_exact(y, design):
        return 0.0
    grid = np.linspace(math.log(1e-8), 0.0, 20)
    costs = [cost(point) for point in grid]
    best = int(np.argmin(costs))
    if best == 0:
        return 0.0
    bounds = (grid[best - 1], grid[min(best + 1, len(grid) - 1)])
    found = scipy.optimize.minimize_scalar(cost, bounds=bounds, method="bounded")
    return math.exp(float(found.x))
