"""
What an expected-return model is.

A model is fitted on the estimation window only and then predicts any window, with the covariance of
its prediction errors where it has one. Arrays hold simple returns in decimals; rows are sessions in
order; no NaN: the caller has dropped the rows that are not complete.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from analysis._typing import FloatArray


PlaceboDraws = Literal["engine", "differences", "refits", "none"]
Intercept = Literal["alpha", "kept", "none"]
AlphaUsed = Literal["estimated", "zero", "none"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """
    What inference may do with an estimator; everything that depends on it asks here.

    Attributes
    ----------
    order_free : bool
        Permuting the rows given leaves the fit as it was, but for rounding: permutations of
        residuals are then valid.
    linear : bool
        Least squares with a constant: residuals can be redrawn without a refit, and the panel
        engine gives the same estimates.
    reads_ahead : bool
        A row of the fit reads the session after it, which a row of the event window has not.
    placebo : {"engine", "differences", "refits", "none"}
        How its statistic is drawn on pseudo-dates: by the panel engine, as sums of differences
        from the benchmark, or by a refit on each.
    not_drawn : str
        Why it is not, where `placebo` is "none".
    controls : bool
        The regressors are donors, each of which can stand in the treated firm's place. Such a model
        may predict a window as a whole.
    intercept : {"alpha", "kept", "none"}
        What it expects of a session on which all regressors are 0: an alpha, which a long window
        leaves out (`analysis.windows.Window.long`); a level that cannot be taken apart from the
        rest; or nothing.
    """

    order_free: bool = False
    linear: bool = False
    reads_ahead: bool = False
    placebo: PlaceboDraws = "refits"
    not_drawn: str = ""
    controls: bool = False
    intercept: Intercept = "alpha"

    def __post_init__(self) -> None:
        """Want a reason where nothing is drawn, and none elsewhere."""
        if (self.placebo == "none") != bool(self.not_drawn):
            raise ValueError("not_drawn says why placebo is 'none', and is empty elsewhere")

    @property
    def no_permutation(self) -> str:
        """Why residuals cannot be permuted; empty where they can."""
        if self.reads_ahead:
            return "its fit reads the session after each row, and the window's have none"
        return "" if self.order_free else "its fit depends on the order of sessions"


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """
    Expected returns of a window and how far they may be off.

    Attributes
    ----------
    expected : ndarray of shape (L,)
        Expected return a session, in the units of the returns fitted.
    covariance : ndarray of shape (L, L) or None
        Covariance of the prediction errors (realised less expected): the error of the day and of
        the estimated parameters. None where the model has none; inference then goes through
        placebo dates or a bootstrap.
    """

    expected: FloatArray
    covariance: FloatArray | None


class FittedModel(Protocol):
    """A model whose parameters the estimation window has fixed."""

    @property
    def coefficients(self) -> Mapping[str, float]:
        """Estimates by name: ``alpha`` for the intercept, then one a regressor."""

    @property
    def residuals(self) -> FloatArray:
        """In-sample residuals, shape (M,)."""

    @property
    def df(self) -> float:
        """Residual degrees of freedom; not whole where a fit weights its rows."""

    @property
    def leverage(self) -> FloatArray:
        """Leverage h of each row, shape (M,): a residual has variance sigma^2 (1 - h)."""

    @property
    def sigma(self) -> float:
        """Residual standard deviation, root of (residual sum of squares / `df`)."""

    def predict(self, x: FloatArray, *, gap: int, alpha: bool = True) -> Prediction:
        """
        Predict a window.

        Parameters
        ----------
        x : ndarray of shape (L, k)
            Regressors of the window, the columns of the fit.
        gap : int
            Sessions between the last one of the estimation window and the first row of `x`. What
            the model does not know of them it carries through: the expected step of a variance, the
            spread of parameters that move. A model whose errors do not change with time reads it
            not.
        alpha : bool
            Whether the intercept counts; without it the prediction is that of the regressors alone,
            and its error holds that of their slopes. See `Capabilities.intercept`.
        """


@dataclass(frozen=True, slots=True, eq=False)
class ResidualFit:
    """
    What a fit holds whose spread is that of its residuals.

    Attributes
    ----------
    coefficients : mapping of str to float
        ``alpha`` first (0 where the model has none), then one a regressor.
    residuals : ndarray of shape (M,)
    df : float
        M less the number of coefficients that the fit chose freely.
    """

    coefficients: Mapping[str, float]
    residuals: FloatArray
    df: float

    @property
    def values(self) -> FloatArray:
        """The coefficients without their names, shape (p,)."""
        return np.array(list(self.coefficients.values()))

    @property
    def sigma(self) -> float:
        """Residual standard deviation with `df` degrees of freedom."""
        return math.sqrt(float(self.residuals @ self.residuals) / self.df)


def with_alpha(values: Iterable[float], names: tuple[str, ...]) -> dict[str, float]:
    """Name coefficients, ``alpha`` first, then one a regressor."""
    return dict(zip(("alpha", *names), map(float, values), strict=True))


class Estimator(Protocol):
    """A way to fit expected returns."""

    @property
    def capabilities(self) -> Capabilities:
        """What inference may do with the fit."""

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> FittedModel:
        """
        Fit on the estimation window.

        Parameters
        ----------
        y : ndarray of shape (M,)
            The firm's returns.
        x : ndarray of shape (M, k)
            Regressors, without a constant; k may be 0.
        names : tuple of str
            Names of the k regressors.
        """


def alpha_used(estimator: Estimator, *, long: bool) -> AlphaUsed:
    """
    Say what a session of a window is expected to earn beyond its regressors.

    Parameters
    ----------
    estimator : Estimator
    long : bool
        Whether the window is, see `analysis.windows.Window.long`.

    Returns
    -------
    {"estimated", "zero", "none"}
    """
    intercept = estimator.capabilities.intercept
    if intercept == "none":
        return "none"
    return "zero" if long and intercept == "alpha" else "estimated"
