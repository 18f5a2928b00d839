"""
Abnormal returns of one firm around one event, and their aggregates over windows.

Returns are in decimals, simple unless a path says that they are logarithms; offsets are
sessions from the event session.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.windows import Window


@dataclass(frozen=True, slots=True, eq=False)
class AbnormalPath:
    """
    Realised, expected and abnormal returns over consecutive sessions of event time.

    Attributes
    ----------
    first : int
        Offset of the first session.
    raw, expected : ndarray of shape (L,)
        Realised and expected returns, the risk-free rate included.
    covariance : ndarray of shape (L, L) or None
        Covariance of the prediction errors; None where the model has none.
    log : bool
        Whether returns are logarithms.
    """

    first: int
    raw: FloatArray
    expected: FloatArray
    covariance: FloatArray | None
    log: bool = False

    @property
    def abnormal(self) -> FloatArray:
        """Realised less expected returns, shape (L,)."""
        return self.raw - self.expected

    @property
    def se(self) -> FloatArray | None:
        """Prediction standard error of each session, shape (L,)."""
        return None if self.covariance is None else np.sqrt(np.diag(self.covariance))

    def within(self, window: Window) -> AbnormalPath:
        """
        Cut out a window.

        Raises
        ------
        IndexError
            If the window reaches beyond the path.
        """
        start, stop = window.start - self.first, window.end - self.first + 1
        if start < 0 or stop > len(self.raw):
            raise IndexError(f"window {window} is not within the path")
        part = slice(start, stop)
        return AbnormalPath(
            window.start,
            self.raw[part],
            self.expected[part],
            None if self.covariance is None else self.covariance[part, part],
            self.log,
        )

    def simple(self) -> AbnormalPath:
        """
        Take the same sessions in simple returns.

        Returns
        -------
        AbnormalPath
            The covariance is that of the simple expected returns to first order: each error times
            one plus the return expected.

        Examples
        --------
        >>> import numpy as np
        >>> path = AbnormalPath(0, np.log([1.1]), np.log([1.02]), np.array([[0.0004]]), log=True)
        >>> path.simple().raw.round(4).tolist(), path.simple().se.round(4).tolist()
        ([0.1], [0.0204])
        """
        if not self.log:
            return self
        growth = np.exp(self.expected)
        errors = None if self.covariance is None else self.covariance * np.outer(growth, growth)
        return AbnormalPath(self.first, np.expm1(self.raw), np.expm1(self.expected), errors)


def cumulative(path: AbnormalPath) -> float:
    """Sum the abnormal returns of a path: its CAR."""
    return float(path.abnormal.sum())


def cumulative_se(path: AbnormalPath) -> float | None:
    """
    Prediction standard error of the CAR: root of the sum over the whole covariance.

    Errors of the parameters are common to all sessions, so it grows faster than the root of the
    window's length.
    """
    return weighted_se(path, np.ones(len(path.raw)))


def weighted_se(path: AbnormalPath, weights: FloatArray) -> float | None:
    """
    Prediction standard error of a weighted sum of abnormal returns.

    Parameters
    ----------
    path : AbnormalPath
    weights : ndarray of shape (L,)
        For instance the market value before each session, for a sum in USD.

    Returns
    -------
    float or None
        None where the model has no covariance.
    """
    if path.covariance is None:
        return None
    return math.sqrt(max(0.0, float(weights @ path.covariance @ weights)))


def compounded(returns: FloatArray) -> float:
    """
    Compound simple returns.

    Examples
    --------
    >>> import numpy as np
    >>> round(compounded(np.array([-0.1697, 0.0893])), 4)
    -0.0956
    """
    return float(np.prod(1 + returns) - 1)


def buy_and_hold(path: AbnormalPath) -> float:
    """
    Compounded realised less compounded expected return: the BHAR, a simple return.

    References
    ----------
    Barber and Lyon (1997), Journal of Financial Economics 43.
    """
    held = path.simple()
    return compounded(held.raw) - compounded(held.expected)
