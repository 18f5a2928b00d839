"""Student t, the sample quantile and the placebo rank of one firm."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import optimize, stats

from analysis.inference.methods import leading
from analysis.inference.methods import one_firm as one_firm_methods
from analysis.inference.one_firm import sample_quantile_test, t_test
from analysis.inference.outcome import Outcome
from analysis.inference.rank import FEWEST_DRAWS, fitted_t_test, rank_test
from analysis.inference.registry import Settings
from analysis.inference.student import critical_value, never_zero, two_sided_p


def test_t_is_scipys_with_its_own_degrees_of_freedom() -> None:
    outcome = t_test(-0.1, 0.04, 7, level=0.9)
    assert outcome.statistic == pytest.approx(-2.5)
    assert outcome.p == pytest.approx(2 * stats.t.sf(2.5, 7))
    assert outcome.p != pytest.approx(2 * stats.t.sf(2.5, 8), rel=1e-3)
    low, high = stats.t.interval(0.9, 7, loc=-0.1, scale=0.04)
    assert (outcome.low, outcome.high) == pytest.approx((low, high))


@pytest.mark.parametrize("statistic", [50.0, -1e6, 1e200])
def test_p_is_never_zero(statistic: float) -> None:
    assert two_sided_p(statistic, 248) >= sys.float_info.min


def test_never_zero_keeps_probabilities_within_one() -> None:
    assert never_zero(1 + 1e-12) == 1.0


@pytest.mark.parametrize("df", [3, 30, 248])
def test_critical_value_is_scipys(df: int) -> None:
    assert critical_value(0.95, df) == pytest.approx(stats.t.ppf(0.975, df))


def test_sample_quantile_example() -> None:
    """M = 99 and an AR below all residuals: p = 0.01 one-sided, 0.02 two-sided."""
    residuals = np.linspace(-0.1, 0.1, 99)
    assert sample_quantile_test(-0.5, residuals).p == pytest.approx(0.02)
    assert sample_quantile_test(+0.5, residuals).p == pytest.approx(0.02)
    assert sample_quantile_test(0.0, residuals).p == 1.0
    assert sample_quantile_test(-0.5, residuals).draws == 99


def test_sample_quantile_counts_ties_against_the_event() -> None:
    residuals = np.array([-0.2, -0.1, 0.0, 0.1])
    assert sample_quantile_test(-0.2, residuals).p == pytest.approx(2 * 2 / 5)


def test_rank_counts_magnitudes_and_adds_one() -> None:
    draws = np.array([*np.linspace(-1, 1, 18), -5.0, np.nan])
    assert rank_test("placebo", 5.0, draws).p == pytest.approx(2 / 20)
    assert rank_test("placebo", 6.0, draws).p == pytest.approx(1 / 20)
    assert rank_test("placebo", 6.0, draws).draws == 19


def test_rank_needs_draws() -> None:
    outcome = rank_test("placebo", 6.0, np.zeros(FEWEST_DRAWS - 1))
    assert not outcome.available
    assert "only 18 pseudo-dates" in outcome.unavailable


def test_a_missing_outcome_carries_its_reason() -> None:
    outcome = Outcome.missing("t", "no covariance")
    assert (outcome.available, outcome.p, outcome.unavailable) == (False, None, "no covariance")


class TestFittedT:
    def test_p_is_that_of_the_likeliest_law(self):
        draws = 1.3 * np.random.default_rng(3).standard_t(4, 400)
        outcome = fitted_t_test("placebo-t", -6.0, draws)

        def cost(parameters):
            nu, scale = np.exp(parameters)
            return -stats.t.logpdf(draws, nu, scale=scale).sum()

        found = optimize.minimize(cost, [1.0, 0.0], method="Nelder-Mead", tol=1e-10)
        nu, scale = np.exp(found.x)
        assert outcome.df == pytest.approx(nu, rel=1e-4)
        assert outcome.p == pytest.approx(2 * stats.t.sf(6.0, nu, scale=scale), rel=1e-4)

    @pytest.mark.slow
    def test_a_true_null_is_rejected_as_often_as_said_and_a_shift_more_often(self):
        rng = np.random.default_rng(4)
        null, shifted = [], []
        for _ in range(300):
            draws = rng.standard_t(5, 201)
            null.append(fitted_t_test("placebo-t", draws[0], draws[1:]).p < 0.05)
            shifted.append(fitted_t_test("placebo-t", draws[0] - 5, draws[1:]).p < 0.05)
        # three standard errors of 300 replications are 3.8 points
        assert 0.012 < np.mean(null) < 0.088
        assert np.mean(shifted) > 0.8

    def test_few_or_equal_draws_give_no_tail(self):
        assert "49 pseudo-dates" in fitted_t_test("placebo-t", 1.0, np.arange(49.0)).unavailable
        assert not fitted_t_test("placebo-t", 1.0, np.zeros(80)).available


def test_which_tests_of_one_firm_run_unasked_and_what_they_give():
    tests = (*one_firm_methods.TESTS, *leading.TESTS)
    assert {t.id for t in tests if t.always} == {
        "t", "sq", "placebo", "placebo-t", "conformal", "garch-t", "evt", "evt-recent", "mde",
        "placebo-ewma", "placebo-unscheduled", "placebo-recent", "placebo-turbulent",
    }  # fmt: skip
    assert {t.id for t in tests if t.slow} == {"garch-t", "portfolio-garch"}
    assert {t.id for t in tests if not t.of_return} == {"evt", "evt-recent", "mde"}
    assert {t.id: t.sides for t in tests if t.sides != 1} == {"sq": 2}
    assert one_firm_methods.RECENT_SESSIONS == 3780
    (ranked,) = (t for t in tests if t.id == "sq")
    fit = SimpleNamespace(residuals=np.linspace(-0.1, 0.1, 99))
    assert ranked.run(SimpleNamespace(car=-0.5, fit=fit), Settings()).p == 0.02
