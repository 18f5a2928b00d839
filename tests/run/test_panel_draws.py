"""Placebo dates of the linear models: averages, forecasts and days of results, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from crowd_market import EVENT, SESSIONS, asked, case_of, crowd, simple

from analysis.prices.reference import Reference
from analysis.run import panel_draws
from analysis.windows import Window

NAN = np.nan
FIRST = 111
"""Row of the first pseudo-date: 110 returns lie before it, and row 0 has none."""


@pytest.fixture(scope="module")
def case():
    return case_of()


@pytest.fixture(scope="module")
def draws(case):
    return panel_draws.panel_draws([case])


def test_every_date_is_fitted_on_its_own_window(case, draws) -> None:
    returns = simple(crowd().levels)
    y, x = returns["B"].to_numpy(), sm.add_constant(returns["M"].to_numpy())
    found = draws.of(case, "B")
    for window in case.study.windows:
        last = EVENT - 11 - window.end
        assert len(found[window]) == last - FIRST + 1
        for date in (FIRST, 150, last):
            rows, ahead = slice(date - 110, date - 10), slice(date, date + window.end + 1)
            fit = sm.OLS(y[rows], x[rows]).fit()
            gaps = y[ahead] - fit.predict(x[ahead])
            days = x[ahead]
            share = days.sum(axis=0) @ fit.normalized_cov_params @ days.sum(axis=0)
            se = np.sqrt(fit.scale * (len(days) + share))
            assert found[window][date - FIRST] == pytest.approx(gaps.sum() / se, rel=1e-8)


def test_the_mean_of_firms_and_its_forecast(case, draws) -> None:
    """The recursion of RiskMetrics on the daily means, started by the first twenty squares."""
    names, window = ("B", "C"), Window(0, 1)
    found = draws.scaled(case, names, window)
    returns = simple(crowd().levels)
    x = sm.add_constant(returns["M"].to_numpy())
    daily, pairs = [], []
    for date in range(FIRST, EVENT + 1):
        rows = slice(date - 110, date - 10)
        gaps = []
        for name in names:
            y = returns[name].to_numpy()
            fit = sm.OLS(y[rows], x[rows]).fit()
            gaps.append(y[date : date + 2] - fit.predict(x[date : date + 2]))
        mean = np.mean(gaps, axis=0)
        daily.append(mean[0])
        pairs.append(mean.sum())
    variance = np.mean(np.square(daily[:20]))
    forecasts = [NAN] * 20
    for value in daily[20:]:
        forecasts.append(np.sqrt(variance))
        variance = 0.94 * variance + 0.06 * value**2
    count = len(found.cars)
    assert found.car == pytest.approx(pairs[-1], rel=1e-9)
    np.testing.assert_allclose(found.cars, pairs[:count], rtol=1e-8)
    np.testing.assert_allclose(found.forecasts, forecasts[:count], rtol=1e-8)
    assert found.forecast == pytest.approx(forecasts[-1], rel=1e-8)
    assert found.dates.tolist() == list(range(FIRST, FIRST + count))
    assert found.scheduled is None


def test_a_window_that_begins_before_the_day_takes_an_earlier_forecast() -> None:
    def drawn(window: Window):
        head = replace(asked().headline, window=window)
        both = asked(windows=(Window(0, 1), Window(-2, 1)))
        case = case_of(replace(both, headline=head))
        return panel_draws.panel_draws([case]).scaled(case, ("B",), window)

    early, plain = drawn(Window(-2, 1)), drawn(Window(0, 1))
    count = len(early.cars)
    assert count == len(plain.cars)  # both end on the same day
    np.testing.assert_array_equal(early.forecasts[2:count], plain.forecasts[: count - 2])
    np.testing.assert_array_equal(early.forecasts[:2], plain.forecasts[[0, 0]])


def test_forecasts_are_taken_from_sessions_before() -> None:
    forecasts = np.arange(5.0)
    assert panel_draws._shifted(forecasts, 0, 3).tolist() == [0.0, 1.0, 2.0]
    assert panel_draws._shifted(forecasts, -2, 5).tolist() == [0.0, 0.0, 0.0, 1.0, 2.0]


def test_a_mean_needs_half_of_the_firms() -> None:
    one, two, three = (np.array(row) for row in ([1.0, NAN, NAN], [3.0, 4.0, NAN], [NAN, NAN, 9.0]))
    found = panel_draws._mean([one, two, three])
    assert found.tolist()[0] == 2.0
    assert np.isnan(found[1:]).all()  # one of three is less than half
    np.testing.assert_array_equal(panel_draws._mean([one, two]), [2.0, 4.0, NAN])
    np.testing.assert_array_equal(panel_draws._mean([one]), [1.0, NAN, NAN])
    four = panel_draws._mean([one, two, np.full(3, NAN), np.full(3, NAN)])
    np.testing.assert_array_equal(four, [2.0, NAN, NAN])


def due(days: dict[str, list[int]], names: tuple[str, ...], dates: list[int], window: Window):
    known = {name: tuple(SESSIONS[row] for row in rows) for name, rows in days.items()}
    case = case_of(data=crowd(reference=Reference(results_days=known)))
    found = panel_draws.scheduled(case, names, np.array(dates), window)
    return None if found is None else [date for date, hit in zip(dates, found, strict=True) if hit]


def test_days_of_results_within_the_window_of_a_date() -> None:
    days = {"A": [100, 150], "B": [105]}
    around = list(range(95, 160))
    assert due(days, ("C",), around, Window(0, 0)) is None
    assert due(days, ("A",), list(range(100, 160)), Window(0, 0)) == [100, 150]
    assert due(days, ("A",), list(range(101, 160)), Window(-1, 2)) == [101, 148, 149, 150, 151]
    # before the first day known nothing says that news was not due
    assert due(days, ("A",), around, Window(0, 0)) == [95, 96, 97, 98, 99, 100, 150]
    assert due(days, ("A", "B"), list(range(98, 110)), Window(0, 0)) == [*range(98, 106)]


def test_days_outside_the_data_are_left_out() -> None:
    known = {"A": (SESSIONS[0] - pd.Timedelta(days=30), SESSIONS[120])}
    case = case_of(data=crowd(reference=Reference(results_days=known)))
    last = len(SESSIONS) - 1
    found = panel_draws.scheduled(case, ("A",), np.array([0, 119, 120, last]), Window(0, 1))
    assert found.tolist() == [False, True, True, False]
    edge = {"A": (SESSIONS[0], SESSIONS[last])}
    case = case_of(data=crowd(reference=Reference(results_days=edge)))
    found = panel_draws.scheduled(case, ("A",), np.array([1, last - 2, last - 1]), Window(-1, 1))
    assert found.tolist() == [True, False, True]


def test_firms_are_cut_into_calls_that_fit() -> None:
    most = panel_draws.MOST_CELLS
    assert panel_draws._parts({"A": 5, "B": 5}, 0) == []
    half = most // 4
    dates = dict.fromkeys("ABCDE", half)
    assert panel_draws._parts(dates, 2) == [["A", "B"], ["C", "D"], ["E"]]
    assert panel_draws._parts(dict.fromkeys("AB", most), 2) == [["A"], ["B"]]
    assert panel_draws._parts({"A": half, "B": half, "C": 1}, 2) == [["A", "B"], ["C"]]


def test_events_before_share_the_rows_of_the_last_that_asks(case) -> None:
    earlier = replace(case, placed=replace(case.placed, position=EVENT - 40))
    ((alike, dates),) = panel_draws._alike([earlier, case])
    assert alike == [earlier]
    assert dates == dict.fromkeys(case.symbols, EVENT - 110)
    ((_, few),) = panel_draws._alike([earlier])
    assert set(few.values()) == {EVENT - 150}
    long = replace(case, placed=replace(case.placed, position=60))
    ((_, none),) = panel_draws._alike([long])
    assert set(none.values()) == {0}


def test_what_is_kept_for_later_is_not_shown(draws) -> None:
    shown = repr(replace(draws, scars={}, cars={}))
    assert not any(name in shown for name in ("_kept", "_due", "_before"))


def test_rows_begin_with_the_first_whole_estimation_window() -> None:
    """Row 111 has returns on the rows 1 to 100 of its window; its CAR is that of least squares."""
    case = case_of()
    panel = panel_draws.panel_draws((case,))
    cars = panel.cars["A", case.specification.key]
    assert panel.first == 111
    assert cars.shape == (2, EVENT - 110)
    y, x = case.returns("A"), case.returns("M")
    for place, row in ((0, 111), (7, 118)):
        before = slice(row - 110, row - 10)
        slope, alpha = np.polyfit(x[before], y[before], 1)
        left = (y - alpha - slope * x)[row : row + 2]
        assert cars[:, place] == pytest.approx([left.sum(), left[0]], rel=1e-9)


@pytest.mark.parametrize(("end", "measures"), [(-1, 2), (0, 1)])
def test_no_day_is_measured_within_its_own_estimation_window(end: int, measures: int) -> None:
    one = Window(1, 1)
    head = replace(asked().headline, window=one)
    study = asked(estimation=Window(-110, end), windows=(one,), headline=head)
    case = case_of(study)
    panel = panel_draws.panel_draws((case,))
    assert len(panel.cars["A", case.specification.key]) == measures
    assert (panel.scaled(case, ("A",), one) is None) == (measures == 1)
