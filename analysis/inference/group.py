"""What the tests of many firms work on: residuals before the event, abnormal returns during it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import DataError
from analysis.inference.many_firms import FEWEST_COMMON_ROWS, mean_correlation
from analysis.inference.outcome import NO_COVARIANCE, NO_SCALE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis._typing import BoolArray, FloatArray, IntArray
    from analysis.abnormal import AbnormalPath
    from analysis.inference.scaled import ScaledPlacebo
    from analysis.models.base import FittedModel, Prediction


@dataclass(frozen=True, eq=False)
class GroupSample:
    """
    Firms whose event windows are aligned in event time, and their estimation windows.

    Simple returns, decimal. Rows of the estimation window are the same sessions for every firm
    when the date is common. Each firm is fitted on the sessions that it has itself, so that the
    mean abnormal return is the mean of the firms' own; only what ties two firms together, the
    correlation of their residuals, is of the sessions that both have. A firm without a return on a
    row has NaN there; a firm whose event window is not complete is left out by `complete`.

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
    placebo_scar : ndarray of shape (B, N) or None
        SCAR of the same window on B pseudo-dates before the event, all firms moved
        together, each refitted on its own preceding estimation window. Where None, the placebo
        dates are taken inside the estimation window.
    scaled : ScaledPlacebo or None
        Mean CARs of pseudo-dates with a forecast of the portfolio's volatility before each.
    portfolio : ndarray of shape (M + L,) or None
        Return of the equal-weighted group on the estimation and event rows, for the
        calendar-time regression; None leaves that test out.
    factors : ndarray of shape (M + L, k) or None
        Regressors of that regression, without a constant.
    between : tuple of ndarray of shape (G,), (G, k) or None
        Return and regressors of the portfolio on the sessions between the two windows, through
        which its variance is carried.
    bhar : ndarray of shape (N,) or None
        Buy-and-hold abnormal returns of the window, decimal.

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
    placebo_scar: FloatArray | None = None
    scaled: ScaledPlacebo | None = None
    portfolio: FloatArray | None = None
    factors: FloatArray | None = None
    between: tuple[FloatArray, FloatArray] | None = None
    bhar: FloatArray | None = None

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

    def lacks(self, need: str) -> str:
        """
        Say why the sample does not have what a test needs; empty where it has.

        Raises
        ------
        KeyError
            If there is no such need.
        """
        absent, reason = self._lacking[need]
        return reason if absent else ""

    @cached_property
    def _lacking(self) -> Mapping[str, tuple[bool, str]]:
        """Whether the sample lacks each need, and in what words."""
        return {
            "one session": (self.length > 1, "is for one session; the window has several"),
            "prediction error": (not np.isfinite(self.covariance).all(), NO_COVARIANCE),
            "scaled placebo": (self.scaled is None, NO_SCALE),
            "portfolio": (
                self.portfolio is None or self.factors is None,
                "the firms do not share their regressors",
            ),
            "buy-and-hold returns": (
                self.bhar is None,
                "the firms' buy-and-hold returns were not given",
            ),
        }

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
            placebo_scar=None if self.placebo_scar is None else self.placebo_scar[:, keep],
            bhar=None if self.bhar is None else self.bhar[keep],
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
        total: FloatArray = np.ascontiguousarray(self.ar.T).sum(axis=1)
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

    @cached_property
    def common_rows(self) -> IntArray:
        """Sessions on which both firms of a pair have a residual, shape (N, N)."""
        known = np.isfinite(self.residuals).astype(np.float64)
        return np.asarray(known.T @ known, dtype=np.int64)

    @cached_property
    def error_correlation(self) -> FloatArray:
        """
        Correlation of each pair's residuals about zero, their mean under the model; shape (N, N).

        Of the sessions that both have; NaN for a pair with fewer than `FEWEST_COMMON_ROWS` of them
        where histories are unequal.
        """
        known = np.isfinite(self.residuals)
        filled = np.where(known, self.residuals, 0.0)
        cross = filled.T @ filled
        if known.all():
            scale = np.sqrt(np.diag(cross))
            same: FloatArray = cross / np.outer(scale, scale)
        else:
            square = (filled**2).T @ known.astype(np.float64)
            enough = self.common_rows >= FEWEST_COMMON_ROWS
            same = np.full(cross.shape, np.nan)
            same[enough] = cross[enough] / np.sqrt((square * square.T)[enough])
        np.fill_diagonal(same, 1.0)
        return same

    @cached_property
    def roots(self) -> FloatArray:
        """
        Lower triangular L of each firm's prediction errors, whose covariance is L L'.

        Shape (N, L, L); NaN where the model has no covariance.
        """
        out = np.full(self.covariance.shape, np.nan)
        known = np.isfinite(self.covariance).all(axis=(1, 2))
        if known.any():
            out[known] = np.linalg.cholesky(self.covariance[known])
        return out

    def sum_variance(self, weights: FloatArray, firms: BoolArray | None = None) -> float:
        """
        Prediction-error variance of a weighted sum of the firms' abnormal returns.

        Firm i's errors are L_i z_i with L_i from `roots`, and corr(z_i, z_j) is r_ij of
        `error_correlation`: the sum over i and j of ``r_ij (L_i' w_i)' (L_j' w_j)``. With shared
        sessions and regressors it is that of Sigma kron [I + X2 (X1'X1)^-1 X2'] (Campbell, Lo and
        MacKinlay 1997, ch. 4), the variance of the portfolio's own prediction error.

        Parameters
        ----------
        weights : ndarray of shape (L, N)
            Of each session and firm: 1 / N for the mean CAR, stakes in USD for dollars.
        firms : ndarray of bool, shape (N,), optional
            Firms to take; all by default.

        Returns
        -------
        float
            NaN where the model has no covariance, or a pair has too few sessions in common.
        """
        roots, same = self.roots, self.error_correlation
        if firms is not None and not firms.all():
            roots, weights = roots[firms], weights[:, firms]
            same = same[firms][:, firms]
        parts = np.einsum("iab,ai->bi", roots, weights)
        total = float((same * (parts.T @ parts)).sum())
        return total if total > 0 else math.nan

    @cached_property
    def mean_se(self) -> float:
        """Prediction standard error of the mean CAR, decimal; NaN as in `sum_variance`."""
        return math.sqrt(self.sum_variance(np.full(self.ar.shape, 1 / self.firms)))

    @cached_property
    def mean_df(self) -> float:
        """Degrees of freedom of `mean_se`: the fewest sessions of a pair, less the parameters."""
        rows = np.isfinite(self.residuals).sum(axis=0)
        return float(self.common_rows.min()) - float((rows - self.df).max())

    def during(
        self, paths: Sequence[AbnormalPath], scaled: ScaledPlacebo | None = None
    ) -> GroupSample:
        """
        Take the same firms in another event window; what rests on residuals alone is kept.

        Parameters
        ----------
        paths : sequence of N AbnormalPath
            Of that window.
        scaled : ScaledPlacebo, optional
            Of that window.
        """
        other = replace(
            self,
            ar=np.column_stack([path.abnormal for path in paths]),
            covariance=_stacked([path.covariance for path in paths], len(paths[0].raw)),
            placebo_scar=None,
            scaled=scaled,
        )
        kept = ("sar", "correlation", "common_rows", "error_correlation", "mean_df")
        vars(other).update({name: getattr(self, name) for name in kept if name in vars(self)})
        return other


def group_sample(
    fits: Sequence[FittedModel],
    rows: BoolArray,
    predictions: Sequence[Prediction],
    realised: FloatArray,
    *,
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
    placebo_scar : ndarray of shape (B, N), optional
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
    return GroupSample(
        residuals=residuals,
        leverage=leverage,
        sigma=np.array([fit.sigma for fit in fits]),
        df=np.array([float(fit.df) for fit in fits]),
        ar=ar,
        covariance=_stacked([p.covariance for p in predictions], len(realised)),
        placebo_scar=placebo_scar,
    )


def _stacked(covariances: Sequence[FloatArray | None], length: int) -> FloatArray:
    out = np.full((len(covariances), length, length), np.nan)
    for i, covariance in enumerate(covariances):
        if covariance is not None:
            out[i] = covariance
    return out
