"""
Linear fits by what they do to unit returns.

A fit that is linear in the returns is known from its answers to a return of one on a single session
and nothing on the others: its parameters' weights, its residuals' and its variance as a quadratic
form. Spread, leverage, degrees of freedom and prediction error then follow by plain algebra.
"""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.sandbox.regression.gmm import IV2SLS

from analysis.models.asynchronous import Dimson, ScholesWilliams
from analysis.models.linear import LeastSquares, MarketAdjusted
from analysis.models.moving import Ewma, KalmanBeta, Rolling

ROWS = 24
NAMES = ("m", "m[-1]", "m[+1]")
ESTIMATORS = {
    "least squares": (LeastSquares(), 2),
    "through the origin": (LeastSquares(constant=False), 2),
    "mean": (LeastSquares(), 0),
    "ewma": (Ewma(0.9), 2),
    "rolling": (Rolling(15), 2),
    "rolling on all": (Rolling(ROWS), 1),
    "kalman": (KalmanBeta(0.05), 2),
    "scholes-williams": (ScholesWilliams(), 3),
    "dimson": (Dimson(), 3),
}


def regressors(columns: int) -> np.ndarray:
    """Draw regressors, which move by about one."""
    return np.random.default_rng(5).standard_normal((ROWS, columns))


def answers(name):
    """Fit each unit return: parameters (p, M), residuals (M, M), variances as a matrix (M, M)."""
    estimator, columns = ESTIMATORS[name]
    x = regressors(columns)
    names = NAMES[:columns]

    def variance(y):
        return estimator.fit(y, x, names).sigma ** 2

    unit = np.eye(ROWS)
    fits = [estimator.fit(y, x, names) for y in unit]
    weights = np.array([list(fit.coefficients.values()) for fit in fits]).T
    residuals = np.array([fit.residuals for fit in fits]).T
    alone = np.array([fit.sigma**2 for fit in fits])
    form = np.array([[variance(a + b) for b in unit] for a in unit])
    form = (form - alone[:, None] - alone) / 2
    return fits[-1], x, weights, residuals, form


@pytest.fixture(scope="module", params=list(ESTIMATORS))
def known(request):
    return request.param, *answers(request.param)


def instrumented(x: np.ndarray) -> np.ndarray:
    """Weights of the market as regressor, the sum of its three returns as its instrument."""
    design, instrument = (
        np.column_stack([np.ones(ROWS), column]) for column in (x[:, 0], x.sum(axis=1))
    )
    return np.array([IV2SLS(y, design, instrument).fit().params for y in np.eye(ROWS)]).T


def test_leverage_is_what_a_residual_lacks_of_its_errors_variance(known):
    name, fit, x, _, residuals, _ = known
    if name == "scholes-williams":
        design = np.column_stack([np.ones(ROWS), x[:, 0]])
        residuals = np.eye(ROWS) - design @ instrumented(x)
    lacking = 1 - np.square(residuals).sum(axis=1)
    if name == "dimson":  # of its mean alone
        lacking = np.full(ROWS, 1 / ROWS)
    if name == "kalman":  # whose errors are those of a state that moves
        lacking = 1 - residuals.diagonal()
    np.testing.assert_allclose(fit.leverage, lacking, atol=1e-12)


def test_the_prediction_error_is_that_of_the_weights(known):
    name, fit, x, weights, _, _ = known
    ahead = np.array([[0.7, -1.2, 0.4], [-0.3, 0.8, 2.0]])[:, : x.shape[1]]
    used = ahead[:, : len(weights) - 1]
    for alpha in (True, False):
        design = np.column_stack([np.full(2, float(alpha)), used])
        prediction = fit.predict(ahead, gap=3, alpha=alpha)
        np.testing.assert_allclose(prediction.expected, design @ weights[:, -1], atol=1e-12)
        error = prediction.covariance / fit.sigma**2
        if name == "kalman":
            continue
        if name == "dimson":  # of the full regression's errors, for the slope
            full = np.linalg.lstsq(np.column_stack([np.ones(ROWS), x]), np.eye(ROWS), rcond=None)[0]
            scale = (LeastSquares().fit(np.eye(ROWS)[-1], x, NAMES).sigma / fit.sigma) ** 2
            slope = scale * float(np.square(full[1:].sum(axis=0)).sum())
            mean = x[:, 0].mean()
            spread = np.array([[1 / ROWS + mean**2 * slope, -mean * slope], [-mean * slope, slope]])
        elif name == "scholes-williams":
            spread = instrumented(x) @ instrumented(x).T
        else:
            spread = weights @ weights.T
        np.testing.assert_allclose(error, np.eye(2) + design @ spread @ design.T, atol=1e-12)


