"""The session in two halves: close to open, when the exchange sleeps, and open to close."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.errors import DataError
from analysis.inference.one_firm import t_test
from analysis.inference.outcome import Outcome

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.models.base import Estimator

Half = Literal["overnight", "intraday"]


@dataclass(frozen=True, slots=True, eq=False)
class Halves:
    """
    A share's returns by half of the session.

    Attributes
    ----------
    overnight, intraday : ndarray of shape (T,)
        Simple, decimal; the first overnight return is NaN. With the full return R,
        ``1 + R = (1 + overnight) (1 + intraday)``.
    """

    overnight: FloatArray
    intraday: FloatArray


def split_returns(opens: FloatArray, closes: FloatArray, adjusted: FloatArray) -> Halves:
    """
    Split returns at the open.

    Parameters
    ----------
    opens, closes : ndarray of shape (T,)
        On one split basis, not adjusted for dividends.
    adjusted : ndarray of shape (T,)
        Closes adjusted for splits and dividends; the open takes the close's adjustment.

    Returns
    -------
    Halves

    Raises
    ------
    DataError
        If a price is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> halves = split_returns(np.array([9.0, 8.0]), np.array([10.0, 8.4]), np.array([10.0, 8.4]))
    >>> round(float(halves.overnight[1]), 4), round(float(halves.intraday[1]), 4)
    (-0.2, 0.05)
    """
    if any((series <= 0).any() for series in (opens, closes, adjusted)):
        raise DataError("overnight and intraday returns need positive prices")
    before = np.append(np.nan, adjusted[:-1])
    return Halves(opens * adjusted / closes / before - 1, closes / opens - 1)


def half_test(
    half: Half,
    estimator: Estimator,
    estimation: tuple[FloatArray, FloatArray],
    event: tuple[FloatArray, FloatArray],
    names: tuple[str, ...],
    *,
    gap: int,
    level: float = 0.95,
) -> Outcome:
    """
    Test the abnormal return of one half of the event session.

    Parameters
    ----------
    half : {"overnight", "intraday"}
    estimator : Estimator
    estimation, event : tuple of ndarray of shape (M,), (M, k)
        The firm's returns and the benchmark's, both of that half; no NaN.
    names : tuple of str
        Names of the k regressors; none for the constant-mean model.
    gap : int
        Sessions between the two windows.
    level : float

    Returns
    -------
    Outcome
        As `analysis.inference.one_firm.t_test`, of the sum over the window.
    """
    fit = estimator.fit(*estimation, names)
    prediction = fit.predict(event[1], gap=gap)
    if prediction.covariance is None:
        return Outcome.missing(half, "the model has no prediction error")
    effect = float((event[0] - prediction.expected).sum())
    se = math.sqrt(float(prediction.covariance.sum()))
    return t_test(effect, se, fit.df, level=level, test=half)
