"""A fit session by session and as a window, against another package's least squares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from crowd_market import DONORS, EVENT, ROWS, SESSIONS, asked, case_of, crowd, levels, simple

from analysis.run.study import run_study
from analysis.windows import Window

SPAN, FEW = Window(-2, 9), Window(-1, 1)


def fitted(model: str, **more):
    return case_of(asked(model=model), crowd(**more)).fit("A")


@pytest.fixture(scope="module")
def returns() -> pd.DataFrame:
    return simple(levels())


def test_sessions_have_the_errors_of_their_predictions(returns) -> None:
    """Of a span of sessions: s² (I + X (X'X)⁻¹ X'), with the alpha and without."""
    fit = fitted("market")
    x = sm.add_constant(returns["M"].to_numpy())
    own = sm.OLS(returns["A"].to_numpy()[ROWS], x[ROWS]).fit()
    for alpha in (True, False):
        ahead = x[EVENT - 2 : EVENT + 10] * [float(alpha), 1.0]
        found = fit.daily(SPAN, alpha=alpha)
        np.testing.assert_allclose(found.expected, ahead @ own.params, rtol=1e-9, atol=1e-15)
        errors = own.mse_resid * np.eye(12) + ahead @ own.cov_params() @ ahead.T
        np.testing.assert_allclose(found.covariance, errors, rtol=1e-8, atol=1e-18)


def test_a_mean_of_donors_has_errors_although_it_may_predict_a_window_as_a_whole(returns) -> None:
    fit = fitted("did")
    gap = returns["A"] - returns[list(DONORS)].mean(axis=1)
    found = fit.daily(SPAN)
    variance = gap.iloc[ROWS].var() * (np.eye(12) + 1 / 100)
    np.testing.assert_allclose(found.covariance, variance, rtol=1e-9)
    np.testing.assert_allclose(
        found.abnormal, (gap - gap.iloc[ROWS].mean()).iloc[EVENT - 2 : EVENT + 10], atol=1e-14
    )


def test_a_model_of_whole_windows_is_asked_for_each_session() -> None:
    """Its weights of sessions depend on all sessions of a window: a day is a window of its own."""
    fit = fitted("sdid")
    for alpha in (True, False):
        found = fit.daily(FEW, alpha=alpha)
        alone = [fit.predict(Window(day, day), alpha=alpha).expected[0] for day in range(-1, 2)]
        assert found.expected.tolist() == alone
        assert (found.first, found.covariance) == (-1, None)
    together = fit.predict(FEW).expected
    assert np.abs(together - fit.daily(FEW).expected).max() > 1e-6


@pytest.fixture(scope="module")
def rate() -> pd.DataFrame:
    """Daily factors, of which the risk-free rate is large enough to be seen."""
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        rng.normal(0, 0.01, (len(SESSIONS), 7)),
        SESSIONS,
        ["mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf"],
    )
    return table.assign(rf=0.002 + 0.001 * np.sin(np.arange(len(SESSIONS))))


def test_a_model_of_excess_returns_shows_whole_ones(returns, rate) -> None:
    fit = fitted("capm", factors=rate)
    excess, market = returns["A"] - rate["rf"], sm.add_constant(returns["M"] - rate["rf"])
    own = sm.OLS(excess.iloc[ROWS], market.iloc[ROWS]).fit()
    ahead = slice(EVENT - 2, EVENT + 10)
    found = fit.daily(SPAN)
    np.testing.assert_allclose(found.raw, returns["A"].iloc[ahead], rtol=1e-9)
    expected = market.iloc[ahead] @ own.params + rate["rf"].iloc[ahead]
    np.testing.assert_allclose(found.expected, expected, rtol=1e-9)
    np.testing.assert_allclose(fit.path(SPAN).raw, found.raw, rtol=1e-15)


def test_a_curve_leaves_the_alpha_out_from_its_sixth_session_on(returns) -> None:
    one = asked(symbols=("A",), groups=(), windows=(Window(0, 1), SPAN))
    table = run_study(one, crowd()).path
    x = sm.add_constant(returns["M"].to_numpy())
    own = sm.OLS(returns["A"].to_numpy()[ROWS], x[ROWS]).fit()
    rows = slice(EVENT - 2, EVENT + 10)
    assert table["day"].tolist() == list(range(-2, 10))
    for length in (5, 6, 12):
        weights = [float(length <= 5), 1.0]
        expected = (x[rows][:length] * weights) @ own.params
        car = (returns["A"].to_numpy()[rows][:length] - expected).sum()
        assert table["car"].iloc[length - 1] == pytest.approx(car, rel=1e-9)


def test_the_last_row_of_a_model_that_reads_ahead_is_left_out() -> None:
    """On the last estimation session it would read the index of the session after the window."""
    assert fitted("market").n == 100
    ahead = fitted("dimson-lead")
    assert ahead.n == 99
    np.testing.assert_array_equal(ahead.y, ahead.design.y[ROWS][:-1])
