"""Tests of many firms, by the hand example and SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.errors import ReliabilityWarning
from analysis.inference.many_firms import bmp_test, kolari_pynnonen_test, mean_correlation

SCAR = np.array([-3.0, -1.0, -2.0, -2.0])


def test_bmp_hand_example_b() -> None:
    outcome = bmp_test(SCAR)
    assert outcome.statistic == pytest.approx(-4.899, abs=5e-4)
    assert outcome.df == 3
    scipy = stats.ttest_1samp(SCAR, 0)
    assert outcome.statistic == pytest.approx(scipy.statistic)
    assert outcome.p == pytest.approx(scipy.pvalue)


def test_kolari_pynnonen_hand_example_b() -> None:
    outcome = kolari_pynnonen_test(SCAR, 0.25)
    assert outcome.statistic == pytest.approx(-3.207, abs=5e-4)
    assert outcome.statistic == pytest.approx(-4.898979 * math.sqrt(0.75 / 1.75), rel=1e-6)
    assert outcome.p == pytest.approx(2 * stats.t.sf(3.2071, 3), rel=1e-3)
    assert outcome.df == 3


def test_no_correlation_leaves_bmp_alone() -> None:
    assert kolari_pynnonen_test(SCAR, 0.0).statistic == pytest.approx(bmp_test(SCAR).statistic)


def test_correlation_near_minus_one_over_n_is_taken_as_none_with_a_warning() -> None:
    with pytest.warns(ReliabilityWarning, match=r"-0\.320 of 4 firms"):
        outcome = kolari_pynnonen_test(SCAR, -0.32)
    assert outcome.statistic == pytest.approx(bmp_test(SCAR).statistic)


@pytest.mark.parametrize("scar", [np.array([-2.0]), np.empty(0)])
def test_one_firm_has_no_cross_section(scar: np.ndarray) -> None:
    for outcome in (bmp_test(scar), kolari_pynnonen_test(scar, 0.2)):
        assert not outcome.available
        assert outcome.p is None
        assert "two firms or more" in outcome.unavailable


def test_firms_that_agree_exactly_have_no_spread_to_test_by() -> None:
    assert "same standardised" in bmp_test(np.array([-2.0, -2.0])).unavailable


def test_mean_correlation_leaves_the_diagonal_out() -> None:
    rng = np.random.default_rng(3)
    residuals = rng.normal(size=(50, 4)) + rng.normal(size=(50, 1))
    pairs = [
        stats.pearsonr(residuals[:, i], residuals[:, j]).statistic
        for i in range(4)
        for j in range(i)
    ]
    assert mean_correlation(residuals) == pytest.approx(np.mean(pairs))
    assert math.isnan(mean_correlation(residuals[:, :1]))
