"""The mean without each firm in turn, against the fits of the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from crowd_market import EVENT, asked, crowd

from analysis.context.leave_one_out import leave_one_out
from analysis.overrides import Overrides, override
from analysis.run.study import run_study
from analysis.windows import Window


def test_leaving_one_firm_out_averages_the_others(study, snapshot) -> None:
    small = override(
        study,
        Overrides(
            events=("sell-off",),
            symbols=("NVDA", "AMD", "MU"),
            models=("market",),
            benchmarks=("RSP",),
        ),
    )
    result = run_study(small, snapshot)
    car = {f.symbol: f.at(Window(0, 0)).car for f in result.firms}
    means = {item.symbol: item.mean for item in leave_one_out(small, snapshot)}
    assert means["NVDA"] == pytest.approx((car["AMD"] + car["MU"]) / 2)
    assert means["MU"] == pytest.approx((car["NVDA"] + car["AMD"]) / 2)


def test_the_interval_without_a_firm_is_that_of_the_others_as_a_portfolio(study, snapshot) -> None:
    small = override(
        study,
        Overrides(
            events=("sell-off",),
            symbols=("NVDA", "AMD", "MU"),
            models=("market",),
            benchmarks=("RSP",),
        ),
    )
    small = replace(small, level=0.9)
    returns = snapshot.levels / snapshot.levels.shift(1) - 1
    at = snapshot.levels.index.get_loc("2025-01-27")
    x = sm.add_constant(returns["RSP"].to_numpy())
    for item in leave_one_out(small, snapshot):
        others = [symbol for symbol in small.symbols if symbol != item.symbol]
        y = returns[others].mean(axis=1).to_numpy()
        fit = sm.OLS(y[at - 260 : at - 10], x[at - 260 : at - 10]).fit()
        ahead = fit.get_prediction(x[at : at + 1])
        low, high = ahead.conf_int(obs=True, alpha=0.1)[0]
        expected = ahead.predicted_mean[0]
        assert item.low == pytest.approx(y[at] - high, abs=1e-10), item.symbol
        assert item.high == pytest.approx(y[at] - low, abs=1e-10), item.symbol
        assert item.mean == pytest.approx(y[at] - expected, abs=1e-10)
    assert leave_one_out(replace(small, symbols=("NVDA", "AMD"), groups=()), snapshot) == ()


def test_of_two_firms_with_the_window_none_is_left_out() -> None:
    """A third firm that lacks a return of the window is none of those that are there."""
    levels = crowd().levels.copy()
    for names, holes, left in ((("A", "B", "C"), (), 3), (("A", "B", "C"), ("C",), 0)):
        given = levels.copy()
        for name in holes:
            given.iloc[EVENT + 1 :, given.columns.get_loc(name)] = np.nan
        study = asked(symbols=names, groups=())
        assert len(leave_one_out(study, crowd(levels=given))) == left


def test_without_an_interval_of_the_mean_there_is_none() -> None:
    """A synthetic control has no prediction error, and so has no portfolio of them."""
    study = asked(model="synthetic", symbols=("A", "B", "C"), groups=())
    assert leave_one_out(study, crowd()) == ()
