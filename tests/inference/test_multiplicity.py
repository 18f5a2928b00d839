"""Adjustments for many tests against statsmodels and a direct count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from analysis.errors import DataError
from analysis.inference.multiplicity import adjust, romano_wolf

NAMES = {"holm": "holm", "bh": "fdr_bh", "by": "fdr_by"}


@pytest.mark.slow
@pytest.mark.parametrize("how", list(NAMES))
@settings(max_examples=20, deadline=None)  # statsmodels takes its time for Holm
@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_are_those_of_statsmodels(how, p):
    expected = multipletests(p, method=NAMES[how])[1]
    np.testing.assert_allclose(adjust(np.array(p), how), expected, rtol=1e-12, atol=1e-15)


def test_a_missing_p_does_not_count():
    p = np.array([0.01, np.nan, 0.04])
    np.testing.assert_allclose(adjust(p, "holm"), [0.02, np.nan, 0.04])


def step_by_step(statistics, draws):
    """Romano and Wolf's steps, one hypothesis after the other, in the plainest way."""
    left = sorted(range(len(statistics)), key=lambda j: -abs(statistics[j]))
    adjusted, last = [0.0] * len(statistics), 0.0
    while left:
        j = left[0]
        count = sum(max(abs(row[i]) for i in left) >= abs(statistics[j]) for row in draws)
        last = max(last, (1 + count) / (len(draws) + 1))
        adjusted[j] = last
        left = left[1:]
    return adjusted


@given(seed=st.integers(0, 10_000), count=st.integers(1, 8))
def test_the_step_down_is_the_plain_one(seed, count):
    rng = np.random.default_rng(seed)
    draws = rng.standard_normal((60, 1)) + rng.standard_normal((60, count))
    statistics = 2 * rng.standard_normal(count)
    expected = step_by_step(statistics.tolist(), draws.tolist())
    np.testing.assert_allclose(romano_wolf(statistics, draws), expected)


def test_one_hypothesis_is_a_rank_p():
    draws = np.arange(99.0)[:, None] / 50
    assert romano_wolf(np.array([-9.0]), draws)[0] == pytest.approx(0.01)


def test_a_series_that_is_missing_stays_missing():
    draws = np.column_stack([np.arange(99.0) / 50, np.full(99, np.nan)])
    adjusted = romano_wolf(np.array([-9.0, np.nan]), draws)
    assert adjusted[0] == pytest.approx(0.01)
    assert np.isnan(adjusted[1])


def test_no_complete_draw_is_refused():
    with pytest.raises(DataError, match="placebo dates"):
        romano_wolf(np.array([1.0, 2.0]), np.full((5, 2), np.nan))
