"""Bias and size of control portfolios under a factor model, beside the market model's."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest

from analysis.models.catalog import MODELS
from analysis.models.donors import elastic_path
from analysis.models.linear import LeastSquares
from analysis.models.tuning import tuned

FAST = ("did", "synthetic", "sdid", "ife", "elastic-net")
DONORS, SESSIONS, DRAWS = 60, 120, 200
NAMES = tuple(f"d{i:02d}" for i in range(DONORS))


def returns(rng, *, shock=0.0, volatile=1.0):
    """
    A firm of beta 1.6, donors of 0.4 to 1.6 and a second factor, which may jump on the last day.

    `shock` is the move of the second factor on that day; donors load on it, the firm does not.
    `volatile` multiplies the day's errors.
    """
    market = rng.normal(0.0003, 0.01, SESSIONS + 1)
    style = rng.normal(0, 0.006, SESSIONS + 1)
    style[-1] += shock
    betas = rng.uniform(0.4, 1.6, DONORS)
    loads = rng.uniform(0.5, 1.5, DONORS)
    x = np.outer(market, betas) + np.outer(style, loads)
    x += rng.normal(0, 0.012, x.shape)
    noise = rng.normal(0, 0.02, SESSIONS + 1)
    noise[-1] *= volatile
    return 1.6 * market + noise, x, market


@functools.cache
def errors(model, *, shock=0.0, volatile=1.0, seed=20250127):
    """Abnormal returns of the last session, where there is none, and each day's rank p."""
    rng, gaps, p = np.random.default_rng(seed), [], []
    for _ in range(DRAWS):
        y, x, market = returns(rng, shock=shock, volatile=volatile)
        if model == "market":
            x, estimator, names = market[:, None], LeastSquares(), ("m",)
        else:
            estimator, names = MODELS[model].estimator, NAMES
        fit = estimator.fit(y[:SESSIONS], np.ascontiguousarray(x[:SESSIONS]), names)
        gap = float(y[SESSIONS] - fit.predict(x[SESSIONS:], gap=0).expected[0])
        gaps.append(gap)
        p.append((1 + np.count_nonzero(np.abs(fit.residuals) >= abs(gap))) / (SESSIONS + 1))
    return np.array(gaps), np.array(p)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["market", *FAST])
def test_calm_days_leave_no_bias(model):
    gaps, _ = errors(model)
    assert abs(gaps.mean()) < 3.5 * gaps.std(ddof=1) / np.sqrt(DRAWS)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["market", "did", "sdid"])
def test_models_of_few_free_weights_keep_the_size_of_the_rank(model):
    _, p = errors(model)
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.047)  # 3 standard errors


@pytest.mark.slow
@pytest.mark.parametrize("model", FAST)
def test_every_model_rejects_too_often_on_a_volatile_day(model):
    _, p = errors(model, volatile=3.0)
    assert (p <= 0.05).mean() > 0.25


@pytest.mark.slow
def test_donors_that_move_by_themselves_bias_a_control_and_the_factor_model_less():
    """A style jump of 4 % that only donors share: the firm's true effect is nil."""
    bias = {model: errors(model, shock=0.04)[0].mean() for model in ("market", *FAST)}
    assert abs(bias["market"]) < 0.004
    assert bias["synthetic"] < -0.02
    assert bias["did"] < -0.03
    assert 0.75 * bias["synthetic"] < bias["ife"] < 0


@pytest.mark.slow
@pytest.mark.parametrize("model", ["market", *FAST])
def test_an_effect_of_ten_per_cent_is_found(model):
    gaps, _ = errors(model)
    shifted = np.abs(gaps - 0.10)
    assert (shifted > np.quantile(np.abs(gaps), 0.95)).mean() > 0.9


EVERY = pytest.mark.parametrize(
    "model",
    [
        pytest.param(name, marks=pytest.mark.slow) if name == "matrix-completion" else name
        for name in MODELS
        if MODELS[name].uses_donors
    ],
)
SPARSE = pytest.mark.parametrize("model", ["synthetic", "elastic-net"])
"""Models that can leave a donor out: penalties and means give weight to every one."""


class TestProperties:
    def case(self, model):
        y, x, _ = returns(np.random.default_rng(4))
        return MODELS[model].estimator, y, x

    def effect(self, estimator, y, x, names=None):
        names = names or tuple(f"n{i:02d}" for i in range(x.shape[1]))
        fit = estimator.fit(y[:SESSIONS], np.ascontiguousarray(x[:SESSIONS]), names)
        return float(y[SESSIONS] - fit.predict(x[SESSIONS:], gap=0).expected[0]), fit

    @EVERY
    def test_the_order_of_donors_changes_nothing(self, model):
        estimator, y, x = self.case(model)
        order = np.random.default_rng(1).permutation(DONORS)
        one, two = self.effect(estimator, y, x)[0], self.effect(estimator, y, x[:, order])[0]
        assert two == pytest.approx(one, abs=1e-8)

    @EVERY
    def test_a_constant_added_to_all_sessions_and_units_changes_no_effect(self, model):
        estimator, y, x = self.case(model)
        one, two = self.effect(estimator, y, x)[0], self.effect(estimator, y + 0.01, x + 0.01)[0]
        assert two == pytest.approx(one, abs=2e-8)

    @SPARSE
    def test_a_donor_twice_splits_its_weight_and_changes_no_more(self, model):
        estimator, y, x = self.case(model)
        estimator = tuned(estimator, self.effect(estimator, y, x)[1])
        if model == "elastic-net":
            estimator = replace(estimator, mix=1.0)  # the ridge part would rather have two
        one, fit = self.effect(estimator, y, x)
        heaviest = max((v, k) for k, v in fit.coefficients.items() if k != "alpha")[1]
        place = int(heaviest[1:])
        two, both = self.effect(estimator, y, np.column_stack([x, x[:, place]]))
        assert two == pytest.approx(one, abs=1e-7)
        share = both.coefficients[heaviest] + both.coefficients[f"n{DONORS}"]
        assert share == pytest.approx(fit.coefficients[heaviest], abs=1e-6)

    @SPARSE
    def test_a_donor_equal_to_the_firm_leaves_no_effect(self, model):
        estimator, y, x = self.case(model)
        effect, fit = self.effect(estimator, y, np.column_stack([x, y]))
        assert abs(effect) < 2e-3
        assert fit.coefficients[f"n{DONORS}"] > 0.95


def test_the_elastic_net_is_that_of_its_conditions_of_optimality():
    y, x, _ = returns(np.random.default_rng(9))
    for mix in (0.1, 0.5, 1.0):
        penalty = 1e-3 / mix
        values = elastic_path(y, x, mix, [penalty])[0]
        scale = x.std(axis=0)
        weights = values[1:] * scale
        scaled = (x - x.mean(axis=0)) / scale
        slope = scaled.T @ (y - values[0] - x @ values[1:]) / len(y)
        slope -= penalty * (1 - mix) * weights
        used = weights != 0
        assert 0 < used.sum() < DONORS
        np.testing.assert_allclose(slope[used], penalty * mix * np.sign(weights[used]), rtol=1e-7)
        assert np.abs(slope[~used]).max() <= penalty * mix * (1 + 1e-9)
