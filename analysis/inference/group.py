"""What the tests of many firms work on: residuals before the event, abnormal returns during it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import DataError
from analysis.inference.many_firms import mean_correlation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import BoolArray, FloatArray
    from analysis.models.base import FittedModel, Prediction


@dataclass(frozen=True, eq=False)
class GroupSample:
    """
    Firms whose event windows are aligned in event time, and their estimation windows.

    Simple returns, decimal. Rows of the estimation window are the same sessions for every firm
    when the date is common. A firm without a return on a row has NaN there; a firm whose event
    window is not complete is left out by `complete`.

    Attributes
    ----------
    residuals : ndarray of shape (M, N)
        Estimation residuals.
    leverage : ndarray of shape (M, N)
        Leverage h of each row, so that a residual has variance sigma^2 (1 - h).
    sigma : ndarray of shape (N,)
        Residual standard deviations with `df` degrees of freedom.
    df : ndarray of shape (N,)
        Residual degrees of freedom.
    ar : ndarray of shape (L, N)
        Abnormal returns of the event window.
    covariance : ndarray of shape (N, L, L)
        Covariance of each firm's prediction errors; NaN where its model has none.
    placebo_car, placebo_scar : ndarray of shape (B, N) or None
        CAR and SCAR of the same window on B pseudo-dates before the event, all firms moved
        together, each refitted on its own preceding estimation window. Where None, the placebo
        dates are taken inside the estimation window.
    portfolio : ndarray of shape (M + L,) or None
        Return of the equal-weighted group on the estimation and event rows, for the
        calendar-time regression; None leaves that test out.
    factors : ndarray of shape (M + L, k) or None
        Regressors of that regression, without a constant.

    Raises
    ------
    DataError
        If shapes disagree.
    """

    residuals: FloatArray
    leverage: FloatArray
    sigma: FloatArray
    df: FloatArray
    ar: FloatArray
    covariance: FloatArray
    placebo_car: FloatArray | None = None
    placebo_scar: FloatArray | None = None
    portfolio: FloatArray | None = None
    factors: FloatArray | None = None

    def __post_init__(self) -> None:
        """Refuse arrays whose shapes disagree."""
        window, firms = self.ar.shape
        wanted = {
            "residuals": (len(self.residuals), firms),
            "leverage": (len(self.residuals), firms),
            "sigma": (firms,),
            "df": (firms,),
            "covariance": (firms, window, window),
        }
        for name, shape in wanted.items():
            found = getattr(self, name).shape
            if found != shape:
                raise DataError(f"group sample: {name} has shape {found}, {shape} is needed")

    @property
    def firms(self) -> int:
        """Number of firms."""
        return len(self.sigma)

    @property
    def length(self) -> int:
        """Sessions of the event window."""
        return len(self.ar)

    def complete(self) -> GroupSample:
        """Leave out the firms whose event window or whole estimation window is missing."""
        whole = np.isfinite(self.ar).all(axis=0)
        keep: BoolArray = np.logical_and(whole, np.isfinite(self.residuals).any(axis=0))
        return self if keep.all() else self._only(keep)

    def _only(self, keep: BoolArray) -> GroupSample:
        return replace(
            self,
            residuals=self.residuals[:, keep],
            leverage=self.leverage[:, keep],
            sigma=self.sigma[keep],
            df=self.df[keep],
            ar=self.ar[:, keep],
            covariance=self.covariance[keep],
            placebo_car=None if self.placebo_car is None else self.placebo_car[:, keep],
            placebo_scar=None if self.placebo_scar is None else self.placebo_scar[:, keep],
        )

    @cached_property
    def sar(self) -> FloatArray:
        """Standardised estimation residuals, shape (M, N): residual / (sigma sqrt(1 - h))."""
        return self.residuals / (self.sigma * np.sqrt(1 - self.leverage))

    @cached_property
    def event_sar(self) -> FloatArray:
        """Standardised abnormal returns of the event window, shape (L, N)."""
        scaled: FloatArray = self.ar / np.sqrt(np.einsum("ill->li", self.covariance))
        return scaled

    @cached_property
    def car(self) -> FloatArray:
        """Cumulative abnormal returns, shape (N,)."""
        total: FloatArray = self.ar.sum(axis=0)
        return total

    @cached_property
    def car_variance(self) -> FloatArray:
        """Prediction-error variance of each CAR, shape (N,)."""
        total: FloatArray = self.covariance.sum(axis=(1, 2))
        return total

    @cached_property
    def scar(self) -> FloatArray:
        """Standardised CARs, shape (N,)."""
        return self.car / np.sqrt(self.car_variance)

    @cached_property
    def correlation(self) -> float:
        """Mean off-diagonal correlation of the estimation residuals; NaN for one firm."""
        return mean_correlation(self.residuals)


def group_sample(
    fits: Sequence[FittedModel],
    rows: BoolArray,
    predictions: Sequence[Prediction],
    realised: FloatArray,
    *,
    placebo_car: FloatArray | None = None,
    placebo_scar: FloatArray | None = None,
) -> GroupSample:
    """
    Put the fits of a group's firms together.

    Parameters
    ----------
    fits : sequence of N FittedModel
    rows : ndarray of bool, shape (M, N)
        Which estimation sessions each firm was fitted on: column i has as many True as fit i has
        residuals.
    predictions : sequence of N Prediction
        Of the event window.
    realised : ndarray of shape (L, N)
        Returns of the event window; NaN where a firm has none.
    placebo_car, placebo_scar : ndarray of shape (B, N), optional
        See `GroupSample`.

    Returns
    -------
    GroupSample

    Raises
    ------
    DataError
        If rows and residuals do not agree.
    """
    residuals = np.full(rows.shape, np.nan)
    leverage = np.full(rows.shape, np.nan)
    covariance = np.full((len(fits), len(realised), len(realised)), np.nan)
    ar = np.full(realised.shape, np.nan)
    for i, (fit, prediction) in enumerate(zip(fits, predictions, strict=True)):
        if int(rows[:, i].sum()) != len(fit.residuals):
            raise DataError(
                f"group sample: firm {i} has {len(fit.residuals)} residuals for "
                f"{int(rows[:, i].sum())} estimation sessions"
            )
        residuals[rows[:, i], i] = fit.residuals
        leverage[rows[:, i], i] = fit.leverage
        ar[:, i] = realised[:, i] - prediction.expected
        if prediction.covariance is not None:
            covariance[i] = prediction.covariance
    return GroupSample(
        residuals=residuals,
        leverage=leverage,
        sigma=np.array([fit.sigma for fit in fits]),
        df=np.array([float(fit.df) for fit in fits]),
        ar=ar,
        covariance=covariance,
        placebo_car=placebo_car,
        placebo_scar=placebo_scar,
    )
