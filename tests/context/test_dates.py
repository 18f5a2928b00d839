"""Which sessions firms reacted on: the predictions against statsmodels, the counts by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from crowd_market import EVENT, FIRMS, SESSIONS, asked, case_of, crowd, simple
from scipy import stats

from analysis.context.absent import Absent
from analysis.context.dates import reaction_dates
from analysis.run.plan import plan_headline
from analysis.windows import Window

FIRST = EVENT - 2
"""The first of the five sessions asked about, -2..2."""


@pytest.fixture(scope="module")
def found():
    return reaction_dates(case_of())


def predicted(y: np.ndarray, x: np.ndarray, first: int = FIRST, days: int = 5):
    """Abnormal returns and their errors, fitted before the first session alone."""
    rows, ahead = slice(first - 110, first - 10), slice(first, first + days)
    x = sm.add_constant(x)
    fit = sm.OLS(y[rows], x[rows]).fit()
    frame = fit.get_prediction(x[ahead])
    return y[ahead] - frame.predicted_mean, frame.se_obs


def test_every_firm_on_every_session_against_statsmodels(found) -> None:
    returns = simple(crowd().levels)
    assert set(found.series) == set(FIRMS)
    assert (found.first, found.event_day, found.left_out) == (-2, 2, ())
    assert list(found.sessions) == list(SESSIONS[FIRST : FIRST + 5])
    got = {(r.series, r.day): r for r in found.reactions}
    for name in FIRMS:
        abnormal, errors = predicted(returns[name].to_numpy(), returns["M"].to_numpy())
        for day in range(5):
            assert got[name, day].ar == pytest.approx(abnormal[day], rel=1e-9)
            assert got[name, day].statistic == pytest.approx(abnormal[day] / errors[day], rel=1e-9)


def test_groups_are_equally_weighted_portfolios_of_their_firms(found) -> None:
    returns = simple(crowd().levels)
    got = {(r.series, r.day): r for r in found.groups}
    assert {name for name, _ in got} == {"A", "two", "three"}
    mean = returns[["E", "F", "G"]].mean(axis=1).to_numpy()
    abnormal, errors = predicted(mean, returns["M"].to_numpy())
    assert got["three", 2].ar == pytest.approx(abnormal[2], rel=1e-9)
    assert got["three", 2].statistic == pytest.approx(abnormal[2] / errors[2], rel=1e-9)


def test_p_is_a_count_of_4999_random_sets_and_the_event_itself(found) -> None:
    counts = np.array([5000 * r.p_all for r in found.reactions])
    np.testing.assert_allclose(counts, counts.round(), atol=1e-9)
    assert 1 <= counts.min() < 500


def test_the_band_is_the_median_interval_of_the_firm(found) -> None:
    returns = simple(crowd().levels)
    _, errors = predicted(returns["A"].to_numpy(), returns["M"].to_numpy())
    half = stats.t.ppf(0.975, 98) * np.median(errors)
    assert found.band == pytest.approx(half, rel=1e-9)


def test_the_firm_alone_is_judged_apart(found) -> None:
    assert {r.series for r in found.own} == {"A"}
    frame = found.tidy
    assert frame["event_time"].tolist() == [-2, -1, 0, 1, 2]
    assert frame["session"].tolist() == [str(s.date()) for s in found.sessions]
    assert frame["p_romano_wolf"].idxmin() == 2
    assert frame["p_romano_wolf"].iloc[2] < 0.05
    assert len(found.tidy_firms) == 30
    assert len(found.tidy_groups) == 15
    assert set(found.tidy_firms["symbol"]) == set(FIRMS)
    assert set(found.tidy_groups["series"]) == {"A", "two", "three"}


def test_placebo_sessions_are_all_before_the_estimation_window_ends(found) -> None:
    """Rows 111 to the last that ends with the estimation window of the first session asked."""
    last = FIRST - 11
    assert found.n_placebo == last - 111 + 1
    limited = reaction_dates(case_of(asked(estimation=Window(-40, -11), min_estimation=30)))
    assert limited.n_placebo == 246  # the nearest; there are more


def test_a_session_beyond_the_data_is_not_asked_about() -> None:
    data = crowd()
    study = asked(reaction_window=Window(-2, 9))
    cut = crowd(levels=data.levels.iloc[: EVENT + 3])
    found = reaction_dates(case_of(study, cut))
    assert [r.day for r in found.own] == [0, 1, 2, 3, 4]
    assert len(found.sessions) == 5


def test_dates_after_the_last_of_the_data_are_told() -> None:
    data = crowd()
    cut = crowd(levels=data.levels.iloc[: EVENT + 2])
    told = reaction_dates(case_of(asked(reaction_window=Window(2, 9)), cut))
    assert isinstance(told, Absent)
    assert told.reason == "the data end before the sessions 2..9 that the study asks about"
    there = reaction_dates(case_of(asked(reaction_window=Window(1, 9)), cut))
    assert len(there.sessions) == 1


def test_placebo_sessions_must_be_more_than_twice_those_asked_about() -> None:
    data = crowd()
    for left, there in ((11, True), (10, False)):
        first = FIRST - 11 - left + 1 - 111  # so that only so many rows remain
        cut = crowd(levels=data.levels.iloc[first:])
        found = reaction_dates(case_of(data=cut))
        assert isinstance(found, Absent) is not there
        if there:
            assert found.n_placebo == left


def test_a_firm_without_the_whole_history_is_left_out() -> None:
    """A gap from the first return to the last session asked about costs the place."""
    for row, kept in ((0, False), (FIRST + 4, False), (FIRST + 5, True)):
        levels = crowd().levels.copy()
        levels.iloc[row, levels.columns.get_loc("B")] = np.nan
        found = reaction_dates(case_of(data=crowd(levels=levels)))
        assert found.left_out == (() if kept else ("B",))
        assert {r.series for r in found.groups} == {"A", "two", "three"}


def test_a_group_is_of_the_firms_that_are_there() -> None:
    levels = crowd().levels.copy()
    levels.iloc[40, levels.columns.get_loc("B")] = np.nan
    found = reaction_dates(case_of(data=crowd(levels=levels)))
    got = {(r.series, r.day): r.ar for r in found.groups}
    alone = {(r.series, r.day): r.ar for r in found.reactions}
    assert got["two", 2] == pytest.approx(alone["C", 2], rel=1e-12)
    both = levels.copy()
    both.iloc[40, both.columns.get_loc("C")] = np.nan
    found = reaction_dates(case_of(data=crowd(levels=both)))
    assert {r.series for r in found.groups} == {"A", "three"}


def test_a_firm_of_the_headline_with_a_gap_is_told_how_many() -> None:
    levels = crowd().levels.copy()
    levels.iloc[40, levels.columns.get_loc("A")] = np.nan
    told = reaction_dates(case_of(data=crowd(levels=levels)))
    assert isinstance(told, Absent)
    assert told.reason == (
        f"needs a return of A and its benchmark on each of the {FIRST + 5 - 1} sessions up to the "
        "last one asked about; 2 lack one"
    )


def test_a_model_that_is_not_fitted_by_least_squares_is_told() -> None:
    told = reaction_dates(case_of(asked(model="garch")))
    assert "not fitted by least squares" in told.reason


@pytest.mark.slow
def test_reactions_of_the_bundled_study(study, snapshot) -> None:
    """The abnormal return of the sell-off, the model fitted before 2 December."""
    dates = reaction_dates(plan_headline(study, snapshot))
    returns = (snapshot.levels / snapshot.levels.shift(1) - 1).iloc[1:]
    weight = snapshot.levels["NVDA"] / snapshot.levels["SPY"]
    weight = (0.0677 * weight / weight.loc["2025-01-24"]).shift(1).iloc[1:]
    purged = (returns["SPY"] - weight * returns["NVDA"]) / (1 - weight)
    first = returns.index.get_loc(pd.Timestamp("2024-12-02"))
    rows = slice(first - 260, first - 10)
    fit = sm.OLS(returns["NVDA"].iloc[rows], sm.add_constant(purged.iloc[rows].to_numpy())).fit()
    event = next(item for item in dates.own if item.day == dates.event_day)
    ahead = fit.get_prediction([[1.0, purged.loc["2025-01-27"]]])
    expected = returns["NVDA"].loc["2025-01-27"] - ahead.predicted_mean[0]
    assert event.ar == pytest.approx(expected, rel=1e-8)
    assert event.statistic == pytest.approx(expected / ahead.se_obs[0], rel=1e-8)


def test_the_headlines_firm_alone_against_its_placebo_sessions(found) -> None:
    """Each placebo session predicted by a fit of its own; sets of five by the same numbers."""
    returns = simple(crowd().levels)
    y, x = returns["A"].to_numpy(), returns["M"].to_numpy()
    null = []
    for date in range(111, FIRST - 10):
        ar, se = predicted(y, x, date, 1)
        null.append((ar / se)[0])
    ar, se = predicted(y, x)
    t = ar / se
    own = sorted(found.own, key=lambda r: r.day)
    for reaction in own:
        size = abs(t[reaction.day])
        assert reaction.p_day == (1 + (np.abs(null) >= size).sum()) / (len(null) + 1)
    pool, rng = np.abs(np.append(null, t)), np.random.default_rng(20250127)
    largest = [pool[rng.choice(len(pool), 5, replace=False)].max() for _ in range(4999)]
    first = max(own, key=lambda r: abs(r.statistic))
    beyond = (np.array(largest) >= abs(first.statistic) * (1 - 1e-9)).sum()
    assert first.p_all == pytest.approx((1 + beyond) / 5000, rel=1e-12)
