"""Every test answers with the fewest rows, firms or dates that it asks for, not with one less."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.inference.clustered import (
    calendar_portfolio_test,
    date_bootstrap_test,
    date_cluster_test,
    date_portfolio_test,
    group_difference_test,
    two_way_cluster_test,
    weighted_mean_test,
    wild_cluster_test,
)
from analysis.inference.cross_section import (
    cross_sectional_test,
    patell_test,
    sign_test,
    skewness_adjusted_test,
    wilcoxon_test,
)
from analysis.inference.date_sums import DateSums, close_products, codes_of
from analysis.inference.portfolio import calendar_time_test
from analysis.inference.rank import fitted_t_test, rank_test


def values_of(count: int, seed: int = 1) -> np.ndarray:
    """Draw values about 1 %."""
    return 0.01 + 0.02 * np.random.default_rng(seed).standard_normal(count)


def spaced(count: int) -> np.ndarray:
    """Dates that lie far apart, one a value."""
    return 50 * np.arange(count)


def rng() -> np.random.Generator:
    """Start the same draws again."""
    return np.random.default_rng(3)


def two_ways(dates: int, firms: int):
    """Each of the firms on each of the dates."""
    position, firm = np.repeat(spaced(dates), firms), np.tile(np.arange(firms), dates)
    return two_way_cluster_test(values_of(dates * firms), position, firm)


def difference_of(first: np.ndarray):
    """One pair a date, of either group."""
    return group_difference_test(values_of(len(first)), first, spaced(len(first)))[1]


def calendar_time(rows: int):
    """A portfolio on one factor, with the event on its last row."""
    return calendar_time_test(
        values_of(rows), values_of(rows, 2)[:, None], np.arange(rows) == rows - 1
    )


FEWEST = {
    "date-cluster": (5, lambda n: date_cluster_test(values_of(n), spaced(n))),
    "weighted": (5, lambda n: weighted_mean_test(values_of(n), np.ones(n), spaced(n))[1]),
    "date-portfolio": (5, lambda n: date_portfolio_test(values_of(n), spaced(n))),
    "wild-cluster": (5, lambda n: wild_cluster_test(values_of(n), spaced(n), rng())),
    "date-bootstrap": (10, lambda n: date_bootstrap_test(values_of(n), spaced(n), rng())),
    "calendar-portfolio": (10, lambda n: calendar_portfolio_test(values_of(n))),
    "two-way dates": (5, lambda n: two_ways(n, 9)),
    "two-way firms": (5, lambda n: two_ways(9, n)),
    "first group": (5, lambda n: difference_of(np.arange(n + 9) < n)),
    "second group": (5, lambda n: difference_of(np.arange(n + 9) >= n)),
    "cross-t": (2, lambda n: cross_sectional_test(values_of(n))),
    "hall": (3, lambda n: skewness_adjusted_test(values_of(n))),
    "wilcoxon": (5, lambda n: wilcoxon_test(values_of(n))),
    "sign": (1, lambda n: sign_test(values_of(n), 0.5)),
    "patell df": (3, lambda n: patell_test(values_of(4), np.array([50.0, n, 50, 50]))),
    "rank": (19, lambda n: rank_test("placebo", 6.0, values_of(n))),
    "fitted t": (50, lambda n: fitted_t_test("placebo-t", 6.0, values_of(n))),
    "calendar-time": (4, calendar_time),
}  # fmt: skip


@pytest.mark.parametrize("name", FEWEST)
def test_the_fewest_are_enough_and_one_less_is_not(name):
    fewest, run = FEWEST[name]
    enough = run(fewest)
    assert enough.available, enough.unavailable
    assert 0 < enough.p <= 1
    assert run(fewest - 1).unavailable


def test_what_is_missing_does_not_count():
    holed = np.append(values_of(4), np.nan)
    assert wilcoxon_test(holed).unavailable == "needs five firms or more to reach 10 %, there are 4"
    assert cross_sectional_test(np.array([0.1, np.nan])).unavailable.endswith("there is 1")
    assert wilcoxon_test(np.zeros(9)).unavailable
    for share in (0.0, 1.0):
        assert "one sign" in sign_test(values_of(9), share).unavailable


def test_dates_that_share_sessions_carry_no_freedom():
    """Of five dates on which windows of nine sessions overlap no two are apart."""
    position = np.arange(5)
    found = date_cluster_test(values_of(5), position, 9)
    assert found.unavailable
    sums = DateSums.of(values_of(5), position)
    assert [sums.apart(reach) for reach in (1, 2, 4, 5)] == [5, 3, 2, 1]
    assert DateSums.of(values_of(3), np.array([0, 3, 5])).apart(3) == 2


def test_an_interval_is_the_values_that_are_not_rejected():
    """Moved by an end of its interval the mean has a p of exactly 5 %."""
    values, position = values_of(40), np.repeat(spaced(20), 2)
    for run in (date_cluster_test, date_portfolio_test):
        found = run(values, position)
        for end in (found.low, found.high):
            assert run(values - end, position).p == pytest.approx(0.05, rel=1e-9)
        assert run(values, position, level=0.9).low > found.low
    found = calendar_portfolio_test(values)
    for end in (found.low, found.high):
        assert calendar_portfolio_test(values - end).p == pytest.approx(0.05, rel=1e-9)


def test_the_difference_of_groups_is_the_dummy_of_statsmodels():
    values, first = values_of(60), np.arange(60) % 3 == 0
    position = np.repeat(spaced(20), 3)
    difference, found = group_difference_test(values, first, position)
    design = np.column_stack([first, np.ones(60)]).astype(float)
    fit = sm.OLS(values, design).fit(
        cov_type="cluster",
        cov_kwds={"groups": position, "df_correction": True},
        use_t=True,
    )
    # statsmodels scales by (n - 1) / (n - k) besides
    scale = math.sqrt(59 / 58)
    assert difference == pytest.approx(fit.params[0])
    assert found.statistic == pytest.approx(fit.tvalues[0] * scale, rel=1e-9)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(found.statistic), 19))
    assert (found.low + found.high) / 2 == pytest.approx(difference)


@pytest.mark.parametrize("dates", [11, 12])
def test_weights_are_webbs_six_below_twelve_dates_and_signs_from_there(dates):
    values, position = values_of(dates), spaced(dates)
    webb = [-math.sqrt(1.5), -1.0, -math.sqrt(0.5), math.sqrt(0.5), 1.0, math.sqrt(1.5)]
    weights = rng().choice(webb if dates < 12 else [-1.0, 1.0], (199, dates))

    def t(x):
        return np.abs(stats.ttest_1samp(x, 0, axis=-1).statistic)

    p = (1 + int((t(weights * values) >= t(values) * (1 - 1e-12)).sum())) / 200
    found = wild_cluster_test(values, position, rng(), draws=199)
    assert found.p == pytest.approx(p, rel=1e-12)
    assert found.draws == 199
    assert found.statistic == pytest.approx(stats.ttest_1samp(values, 0).statistic)


def test_redrawn_dates_give_the_interval_of_their_t():
    values, position = values_of(30), spaced(30)
    found = date_bootstrap_test(values, position, rng(), draws=499, level=0.9)
    picks = rng().integers(0, 30, (499, 30))
    t = stats.ttest_1samp(values[picks] - values.mean(), 0, axis=1).statistic
    low, high = np.quantile(t, [0.05, 0.95])
    se = stats.sem(values)
    assert found.low == pytest.approx(values.mean() - high * se, rel=1e-9)
    assert found.high == pytest.approx(values.mean() - low * se, rel=1e-9)
    assert found.draws == 499
    assert "do not differ" in date_bootstrap_test(np.ones(12), spaced(12), rng()).unavailable
    assert "do not differ" in wild_cluster_test(np.ones(12), spaced(12), rng()).unavailable
    level = np.r_[np.ones(6), -np.ones(6)]
    assert date_bootstrap_test(level, spaced(12), rng()).unavailable  # a mean of nothing


def test_two_ways_fall_back_on_the_greater_where_the_variance_is_not_positive():
    """Values that cancel within each date and each firm leave the cells' variance alone."""
    rows, columns = np.divmod(np.arange(36), 6)
    values = 0.01 + 0.02 * np.where((rows + columns) % 2, 1.0, -1.0)
    values[0] += 0.001
    found = two_way_cluster_test(values, 50 * rows, columns)
    deviation = values - values.mean()
    parts = [
        (np.bincount(code, deviation) ** 2).sum() * n / (n - 1) / 36**2
        for code, n in ((rows, 6), (columns, 6), (np.arange(36), 36))
    ]
    assert parts[0] + parts[1] - parts[2] < 0
    assert found.statistic == pytest.approx(values.mean() / math.sqrt(max(parts[:2])))
    assert found.df == 5


