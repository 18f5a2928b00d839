"""Returns to dollars."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.abnormal import AbnormalPath
from analysis.impact import Impact, dollars_at_stake, impact
from analysis.inference.group import GroupSample
from analysis.run.groups import stake_impact


def test_one_session_is_market_value_times_return() -> None:
    path = AbnormalPath(0, np.array([-0.17]), np.array([-0.03]), np.array([[0.0009]]))
    found = impact(path, 3.5e12, df=248, level=0.95)
    half = stats.t.ppf(0.975, 248) * 3.5e12 * 0.03
    assert found.raw == pytest.approx(-0.17 * 3.5e12)
    assert found.expected == pytest.approx(-0.03 * 3.5e12)
    assert found.abnormal == pytest.approx(-0.14 * 3.5e12)
    assert (found.low, found.high) == pytest.approx((-0.49e12 - half, -0.49e12 + half))


def test_several_sessions_stake_the_value_of_the_close_before_each() -> None:
    raw, expected = np.array([-0.5, 0.2]), np.array([0.0, 0.1])
    found = impact(AbnormalPath(0, raw, expected, np.eye(2) * 1e-4), 100.0, df=10, level=0.95)
    assert dollars_at_stake(100.0, raw).tolist() == [100.0, 50.0]
    assert found.raw == pytest.approx(100 * 0.5 * 1.2 - 100)
    assert found.abnormal == pytest.approx(100 * -0.5 + 50 * 0.1)
    assert found.se == pytest.approx(np.sqrt(100**2 + 50**2) * 0.01)
    assert found.raw == pytest.approx(found.expected + found.abnormal)


def test_no_covariance_no_interval() -> None:
    found = impact(AbnormalPath(0, np.array([0.1]), np.array([0.0]), None), 10.0, df=5, level=0.9)
    assert (found.abnormal, found.se, found.low, found.high) == (1.0, None, None, None)


def sample_of(residuals: np.ndarray, covariance: np.ndarray | None, df: float) -> GroupSample:
    """Firms that fell by a tenth against an expectation of nothing."""
    firms = residuals.shape[1]
    return GroupSample(
        residuals=residuals,
        leverage=np.zeros_like(residuals),
        sigma=np.sqrt((residuals**2).sum(axis=0) / df),
        df=np.full(firms, df),
        ar=np.full((1, firms), -0.1),
        covariance=np.full((firms, 1, 1), np.nan) if covariance is None else covariance,
    )


def dollars(sample: GroupSample, stakes: list[float]):
    raw = np.full((1, sample.firms), -0.1)
    worth = np.array([stakes])
    return stake_impact(sample, worth, raw, 0 * raw, worth[0] > 0, level=0.95)


def test_the_group_interval_carries_the_correlation_of_errors() -> None:
    """m = (3500, 1100, 230) bn, sigma (2.5, 2.2, 2.4) %, rho (.5, .4, .35): s.e. 104.3 bn."""
    stakes = [3500e9, 1100e9, 230e9]
    sigma = np.diag([0.025, 0.022, 0.024])
    correlation = np.array([[1, 0.5, 0.4], [0.5, 1, 0.35], [0.4, 0.35, 1]])
    df = 3
    residuals = np.linalg.cholesky(sigma @ correlation @ sigma * df).T  # R'R / df is Sigma
    variance = (sigma**2).diagonal()[:, None, None]
    found = dollars(sample_of(residuals, variance, df), stakes)
    assert found.se == pytest.approx(104.3e9, abs=0.05e9)
    assert found.market_value == sum(stakes)
    assert found.abnormal == pytest.approx(-0.1 * sum(stakes))
    alone = dollars(sample_of(sigma * np.sqrt(df), variance, df), stakes)
    assert alone.se == pytest.approx(91.0e9, abs=0.1e9)


def test_firms_without_a_value_are_left_out_of_the_total() -> None:
    found = dollars(sample_of(np.eye(2), None, 1), [0.0, 50.0])
    assert (found.raw, found.market_value, found.low) == (pytest.approx(-5.0), 50.0, None)
    known = dollars(sample_of(np.eye(2), np.full((2, 1, 1), 0.04), 1), [0.0, 50.0])
    assert known.se == pytest.approx(0.2 * 50.0)
    half = stats.t.ppf(0.975, 1) * known.se
    assert (known.low, known.high) == pytest.approx((-5.0 - half, -5.0 + half))


def test_every_figure_is_converted_at_one_rate_and_what_is_missing_stays_missing() -> None:
    euros = Impact(100.0, -9.0, 1.0, -10.0, 2.0, -14.0, -6.0, "EUR", 1.25)
    usd = euros.in_dollars()
    assert (usd.market_value, usd.raw, usd.expected, usd.abnormal) == (125.0, -11.25, 1.25, -12.5)
    assert (usd.se, usd.low, usd.high) == (2.5, -17.5, -7.5)
    assert (usd.currency, usd.rate) == ("USD", 1.0)
    bare = Impact(100.0, -9.0, 1.0, -10.0, None, None, None, "EUR", 1.25).in_dollars()
    assert (bare.abnormal, bare.se, bare.low, bare.high) == (-12.5, None, None, None)


@pytest.mark.parametrize(("currency", "rate"), [("EUR", None), ("USD", 1.25)])
def test_what_has_no_rate_or_is_in_dollars_already_stays_as_it_is(
    currency: str, rate: float | None
) -> None:
    given = Impact(100.0, -9.0, 1.0, -10.0, None, None, None, currency, rate)
    assert given.in_dollars() is given


def test_columns_of_dollars_say_so() -> None:
    given = (100.0, -9.0, 1.0, -10.0, None, None, None)
    assert Impact(*given).column("impact_low") == "impact_low_usd"
    assert Impact(*given, "EUR", 1.25).column("impact_low") == "impact_low"


def test_logarithms_are_turned_into_simple_returns_before_money() -> None:
    raw, expected = np.array([-0.5, 0.2]), np.array([0.0, 0.1])
    simple = impact(AbnormalPath(0, raw, expected, None), 100.0, df=10, level=0.95)
    logs = AbnormalPath(0, np.log1p(raw), np.log1p(expected), None, log=True)
    found = impact(logs, 100.0, df=10, level=0.95)
    assert (found.raw, found.abnormal) == pytest.approx((simple.raw, simple.abnormal))
    assert (found.raw, found.abnormal) == pytest.approx((-40.0, -45.0))


def test_money_is_dollars_unless_it_is_said_otherwise() -> None:
    path = AbnormalPath(0, np.array([0.1]), np.array([0.0]), None)
    found = impact(path, 10.0, df=5, level=0.9)
    assert (found.currency, found.rate) == ("USD", 1.0)
