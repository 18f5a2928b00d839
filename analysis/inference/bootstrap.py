"""
Bootstrap of one firm's prediction error: redrawn residuals, re-estimated parameters.

Both the window's errors and the parameters are redrawn; leaving out the first would make the
interval absurdly short.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import WindowError
from analysis.inference.outcome import Outcome
from analysis.models.linear import LeastSquares, with_constant
from analysis.windows import SHORT

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class PredictionErrors:
    """
    Redrawn prediction errors of a CAR under a least-squares model.

    Attributes
    ----------
    car : float
        The CAR itself, decimal.
    draws : ndarray of shape (B,)
        Redrawn errors: sum of the window's redrawn errors less that of the parameters.
    block : float
        Mean block length; 1 where errors were drawn one by one.
    """

    car: float
    draws: FloatArray
    block: float

    def outcome(self, test: str, *, level: float = 0.95) -> Outcome:
        """Two-sided p and the interval ``CAR - upper .. CAR - lower`` quantile of the errors."""
        extreme = int(np.count_nonzero(np.abs(self.draws) >= abs(self.car)))
        lower, upper = np.quantile(self.draws, [(1 - level) / 2, (1 + level) / 2])
        return Outcome(
            test,
            statistic=self.car,
            p=(1 + extreme) / (len(self.draws) + 1),
            draws=len(self.draws),
            low=self.car - float(upper),
            high=self.car - float(lower),
        )


def prediction_errors(
    y: FloatArray,
    x: FloatArray,
    window: int,
    rng: np.random.Generator,
    *,
    draws: int = 1999,
    block: float | None = 1.0,
) -> PredictionErrors:
    """
    Redraw the prediction error of a window's CAR.

    Parameters
    ----------
    y : ndarray of shape (M + L,)
        The firm's returns, estimation rows first, then the window; no NaN.
    x : ndarray of shape (M + L, k)
        Regressors without a constant.
    window : int
        L; the alpha does not count in one that is long (`analysis.windows.SHORT`).
    rng : numpy.random.Generator
    draws : int
        B.
    block : float or None
        Mean block length of the stationary bootstrap; 1 draws residuals one by one, None lets
        Politis and White's rule choose.

    Returns
    -------
    PredictionErrors

    Raises
    ------
    WindowError
        If a session determines its own fit, so that it has no residual to redraw.

    References
    ----------
    Politis and Romano (1994), Journal of the American Statistical Association 89; Politis and White
    (2004), Econometric Reviews 23.
    """
    names = tuple(f"x{i}" for i in range(x.shape[1]))
    fit = LeastSquares().fit(y[:-window], x[:-window], names)
    if float(fit.leverage.max()) > 1 - 1e-9:
        raise WindowError("a session of the estimation window determines its own fit")
    counts = window <= SHORT
    post = with_constant(x[-window:], counts=counts)
    car = float((y[-window:] - fit.predict(x[-window:], gap=0, alpha=counts).expected).sum())
    errors = fit.residuals / np.sqrt(1 - fit.leverage)
    errors = errors - errors.mean()
    if block is None:
        from arch.bootstrap import optimal_block_length  # noqa: PLC0415 - slow to import

        block = max(1.0, float(optimal_block_length(errors)["stationary"].iloc[0]))
    rows = len(errors)
    redrawn = errors[block_indices(rows, rows + window, draws, block, rng)]
    inverse = np.linalg.solve(fit.triangle, np.linalg.inv(fit.triangle.T))
    weights = with_constant(x[:-window]) @ inverse @ post.sum(axis=0)
    return PredictionErrors(
        car, redrawn[:, rows:].sum(axis=1) - redrawn[:, :rows] @ weights, float(block)
    )


def block_indices(
    rows: int, length: int, draws: int, block: float, rng: np.random.Generator
) -> IntArray:
    """
    Draw row numbers in runs of geometric length that wrap round the end.

    Parameters
    ----------
    rows : int
        Number of rows to draw from.
    length : int
        Length of each series drawn.
    draws : int
        Number of series.
    block : float
        Mean length of a run; 1 draws row by row.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (draws, length)

    Examples
    --------
    >>> import numpy as np
    >>> indices = block_indices(5, 4, 1, np.inf, np.random.default_rng(1))
    >>> np.diff(indices[0]) % 5
    array([1, 1, 1])
    """
    fresh = rng.integers(0, rows, (draws, length))
    if block <= 1:
        return fresh
    restart = rng.random((draws, length)) < 1 / block
    position = np.arange(length)
    began = np.maximum.accumulate(np.where(restart, position, 0), axis=1)
    indices: IntArray = (np.take_along_axis(fresh, began, axis=1) + position - began) % rows
    return indices
