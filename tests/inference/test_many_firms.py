"""The tests of many firms against R, statsmodels, pandas and hand examples."""

from __future__ import annotations

import csv
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.errors import DataError, ReliabilityWarning
from analysis.inference.catalog import TESTS
from analysis.inference.cross_section import (
    cross_sectional_test,
    generalised_sign_test,
    patell_test,
    skewness_adjusted_test,
    wilcoxon_test,
)
from analysis.inference.group import GroupSample, group_sample
from analysis.inference.group_battery import group_battery, true_size
from analysis.inference.many_firms import (
    bmp_test,
    kolari_pynnonen_patell_test,
    kolari_pynnonen_test,
    mean_correlation,
)
from analysis.inference.methods import many_firms as methods
from analysis.inference.outcome import NO_COVARIANCE
from analysis.inference.placebo_dates import draws, placebo_bmp_test, placebo_mean_test
from analysis.inference.portfolio import calendar_time_test, crude_dependence_test, portfolio_test
from analysis.inference.rank_tests import corrado_test, grank_t, grank_test, scaled_ranks
from analysis.models.linear import LeastSquares
from analysis.results.verdict import group_verdict

M = 60
GROUP = TESTS.of("group")
INDEPENDENT = [t.id for t in GROUP if t.family == "many firms" and "independent firms" in t.assumes]
ROBUST = [t.id for t in GROUP if t.family == "many firms" and "independent firms" not in t.assumes]


def sample_of(table: np.ndarray, rows: int, window: int) -> GroupSample:
    """Market-model fits of every firm on the first rows, predicted over the window after them."""
    market, firms = table[:, :1], table[:, 1:]
    post = slice(rows, rows + window)
    fits = [LeastSquares().fit(y, market[:rows], ("market",)) for y in firms[:rows].T]
    whole = slice(0, rows + window)
    sample = group_sample(
        fits,
        np.ones((rows, firms.shape[1]), dtype=bool),
        [fit.predict(market[post], gap=0) for fit in fits],
        firms[post],
    )
    fields = {name: getattr(sample, name) for name in sample.__dataclass_fields__}
    return GroupSample(
        **(fields | {"portfolio": firms[whole].mean(axis=1), "factors": market[whole]})
    )


@pytest.fixture(scope="module")
def table(root):
    return np.loadtxt(root / "tests/golden/many_firms_input.csv", delimiter=",", skiprows=1)


@pytest.fixture(scope="module")
def golden(root):
    with (root / "tests/golden/many_firms_golden.csv").open() as file:
        return {(row["test"], int(row["window"])): row for row in csv.DictReader(file)}


@pytest.mark.parametrize("window", [1, 3])
def test_every_statistic_and_p_agrees_with_r(table, golden, window):
    sample = sample_of(table, M, window)
    assert sample.correlation == pytest.approx(
        float(golden["mean-correlation", window]["statistic"]), rel=1e-10
    )
    compared = set()
    for outcome in group_battery(sample):
        if (outcome.test, window) not in golden:
            # ranks among dates, signs and modified ranks: by hand below; the others: test_effects
            assert outcome.test.startswith(("placebo", "portfolio-garch")) or outcome.test in {
                *("beaver", "bhar", "modified-rank", "corrado-sign", "binomial-sign"),
            }
            continue
        expected = golden[outcome.test, window]
        # R prints 12 digits
        assert outcome.statistic == pytest.approx(float(expected["statistic"]), rel=1e-9)
        assert outcome.p == pytest.approx(float(expected["p"]), rel=1e-8)
        compared.add(outcome.test)
    assert compared == {test for test, _ in golden} - {"mean-correlation"}


def test_hand_example_b_patell_bmp_and_their_adjustment():
    scar, df = np.array([-3.0, -1.0, -2.0, -2.0]), np.full(4, 100.0)
    assert patell_test(scar, df).statistic == pytest.approx(-3.960, abs=5e-4)
    assert kolari_pynnonen_patell_test(scar, df, 0.25).statistic == pytest.approx(-2.993, abs=5e-4)
    assert bmp_test(scar).statistic == pytest.approx(-4.899, abs=5e-4)
    assert kolari_pynnonen_test(scar, 0.25).statistic == pytest.approx(-3.207, abs=5e-4)
    assert kolari_pynnonen_test(scar, 0.25).df == 3


