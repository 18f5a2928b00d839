"""Placebo dates: which there are, and what makes one unusable."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.inference.placebo import placebo_scars, pseudo_dates
from analysis.windows import Window

ESTIMATION = Window(-40, -6)


def test_dates_keep_their_estimation_within_and_their_window_out_of_the_events_reach() -> None:
    dates = pseudo_dates(100, ESTIMATION, Window(-1, 2))
    assert dates[0] == 41  # row 1 is the first with a return
    assert dates[-1] + 2 == 100 - 6  # the last pseudo-window ends where the estimation window ends
    assert np.diff(dates).tolist() == [1] * (len(dates) - 1)


def test_no_dates_before_a_short_history() -> None:
    assert len(pseudo_dates(45, ESTIMATION, Window(0, 0))) == 0


def test_missing_rows_are_left_out_as_statsmodels_would() -> None:
    rng = np.random.default_rng(11)
    x = np.column_stack([np.ones(120), rng.normal(size=120)])
    y = x @ np.array([[0.1], [1.2]]) + rng.normal(size=(120, 1))
    y[50] = np.nan
    dates = pseudo_dates(119, ESTIMATION, Window(0, 1))
    found = placebo_scars(
        y, x[:, 1:], dates, estimation=ESTIMATION, window=Window(0, 1), min_estimation=30
    )[:, 0]
    for date, value in zip(dates, found, strict=True):
        rows = np.arange(date - 40, date - 5)
        rows = rows[rows != 50]
        ahead = np.arange(date, date + 2)
        if 50 in ahead:
            assert np.isnan(value)
            continue
        fit = sm.OLS(y[rows, 0], x[rows]).fit()
        total = x[ahead].sum(axis=0)
        se = np.sqrt(fit.scale * (2 + total @ fit.normalized_cov_params @ total))
        assert value == pytest.approx((y[ahead, 0] - x[ahead] @ fit.params).sum() / se, abs=1e-10)


def test_too_few_rows_or_a_window_beyond_the_data_give_no_draw() -> None:
    rng = np.random.default_rng(12)
    x, y = np.ones((60, 1)), rng.normal(size=(60, 1))
    y[10:20] = np.nan
    dates = np.arange(41, 60)
    draws, beyond = (
        placebo_scars(y, x[:, 1:], dates, estimation=ESTIMATION, window=window, min_estimation=30)
        for window in (Window(0, 0), Window(5, 9))
    )
    assert np.isnan(draws[:10, 0]).all()  # ten of 35 rows missing
    assert np.isfinite(draws[-1, 0])
    assert np.isnan(beyond[-9:, 0]).all()  # beyond the last row
