"""A level that wanders, against the forecasts of statsmodels; boundaries; degenerate returns."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from statsmodels.tsa.statespace.structural import UnobservedComponents

from analysis.errors import DataError, WindowError
from analysis.models.structural import StructuralTimeSeries


@pytest.fixture(scope="module")
def days():
    rng = np.random.default_rng(5)
    x = 0.01 * rng.standard_normal((80, 2))
    level = 0.01 + np.cumsum(0.003 * rng.standard_normal(80))
    return level + x @ [1.4, -0.5] + 0.01 * rng.standard_normal(80), x


def oracle(y, x):
    scale = y.std()
    model = UnobservedComponents(
        y / scale,
        level="local level",
        exog=x / scale if x.shape[1] else None,
        mle_regression=False,
    )
    return model.fit(disp=False), scale


@pytest.mark.parametrize("regressors", [0, 1, 2])
@pytest.mark.parametrize("gap", [0, 3])
def test_a_window_is_the_forecast_of_the_filter_through_the_gap(days, regressors, gap):
    y, x = days[0], days[1][:, :regressors]
    ahead = 0.01 * np.random.default_rng(6).standard_normal((gap + 4, regressors))
    fit = StructuralTimeSeries().fit(y, x, ("a", "b")[:regressors])
    result, scale = oracle(y, x)
    exog = ahead / scale if regressors else None
    forecast = result.get_forecast(gap + 4, exog=exog)
    prediction = fit.predict(ahead[gap:], gap=gap)
    mean = forecast.predicted_mean * scale
    np.testing.assert_allclose(prediction.expected, mean[gap:], rtol=1e-7)
    variance = forecast.var_pred_mean * scale**2
    np.testing.assert_allclose(np.diag(prediction.covariance), variance[gap:], rtol=1e-7)
    bare = fit.predict(ahead[gap:], gap=gap, alpha=False).expected
    level = fit.coefficients["alpha"]
    np.testing.assert_allclose(bare, mean[gap:] - level, atol=1e-9)


def test_what_the_fit_says_of_itself(days, capsys):
    y, x = days
    fit = StructuralTimeSeries().fit(y, x, ("a", "b"))
    assert capsys.readouterr().out == ""
    result, scale = oracle(y, x)
    noise, drift = result.params[:2] * scale**2
    assert fit.sigma == pytest.approx(math.sqrt(noise), rel=1e-6)
    np.testing.assert_allclose(fit.drift, np.diag([drift / noise, 0, 0]), rtol=1e-5)
    assert list(fit.coefficients) == ["alpha", "a", "b"]
    values = np.array(list(fit.coefficients.values()))
    np.testing.assert_allclose(values[1:], result.predicted_state[1:, -1], rtol=1e-6)
    residuals = y - values[0] - x @ values[1:]
    np.testing.assert_allclose(fit.residuals, residuals, atol=1e-15)
    assert fit.df == 77
    np.testing.assert_array_equal(fit.leverage, np.zeros(80))


def test_the_unit_of_the_returns_changes_nothing_but_the_unit(days):
    y, x = days
    one = StructuralTimeSeries().fit(y, x, ("a", "b")).predict(x[:2], gap=1)
    percent = StructuralTimeSeries().fit(100 * y, 100 * x, ("a", "b")).predict(100 * x[:2], gap=1)
    np.testing.assert_allclose(percent.expected, 100 * one.expected, rtol=1e-5)
    np.testing.assert_allclose(percent.covariance, 1e4 * one.covariance, rtol=1e-4)


def test_thirty_sessions_are_enough_and_one_less_is_not(days):
    y, x = days
    assert len(StructuralTimeSeries().fit(y[:30], x[:30], ("a", "b")).residuals) == 30
    with pytest.raises(WindowError, match="needs 30 sessions or more, there are 29;"):
        StructuralTimeSeries().fit(y[:29], x[:29], ("a", "b"))


def test_returns_without_errors_and_regressors_that_do_not_vary_get_words(days):
    y, x = days
    for exact in (np.zeros(80), x[:, 0] + 0.01):
        with pytest.raises(DataError, match="needs errors that vary"):
            StructuralTimeSeries().fit(exact, x, ("a", "b"))
    with pytest.raises(DataError, match="regressors a, b are collinear"):
        StructuralTimeSeries().fit(y, np.column_stack([x[:, 0], np.full(80, 0.02)]), ("a", "b"))


def test_what_inference_may_do_with_it():
    said = StructuralTimeSeries().capabilities
    assert said.placebo == "none"
    assert not said.order_free


@pytest.mark.parametrize("noise", [0.0, -1.0, math.inf, math.nan])
def test_a_search_that_ends_nowhere_is_said_so(monkeypatch, noise):
    """Whatever the optimiser gives: a variance is above nought and a number."""

    def end(model, **_):
        named = {"sigma2.irregular": noise}
        return SimpleNamespace(params=[named.get(name, 1.0) for name in model.param_names])

    monkeypatch.setattr(UnobservedComponents, "fit", end)
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="does not converge"):
        StructuralTimeSeries().fit(rng.standard_normal(120), rng.standard_normal((120, 1)), ("m",))
