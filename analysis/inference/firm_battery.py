"""Every test of one firm at one event, with a warning where an assumption is visibly broken."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

from analysis.errors import MarketImpactError
from analysis.inference.autocorrelation import hac_t_test
from analysis.inference.bootstrap import prediction_errors
from analysis.inference.conformal import ConformalSetting, conformal_test
from analysis.inference.extremes import tail_test
from analysis.inference.garch_test import garch_test
from analysis.inference.one_firm import sample_quantile_test, t_test
from analysis.inference.outcome import Outcome
from analysis.inference.power import minimum_detectable_effect
from analysis.inference.rank import rank_test
from analysis.models.garch import Garch
from analysis.models.linear import LeastSquares

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.inference.conformal import Scheme
    from analysis.models.base import Estimator, FittedModel, Prediction

SHORTEST_GARCH = 250
"""Fewer estimation sessions determine no variance recursion worth a p-value."""

NORMAL_LAW = ("t", "hac-t")
"""Tests that take the errors for normal."""

INDEPENDENT_SESSIONS = ("t", "bootstrap", "conformal")
"""Tests that take the errors of neighbouring sessions for independent."""


@dataclass(frozen=True, eq=False)
class FirmSample:
    """
    One firm's estimation and event window. Simple returns, decimal, no NaN.

    Attributes
    ----------
    estimator : Estimator
    y, x : ndarray of shape (M,), (M, k)
        Returns and regressors of the estimation window, oldest first.
    post_y, post_x : ndarray of shape (L,), (L, k)
        Those of the event window.
    names : tuple of str
        Names of the regressors.
    gap : int
        Sessions between the two windows, through which the model's forecast goes.
    gap_y, gap_x : ndarray of shape (G,), (G, k), optional
        Those of the sessions between, on whose errors the variance of the GARCH-t test is
        conditioned; the prediction is not.
    fitted : FittedModel, optional
        The fit of the estimation window; made from `y` and `x` where None.
    placebo : ndarray of shape (B,), optional
        SCAR of the same window on pseudo-dates.
    losses : ndarray of shape (n,), optional
        Losses of other sessions (positive for falls) for the tail test.
    loss : float, optional
        The event's loss on the same scale.
    """

    estimator: Estimator
    y: FloatArray
    x: FloatArray
    post_y: FloatArray
    post_x: FloatArray
    names: tuple[str, ...]
    fitted: FittedModel | None = None
    gap: int = 0
    gap_y: FloatArray | None = None
    gap_x: FloatArray | None = None
    placebo: FloatArray | None = None
    losses: FloatArray | None = None
    loss: float | None = None

    @cached_property
    def fit(self) -> FittedModel:
        """The model, fitted on the estimation window."""
        return self.fitted or self.estimator.fit(self.y, self.x, self.names)

    @cached_property
    def prediction(self) -> Prediction:
        """Its prediction of the event window."""
        return self.fit.predict(self.post_x, gap=self.gap)

    @cached_property
    def car(self) -> float:
        """Cumulative abnormal return, decimal."""
        return float((self.post_y - self.prediction.expected).sum())

    @cached_property
    def se(self) -> float:
        """Prediction standard error of the CAR; NaN where the model has none."""
        covariance = self.prediction.covariance
        return math.nan if covariance is None else math.sqrt(float(covariance.sum()))

    @property
    def window(self) -> int:
        """Sessions of the event window."""
        return len(self.post_y)

    @cached_property
    def conformal(self) -> ConformalSetting:
        """All rows, for the tests that refit under the null."""
        return ConformalSetting(
            self.estimator,
            np.concatenate([self.y, self.post_y]),
            np.concatenate([self.x, self.post_x]),
            self.names,
            self.window,
        )


def firm_battery(
    sample: FirmSample, rng: np.random.Generator, *, level: float = 0.95, draws: int = 1999
) -> tuple[Outcome, ...]:
    """
    Run every test of one firm.

    Parameters
    ----------
    sample : FirmSample
    rng : numpy.random.Generator
        Seeded by the caller: the same seed gives the same outcomes.
    level : float
        Confidence level of the intervals.
    draws : int
        Resamples and permutations.

    Returns
    -------
    tuple of Outcome
        In the order in which results list them; unavailable ones keep their place and say why.
    """
    outcomes = (
        _t(sample, level),
        _sample_quantile(sample),
        _placebo(sample),
        *_conformal(sample, rng, level, draws),
        *_bootstrap(sample, rng, level, draws),
        _hac(sample, level),
        _garch(sample, level),
        _tail(sample, level),
        _power(sample, level),
    )
    strained = strains(sample.fit.residuals, sample.window)
    return tuple(_warned(outcome, strained) for outcome in outcomes)


@dataclass(frozen=True, slots=True)
class Strains:
    """
    How far the estimation residuals are from what tests assume; empty where nothing is seen.

    Attributes
    ----------
    normality, independence, variance : str
    """

    normality: str = ""
    independence: str = ""
    variance: str = ""


def strains(residuals: FloatArray, window: int) -> Strains:
    """
    Look for visibly broken assumptions in estimation residuals.

    Parameters
    ----------
    residuals : ndarray of shape (M,)
    window : int
        Sessions of the event window; the dependence of neighbours matters from two on.

    Returns
    -------
    Strains
        Normality by Jarque and Bera, independence by the first autocorrelation, constant variance
        by Ljung and Box on the absolute residuals (10 lags), each beyond its 0.1 % point.
    """
    rows = len(residuals)
    excess = float(stats.kurtosis(residuals))
    jarque_bera = rows / 6 * (float(stats.skew(residuals)) ** 2 + excess**2 / 4)
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
    return Strains(normality, independence, variance)


def _autocorrelations(series: FloatArray, lags: int) -> FloatArray:
    centred = series - series.mean()
    total = float(centred @ centred) or 1.0
    most = min(lags, len(series) - 1)
    return np.array([float(centred[k:] @ centred[:-k]) / total for k in range(1, most + 1)])


def _warned(outcome: Outcome, strained: Strains) -> Outcome:
    if not outcome.available:
        return outcome
    notes = [
        note
        for note, tests in (
            (strained.normality, NORMAL_LAW),
            (strained.independence, INDEPENDENT_SESSIONS),
            (strained.variance, ("t", "hac-t", "sq", "bootstrap")),
        )
        if note and outcome.test in tests
    ]
    return replace(outcome, warning="; ".join(notes)) if notes else outcome


def _no_error(test: str) -> Outcome:
    return Outcome.missing(
        test, "the model has no prediction error; see the placebo and conformal tests"
    )


def _t(sample: FirmSample, level: float) -> Outcome:
    if math.isnan(sample.se):
        return _no_error("t")
    return t_test(sample.car, sample.se, sample.fit.df, level=level)


def _hac(sample: FirmSample, level: float) -> Outcome:
    if math.isnan(sample.se):
        return _no_error("hac-t")
    fit = sample.fit
    return hac_t_test(sample.car, sample.se, fit.df, fit.residuals, sample.window, level=level)


def _power(sample: FirmSample, level: float) -> Outcome:
    if math.isnan(sample.se):
        return _no_error("mde")
    return minimum_detectable_effect(sample.se, sample.fit.df, alpha=1 - level)


def _sample_quantile(sample: FirmSample) -> Outcome:
    if sample.window > 1:
        return Outcome.missing("sq", "is for one session; the window has several")
    return sample_quantile_test(sample.car, sample.fit.residuals)


def _placebo(sample: FirmSample) -> Outcome:
    if sample.placebo is None or math.isnan(sample.se):
        return Outcome.missing("placebo", "no placebo dates were given")
    return rank_test("placebo", sample.car / sample.se, sample.placebo)


def _conformal(
    sample: FirmSample, rng: np.random.Generator, level: float, draws: int
) -> tuple[Outcome, ...]:
    schemes: tuple[Scheme, ...] = ("conformal", "conformal-block")
    if isinstance(sample.estimator, Garch):
        reason = "its fit depends on the order of sessions"
        return tuple(Outcome.missing(scheme, reason) for scheme in schemes)
    return tuple(
        conformal_test(sample.conformal, rng, scheme=scheme, level=level, draws=draws)
        for scheme in schemes
    )


def _bootstrap(
    sample: FirmSample, rng: np.random.Generator, level: float, draws: int
) -> tuple[Outcome, ...]:
    blocks: tuple[tuple[str, float | None], ...] = (
        ("bootstrap", 1.0),
        ("bootstrap-stationary", None),
    )
    if not isinstance(sample.estimator, LeastSquares):
        reason = "redraws are made for least-squares models only"
        return tuple(Outcome.missing(test, reason) for test, _ in blocks)
    y, x = sample.conformal.y, sample.conformal.x
    return tuple(
        prediction_errors(y, x, sample.window, rng, draws=draws, block=block).outcome(
            test, level=level
        )
        for test, block in blocks
    )


def _garch(sample: FirmSample, level: float) -> Outcome:
    if sample.window > 1:
        return Outcome.missing("garch-t", "is for one session; the window has several")
    if len(sample.y) < SHORTEST_GARCH:
        return Outcome.missing(
            "garch-t", f"needs {SHORTEST_GARCH} estimation sessions, there are {len(sample.y)}"
        )
    try:
        fit = Garch().fit(sample.y, sample.x, sample.names)
    except MarketImpactError as error:
        return Outcome.missing("garch-t", str(error))
    gap_y, gap_x = sample.gap_y, sample.gap_x
    after = None if gap_y is None or gap_x is None else (gap_y, gap_x)
    return garch_test(fit, sample.post_y, sample.post_x, after=after, level=level)


def _tail(sample: FirmSample, level: float) -> Outcome:
    if sample.losses is None or sample.loss is None:
        return Outcome.missing("evt", "needs years of returns of the firm, which were not given")
    return tail_test(sample.losses, sample.loss, level=level)