def test_hand_example_c_skewness():
    car = np.array([-0.05, -0.01, -0.03, -0.02])
    assert cross_sectional_test(car).statistic == pytest.approx(-3.220, abs=5e-4)
    assert skewness_adjusted_test(car, "johnson").statistic == pytest.approx(-4.585, abs=5e-4)
    assert skewness_adjusted_test(car, "hall").statistic == pytest.approx(-4.760, abs=5e-4)


def test_hand_example_d_generalised_rank():
    assert grank_t(-0.30 / 0.12, 251).statistic == pytest.approx(-2.527, abs=5e-4)
    assert grank_t(-0.30 / 0.12, 251).df == 249


def test_hand_example_of_the_sign_test():
    residuals = np.where(np.arange(100)[:, None] < 48, 1.0, -1.0) * np.ones((100, 20))
    car = np.where(np.arange(20) < 4, 0.01, -0.01)
    assert generalised_sign_test(car, residuals).statistic == pytest.approx(-2.506, abs=5e-4)


def test_ranks_are_scaled_by_one_more_than_their_number():
    ranks = scaled_ranks(np.array([[0.3, np.nan], [0.1, 5.0], [0.2, 4.0]]))
    np.testing.assert_allclose(ranks, [[0.25, np.nan], [-0.25, 1 / 6], [0.0, -1 / 6]])


def test_mean_correlation_of_unequal_histories_is_that_of_pandas(table):
    returns = table[:M, 1:].copy()
    returns[:25, 0] = np.nan
    returns[50:, 3] = np.nan
    pairwise = pd.DataFrame(returns).corr(min_periods=20).to_numpy()
    expected = pairwise[np.triu_indices(6, 1)].mean()
    assert mean_correlation(returns) == pytest.approx(expected, rel=1e-12)


def test_pairs_with_hardly_a_common_session_do_not_count(table):
    returns = table[:M, 1:3].copy()
    returns[:30, 0] = np.nan
    returns[30:, 1] = np.nan
    assert math.isnan(mean_correlation(returns))


def test_mean_correlation_leaves_out_the_diagonal(table):
    matrix = np.corrcoef(table[:M, 1:], rowvar=False)
    assert mean_correlation(table[:M, 1:]) < matrix.mean()


def test_calendar_time_is_the_dummy_of_statsmodels(table):
    portfolio, event = table[:, 1:].mean(axis=1), np.arange(63) >= M
    design = np.column_stack([np.ones(63), table[:, 0], event])
    expected = sm.OLS(portfolio, design).fit()
    outcome = calendar_time_test(portfolio, table[:, :1], event)
    assert outcome.statistic == pytest.approx(expected.tvalues[2], rel=1e-10)
    assert outcome.p == pytest.approx(expected.pvalues[2], rel=1e-10)
    np.testing.assert_allclose([outcome.low, outcome.high], expected.conf_int()[2], rtol=1e-10)


def test_calendar_time_leaves_out_a_session_that_lacks_the_portfolio_or_a_factor(table):
    portfolio, factors = table[:, 1:].mean(axis=1), table[:, :1].copy()
    portfolio[5], factors[9, 0] = np.nan, np.nan
    event = np.arange(63) >= M
    known = np.isfinite(portfolio) & np.isfinite(factors[:, 0])
    design = np.column_stack([np.ones(63), factors[:, 0], event])[known]
    expected = sm.OLS(portfolio[known], design).fit()
    outcome = calendar_time_test(portfolio, factors, event)
    assert outcome.statistic == pytest.approx(expected.tvalues[2], rel=1e-10)
    assert outcome.df == known.sum() - 3


def test_a_firm_that_lacks_some_estimation_sessions_stays(table):
    sample = sample_of(table, M, 1)
    holes = sample.residuals.copy()
    holes[:20, 1] = np.nan
    holes[:, 2] = np.nan
    fields = {name: getattr(sample, name) for name in sample.__dataclass_fields__}
    assert GroupSample(**(fields | {"residuals": holes})).complete().firms == 5


