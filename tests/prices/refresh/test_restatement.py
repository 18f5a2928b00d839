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


@pytest.mark.parametrize(("sessions", "most"), [(5, 2), (10, 3), (20, 6)])
def test_of_an_overlap_three_tenths_may_be_revised_and_two_sessions_in_any_case(sessions, most):
    old = frame(sessions=sessions)
    for count, kind in ((most, "revised"), (most + 1, "another")):
        fresh = old.copy()
        rows = np.arange(count) + (0 if 2 * count > sessions else 1)
        signs = np.where(np.arange(count) % 2, -1, 1)  # the median stays where it is
        fresh.iloc[rows] *= 1 + 0.003 * (signs * (1 + np.arange(count)))[:, None]
        assert compare(old, fresh).kind == kind


@pytest.mark.parametrize("name", ["close", "adj_close"])
def test_differences_up_to_a_hundred_thousandth_are_none(name):
    old = frame()
    for by, kind in ((0.9e-5, "same"), (1.1e-5, "restated"), (-1.1e-5, "restated")):
        fresh = old.assign(**{name: old[name] * (1 + by)})
        overlap = compare(old, fresh)
        assert overlap.kind == kind
        assert overlap.sessions == 10
    for by, revised in ((4.9e-5, 0), (5.1e-5, 1)):
        fresh = old.copy()
        fresh.iloc[3, fresh.columns.get_loc(name)] *= 1 + by
        assert len(compare(old, fresh).revised) == revised


def test_without_a_common_session_nothing_is_said():
    old = frame()
    none = compare(old, old.shift(30, freq="B"))
    assert (none.close_ratio, none.adj_close_ratio, none.sessions) == (1.0, 1.0, 0)


def test_the_constant_is_that_of_the_oldest_stretch():
    old = frame()
    fresh = old.copy()
    fresh.iloc[:4] *= 0.5
    fresh.iloc[4:] *= 2.0
    overlap = compare(old, fresh, steps=[old.index[4]])
    assert (overlap.close_ratio, overlap.adj_close_ratio) == pytest.approx((0.5, 0.5))
    assert overlap.kind == "restated"
