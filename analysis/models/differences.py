"""
Controls that difference: the mean of donors, and donors and sessions both weighted.

Every one predicts the firm's return of a session from the donors' returns of that session and a
level that the estimation window fixes.

References
----------
Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), American Economic Review 111.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from analysis.models.base import Capabilities, Prediction, with_alpha
from analysis.models.donors import check_control
from analysis.models.linear import LeastSquares, LinearFit, with_constant
from analysis.models.point import PointFit
from analysis.models.simplex import simplex_least_squares

if TYPE_CHECKING:
    from analysis._typing import FloatArray

_TINY = 1e-6  # of the noise: a penalty that only makes time weights unique


@dataclass(frozen=True, slots=True, eq=False)
class DifferenceFit(LinearFit):
    """
    The donors' mean plus a constant: the constant-mean fit of the firm's return less that mean.

    Attributes
    ----------
    coefficients : mapping of str to float
        ``alpha``, the mean gap, then the same weight for every donor.
    residuals, df, triangle, leverage, constant
        Of the gaps.
    """

    def predict(self, x: FloatArray, *, gap: int, alpha: bool = True) -> Prediction:  # noqa: ARG002 - errors do not change with time
        """Predict the donors' mean plus the mean gap, with the error of the gap's mean."""
        design = with_constant(np.empty((len(x), 0)), counts=alpha)
        return Prediction(design @ self.values[:1] + x.mean(axis=1), self.error(design))


@dataclass(frozen=True, slots=True)
class DifferenceInDifferences:
    """
    The firm less the mean of the donors, against its own mean before the event.

    For returns of one firm this is the constant-mean model of the gap, and has its prediction
    error.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(order_free=True, controls=True)

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> DifferenceFit:
        """
        Fit the mean gap.

        Raises
        ------
        WindowError
            If no donor or too few sessions are given.
        """
        check_control(y, x)
        gaps = LeastSquares().fit(y - x.mean(axis=1), np.empty((len(y), 0)), ())
        weights = [1.0 / len(names)] * len(names)
        coefficients = with_alpha([gaps.coefficients["alpha"], *weights], names)
        return DifferenceFit(coefficients, gaps.residuals, gaps.df, gaps.triangle, gaps.leverage)


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticDifferenceFit(PointFit):
    """
    Weighted donors plus a level that weighted sessions fix.

    Attributes
    ----------
    coefficients : mapping of str to float
        ``alpha``, the mean gap of the estimation window, then the donors' weights.
    residuals : ndarray of shape (M,)
        Gaps to the weighted donors less `alpha`.
    df, tuning
        As of `PointFit`.
    donors : ndarray of shape (M, J)
        Returns that the weights of sessions are chosen on.
    noise : float
        Standard deviation of the donors' first differences.
    """

    donors: FloatArray = field(kw_only=True)
    noise: float = field(kw_only=True)

    def session_weights(self, x: FloatArray) -> FloatArray:
        """
        Find the mix of estimation sessions that is most like the window, for the donors.

        Parameters
        ----------
        x : ndarray of shape (L, J)
            The donors' returns in the window.

        Returns
        -------
        ndarray of shape (M,)
            Not negative, adding up to 1.
        """
        target, sessions = x.mean(axis=0), self.donors.T
        return simplex_least_squares(
            target - target.mean(),
            np.ascontiguousarray(sessions - sessions.mean(axis=0)),
            ridge=(_TINY * self.noise) ** 2 * len(target),
        ).dense(len(self.donors))

    def predict(self, x: FloatArray, *, gap: int, alpha: bool = True) -> Prediction:  # noqa: ARG002 - no state
        """
        Predict a window as a whole: its sessions' weights depend on all its donors' returns.

        Without its level, which is its alpha, it is the donors' portfolio.
        """
        values = self.values
        if not alpha:
            return Prediction(x @ values[1:], None)
        level = values[0] + float(self.session_weights(x) @ self.residuals)
        return Prediction(x @ values[1:] + level, None)


@dataclass(frozen=True, slots=True)
class SyntheticDifference:
    """
    Synthetic difference in differences: weights for donors, and for sessions.

    Donor weights are those of a synthetic control with an intercept and a penalty on their squares,
    as the authors set it: the fourth root of the sessions to be predicted (one here) times the
    noise of the donors. Session weights are found anew for each window.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(controls=True)

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> SyntheticDifferenceFit:
        """
        Find the donor weights.

        Raises
        ------
        WindowError
            If no donor or too few sessions are given.
        """
        check_control(y, x)
        noise = float(np.diff(x, axis=0).std(ddof=1))
        weights = penalised_weights(y, x, noise)
        gaps = y - x @ weights
        alpha = float(gaps.mean())
        return SyntheticDifferenceFit(
            coefficients=with_alpha([alpha, *weights], names),
            residuals=gaps - alpha,
            df=max(len(y) - int(np.count_nonzero(weights)), 1),
            donors=x,
            noise=noise,
        )


def penalised_weights(y: FloatArray, x: FloatArray, penalty: float) -> FloatArray:
    """
    Find simplex weights with an intercept and a penalty on their squares.

    Parameters
    ----------
    y : ndarray of shape (M,)
    x : ndarray of shape (M, J)
    penalty : float
        The authors' zeta, in the unit of the returns; its square times M multiplies the sum of
        squared weights.

    Returns
    -------
    ndarray of shape (J,)
    """
    centred = np.ascontiguousarray(x - x.mean(axis=0))
    fit = simplex_least_squares(y - y.mean(), centred, ridge=penalty**2 * len(y))
    return fit.dense(x.shape[1])
