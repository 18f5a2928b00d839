"""The headline's window among its refitted residuals, by statsmodels and a count by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from crowd_market import EVENT, asked, case_of, crowd, simple

from analysis.context.absent import Absent
from analysis.context.conformal import conformal_rank
from analysis.windows import Window


def test_residuals_are_of_one_fit_over_both_windows() -> None:
    levels = crowd().levels.copy()
    levels.iloc[EVENT - 40, levels.columns.get_loc("A")] = np.nan
    found = conformal_rank(case_of(data=crowd(levels=levels)))
    returns = simple(levels)[["A", "M"]]
    rows = [*range(EVENT - 110, EVENT - 10), EVENT, EVENT + 1]
    both = returns.iloc[rows].dropna()
    fit = sm.OLS(both["A"], sm.add_constant(both["M"])).fit()
    np.testing.assert_allclose(found.residuals, fit.resid, rtol=1e-8, atol=1e-14)
    assert (len(both), found.length) == (100, 2)
    frame = found.tidy
    assert frame["event"].tolist() == [False] * 98 + [True] * 2
    assert frame["row"].tolist() == list(range(100))
    assert found.outcome.draws == 999
    # the same seed for every study: the two smallest of each row of numbers are a window
    drawn = np.random.default_rng(20250127).random((999, 100))
    pairs = np.argsort(drawn, axis=1)[:, :2]
    sums, own = np.abs(fit.resid.to_numpy()[pairs].sum(axis=1)), abs(fit.resid.iloc[-2:].sum())
    assert found.outcome.p == pytest.approx((1 + (sums >= own).sum()) / 1000, rel=1e-12)


def test_one_session_is_ranked_among_all_rows() -> None:
    """No draws: the share of residuals as large as that of the session itself."""
    study = asked()
    study = replace(study, headline=replace(study.headline, window=Window(0, 0)))
    found = conformal_rank(case_of(study))
    size = np.abs(found.residuals)
    assert len(size) == 101
    assert found.outcome.p == pytest.approx((size >= size[-1] - 1e-15).sum() / 101)


def test_it_is_no_test_for_a_fit_that_depends_on_the_order_or_a_long_window() -> None:
    told = conformal_rank(case_of(asked(model="garch")))
    assert isinstance(told, Absent)
    assert told.reason.startswith("model 'garch': ")
    long = asked(windows=(Window(0, 1), Window(0, 5)))
    for end, there in ((4, True), (5, False)):
        window = Window(0, end)
        one = replace(long, windows=(window,), headline=replace(long.headline, window=window))
        assert isinstance(conformal_rank(case_of(one)), Absent) is not there
