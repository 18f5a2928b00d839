"""Abnormal trading volume: log turnover against a model with first-order autocorrelated errors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from analysis.errors import DataError
from analysis.inference.one_firm import t_test
from analysis.inference.outcome import Outcome
from analysis.models.linear import with_constant

if TYPE_CHECKING:
    from analysis._typing import FloatArray

FEWEST_ROWS = 30
"""Fewer sessions determine no autocorrelation."""


def log_turnover(volume: FloatArray, shares: FloatArray | float) -> FloatArray:
    """
    Turn shares traded into log turnover.

    Parameters
    ----------
    volume : ndarray of shape (T,)
        Shares traded a session.
    shares : ndarray of shape (T,) or float
        Shares outstanding, on the split basis of the volume.

    Returns
    -------
    ndarray of shape (T,)
        ``ln(100 volume / shares + 0.000255)``; the constant keeps sessions without trade finite.

    Raises
    ------
    DataError
        If a count of shares is not positive or a volume negative.

    References
    ----------
    Ajinkya and Jain (1989), Journal of Accounting and Economics 11; Campbell and Wasley (1996),
    Review of Quantitative Finance and Accounting 6.

    Examples
    --------
    >>> import numpy as np
    >>> log_turnover(np.array([0.0, 1e6]), 1e8).round(3).tolist()
    [-8.274, 0.0]
    """
    counts = np.asarray(shares, dtype=np.float64)
    if not (counts > 0).all() or (volume < 0).any():
        raise DataError("turnover needs positive share counts and volumes of 0 or more")
    turnover: FloatArray = np.log(100 * volume / counts + 0.000255)
    return turnover


def abnormal_volume_test(
    y: FloatArray, x: FloatArray, post_y: FloatArray, post_x: FloatArray, *, level: float = 0.95
) -> Outcome:
    """
    Test the window's cumulative abnormal log turnover.

    Parameters
    ----------
    y : ndarray of shape (M,)
        Log turnover of the estimation window, oldest first; no NaN.
    x : ndarray of shape (M, k)
        Regressors, such as the market's mean log turnover; k may be 0.
    post_y, post_x : ndarray of shape (L,), (L, k)
        Those of the event window.
    level : float
        Confidence level of the interval, which is for the sum in log units.

    Returns
    -------
    Outcome
        The sum over its prediction error, with errors of autocorrelation rho^|i - j|, against
        Student t with M - p - 1 degrees of freedom. Parameters by iterated generalised least
        squares (statsmodels' GLSAR). What the last sessions before the event would let one foresee
        is not used, so that a gap between the windows does no harm.
    """
    from statsmodels.regression.linear_model import GLSAR  # noqa: PLC0415 - slow to import

    if len(y) < FEWEST_ROWS:
        return Outcome.missing("volume", f"needs {FEWEST_ROWS} sessions, there are {len(y)}")
    fit = GLSAR(y, with_constant(x), rho=1)
    result = fit.iterative_fit(maxiter=50)
    rho = float(np.clip(np.ravel(fit.rho)[0], -0.99, 0.99))
    df = float(result.df_resid) - 1
    innovation = float(result.wresid @ result.wresid) / df
    design = with_constant(post_x)
    lags = linalg.toeplitz(rho ** np.arange(len(post_y)))
    covariance = innovation / (1 - rho**2) * lags + design @ result.cov_params() @ design.T
    effect = float((post_y - design @ result.params).sum())
    return t_test(effect, math.sqrt(float(covariance.sum())), df, level=level, test="volume")
