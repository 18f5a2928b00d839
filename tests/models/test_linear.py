"""Least squares and the market-adjusted model, against hand cases and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.errors import DataError, WindowError
from analysis.inference.one_firm import t_test
from analysis.models.base import Capabilities
from analysis.models.linear import LeastSquares, MarketAdjusted, is_exact

MARKET = np.array([[0.01], [-0.01], [0.02], [-0.02], [0.0]])
FIRM = np.array([0.02, -0.01, 0.03, -0.03, 0.0])


def test_hand_example_a() -> None:
    """Five sessions worked by hand: alpha 0.2 %, beta 1.5, t -12.438 with 3 degrees of freedom."""
    fit = LeastSquares().fit(FIRM, MARKET, ("market",))
    assert dict(fit.coefficients) == pytest.approx({"alpha": 0.002, "market": 1.5})
    assert float(fit.residuals @ fit.residuals) == pytest.approx(3e-5)
    assert fit.df == 3
    assert fit.sigma**2 == pytest.approx(1e-5)
    prediction = fit.predict(np.array([[-0.03]]), gap=0)
    se = float(np.sqrt(prediction.covariance[0, 0]))
    assert prediction.covariance[0, 0] / fit.sigma**2 == pytest.approx(2.1)
    assert se == pytest.approx(0.004583, abs=5e-7)
    effect = -0.10 - float(prediction.expected[0])
    assert effect == pytest.approx(-0.0570)
    outcome = t_test(effect, se, fit.df)
    assert outcome.statistic == pytest.approx(-12.438, abs=5e-4)
    assert outcome.p == pytest.approx(0.00112, abs=5e-6)
    assert outcome.p == pytest.approx(2 * stats.t.sf(12.43844, 3), rel=1e-5)


@pytest.mark.parametrize("k", [0, 1, 4])
def test_coefficients_and_prediction_covariance_are_those_of_statsmodels(k: int) -> None:
    rng = np.random.default_rng(7)
    x, ahead = rng.normal(size=(60, k)), rng.normal(size=(5, k))
    y = 0.3 + x.sum(axis=1) + rng.normal(size=60)
    fit = LeastSquares().fit(y, x, tuple("abcdefg"[:k]))
    design, design_ahead = (np.column_stack([np.ones(len(z)), z]) for z in (x, ahead))
    oracle = sm.OLS(y, design).fit()
    prediction = fit.predict(ahead, gap=0)
    forecast = oracle.get_prediction(design_ahead)
    np.testing.assert_allclose(list(fit.coefficients.values()), oracle.params, atol=1e-12)
    np.testing.assert_allclose(prediction.expected, forecast.predicted_mean, atol=1e-12)
    np.testing.assert_allclose(np.sqrt(np.diag(prediction.covariance)), forecast.se_obs, atol=1e-12)
    whole = oracle.scale * np.eye(5) + design_ahead @ oracle.cov_params() @ design_ahead.T
    np.testing.assert_allclose(prediction.covariance, whole, atol=1e-12)
    assert fit.df == oracle.df_resid


def test_too_few_sessions_are_refused() -> None:
    with pytest.raises(WindowError, match="2 estimation sessions cannot carry 2 coefficients"):
        LeastSquares().fit(FIRM[:2], MARKET[:2], ("market",))


@pytest.mark.parametrize(
    "regressors",
    [
        np.column_stack([MARKET, 2 * MARKET]),
        np.column_stack([MARKET, np.full(5, 0.01)]),
        np.column_stack([MARKET, np.zeros(5)]),
    ],
    ids=["a copy", "constant", "zero"],
)
def test_collinear_regressors_are_refused(regressors: np.ndarray) -> None:
    with pytest.raises(DataError, match="market, other are collinear"):
        LeastSquares().fit(FIRM, regressors, ("market", "other"))


def test_market_adjusted_estimates_only_the_variance() -> None:
    fit = MarketAdjusted().fit(FIRM, MARKET, ("market",))
    differences = FIRM - MARKET[:, 0]
    assert dict(fit.coefficients) == {"alpha": 0.0, "market": 1.0}
    assert fit.df == 5
    assert fit.sigma == pytest.approx(np.sqrt(np.mean(differences**2)))
    prediction = fit.predict(np.array([[-0.03], [0.01]]), gap=0)
    assert prediction.expected.tolist() == [-0.03, 0.01]
    np.testing.assert_allclose(prediction.covariance, fit.sigma**2 * np.eye(2))


def test_market_adjusted_needs_a_session() -> None:
    with pytest.raises(WindowError, match="no estimation session"):
        MarketAdjusted().fit(np.empty(0), np.empty((0, 1)), ("market",))


def test_what_inference_may_do_with_them() -> None:
    plain = Capabilities(order_free=True, linear=True, placebo="engine")
    assert LeastSquares().capabilities == plain
    origin = LeastSquares(constant=False).capabilities
    assert origin == Capabilities(order_free=True, intercept="none")
    adjusted = Capabilities(order_free=True, placebo="differences", intercept="none")
    assert MarketAdjusted().capabilities == adjusted


@pytest.mark.parametrize("k", [1, 3])
def test_without_a_constant_it_is_that_of_statsmodels(k: int) -> None:
    rng = np.random.default_rng(8)
    x, ahead = 0.3 + rng.normal(size=(30, k)), rng.normal(size=(4, k))
    y = 0.3 + x.sum(axis=1) + rng.normal(size=30)
    fit = LeastSquares(constant=False).fit(y, x, tuple("abc"[:k]))
    oracle = sm.OLS(y, x).fit()
    assert fit.coefficients["alpha"] == 0.0
    np.testing.assert_allclose(list(fit.coefficients.values())[1:], oracle.params, atol=1e-12)
    np.testing.assert_allclose(fit.residuals, oracle.resid, atol=1e-12)
    np.testing.assert_allclose(fit.leverage, oracle.get_influence().hat_matrix_diag, atol=1e-12)
    for alpha in (True, False):
        prediction = fit.predict(ahead, gap=2, alpha=alpha)
        np.testing.assert_allclose(prediction.expected, oracle.predict(ahead), atol=1e-12)
        whole = oracle.scale * np.eye(4) + ahead @ oracle.cov_params() @ ahead.T
        np.testing.assert_allclose(prediction.covariance, whole, atol=1e-12)
    assert fit.df == 30 - k


def test_without_an_alpha_a_window_errs_by_its_slopes_alone() -> None:
    rng = np.random.default_rng(9)
    x, ahead = 0.3 + rng.normal(size=(30, 2)), rng.normal(size=(4, 2))
    y = 0.3 + x.sum(axis=1) + rng.normal(size=30)
    fit = LeastSquares().fit(y, x, ("a", "b"))
    oracle = sm.OLS(y, sm.add_constant(x)).fit()
    design = np.column_stack([np.zeros(4), ahead])
    prediction = fit.predict(ahead, gap=0, alpha=False)
    np.testing.assert_allclose(prediction.expected, design @ oracle.params, atol=1e-12)
    whole = oracle.scale * np.eye(4) + design @ oracle.cov_params() @ design.T
    np.testing.assert_allclose(prediction.covariance, whole, atol=1e-12)


def test_regressors_of_any_scale_are_independent_until_ten_digits_agree() -> None:
    rng = np.random.default_rng(10)
    y, x = rng.normal(size=(2, 40))
    other = rng.normal(size=40)
    for scale in (1e-12, 1.0, 1e12):
        LeastSquares().fit(y, np.column_stack([x, scale * other]), ("a", "b"))
        LeastSquares().fit(y, scale * x[:, None], ("a",))
    for apart in (1e-8, 1e-9):
        LeastSquares().fit(y, np.column_stack([x, x + apart * other]), ("a", "b"))
    for apart in (1e-11, 1e-12):
        with pytest.raises(DataError, match="one of them constant"):
            LeastSquares().fit(y, np.column_stack([x, x + apart * other]), ("a", "b"))
    with pytest.raises(DataError, match="one of them 0 throughout"):
        LeastSquares(constant=False).fit(y, np.zeros((40, 1)), ("a",))


def test_a_fit_is_exact_where_nothing_but_rounding_is_left() -> None:
    rng = np.random.default_rng(11)
    x, noise = rng.normal(size=(2, 50))
    design = sm.add_constant(x)
    for scale in (1e-6, 1.0):
        assert is_exact(scale * (0.3 + 2 * x), design)
        assert is_exact(scale * (2 * x + 1e-14 * noise), design)
        assert not is_exact(scale * (2 * x + 1e-10 * noise), design)
    assert is_exact(np.zeros(50), design)