def test_a_model_without_prediction_errors_says_so_in_every_test_that_needs_them(table):
    sample = sample_of(table, M, 1)
    fields = {name: getattr(sample, name) for name in sample.__dataclass_fields__}
    bare = GroupSample(**(fields | {"covariance": np.full((6, 1, 1), np.nan)}))
    found = {outcome.test: outcome for outcome in group_battery(bare)}
    for test in ("kp", "bmp", "patell", "placebo-bmp", "placebo-mean", "grank-t", "portfolio"):
        assert found[test].unavailable == NO_COVARIANCE
    for test in ("cross-t", "corrado", "sign", "calendar-time"):
        assert found[test].available


def test_the_portfolio_test_is_the_prediction_error_of_statsmodels(table):
    fit = sm.OLS(table[:M, 1:].mean(axis=1), sm.add_constant(table[:M, 0])).fit()
    ahead = fit.get_prediction(np.array([[1.0, table[M, 0]]]))
    error = table[M, 1:].mean() - ahead.predicted_mean[0]
    outcome = portfolio_test(sample_of(table, M, 1))
    assert outcome.statistic == pytest.approx(error / ahead.se_obs[0], rel=1e-10)
    assert outcome.df == M - 2


def test_placebo_counts_the_event_itself(table):
    sample = sample_of(table, M, 1)
    null = sample.sar.mean(axis=1) / sample.sar.std(axis=1, ddof=1)
    event = sample.scar.mean() / sample.scar.std(ddof=1)
    expected = (1 + np.count_nonzero(abs(null) >= abs(event))) / (M + 1)
    assert placebo_bmp_test(sample).p == pytest.approx(expected)
    assert placebo_bmp_test(sample).draws == M


def test_placebo_takes_the_windows_refitted_out_of_sample_where_they_are_given(table):
    sample = sample_of(table, M, 3)
    assert draws(sample).shape == (M - 2, 6)
    event = abs(sample.scar.mean())
    # of 199 dates 40 have a mean as great as the event's, by construction
    given_draws = np.tile([[0.5, 1.5] * 3], (199, 1)) * event
    given_draws[40:] *= 0.9
    fields = {name: getattr(sample, name) for name in sample.__dataclass_fields__}
    ours = GroupSample(**(fields | {"placebo_scar": given_draws}))
    assert placebo_mean_test(ours).p == pytest.approx(41 / 200)


def test_a_window_longer_than_the_estimation_window_has_no_placebo_date(table):
    sample = sample_of(table, 4, 5)
    assert draws(sample).shape == (0, sample.firms)
    assert placebo_bmp_test(sample).unavailable
    assert len(draws(sample_of(table, 5, 5))) == 1


def test_placebo_windows_inside_the_estimation_window_are_sums_over_their_root(table):
    sample = sample_of(table, M, 3)
    by_hand = np.array([sample.sar[i : i + 3].sum(axis=0) / math.sqrt(3) for i in range(M - 2)])
    np.testing.assert_allclose(draws(sample), by_hand, rtol=1e-12)


def test_the_placebo_ratio_of_a_date_is_its_bmp_over_the_firms_that_it_has(table):
    """The event's own ratio among four dates whose BMP is known, one of them with a firm less."""
    sample = sample_of(table, M, 1)
    scar = sample.scar
    ratio = abs(bmp_test(scar).statistic)
    rng = np.random.default_rng(6)
    dates = rng.standard_normal((60, 6)) + 0.4
    dates[:20, 0] = np.nan
    # five firms whose BMP lies just beyond the event's, and just short of it
    spread = np.array([-1.0, -0.5, 0.0, 0.5, 1.0]) / np.std([-1.0, -0.5, 0.0, 0.5, 1.0], ddof=1)
    dates[:10, 1:] = spread + 1.04 * ratio / math.sqrt(5)
    dates[10:20, 1:] = spread + 0.98 * ratio / math.sqrt(5)
    reached = sum(abs(bmp_test(row).statistic) >= ratio for row in dates)
    assert 10 <= reached < 50
    fields = {name: getattr(sample, name) for name in sample.__dataclass_fields__}
    ours = placebo_bmp_test(GroupSample(**(fields | {"placebo_scar": dates})))
    assert ours.p == pytest.approx((1 + reached) / 61)
    mean = abs(scar.mean())
    reached = sum(abs(np.nanmean(row)) >= mean for row in dates)
    ours = placebo_mean_test(GroupSample(**(fields | {"placebo_scar": dates})))
    assert ours.p == pytest.approx((1 + reached) / 61)


