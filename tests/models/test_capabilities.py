"""What an estimator says of itself is what it does."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.models.base import Capabilities, alpha_used
from analysis.models.catalog import MODELS
from analysis.models.linear import LeastSquares, MarketAdjusted
from analysis.models.spec import BENCHMARK_AFTER

ROWS = 160


def rows_of(spec, seed: int):
    rng = np.random.default_rng(seed)
    columns = 6 if spec.uses_donors else max(len(spec.regressors), 0)
    x = 0.01 * rng.standard_normal((ROWS, columns))
    scale = 1 + 0.5 * np.sin(np.arange(ROWS) / 15)
    noise = 0.01 * scale * rng.standard_t(5, ROWS)
    slope = 1 + np.cumsum(0.15 * rng.standard_normal(ROWS))  # for the model that follows it
    return 0.001 + slope * x.sum(axis=1) / max(columns, 1) + noise, x


@pytest.mark.parametrize("spec", MODELS.values(), ids=list(MODELS))
def test_order_free_means_that_permuted_rows_give_the_same_fit(spec):
    y, x = rows_of(spec, 1)
    names = tuple(f"x{i}" for i in range(x.shape[1]))
    # the middle trades places with the end, where fits that look back look first
    order = np.r_[np.arange(60), np.arange(120, 160), np.arange(60, 120)]
    one = spec.estimator.fit(y, x, names)
    other = spec.estimator.fit(y[order], x[order], names)
    same = np.allclose(
        list(one.coefficients.values()), list(other.coefficients.values()), rtol=1e-5, atol=1e-8
    ) and np.allclose(one.residuals[order], other.residuals, atol=1e-7)
    if spec.estimator.capabilities.order_free:
        assert same
    # a tuned penalty may fall on the same point of its grid by chance
    elif spec.id not in {"synthetic-ridge", "elastic-net", "matrix-completion"}:
        assert not same


@pytest.mark.parametrize("spec", MODELS.values(), ids=list(MODELS))
def test_linear_means_least_squares(spec):
    y, x = rows_of(spec, 2)
    names = tuple(f"x{i}" for i in range(x.shape[1]))
    found = list(spec.estimator.fit(y, x, names).coefficients.values())
    plain = list(LeastSquares().fit(y, x, names).coefficients.values())
    same = len(found) == len(plain) and np.allclose(found, plain, rtol=1e-9)
    # a random walk whose likeliest step is 0 is least squares by chance
    if spec.id != "kalman":
        assert same == spec.estimator.capabilities.linear


def test_what_is_not_drawn_says_why():
    with pytest.raises(ValueError, match="not_drawn"):
        Capabilities(placebo="none")
    with pytest.raises(ValueError, match="not_drawn"):
        Capabilities(not_drawn="no")


@pytest.mark.parametrize("spec", MODELS.values(), ids=list(MODELS))
def test_what_reads_ahead_and_what_stands_in_for_the_firm_goes_by_the_regressors(spec):
    said = spec.estimator.capabilities
    assert said.reads_ahead == (BENCHMARK_AFTER in spec.regressors)
    assert said.controls == spec.uses_donors
    ahead = "its fit reads the session after each row, and the window's have none"
    order = "" if said.order_free else "its fit depends on the order of sessions"
    assert said.no_permutation == (ahead if said.reads_ahead else order)


@pytest.mark.parametrize("spec", MODELS.values(), ids=list(MODELS))
def test_the_intercept_is_what_a_session_without_a_move_is_expected_to_earn(spec):
    y, x = rows_of(spec, 3)
    fit = spec.estimator.fit(y + 0.01, x, tuple(f"x{i}" for i in range(x.shape[1])))
    still = np.zeros((2, x.shape[1]))
    with_alpha = fit.predict(still, gap=0).expected
    without = fit.predict(still, gap=0, alpha=False).expected
    kind = spec.estimator.capabilities.intercept
    if kind == "none":
        assert not with_alpha.any()
    else:
        assert np.abs(with_alpha).min() > 1e-4
    if kind == "kept":
        np.testing.assert_array_equal(with_alpha, without)
    else:
        assert not without.any()


def test_an_alpha_counts_in_short_windows_only():
    for estimator, short, long in (
        (LeastSquares(), "estimated", "zero"),
        (MarketAdjusted(), "none", "none"),
        (LeastSquares(constant=False), "none", "none"),
        (MODELS["matrix-completion"].estimator, "estimated", "estimated"),
    ):
        assert alpha_used(estimator, long=False) == short
        assert alpha_used(estimator, long=True) == long


def test_pseudo_dates_are_drawn_as_each_fit_allows():
    """By the engine where the fit is its own, not at all where it is a search for a maximum."""
    drawn = {name: spec.estimator.capabilities.placebo for name, spec in MODELS.items()}
    searched = {"garch", "gjr", "egarch", "kalman", "structural"}
    assert {name for name, how in drawn.items() if how == "none"} == searched
    assert {name for name, how in drawn.items() if how == "differences"} == {"market-adjusted"}
    linear = {name for name, spec in MODELS.items() if spec.estimator.capabilities.linear}
    assert {name for name, how in drawn.items() if how == "engine"} == linear
    assert LeastSquares(constant=False).capabilities.placebo == "refits"
    assert not LeastSquares(constant=False).capabilities.linear
    assert LeastSquares(constant=False).capabilities.order_free


@pytest.mark.parametrize("name", ["synthetic-ridge", "elastic-net", "matrix-completion"])
def test_a_penalty_that_is_given_frees_a_control_from_the_order_of_sessions(name):
    """Only its choice goes by their place; a control it remains."""
    estimator = MODELS[name].estimator
    kept = estimator.tuned(0.02)
    assert kept.penalty == 0.02
    before, after = estimator.capabilities, kept.capabilities
    assert not before.order_free
    assert after.order_free
    assert before.controls
    assert after.controls
    assert before.intercept == after.intercept


def test_nothing_is_claimed_by_default():
    plain = Capabilities()
    assert not any((plain.order_free, plain.linear, plain.reads_ahead, plain.controls))
    assert (plain.placebo, plain.intercept, plain.not_drawn) == ("refits", "alpha", "")
