"""Comparing an overlap."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.prices.refresh.restatement import compare


def frame(seed: int = 1, sessions: int = 10) -> pd.DataFrame:
    close = 100 * np.exp(np.random.default_rng(seed).normal(0, 0.02, sessions).cumsum())
    index = pd.date_range("2025-01-06", periods=sessions, freq="B")
    return pd.DataFrame({"close": close, "adj_close": close * 0.98}, index)


@given(
    close=st.floats(0.005, 200).filter(lambda r: abs(r - 1) > 1e-4),
    adjusted=st.floats(0.5, 1.0),
    seed=st.integers(0, 99),
)
def test_a_constant_is_recovered(close, adjusted, seed):
    old = frame(seed)
    fresh = old.mul({"close": close, "adj_close": close * adjusted})
    overlap = compare(old, fresh)
    assert overlap.kind == "restated"
    assert overlap.close_ratio == pytest.approx(close)
    assert overlap.adj_close_ratio == pytest.approx(close * adjusted)
    assert overlap.revised == ()


@pytest.mark.parametrize("noise", [0.0, 6e-8, 1e-6])
def test_rounding_is_no_restatement(noise):
    old = frame()
    jitter = 1 + np.random.default_rng(3).uniform(-noise, noise, old.shape)
    assert compare(old, old * jitter).kind == "same"


def test_the_smallest_dividend_in_practice_is_one():
    old = frame()
    fresh = old.assign(adj_close=old["adj_close"] * (1 - 0.01 / 140))  # NVIDIA's cent
    assert compare(old, fresh).kind == "restated"


def test_one_revised_session():
    old = frame()
    fresh = old.copy()
    fresh.iloc[4] *= 1.003
    overlap = compare(old, fresh)
    assert (overlap.kind, overlap.revised) == ("revised", (old.index[4],))


def test_another_series():
    assert compare(frame(1), frame(2)).kind == "another"


def test_no_common_session():
    old = frame()
    assert compare(old, old.shift(30, freq="B")).kind == "none"


@pytest.mark.parametrize("at", range(1, 10))
def test_an_action_applied_late_steps_where_the_action_is(at):
    old = frame()
    fresh = old.copy()
    fresh.iloc[:at, 1] *= 0.99
    overlap = compare(old, fresh, steps=[old.index[at]])
    assert (overlap.kind, overlap.revised) == ("restated", ())
    assert overlap.adj_close_ratio == pytest.approx(0.99)