def test_placebo_leaves_out_dates_on_which_most_firms_are_missing(table):
    sample = sample_of(table, M, 1)
    given_draws = np.full((50, 6), np.nan)
    given_draws[:30] = 0.1
    given_draws[:30, 0] = 0.2
    given_draws[30:, :2] = 9.0
    fields = {name: getattr(sample, name) for name in sample.__dataclass_fields__}
    assert placebo_mean_test(GroupSample(**(fields | {"placebo_scar": given_draws}))).draws == 30


def test_a_common_date_leads_with_the_tests_that_survive_and_warns_of_the_others(table):
    outcomes = group_battery(sample_of(table, M, 1))
    assert [outcome.test for outcome in outcomes] == [*ROBUST, *INDEPENDENT, "beaver", "bhar"]
    warned = {outcome.test: outcome.warning for outcome in outcomes}
    assert "mean residual correlation is 0.26" in warned["bmp"]
    assert "0.26" not in warned["kp"]


def test_firms_whose_residuals_do_not_correlate_lead_with_bmp():
    independent = 0.01 * np.random.default_rng(8).standard_normal((M + 1, 7))
    outcomes = group_battery(sample_of(independent, M, 1))
    assert outcomes[0].test == "bmp"
    assert not outcomes[0].warning


def test_a_wide_event_warns_where_the_variance_is_taken_as_steady():
    rng = np.random.default_rng(3)
    table = 0.01 * rng.standard_normal((121, 31))
    table[120, 1:] *= 3
    warned = {o.test: o.warning for o in group_battery(sample_of(table, 120, 1))}
    assert "times as wide" in warned["patell"]
    assert "times as wide" in warned["kp-patell"]
    assert not warned["placebo-bmp"]


def test_a_firm_without_its_event_session_is_left_out(table):
    gap = table.copy()
    gap[M, 2] = np.nan
    fewer = np.delete(table, 2, axis=1)
    ours = group_battery(sample_of(gap, M, 1))
    for outcome, expected in zip(ours, group_battery(sample_of(fewer, M, 1)), strict=True):
        if outcome.test != "calendar-time":
            assert outcome.statistic == pytest.approx(expected.statistic)


def test_no_firm_at_all_is_a_reason_and_no_crash(table):
    gap = table.copy()
    gap[M, 1:] = np.nan
    outcomes = group_battery(sample_of(gap, M, 1))
    assert not any(outcome.available for outcome in outcomes)
    verdict = group_verdict(outcomes, mean=-0.1, down=1, firms=1)
    assert verdict.text == "no verdict at 5%: no test of the group's mean"


def test_one_firm_gives_what_one_firm_can(table):
    outcomes = {o.test: o for o in group_battery(sample_of(table[:, :2], M, 1))}
    assert not outcomes["bmp"].available
    assert not outcomes["kp"].available
    assert outcomes["portfolio"].available
    assert outcomes["placebo-mean"].available


def test_negative_correlation_that_breaks_the_adjustment_warns():
    with pytest.warns(ReliabilityWarning, match="taken as 0"):
        outcome = kolari_pynnonen_test(np.array([-3.0, -1.0, -2.0, -2.0]), -0.34)
    assert outcome.statistic == pytest.approx(-4.899, abs=5e-4)
    assert "taken as 0" in outcome.warning


def test_shapes_that_disagree_are_refused(table):
    sample = sample_of(table, M, 1)
    fields = {name: getattr(sample, name) for name in sample.__dataclass_fields__}
    with pytest.raises(DataError, match="sigma has shape"):
        GroupSample(**(fields | {"sigma": np.ones(2)}))


def test_the_size_said_is_that_of_a_variance_misjudged():
    assert true_size(1.0) == pytest.approx(0.05)
    rng = np.random.default_rng(1)
    share = np.mean(np.abs(rng.normal(0, math.sqrt(6.8), 200_000)) > 1.959964)
    assert true_size(6.8) == pytest.approx(share, abs=0.005)


