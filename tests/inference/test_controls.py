"""Every donor as if treated, and fits that left sessions out, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.abnormal import AbnormalPath
from analysis.inference.controls import PlaceboUnits, jackknife_plus, placebo_units
from analysis.inference.factor_bootstrap import factor_bootstrap, prediction_errors
from analysis.inference.firm import FirmSample
from analysis.inference.firm_battery import firm_battery
from analysis.inference.registry import Settings
from analysis.models.catalog import MODELS
from analysis.models.donors import SyntheticControl, simplex_weights
from analysis.models.latent import InteractiveEffects
from analysis.models.linear import LeastSquares
from analysis.models.tuning import tuned

NAMES = tuple(f"d{i:02d}" for i in range(24))


def market(rows: int, seed: int, donors: int = 24):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(rows, 2)) * 0.01
    loads = rng.normal(1, 0.4, size=(2, donors + 1))
    returns = common @ loads + rng.normal(size=(rows, donors + 1)) * 0.008
    return returns[:, 0].copy(), np.ascontiguousarray(returns[:, 1:])


def test_every_donor_is_set_against_the_others():
    _, x = market(123, 1)
    units = placebo_units(SyntheticControl(), x[:120], x[120:], NAMES)
    for place, name in enumerate(units.names):
        others = [i for i in range(24) if i != place]
        weights = simplex_weights(x[:120, place], np.ascontiguousarray(x[:120][:, others]))
        assert name == NAMES[place]
        gaps = x[120:, place] - x[120:][:, others] @ weights
        np.testing.assert_allclose(units.gaps[place], gaps, atol=1e-9)
        before = x[:120, place] - x[:120][:, others] @ weights
        assert units.errors[place] == pytest.approx(np.sqrt((before**2).mean()))


def test_the_rank_in_space_and_its_interval_by_hand():
    units = PlaceboUnits(tuple(map(str, range(39))), np.arange(39.0)[:, None], np.full(39, 2.0))
    out = units.outcome(37.5, 1.0)  # ratios 0, 0.5 ... 19; the firm's 37.5
    assert (out.statistic, out.p, out.draws) == (37.5, 1 / 40, 39)
    # two of forty may reject at 5 %: an effect is rejected beyond the second largest ratio
    assert (out.low, out.high) == (37.5 - 18.5, 37.5 + 18.5)
    assert units.outcome(18.4, 1.0).p == 3 / 40
    few = PlaceboUnits(NAMES[:5], np.ones((5, 1)), np.ones(5))
    assert "only 5 donors" in few.outcome(1.0, 1.0).unavailable


def test_an_effect_is_in_the_interval_exactly_if_it_is_not_rejected():
    y, x = market(121, 3, donors=40)
    names = tuple(f"d{i:02d}" for i in range(40))
    units = placebo_units(SyntheticControl(), x[:120], x[120:], names)
    car, error = float(y[120]), 0.012
    out = units.outcome(car, error, level=0.9)
    for effect in np.linspace(out.low - 0.03, out.high + 0.03, 61):
        kept = units.outcome(car - effect, error, level=0.9).p > 0.1
        assert kept == (out.low <= effect <= out.high)


def test_left_out_errors_are_those_of_plain_refits():
    y, x = market(101, 5, donors=3)
    out = jackknife_plus(LeastSquares(), y[:100], x[:100], float(y[100]), x[100], NAMES[:3])
    design = np.column_stack([np.ones(101), x])
    low, high, worse = [], [], 0
    for row in range(100):
        keep = np.arange(100) % 25 != row % 25
        beta = np.linalg.lstsq(design[:100][keep], y[:100][keep], rcond=None)[0]
        error, ahead = abs(y[row] - design[row] @ beta), design[100] @ beta
        low.append(ahead - error)
        high.append(ahead + error)
        worse += error >= abs(y[100] - ahead)
    assert out.p == (1 + worse) / 101
    assert out.high == pytest.approx(y[100] - sorted(low)[4])
    assert out.low == pytest.approx(y[100] - sorted(high)[95])


@pytest.mark.parametrize("model", ["synthetic-ridge", "ife", "matrix-completion", "elastic-net"])
def test_a_tuned_refit_of_the_same_data_is_the_same_fit(model):
    y, x = market(122, 7)
    estimator = MODELS[model].estimator
    fit = estimator.fit(y[:120], x[:120], NAMES)
    again = tuned(estimator, fit).fit(y[:120], x[:120], NAMES)
    assert again.tuning == fit.tuning
    expected = fit.predict(x[120:], gap=0).expected
    np.testing.assert_allclose(again.predict(x[120:], gap=0).expected, expected, atol=1e-12)
    # on other data, which alone would lead elsewhere, what was chosen is kept
    other = next(
        (own, donors)
        for own, donors in (market(120, seed) for seed in range(20, 60))
        if estimator.fit(own, donors, NAMES).tuning != fit.tuning
    )
    assert tuned(estimator, fit).fit(*other, NAMES).tuning == fit.tuning


@pytest.mark.slow
@pytest.mark.parametrize("model", [name for name in MODELS if MODELS[name].uses_donors])
def test_an_effect_is_found_in_space_and_a_null_is_not(model):
    y, x = market(121, 11)
    estimator = MODELS[model].estimator
    fit = estimator.fit(y[:120], x[:120], NAMES)
    units = placebo_units(tuned(estimator, fit), x[:120], x[120:], NAMES)
    error = float(np.sqrt(np.mean(fit.residuals**2)))
    gap = float(y[120] - fit.predict(x[120:], gap=0).expected[0])
    assert units.outcome(gap - 0.2, error).p == 1 / 25
    assert units.outcome(gap, error).p > 0.05


def test_a_battery_of_a_control_has_the_tests_of_donors_and_no_law_of_many_regressors():
    y, x = market(121, 13)
    y[120] -= 0.2
    estimator = SyntheticControl()
    fit = estimator.fit(y[:120], x[:120], NAMES)
    expected = fit.predict(x[120:], gap=0).expected
    sample = FirmSample(
        estimator=estimator,
        fit=fit,
        path=AbnormalPath(0, y[120:], expected, None),
        y=y[:120],
        x=x[:120],
        post_y=y[120:],
        post_x=x[120:],
        names=NAMES,
    )
    found = {o.test: o for o in firm_battery(sample, Settings(draws=99))}
    units = placebo_units(estimator, x[:120], x[120:], NAMES)
    error = float(np.sqrt(np.mean(fit.residuals**2)))
    assert found["placebo-space"] == units.outcome(sample.car, error)
    assert found["placebo-space"].p == 1 / 25
    assert found["jackknife-plus"].high < 0
    assert found["conformal"].high < 0
    assert "donors are many" in found["garch-t"].unavailable


def test_errors_of_donors_that_others_predict_are_those_of_plain_refits():
    _, x = market(123, 17)
    chosen = np.array([0, 5, 23])
    residuals, gaps = prediction_errors(x[:120], x[120:], 2, chosen)
    for at, place in enumerate(chosen):
        others = np.delete(x, place, axis=1)
        names = NAMES[:place] + NAMES[place + 1 :]
        fit = InteractiveEffects(factors=2).fit(x[:120, place], others[:120], names)
        np.testing.assert_allclose(residuals[:, at], fit.residuals, atol=1e-12)
        expected = fit.predict(others[120:], gap=0).expected
        np.testing.assert_allclose(gaps[:, at], x[120:, place] - expected, atol=1e-12)


def test_the_bootstrap_follows_a_plain_loop_and_finds_an_effect():
    y, x = market(122, 19)
    out = factor_bootstrap(
        y[:120], x[:120], y[120:], x[120:], np.random.default_rng(3), rank=2, draws=40
    )

    def fit(own, donors):
        return InteractiveEffects(factors=2).fit(own[:120], donors[:120], NAMES)

    own = fit(y, x)
    firm = np.append(y[:120] - own.residuals, own.predict(x[120:], gap=0).expected)
    base = np.empty_like(x)
    for place in range(24):
        each = fit(x[:, place], x)
        base[:120, place] = x[:120, place] - each.residuals
        base[120:, place] = each.predict(x[120:], gap=0).expected
    residuals, gaps = prediction_errors(x[:120], x[120:], 2, np.arange(24))
    scale = np.sqrt(np.mean(own.residuals**2) / np.mean(residuals**2, axis=0))
    errors = np.concatenate([residuals, gaps]) * scale
    rng, found = np.random.default_rng(3), []
    for _ in range(40):
        table = base + (x - base)[:, rng.integers(24, size=24)]
        column = firm + errors[:, rng.integers(24)]
        expected = fit(column, table).predict(table[120:], gap=0).expected
        found.append((column[120:] - expected).sum())
    car = float((y[120:] - firm[120:]).sum())
    assert out.statistic == pytest.approx(car / np.std(found, ddof=1), rel=1e-9)
    assert out.p == (1 + sum(np.abs(found) >= abs(car))) / 41
    low, high = np.quantile(found, [0.025, 0.975])
    assert (out.low, out.high) == pytest.approx((car - high, car - low), rel=1e-9)
    struck = factor_bootstrap(
        y[:120], x[:120], y[120:] - 0.1, x[120:], np.random.default_rng(3), rank=2, draws=99
    )
    assert struck.p == 0.01
    assert struck.high < 0


@pytest.mark.slow
def test_the_bootstrap_keeps_its_size_and_has_power():
    rejected = struck = 0
    for seed in range(200):
        y, x = market(101, 1000 + seed, donors=40)
        for effect in (0.0, 0.04):
            out = factor_bootstrap(
                y[:100],
                x[:100],
                y[100:] - effect,
                x[100:],
                np.random.default_rng(seed),
                rank=2,
                draws=99,
            )
            if effect:
                struck += out.p <= 0.05
            else:
                rejected += out.p <= 0.05
    assert rejected / 200 == pytest.approx(0.05, abs=0.046)  # 3 standard errors
    assert struck / 200 > 0.95
