"""Differences: what is left without the level, the mix of sessions, degrees of freedom."""

from __future__ import annotations

import numpy as np
import pytest
import quadprog
import statsmodels.api as sm

from analysis.models.base import Capabilities
from analysis.models.differences import (
    DifferenceInDifferences,
    SyntheticDifference,
    penalised_weights,
)


def market(rows, donors, seed):
    rng = np.random.default_rng(seed)
    common = 0.01 * rng.normal(size=(rows, 3))
    returns = common @ rng.normal(1, 0.5, (3, donors + 1))
    returns += 0.01 * rng.normal(size=(rows, donors + 1))
    return returns[:, 0].copy(), np.ascontiguousarray(returns[:, 1:])


def over_the_simplex(y, x, ridge):
    count = x.shape[1]
    sums = np.column_stack([np.ones(count), np.eye(count)])
    gram = x.T @ x + ridge * np.eye(count)
    return quadprog.solve_qp(gram, x.T @ y, sums, np.append(1.0, np.zeros(count)), 1)[0]


@pytest.fixture(scope="module")
def fitted():
    y, x = market(60, 5, 3)
    return y, x, SyntheticDifference().fit(y, x, tuple("abcde"))


def test_donor_weights_are_those_of_the_whole_program_with_an_intercept(fitted):
    y, x, fit = fitted
    noise = np.diff(x, axis=0).std(ddof=1)
    wanted = over_the_simplex(y - y.mean(), x - x.mean(axis=0), noise**2 * 60)
    weights = np.array([fit.coefficients[name] for name in "abcde"])
    np.testing.assert_allclose(weights, wanted, atol=1e-9)
    np.testing.assert_allclose(penalised_weights(y, x, noise), wanted, atol=1e-9)
    gaps = y - x @ weights
    assert fit.coefficients["alpha"] == pytest.approx(gaps.mean())
    np.testing.assert_allclose(fit.residuals, gaps - gaps.mean(), atol=1e-15)
    assert fit.df == 60 - np.count_nonzero(weights)
    assert fit.noise == pytest.approx(noise)
    assert fit.tuning is None


def test_session_weights_are_those_of_the_whole_program_with_an_intercept(fitted):
    _, x, fit = fitted
    ahead = 2 * x[[3, 17]] + 0.02
    target = ahead.mean(axis=0)
    weights = fit.session_weights(ahead)
    assert weights.shape == (60,)
    assert weights.sum() == pytest.approx(1)
    sessions = x.T - x.T.mean(axis=0)
    wanted = over_the_simplex(1e2 * (target - target.mean()), 1e2 * sessions, 1e-9)
    np.testing.assert_allclose(sessions @ weights, sessions @ wanted, atol=1e-6)


def test_a_window_like_one_session_has_its_weight(fitted):
    """A constant beside it changes nothing: effects of sessions are taken out."""
    _, x, fit = fitted
    extreme = int(np.argmax(np.square(x - x.mean(axis=1, keepdims=True)).sum(axis=1)))
    for shift in (0.0, 0.05):
        weights = fit.session_weights(x[[extreme, extreme]] + shift)
        assert weights[extreme] == pytest.approx(1, abs=1e-6)
        expected = fit.predict(x[[extreme]] + shift, gap=0).expected
        portfolio = (x[[extreme]] + shift) @ fit.values[1:]
        level = fit.coefficients["alpha"] + fit.residuals[extreme]
        np.testing.assert_allclose(expected, portfolio + level, atol=1e-8)


def test_without_its_level_it_is_the_portfolio_of_donors(fitted):
    _, x, fit = fitted
    bare = fit.predict(x[:3], gap=0, alpha=False)
    weights = [fit.coefficients[name] for name in "abcde"]
    np.testing.assert_allclose(bare.expected, x[:3] @ weights, rtol=1e-12)
    assert bare.covariance is None
    assert fit.predict(x[:3], gap=0).covariance is None


def test_a_fit_that_uses_as_many_donors_as_sessions_keeps_one_degree_of_freedom():
    y, x = market(40, 150, 5)
    fit = SyntheticDifference().fit(y, x, tuple(map(str, range(150))))
    assert np.count_nonzero(fit.values[1:]) > 40
    assert fit.df == 1


def test_difference_in_differences_without_its_level_errs_by_the_day_alone():
    y, x = market(50, 4, 6)
    fit = DifferenceInDifferences().fit(y, x, tuple("abcd"))
    oracle = sm.OLS(y - x.mean(axis=1), np.ones(50)).fit()
    bare = fit.predict(x[:3], gap=0, alpha=False)
    np.testing.assert_allclose(bare.expected, x[:3].mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(bare.covariance, oracle.scale * np.eye(3), atol=1e-18)
    assert fit.coefficients == {"alpha": pytest.approx(oracle.params[0])} | dict.fromkeys(
        "abcd", 0.25
    )
    np.testing.assert_allclose(fit.residuals, oracle.resid, atol=1e-15)
    np.testing.assert_allclose(fit.leverage, np.full(50, 0.02))


def test_what_inference_may_do_with_them():
    did, sdid = DifferenceInDifferences(), SyntheticDifference()
    assert did.capabilities == Capabilities(order_free=True, controls=True)
    assert sdid.capabilities == Capabilities(controls=True)
