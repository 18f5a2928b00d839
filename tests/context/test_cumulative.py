"""The CAR along the path against a regression with a dummy for every session of the window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from crowd_market import EVENT, asked, case_of, crowd, simple

from analysis.context.absent import Absent
from analysis.context.cumulative import CumulativePath, cumulative_path
from analysis.overrides import Overrides, override
from analysis.run.plan import plan_headline
from analysis.run.study import run_study
from analysis.windows import Window

DAY = pd.Timestamp("2025-01-27")


@pytest.fixture(scope="module")
def plain(small_study):
    """On SPY as it is, session 0 alone."""
    return override(small_study, Overrides(benchmarks=("SPY",), windows=(Window(0, 0),)))


@pytest.fixture(scope="module")
def found(plain, snapshot):
    return cumulative_path(plan_headline(plain, snapshot))


def test_every_car_and_its_interval_against_statsmodels(found, snapshot) -> None:
    """Coefficients of the dummies are the abnormal returns, their covariance that of the CAR."""
    returns = (snapshot.levels / snapshot.levels.shift(1) - 1).iloc[1:]
    event = returns.index.get_loc(DAY)
    assert list(found.days) == list(range(-10, 21))
    for day in (-10, -6, -5, 0, 20):
        length = day + 11
        rows = slice(event - 260, event + day + 1)
        dummies = np.zeros((250 + length, length))
        dummies[250:] = np.eye(length)
        market = returns["SPY"].iloc[rows].to_numpy()
        constant = np.ones(len(market))
        constant[250:] = length <= 5  # a longer window does not carry the alpha on
        x = np.column_stack([constant, market, dummies])
        fit = sm.OLS(returns["NVDA"].iloc[rows].to_numpy(), x).fit()
        test = fit.t_test(np.concatenate([[0, 0], np.ones(length)]))
        place = day + 10
        assert found.car[place] == pytest.approx(test.effect[0], rel=1e-9)
        assert found.se[place] == pytest.approx(test.sd[0, 0], rel=1e-9)
        assert (found.low[place], found.high[place]) == pytest.approx(test.conf_int()[0], rel=1e-9)
        alpha = 0 if length <= 5 else fit.params[0]
        assert found.ar[: place + 1] == pytest.approx(fit.params[2:] - alpha, rel=1e-9)
        assert found.side(day) == (np.sign(test.effect[0]) if test.pvalue < 0.05 else 0)
        assert found.alpha == pytest.approx(fit.params[0], rel=1e-9)


@pytest.mark.parametrize("model", ["market", "garch", "kalman"])
def test_each_is_the_cell_that_a_study_of_its_window_has(plain, snapshot, model: str) -> None:
    windows = (Window(-10, 0), Window(-10, 3), Window(-10, 20))
    asked = override(plain, Overrides(models=(model,), windows=windows))
    found = cumulative_path(plan_headline(asked, snapshot))
    cells = run_study(asked, snapshot).headline.windows
    for window, cell in zip(windows, cells, strict=True):
        place = window.end + 10
        assert (found.car[place], found.se[place]) == (cell.car, cell.se)
        assert (found.low[place], found.high[place]) == pytest.approx((cell.t.low, cell.t.high))


def test_the_span_ends_where_data_and_estimation_window_do(plain, snapshot) -> None:
    near = replace(plain, estimation=Window(-240, -4))
    at = snapshot.levels.index.get_loc(DAY)
    cut = replace(snapshot, levels=snapshot.levels.iloc[: at + 4])
    assert cumulative_path(plan_headline(near, cut)).days == range(-3, 4)


def test_a_missing_level_costs_its_return_and_the_next(plain, snapshot, found) -> None:
    levels = snapshot.levels.copy()
    at = levels.index.get_loc(DAY)
    levels.iloc[[at - 5, at + 7], levels.columns.get_loc("NVDA")] = np.nan
    broken = cumulative_path(plan_headline(plain, replace(snapshot, levels=levels)))
    assert broken.days == range(-3, 7)
    assert broken.ar == pytest.approx(found.ar[7:17])
    assert [str(s.date()) for s in broken.sessions][3] == "2025-01-27"


def test_one_session_alone_is_no_path(plain, snapshot) -> None:
    bare = replace(plain, estimation=Window(-240, -1))
    cut = replace(snapshot, levels=snapshot.levels.loc[:DAY])
    assert isinstance(cumulative_path(plan_headline(bare, cut)), Absent)


def test_a_model_without_covariance_has_no_interval(study, snapshot) -> None:
    """The synthetic control's CAR, by its weights; the columns of the interval stay, empty."""
    asked = override(
        study, Overrides(events=("sell-off",), symbols=("NVDA",), models=("synthetic",))
    )
    case = plan_headline(asked, snapshot)
    found, fit = cumulative_path(case), case.fit("NVDA").model
    assert (found.se, found.low, found.high, found.side(0)) == (None, None, None, None)
    design, rows = case.design("NVDA"), slice(case.placed.position - 10, case.placed.position + 21)
    weights = np.array([fit.coefficients[name] for name in design.names])
    gaps = design.y[rows] - design.x[rows] @ weights
    np.testing.assert_allclose(found.car, np.cumsum(gaps), rtol=1e-9)
    assert list(found.tidy) == ["day", "session", "ar", "car", "low", "high", "se"]
    assert found.tidy[["low", "high", "se"]].isna().all(axis=None)


