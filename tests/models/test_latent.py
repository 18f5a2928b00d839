"""Latent factors: scale, rank, boundaries."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.models.base import Capabilities
from analysis.models.latent import MOST_FACTORS, InteractiveEffects, best_rank, principal_components


def market(rows, donors, seed=1):
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((rows, 3))
    x = factors @ rng.standard_normal((3, donors)) + 0.3 * rng.standard_normal((rows, donors))
    return factors @ [1.0, 0.5, 0.2] + 0.3 * rng.standard_normal(rows), x


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_donors_that_are_there_twice_add_no_factor_whatever_their_scale(scale):
    _, x = market(50, 4)
    scores, weights = principal_components(scale * np.column_stack([x, x]))
    assert scores.shape == (50, 4)
    np.testing.assert_allclose(scores.T @ scores, np.eye(4), atol=1e-12)
    centred = np.column_stack([x, x]) - np.column_stack([x, x]).mean(axis=0)
    np.testing.assert_allclose(scale * centred @ weights, scores, atol=1e-9)
    sizes = np.square(scores.T @ centred).sum(axis=1)
    assert (np.diff(sizes) < 0).all()
    alone = np.linalg.svd(centred, compute_uv=False)[:4]
    np.testing.assert_allclose(np.sqrt(sizes), alone, rtol=1e-9)


def test_factors_far_smaller_than_the_first_count():
    """A millionth of the first: no rounding."""
    rng = np.random.default_rng(2)
    common, own = np.linalg.qr(rng.standard_normal((50, 2)))[0].T
    x = np.column_stack([common, common + 1e-6 * own])
    assert principal_components(x)[0].shape == (50, 2)


@pytest.mark.parametrize("factors", [0, 1, 3])
def test_a_number_of_factors_that_is_given_is_kept(factors):
    y, x = market(60, 6)
    fit = InteractiveEffects(factors).fit(y, x, tuple("abcdef"))
    scores = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[0][:, :factors]
    oracle = sm.OLS(y, np.column_stack([np.ones(60), scores])).fit()
    np.testing.assert_allclose(fit.residuals, oracle.resid, atol=1e-12)
    assert (fit.tuning, fit.df) == (factors, 59 - factors)
    assert InteractiveEffects().tuned(float(factors)) == InteractiveEffects(factors)


def test_at_most_ten_factors_are_used_and_at_most_those_of_the_donors():
    y, x = market(60, 14)
    assert MOST_FACTORS == 10
    assert InteractiveEffects(12).fit(y, x, tuple("abcdefghijklmn")).df == 49
    assert InteractiveEffects(12).fit(y, x[:, :5], tuple("abcde")).df == 54
    scores, _ = principal_components(x)
    y = scores @ np.arange(1.0, 15.0)  # each factor weighs more than the one before
    assert best_rank(y, scores, 10) == 10
    assert InteractiveEffects().fit(y, x, tuple("abcdefghijklmn")).tuning == 10
    assert best_rank(y, scores, 0) == 0


def test_what_inference_may_do_with_it():
    assert InteractiveEffects().capabilities == Capabilities(order_free=True, controls=True)
