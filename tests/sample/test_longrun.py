"""The long run against explicit products and statsmodels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.errors import WindowError
from analysis.sample.calendar_time import held_portfolio
from analysis.sample.longrun import LONG_RUN_COLUMNS, hold, hold_matched, long_run
from analysis.sample.run import run_sample
from tests.sample.conftest import make_data, make_events
from tests.sample.test_pairs import SPEC


@pytest.fixture(scope="module")
def sample(world):
    returns, market = (part.copy() for part in world)
    returns[450:, 3] = np.nan  # leaves the exchange
    data = make_data(returns, market)
    rng = np.random.default_rng(9)
    firm = np.repeat(np.arange(10), 3)
    position = rng.choice(np.arange(140, 440), 30, replace=False)
    events = make_events(data, firm, position, weight=np.linspace(1, 2, 30))
    return run_sample(events, data, replace(SPEC, ranks=False)), returns, market


def test_held_returns_are_products(sample):
    result, returns, market = sample
    held = hold(result, 120)
    assert len(held.rows) == 30
    for row, firm, other, end in zip(held.rows, held.firm, held.other, held.end, strict=True):
        f, p = result.pairs.firm[row], result.pairs.position[row]
        days = np.arange(p + 1, p + 121)
        days = days[np.isfinite(returns[days, f])]
        assert end == days[-1]
        assert firm == pytest.approx(np.prod(1 + returns[days, f]) - 1, rel=1e-10)
        assert other == pytest.approx(np.prod(1 + market[days]) - 1, rel=1e-10)
    assert (held.end - result.pairs.position[held.rows] < 120).any()  # the firm that left


def test_rows_and_wealth_relative(sample):
    result, _, _ = sample
    frame = long_run(result, (20, 250))
    assert tuple(frame.columns) == LONG_RUN_COLUMNS
    held = hold(result, 250)
    row = frame[(frame["sessions"] == 250) & (frame["test"] == "cross-t")].iloc[0]
    assert row["n"] == len(held.rows)
    assert row["mean"] == pytest.approx(held.bhar.mean())
    assert row["wealth_relative"] == pytest.approx((1 + held.firm).mean() / (1 + held.other).mean())
    t = held.bhar.mean() / held.bhar.std(ddof=1) * np.sqrt(len(held.rows))
    assert row["statistic"] == pytest.approx(t)
    assert {"bhar", "cross-t", "calendar-time"} <= set(frame["test"])


def test_calendar_time_alpha_against_statsmodels(sample):
    result, returns, market = sample
    weight = np.ones(len(result.pairs))
    portfolio = held_portfolio(result, 60, weight)
    explicit = np.full(700, np.nan)
    for t in range(700):
        inside = [
            returns[t, f]
            for f, p in zip(result.pairs.firm, result.pairs.position, strict=True)
            if p + 1 <= t <= p + 60 and np.isfinite(returns[t, f])
        ]
        if inside:
            explicit[t] = np.mean(inside)
    np.testing.assert_allclose(portfolio.returns, explicit, rtol=1e-10)
    known = np.isfinite(explicit)
    lags = int(4 * (known.sum() / 100) ** (2 / 9))
    fit = sm.OLS(explicit[known], sm.add_constant(market[known])).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
    )
    frame = long_run(result, (60,))
    row = frame[frame["against"] == "equal portfolio, alpha a session"].iloc[0]
    assert row["mean"] == pytest.approx(fit.params[0], rel=1e-9)
    assert row["statistic"] == pytest.approx(fit.tvalues[0], rel=1e-9)
    assert "weighted portfolio, alpha a month" in set(frame["against"])


def test_months_are_compounded(sample):
    result, _, market = sample
    portfolio = held_portfolio(result, 250, np.ones(len(result.pairs)))
    days = pd.to_datetime(result.data.sessions.astype("datetime64[D]"))
    both = pd.DataFrame({"p": portfolio.returns, "m": market}, index=days)
    months = both.resample("MS").apply(lambda x: np.prod(1 + x) - 1 if x.notna().all() else np.nan)
    months = months.dropna()
    row = long_run(result, (250,))
    row = row[row["against"] == "equal portfolio, alpha a month"].iloc[0]
    assert row["n"] == len(months)
    fit = sm.OLS(months["p"], sm.add_constant(months["m"])).fit()
    assert row["mean"] == pytest.approx(fit.params["const"], rel=1e-8)


def test_firms_like_each_one_are_matched(sample):
    result, returns, _ = sample
    traits = pd.DataFrame(
        {"size": np.arange(12.0), "bm": np.arange(12.0)}, index=[f"F{at:03d}" for at in range(12)]
    )
    held = hold_matched(result, 5, traits)
    assert len(held.rows) > 20
    row = int(held.rows[0])
    f, p = int(result.pairs.firm[row]), int(result.pairs.position[row])
    own = {
        g
        for g, q in zip(result.pairs.firm.tolist(), result.pairs.position.tolist(), strict=True)
        if p <= q <= p + 5
    }
    near = [g for g in sorted(range(12), key=lambda g: (abs(g - f), g)) if g != f and g not in own]
    days = np.arange(p + 1, p + 6)
    expected = np.mean([np.prod(1 + returns[days, g]) - 1 for g in near[:5]])
    assert held.other[0] == pytest.approx(expected, rel=1e-10)


def test_horizons_out_of_bounds(sample):
    with pytest.raises(WindowError, match="between 1 and 750"):
        long_run(sample[0], (1000,))
