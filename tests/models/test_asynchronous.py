"""Leads and lags: the formulas of their authors written out, boundaries, degenerate returns."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.errors import DataError, WindowError
from analysis.models.asynchronous import Dimson, ScholesWilliams
from analysis.models.base import Capabilities

NAMES = ("m", "m[-1]", "m[+1]")
ROWS = 40


@pytest.fixture(scope="module")
def days():
    rng = np.random.default_rng(3)
    market = 0.004 + 0.01 * rng.standard_normal(ROWS + 2)
    x = np.column_stack([market[1:-1], market[:-2], market[2:]])
    y = 0.002 + x @ [1.1, 0.3, 0.2] + 0.01 * rng.standard_normal(ROWS)
    return y, x


def errors_of(fit, ahead):
    """Prediction error variances over the residuals' variance."""
    window = np.column_stack([ahead, np.full((len(ahead), 2), np.nan)])
    prediction = fit.predict(window, gap=5)
    return prediction.expected, prediction.covariance / fit.sigma**2


def test_dimson_errs_by_the_mean_and_by_the_sum_of_the_slopes(days):
    """About the mean market return, which the sum of slopes does not touch."""
    y, x = days
    fit = Dimson().fit(y, x, NAMES)
    full = sm.OLS(y, sm.add_constant(x)).fit()
    beta = full.params[1:].sum()
    mean = x[:, 0].mean()
    alpha = y.mean() - beta * mean
    assert fit.coefficients == {"alpha": pytest.approx(alpha), "m": pytest.approx(beta)}
    residuals = y - alpha - beta * x[:, 0]
    variance = residuals @ residuals / (ROWS - 4)
    assert fit.sigma == pytest.approx(math.sqrt(variance))
    np.testing.assert_allclose(fit.residuals, residuals, atol=1e-15)
    np.testing.assert_allclose(fit.leverage, np.full(ROWS, 1 / ROWS))
    slope = full.cov_params()[1:, 1:].sum() / variance
    ahead = np.array([mean, mean + 0.02, mean - 0.05])
    expected, found = errors_of(fit, ahead)
    np.testing.assert_allclose(expected, alpha + beta * ahead, rtol=1e-12)
    apart = ahead - mean
    wanted = np.eye(3) + 1 / ROWS + slope * np.outer(apart, apart)
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def test_dimson_of_two_columns_is_the_sum_of_two(days):
    y, x = days
    full = sm.OLS(y, sm.add_constant(x[:, :2])).fit()
    fit = Dimson().fit(y, x[:, :2], NAMES[:2])
    assert fit.coefficients["m"] == pytest.approx(full.params[1] + full.params[2])
    assert fit.df == ROWS - 3


def test_scholes_williams_errs_as_an_instrumental_variable(days):
    """With the sum of the three returns as the instrument, residuals those of its own beta."""
    y, x = days
    fit = ScholesWilliams().fit(y, x, NAMES)
    covariances = [np.cov(column, y)[0, 1] / column.var(ddof=1) for column in x.T]
    beta = sum(covariances) / (1 + 2 * np.corrcoef(x[:, 0], x[:, 1])[0, 1])
    alpha = y.mean() - beta * x[:, 0].mean()
    assert fit.coefficients == {"alpha": pytest.approx(alpha), "m": pytest.approx(beta)}
    residuals = y - alpha - beta * x[:, 0]
    assert fit.df == ROWS - 2
    assert fit.sigma == pytest.approx(math.sqrt(residuals @ residuals / (ROWS - 2)))
    design = sm.add_constant(x[:, 0])
    instrument = sm.add_constant(x.sum(axis=1))
    weights = np.linalg.solve(instrument.T @ design, instrument.T)
    ahead = np.array([0.0, 0.03])
    _, found = errors_of(fit, ahead)
    rows = np.column_stack([np.ones(2), ahead]) @ weights
    np.testing.assert_allclose(found, np.eye(2) + rows @ rows.T, rtol=1e-9)
    maker = np.eye(ROWS) - design @ weights
    np.testing.assert_allclose(1 - fit.leverage, np.square(maker).sum(axis=1), rtol=1e-9)
    assert not fit.drift.any()


@pytest.mark.parametrize("estimator", [ScholesWilliams(), Dimson()])
def test_ten_sessions_are_enough_and_nine_are_not(days, estimator):
    y, x = days
    assert len(estimator.fit(y[:10], x[:10], NAMES).residuals) == 10
    with pytest.raises(WindowError, match=r"9 estimation sessions .* \(10 needed\)"):
        estimator.fit(y[:9], x[:9], NAMES)
    with pytest.raises(DataError, match=r"leads and lags .* are missing"):
        estimator.fit(y, x[:, :1], NAMES[:1])


@pytest.mark.parametrize("estimator", [ScholesWilliams(), Dimson()])
def test_a_benchmark_that_does_not_vary_gets_words(days, estimator):
    y, x = days
    for at in range(3):
        other = x.copy()
        other[:, at] = 0.01
        with pytest.raises(DataError, match="collinear"):
            estimator.fit(y, other, NAMES)


def test_the_autocorrelation_that_is_refused_leaves_less_than_a_tenth():
    """1 + 2 rho of 0.12 is fitted, of 0.08 is not."""
    drawn = np.random.default_rng(1).standard_normal((ROWS, 3))
    market, other, after = np.linalg.qr(drawn - drawn.mean(axis=0))[0].T
    for rho in (-0.44, -0.46):
        before = rho * market + np.sqrt(1 - rho**2) * other
        x = np.column_stack([market, before, after])
        if rho == -0.44:
            beta = ScholesWilliams().fit(market, x, NAMES).coefficients["m"]
            assert beta == pytest.approx((1 + rho) / (1 + 2 * rho))
        else:
            with pytest.raises(DataError, match=r"autocorrelation -0\.46 leaves"):
                ScholesWilliams().fit(market, x, NAMES)


def test_returns_that_never_move_leave_no_error(days):
    """Zero over zero: the spread is then that of the full regression."""
    _, x = days
    for estimator in (Dimson(), ScholesWilliams()):
        fit = estimator.fit(np.zeros(ROWS), x, NAMES)
        assert fit.sigma == 0
        assert np.isfinite(fit.spread).all()
        assert not fit.predict(x[:2], gap=0).covariance.any()


@pytest.mark.parametrize("estimator", [ScholesWilliams(), Dimson()])
def test_what_inference_may_do_with_them(estimator):
    assert estimator.capabilities == Capabilities(order_free=True, reads_ahead=True)