@pytest.mark.parametrize(
    "values",
    [
        [3, 3, 5, 9, 9],  # in order
        [9, 3, 5, 3, 9],  # close together
        [4, 0, 400],  # far apart
        [8, 0, 4],
        [13, 0, 4],  # just too far apart for a table
        [7],
        [],
    ],
)
def test_codes_are_those_of_unique(values):
    values = np.array(values, dtype=np.int64)
    wanted = np.unique(values, return_inverse=True)
    for found, expected in zip(codes_of(values), wanted, strict=True):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == np.int64
    shuffled = np.random.default_rng(1).permutation(np.repeat(values, 3))
    for found, expected in zip(
        codes_of(shuffled), np.unique(shuffled, return_inverse=True), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("reach", [1, 2, 3, 7])
def test_products_of_close_dates_are_those_of_the_matrix(reach):
    position = np.array([0, 1, 3, 4, 9])
    sums = np.array([1.0, -2.0, 0.5, 4.0, 3.0])
    near = np.abs(position[:, None] - position) < reach
    wanted = (np.outer(sums, sums) * near).sum()
    assert close_products(position, sums, reach) == pytest.approx(wanted)
    assert close_products(position[:1], sums[:1], reach) == 1.0


def test_redraws_count_a_date_by_its_pairs():
    """Clustered t of each redraw, pair by pair: deviations from the redraw's own mean of pairs."""
    position = np.repeat(spaced(14), [1, 5, 2, 1, 3, 1, 1, 4, 2, 1, 1, 2, 3, 1])
    values = values_of(len(position))
    dates = np.unique(position, return_inverse=True)[1]

    def t(pairs, group):
        sums = np.bincount(group, pairs - pairs.mean())
        size = len(sums)
        return pairs.sum() / np.sqrt(np.square(sums).sum() * size / (size - 1))

    signs = rng().choice([-1.0, 1.0], (99, 14))
    redrawn = np.array([abs(t(row[dates] * values, dates)) for row in signs])
    observed = t(values, dates)
    found = wild_cluster_test(values, position, rng(), draws=99)
    assert found.statistic == pytest.approx(observed)
    assert found.p == pytest.approx((1 + (redrawn >= abs(observed) * (1 - 1e-12)).sum()) / 100)
    picks = rng().integers(0, 14, (99, 14))
    redrawn = []
    for row in picks:
        parts = [values[dates == place] - values.mean() for place in row]
        redrawn.append(t(np.concatenate(parts), np.repeat(np.arange(14), [len(p) for p in parts])))
    below, above = (np.array(redrawn) <= observed).sum(), (np.array(redrawn) >= observed).sum()
    found = date_bootstrap_test(values, position, rng(), draws=99)
    assert found.statistic == pytest.approx(observed)
    assert found.p == pytest.approx(min(1, 2 * (1 + min(below, above)) / 100))
    low, high = np.quantile(redrawn, [0.025, 0.975])
    se = values.mean() / observed
    assert (found.low, found.high) == pytest.approx(
        (values.mean() - high * se, values.mean() - low * se)
    )


def test_a_reason_names_the_number_needed():
    assert date_bootstrap_test(values_of(9), spaced(9), rng()).unavailable == (
        "needs 10 clusters or more, there are 9"
    )
    assert date_cluster_test(values_of(4), spaced(4)).unavailable == (
        "needs 5 clusters or more, there are 4"
    )


def test_the_calendar_portfolio_is_neweys_and_wests_mean():
    values = values_of(230)
    values[1:] += 0.4 * values[:-1]
    fit = sm.OLS(values, np.ones(230)).fit(
        cov_type="HAC", cov_kwds={"maxlags": 4, "use_correction": True}, use_t=True
    )
    found = calendar_portfolio_test(values)
    assert found.statistic == pytest.approx(fit.tvalues[0], rel=1e-9)
    assert (found.low, found.high) == pytest.approx(tuple(fit.conf_int()[0]), rel=1e-9)