@example([0.0, 9.744751301210677e-123, 2.2250738585072014e-308])  # their cubes vanish
@given(st.lists(st.floats(-0.3, 0.3), min_size=3, max_size=12, unique=True))
def test_mirrored_returns_mirror_the_statistics(values):
    car = np.array(values)
    for run in (cross_sectional_test, skewness_adjusted_test, bmp_test):
        one, other = run(car), run(-car)
        assert one.available == other.available
        if one.available:
            assert one.statistic == pytest.approx(-other.statistic, abs=1e-9, rel=1e-9)
            assert 0 < one.p <= 1


def test_scaling_a_firm_leaves_its_standardised_tests_alone(table):
    scaled = table.copy()
    scaled[:, 3] *= 7
    ours = {o.test: o for o in group_battery(sample_of(table, M, 3))}
    other = {o.test: o for o in group_battery(sample_of(scaled, M, 3))}
    for test in ("kp", "bmp", "patell", "grank-t", "grank-z", "corrado", "corrado-zivney"):
        assert ours[test].statistic == pytest.approx(other[test].statistic, rel=1e-9)


def test_unavailable_says_why():
    assert "two firms" in bmp_test(np.array([0.1])).unavailable
    assert "same" in cross_sectional_test(np.full(4, 0.25)).unavailable
    assert "five" in wilcoxon_test(np.array([0.1, 0.2])).unavailable
    assert "two firms" in grank_test(np.ones((30, 1)), np.ones(1)).unavailable
    assert "never moves" in corrado_test(np.zeros((9, 3)), np.zeros((1, 3))).unavailable
    nobody, some = np.full(3, np.nan), np.array([0.1, np.nan, -0.2])
    assert "no firm has" in patell_test(nobody, np.full(3, 50.0)).unavailable
    assert "too few" in patell_test(some, np.array([50.0, 50.0, 2.0])).unavailable
    assert patell_test(some, np.array([50.0, 2.0, 50.0])).available
    assert patell_test(some, np.full(3, 3.0)).available
    mixed = np.array([[1.0, 1.0, -1.0], [-1.0, 1.0, 1.0]])
    assert generalised_sign_test(nobody, mixed).unavailable == "no firm has a CAR"
    assert generalised_sign_test(some, mixed).available
    for sign in (1.0, -1.0):
        assert "one sign" in generalised_sign_test(some, np.full((2, 3), sign)).unavailable


def test_crude_needs_common_sessions(table):
    sample = sample_of(table, M, 1)
    fields = {name: getattr(sample, name) for name in sample.__dataclass_fields__}
    holes = sample.residuals.copy()
    holes[:45, 1] = np.nan
    assert "15 estimation sessions" in (
        crude_dependence_test(GroupSample(**(fields | {"residuals": holes}))).unavailable
    )


@pytest.mark.parametrize("window", [1, 3])
def test_signs_and_modified_ranks_by_scipy(table, window):
    from scipy import stats

    sample = sample_of(table, M, window)
    residuals = sample.residuals.copy()
    residuals[:40, 0] = np.nan  # a firm that did not trade at first
    sample = replace(sample, residuals=residuals)
    both = np.vstack([residuals, sample.ar])
    known = np.isfinite(both)
    length, count = known.sum(axis=0), known.sum(axis=1)
    ranks = stats.rankdata(both, axis=0, nan_policy="omit")
    scaled = ranks / (length + 1) - 0.5
    weight = np.sqrt(count / both.shape[1])
    expected = {}
    for test, values in (("modified-rank", scaled), ("corrado-sign", np.sign(scaled))):
        daily = np.nanmean(values, axis=1) * weight
        spread = np.sqrt(np.square(daily).mean())
        expected[test] = np.sqrt(window) * daily[-window:].mean() / spread
    w, n = (sample.car > 0).sum(), len(sample.car)
    expected["binomial-sign"] = (w - n / 2) / np.sqrt(n / 4)
    found = {outcome.test: outcome for outcome in group_battery(sample)}
    for test, statistic in expected.items():
        assert found[test].statistic == pytest.approx(statistic, rel=1e-10)
        assert found[test].p == pytest.approx(2 * stats.norm.sf(abs(statistic)), rel=1e-10)


def test_which_tests_of_many_firms_want_how_many():
    tests = methods.TESTS
    assert {t.id: t.firms_wanted for t in tests if t.firms_wanted} == {"hall": 30, "johnson": 30}
    assert all(t.of_return for t in tests)
    assert not any(t.always or t.slow or t.sides != 1 for t in tests)
