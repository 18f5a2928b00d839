"""Betas that move: their likeliest step, their boundaries, what they say of degenerate returns."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.linalg
import statsmodels.api as sm
from scipy import optimize, stats

from analysis.errors import DataError, WindowError
from analysis.models.base import Capabilities
from analysis.models.linear import LeastSquares
from analysis.models.moving import Ewma, KalmanBeta, Rolling
from analysis.run.case import SMALLEST_SIGMA

ROWS = 60


def walking(seed, step, rows=ROWS):
    """Draw returns whose beta takes steps of so much a session."""
    rng = np.random.default_rng(seed)
    x = 0.003 + 0.01 * rng.standard_normal((rows, 1))
    beta = 1 + np.cumsum(step * rng.standard_normal(rows))
    return 0.001 + beta * x[:, 0] + 0.01 * rng.standard_normal(rows), x


def restricted_cost(y, x, ratio):
    """
    Less the log-likelihood of contrasts free of the mean, the errors' variance at its best.

    Returns seen from the last state: between a session and the end its slope takes a step each
    session after it, of `ratio` over the regressor's variance.
    """
    rows = len(y)
    design = np.column_stack([np.ones(rows), x])
    contrasts = scipy.linalg.null_space(design.T)
    steps = rows - 1 - np.maximum.outer(np.arange(rows), np.arange(rows))
    covariance = np.eye(rows) + ratio / x.var() * steps * np.outer(x, x)
    seen = contrasts.T @ y
    shape = contrasts.T @ covariance @ contrasts
    variance = float(seen @ np.linalg.solve(shape, seen)) / len(seen)
    return -stats.multivariate_normal.logpdf(seen, cov=variance * shape)


def ratio_of(fit, x):
    return float(fit.drift[1, 1] * x.var())


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_the_step_is_the_one_of_the_highest_restricted_likelihood(seed):
    y, x = walking(seed, 0.3)
    ratio = ratio_of(KalmanBeta().fit(y, x, ("m",)), x)
    assert 1e-4 < ratio < 0.9
    found = optimize.minimize_scalar(
        lambda log: restricted_cost(y, x, math.exp(log)),
        bounds=(math.log(ratio) - 0.7, math.log(ratio) + 0.7),
        method="bounded",
    )
    assert math.log(ratio) == pytest.approx(found.x, abs=2e-3)
    lowest = min(restricted_cost(y, x, r) for r in (1e-7, 1e-5, 1e-3, 1e-2, 0.1, 0.5, 1.0))
    assert found.fun <= lowest + 1e-6


def test_a_beta_that_stays_takes_no_step_and_one_that_leaps_no_more_than_its_errors():
    y, x = walking(3, 0.0)
    assert restricted_cost(y, x, 1e-3) > restricted_cost(y, x, 1e-8)
    still = KalmanBeta().fit(y, x, ("m",))
    assert not still.drift.any()
    plain = LeastSquares().fit(y, x, ("m",))
    np.testing.assert_allclose(
        list(still.coefficients.values()), list(plain.coefficients.values()), rtol=1e-9
    )
    np.testing.assert_allclose(still.leverage, plain.leverage, atol=1e-12)
    y, x = walking(4, 5.0)
    assert restricted_cost(y, x, 2.0) < restricted_cost(y, x, 1.0)
    assert 0.95 < ratio_of(KalmanBeta().fit(y, x, ("m",)), x) <= 1.0


@pytest.mark.parametrize("regressors", [0, 1, 2])
@pytest.mark.parametrize("estimator", [Ewma(), KalmanBeta(0.1), KalmanBeta()])
def test_one_session_beyond_the_coefficients_is_enough(estimator, regressors):
    rng = np.random.default_rng(6)
    x, y = rng.standard_normal((9, regressors)), rng.standard_normal(9)
    names = ("a", "b")[:regressors]
    enough = regressors + 2
    assert len(estimator.fit(y[:enough], x[:enough], names).residuals) == enough
    with pytest.raises(WindowError, match="cannot carry"):
        estimator.fit(y[: enough - 1], x[: enough - 1], names)


def test_rolling_takes_exactly_the_sessions_that_it_needs():
    y, x = walking(7, 0.1)
    whole = Rolling().fit(y, x, ("m",))
    plain = LeastSquares().fit(y, x, ("m",))
    assert whole.coefficients == plain.coefficients
    np.testing.assert_array_equal(whole.leverage, plain.leverage)
    with pytest.raises(WindowError, match="needs 60 estimation sessions, there are 59"):
        Rolling().fit(y[1:], x[1:], ("m",))


def test_a_session_that_rolling_does_not_use_errs_as_one_that_is_predicted():
    y, x = walking(8, 0.1)
    fit = Rolling(20).fit(y, x, ("m",))
    design = sm.add_constant(x)
    oracle = sm.OLS(y[-20:], design[-20:]).fit()
    ahead = oracle.get_prediction(design[:-20]).se_obs ** 2 / oracle.scale
    np.testing.assert_allclose(1 - fit.leverage[:-20], ahead, rtol=1e-9)
    np.testing.assert_allclose(
        fit.leverage[-20:], oracle.get_influence().hat_matrix_diag, atol=1e-12
    )
    np.testing.assert_allclose(fit.residuals, y - design @ oracle.params, atol=1e-14)
    assert (fit.df, fit.sigma) == (18, pytest.approx(math.sqrt(oracle.scale)))
    assert not fit.drift.any()


def test_the_weights_fade_by_three_per_cent_a_session():
    y, x = walking(9, 0.1)
    fit = Ewma().fit(y, x, ("m",))
    weights = 0.97 ** np.arange(ROWS)[::-1]
    oracle = sm.WLS(y, sm.add_constant(x), weights).fit()
    np.testing.assert_allclose(list(fit.coefficients.values()), oracle.params, rtol=1e-9)
    np.testing.assert_allclose(fit.residuals, y - oracle.fittedvalues, atol=1e-14)
    assert not fit.drift.any()


@pytest.mark.parametrize("estimator", [Ewma(), KalmanBeta(0.1), KalmanBeta(), Rolling(20)])
def test_regressors_that_do_not_vary_get_words(estimator):
    y, x = walking(10, 0.1)
    for degenerate in (np.zeros((ROWS, 1)), np.full((ROWS, 1), 0.01)):
        with pytest.raises(DataError, match=r"regressors m are collinear .* one of them constant"):
            estimator.fit(y, degenerate, ("m",))
    with pytest.raises(DataError, match="regressors m, n are collinear"):
        estimator.fit(y, np.column_stack([x, 2 * x]), ("m", "n"))


@pytest.mark.parametrize("estimator", [Ewma(), KalmanBeta(), KalmanBeta(0.0), Rolling(20)])
@pytest.mark.parametrize("slope", [0.0, 1.0, 1.3])
def test_returns_that_are_all_explained_leave_no_error(estimator, slope):
    """The study then says of the firm that its levels are stale, or a copy of the benchmark's."""
    _, x = walking(11, 0.0)
    fit = estimator.fit(slope * x[:, 0], x, ("m",))
    assert 0 <= fit.sigma < SMALLEST_SIGMA
    assert fit.coefficients["m"] == pytest.approx(slope, abs=1e-12)


def test_what_inference_may_do_with_them():
    assert Ewma().capabilities == Rolling().capabilities == Capabilities()
    assert KalmanBeta().capabilities.placebo == "none"
    assert not KalmanBeta().capabilities.order_free
