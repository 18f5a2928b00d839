"""Abnormal returns and their aggregates."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.abnormal import (
    AbnormalPath,
    buy_and_hold,
    compounded,
    cumulative,
    cumulative_se,
    weighted_se,
)
from analysis.windows import Window

RAW, EXPECTED = np.array([-0.10, 0.05, -0.02]), np.array([0.01, 0.0, -0.01])
COVARIANCE = np.array([[4.0, 1.0, 0.5], [1.0, 5.0, 0.0], [0.5, 0.0, 6.0]]) * 1e-4
PATH = AbnormalPath(-1, RAW, EXPECTED, COVARIANCE)


def test_abnormal_is_realised_less_expected() -> None:
    assert PATH.abnormal.tolist() == pytest.approx([-0.11, 0.05, -0.01])
    assert PATH.se == pytest.approx([0.02, np.sqrt(5e-4), np.sqrt(6e-4)])
    assert cumulative(PATH) == pytest.approx(-0.07)


def test_the_error_of_a_sum_holds_every_covariance() -> None:
    assert cumulative_se(PATH) == pytest.approx(np.sqrt((4 + 5 + 6 + 2 * (1 + 0.5)) * 1e-4))
    assert weighted_se(PATH, np.array([1.0, -1.0, 0.0])) == pytest.approx(np.sqrt(7e-4))


def test_bhar_compounds_and_does_not_sum() -> None:
    expected = 0.90 * 1.05 * 0.98 - 1.01 * 1.00 * 0.99
    assert buy_and_hold(PATH) == pytest.approx(expected)
    assert buy_and_hold(PATH) != pytest.approx(cumulative(PATH), abs=1e-3)


def test_a_fall_of_16_968_and_a_rise_of_8_931_percent_compound_to_minus_9_5524() -> None:
    # 0.83032 times 1.08931 is 0.9044758...
    assert compounded(np.array([-0.16968, 0.08931])) == pytest.approx(-0.0955242, abs=1e-7)


def test_a_window_is_cut_by_event_time() -> None:
    part = PATH.within(Window(0, 1))
    assert part.first == 0
    assert part.raw.tolist() == [0.05, -0.02]
    np.testing.assert_array_equal(part.covariance, COVARIANCE[1:, 1:])


@pytest.mark.parametrize("window", [Window(-2, 0), Window(0, 2)])
def test_a_window_beyond_the_path_is_an_error(window: Window) -> None:
    with pytest.raises(IndexError, match="not within"):
        PATH.within(window)


def test_a_model_without_covariance_has_no_error() -> None:
    bare = AbnormalPath(0, RAW, EXPECTED, None)
    assert bare.se is None
    assert cumulative_se(bare) is None
    assert bare.within(Window(0, 0)).covariance is None


def test_a_window_of_the_whole_path_may_be_cut_and_keeps_its_scale() -> None:
    logs = AbnormalPath(-1, RAW, EXPECTED, COVARIANCE, log=True)
    whole = logs.within(Window(-1, 1))
    np.testing.assert_array_equal(whole.raw, RAW)
    np.testing.assert_array_equal(whole.expected, EXPECTED)
    assert (whole.first, whole.log) == (-1, True)
    assert not PATH.within(Window(0, 0)).log


def test_logarithms_become_simple_returns_with_errors_to_first_order() -> None:
    """An error e of a log return moves the simple return by (1 + expected) e."""
    logs = AbnormalPath(2, np.log1p(RAW), np.log1p(EXPECTED), COVARIANCE, log=True)
    simple = logs.simple()
    assert simple.first == 2
    assert simple.raw == pytest.approx(RAW)
    assert simple.expected == pytest.approx(EXPECTED)
    step = 1e-7
    for t, moved in enumerate(np.expm1(np.log1p(EXPECTED) + step) - EXPECTED):
        assert simple.se[t] == pytest.approx(np.sqrt(COVARIANCE[t, t]) * moved / step, rel=1e-6)
    assert simple.covariance[0, 1] == pytest.approx(COVARIANCE[0, 1] * 1.01 * 1.0)
    assert not simple.log
    assert simple.simple() is simple
    assert AbnormalPath(2, RAW, EXPECTED, None, log=True).simple().covariance is None
    assert buy_and_hold(logs) == pytest.approx(buy_and_hold(PATH))


def test_errors_that_cancel_leave_none() -> None:
    certain = AbnormalPath(0, RAW, EXPECTED, np.zeros((3, 3)))
    assert cumulative_se(certain) == 0.0
    # rounding may leave the least bit below nothing, of which there is no root
    below = AbnormalPath(0, RAW, EXPECTED, np.full((3, 3), -1e-20))
    assert cumulative_se(below) == 0.0