def test_the_file_has_one_row_a_session(found) -> None:
    frame = found.tidy
    assert frame["day"].tolist() == list(range(-10, 21))
    assert frame.loc[frame["day"] == 0, "session"].item() == "2025-01-27"
    np.testing.assert_array_equal(frame["high"] - frame["car"], found.high - found.car)
    carried = np.where(np.arange(31) < 5, 0, found.alpha * np.arange(1, 32))
    np.testing.assert_allclose(frame["ar"].cumsum() + carried, frame["car"], rtol=1e-9)


@pytest.mark.parametrize(
    ("row", "days"),
    [
        (EVENT + 1, range(-10, 1)),
        (EVENT + 2, range(-10, 2)),
        (EVENT, None),
        (EVENT - 1, None),
        (EVENT - 2, range(21)),
        (EVENT - 3, range(-1, 21)),
        (EVENT + 21, range(-10, 21)),
        (EVENT + 20, range(-10, 20)),
    ],
)
def test_the_span_is_the_unbroken_run_around_the_event(row, days) -> None:
    """A level that is missing takes the return of its session and of the next."""
    assert days_without(row) == days


def days_without(*rows: int) -> range | None:
    levels = crowd().levels.copy()
    levels.iloc[[*rows], levels.columns.get_loc("A")] = np.nan
    whole = case_of()
    design = replace(whole.design("A"), y=simple(levels)["A"].to_numpy())
    case = replace(whole)
    case.__dict__["designs"] = {"A": design}  # a plan refuses holes in the windows it measures
    found = cumulative_path(case)
    return None if isinstance(found, Absent) else found.days


def test_of_several_breaks_the_nearest_on_each_side_bound_the_span() -> None:
    assert days_without(EVENT - 8, EVENT - 5, EVENT + 4, EVENT + 9) == range(-3, 4)


def test_an_interval_that_ends_at_nought_holds_it() -> None:
    at = {"symbol": "A", "first": 0, "sessions": (DAY,) * 3, "critical": 2.0, "alpha": 0.0}
    car, se = np.array([0.02, 0.0201, -0.0201]), np.full(3, 0.01)
    path = CumulativePath(ar=car, car=car, se=se, **at)
    assert [path.side(day) for day in range(3)] == [0, 1, -1]


def test_a_headline_after_the_event_session_may_have_no_path() -> None:
    """The estimation window may end on session 0 itself: then 0 is not ahead of it."""
    after = asked(
        estimation=Window(-110, 0), windows=(Window(1, 2),), reaction_window=Window(1, 2),
        headline=replace(asked().headline, window=Window(1, 2)),
    )  # fmt: skip
    assert isinstance(cumulative_path(case_of(after)), Absent)
    before = replace(after, estimation=Window(-110, -1))
    assert cumulative_path(case_of(before)).days == range(21)


def test_two_sessions_are_a_path() -> None:
    near = asked(estimation=Window(-110, -1), windows=(Window(0, 1),))
    for sessions, days in ((2, range(2)), (3, range(3))):
        cut = crowd(levels=crowd().levels.iloc[: EVENT + sessions])
        assert cumulative_path(case_of(near, cut)).days == days


def test_ten_sessions_before_are_shown_where_the_estimation_window_leaves_them() -> None:
    early = asked(estimation=Window(-130, -31))
    assert cumulative_path(case_of(early)).days == range(-10, 21)


def test_a_model_without_a_constant_has_an_alpha_of_nought() -> None:
    assert cumulative_path(case_of(asked(model="market-adjusted"))).alpha == 0.0