def test_the_variance_is_unbiased_and_has_satterthwaites_freedom(known):
    name, fit, _, _, residuals, form = known
    if name in {"scholes-williams", "dimson"}:  # whose residuals are of a beta that fits less well
        np.testing.assert_allclose(form * fit.df, residuals.T @ residuals, atol=1e-12)
        assert fit.df == ROWS - {"scholes-williams": 2, "dimson": 4}[name]
        return
    if name == "kalman":
        np.testing.assert_allclose(form * fit.df, residuals, atol=1e-12)
        assert fit.df == ROWS - 3
        return
    assert np.trace(form) == pytest.approx(1.0)
    assert fit.df == pytest.approx(1 / np.square(form).sum())


def test_nothing_estimated_leaves_the_difference_itself():
    x = regressors(1)
    fit = MarketAdjusted().fit(np.arange(ROWS) / 10, x, ("m",))
    np.testing.assert_array_equal(fit.residuals, np.arange(ROWS) / 10 - x[:, 0])
    np.testing.assert_array_equal(fit.leverage, np.zeros(ROWS))
    assert fit.df == ROWS
    prediction = fit.predict(x[:2], gap=0, alpha=False)
    np.testing.assert_array_equal(prediction.expected, x[:2, 0])


def test_a_state_that_moves_is_generalised_least_squares():
    """
    Errors seen from the last state: of slopes that have moved since a session.

    The covariance of returns about the last state is I + sum of the steps between, each with its
    regressor's value of the session; Durbin and Koopman (2012), ch. 4, written out session by
    session.
    """
    _, x, weights, residuals, _ = answers("kalman")
    step = 0.05 / x.var(axis=0)
    covariance = np.eye(ROWS)
    for s in range(ROWS):
        for t in range(ROWS):
            for later in range(max(s, t) + 1, ROWS):  # every step after both sessions
                del later
                covariance[s, t] += float((x[s] * step) @ x[t])
    design = np.column_stack([np.ones(ROWS), x])
    inverse = np.linalg.inv(covariance)
    spread = np.linalg.inv(design.T @ inverse @ design)
    np.testing.assert_allclose(weights, spread @ design.T @ inverse, atol=1e-10)
    maker = inverse - inverse @ design @ spread @ design.T @ inverse
    np.testing.assert_allclose(residuals, maker, atol=1e-10)
    fit = KalmanBeta(0.05).fit(np.eye(ROWS)[0], x, NAMES[:2])
    np.testing.assert_allclose(fit.spread, spread, atol=1e-10)
    np.testing.assert_allclose(fit.drift, np.diag([0.0, *step]), rtol=1e-12)


@pytest.mark.parametrize("estimator", [ScholesWilliams(), Dimson()])
def test_residuals_are_of_the_beta_that_predicts(estimator):
    x = regressors(3)
    y = 5.0 + 2 * x[:, 0] + np.random.default_rng(6).standard_normal(ROWS)
    fit = estimator.fit(y, x, NAMES)
    np.testing.assert_allclose(fit.residuals, y - fit.predict(x, gap=0).expected, atol=1e-12)
    assert fit.residuals.mean() == pytest.approx(0.0, abs=1e-12)
    assert fit.sigma == pytest.approx(np.sqrt(np.square(fit.residuals).sum() / fit.df))
