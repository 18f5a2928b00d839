"""Least squares and the market-adjusted model, against hand cases and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.errors import DataError, WindowError
from analysis.inference.one_firm import t_test
from analysis.models.linear import LeastSquares, MarketAdjusted

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
