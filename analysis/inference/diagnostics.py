"""What the estimation residuals say against the assumptions of tests."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import scipy
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import FloatArray
    from analysis.inference.registry import Assumption


def broken_assumptions(residuals: FloatArray, window: int) -> Mapping[Assumption, str]:
    """
    Look for visibly broken assumptions in estimation residuals.

    Parameters
    ----------
    residuals : ndarray of shape (M,)
    window : int
        Sessions of the event window; the dependence of neighbours matters from two on.

    Returns
    -------
    mapping of str to str
        What is seen, by the assumption that it breaks: normality by Jarque and Bera, independence
        by the first autocorrelation, constant volatility by Ljung and Box on the absolute residuals
        (10 lags), each beyond its 0.1 % point.
    """
    rows = len(residuals)
    excess = float(scipy.stats.kurtosis(residuals))
    jarque_bera = rows / 6 * (float(scipy.stats.skew(residuals)) ** 2 + excess**2 / 4)
    normality = independence = variance = ""
    if float(special.chdtrc(2, jarque_bera)) < 0.001:
        normality = (
            f"the residuals are not normal (excess kurtosis {excess:.1f}): a p-value far below 5 % "
            "is not to be taken at its word"
        )
    first = float(_autocorrelations(residuals, 1)[0])
    if window > 1 and abs(first) > float(-special.ndtri(0.0005)) / math.sqrt(rows):
        independence = f"neighbouring residuals correlate at {first:.2f}; this takes them for 0"
    sizes = _autocorrelations(np.abs(residuals), 10)
    box = rows * (rows + 2) * float((sizes**2 / (rows - np.arange(1, len(sizes) + 1))).sum())
    if float(special.chdtrc(len(sizes), box)) < 0.001:
        variance = "volatility clusters in the estimation window; see garch-t"
    found: dict[Assumption, str] = {
        "normal errors": normality,
        "independent sessions": independence,
        "constant volatility": variance,
    }
    return {assumption: note for assumption, note in found.items() if note}


def _autocorrelations(series: FloatArray, lags: int) -> FloatArray:
    centred = series - series.mean()
    total = float(centred @ centred) or 1.0
    most = min(lags, len(series) - 1)
    return np.array([float(centred[k:] @ centred[:-k]) / total for k in range(1, most + 1)])
