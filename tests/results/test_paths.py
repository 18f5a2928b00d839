"""The day-by-day path: each day is the one-session window, each sum the window to that day."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.export import result_files
from analysis.results.paths import PATH_COLUMNS
from analysis.run.one_event import event_study
from analysis.run.study import run_study
from analysis.windows import Window

DAYS = range(-3, 6)
TO_THE_DAY = [Window(DAYS[0], day) for day in DAYS]
EACH_DAY = [Window(day, day) for day in DAYS if day != DAYS[0]]


@pytest.fixture(scope="module")
def daily(small_study, snapshot):
    """The small study with every day, and every run of days from the first, as a window."""
    wanted = {*TO_THE_DAY, *EACH_DAY, small_study.headline.window}
    return run_study(
        replace(small_study, windows=tuple(sorted(wanted, key=lambda w: (w.start, w.end)))),
        snapshot,
    )


def test_a_day_is_the_window_of_that_day_and_a_sum_the_window_up_to_it(daily) -> None:
    path = daily.path.set_index("day")
    assert tuple(daily.path.columns) == PATH_COLUMNS
    assert list(path.index) == list(DAYS)
    for window, names in [
        *((w, ("ar", "ar_low", "ar_high")) for w in EACH_DAY),
        *((w, ("car", "car_low", "car_high")) for w in TO_THE_DAY),
    ]:
        cell = daily.headline.at(window)
        expected = (cell.car, cell.t.low, cell.t.high)
        assert tuple(path.loc[window.end, list(names)]) == pytest.approx(expected, rel=1e-12)


def test_the_path_is_that_of_least_squares(snapshot) -> None:
    """statsmodels' own prediction of the same days from the same estimation window."""
    daily = event_study(
        snapshot.levels, firm="NVDA", market="SPY", when="2025-01-27", windows="-3..5"
    )
    returns = daily.levels.pct_change()
    at = daily.headline_event.position
    head, estimation = daily.study.headline, daily.study.estimation
    market = sm.add_constant(returns[daily.headline.benchmark].to_numpy())
    rows = slice(at + estimation.start, at + estimation.end + 1)
    fit = sm.OLS(returns[head.symbol].to_numpy()[rows], market[rows]).fit()
    days = slice(at + DAYS[0], at + DAYS[-1] + 1)
    frame = fit.get_prediction(market[days]).summary_frame(alpha=1 - daily.study.level)
    realised = returns[head.symbol].to_numpy()[days]
    path = daily.path
    np.testing.assert_allclose(path["expected_return"], frame["mean"], rtol=1e-9)
    np.testing.assert_allclose(path["ar"], realised - frame["mean"], rtol=1e-9)
    np.testing.assert_allclose(path["ar_low"], realised - frame["obs_ci_upper"], rtol=1e-9)
    np.testing.assert_allclose(path["ar_high"], realised - frame["obs_ci_lower"], rtol=1e-9)
    assert path["session"].tolist() == [str(day.date()) for day in returns.index[days]]


def test_all_firms_of_the_headline_stand_in_the_file(full) -> None:
    frame = pd.read_csv(io.StringIO(result_files(full)["paths.csv"]))
    assert list(dict.fromkeys(frame["symbol"])) == [firm.symbol for firm in full.headline_firms]
    assert set(frame["model"]) == {full.headline.model}
    spans = frame.groupby("symbol")["day"].agg(["min", "max", "size"])
    windows = full.study.windows
    first, last = min(w.start for w in windows), max(w.end for w in windows)
    assert spans.drop_duplicates().values.tolist() == [[first, last, last - first + 1]]


def test_without_a_standard_error_there_is_no_interval(daily) -> None:
    firm = daily.headline
    paths = {n: replace(getattr(firm, n), covariance=None) for n in ("path", "unlevelled")}
    bare = replace(firm, band=None, **paths)
    path = replace(daily, firms=tuple(bare if f is firm else f for f in daily.firms)).path
    assert path[["ar_low", "ar_high", "car_low", "car_high"]].isna().all(axis=None)
    np.testing.assert_array_equal(path["ar"], daily.path["ar"])
