"""Volatility-scaled placebo dates against plain loops and least squares."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.inference.scaled import (
    DECAY,
    FIRST_FORECAST,
    ScaledPlacebo,
    quiet_test,
    recent_test,
    scaled_test,
    volatile_test,
    volatility_forecasts,
)


def by_loop(abnormal: np.ndarray) -> np.ndarray:
    """One session after another, as the definition reads."""
    out, seen, variance = [], [], math.nan
    for value in [*abnormal, math.nan]:
        out.append(math.sqrt(variance) if len(seen) >= FIRST_FORECAST else math.nan)
        if math.isnan(value):
            continue
        seen.append(value)
        if len(seen) == FIRST_FORECAST:
            variance = sum(v * v for v in seen) / FIRST_FORECAST
        elif len(seen) > FIRST_FORECAST:
            variance = DECAY * variance + (1 - DECAY) * value * value
    return np.array(out)


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_forecasts_by_a_loop(missing: float) -> None:
    rng = np.random.default_rng(7)
    abnormal = 0.02 * rng.standard_t(4, 300)
    abnormal[rng.random(300) < missing] = np.nan
    np.testing.assert_allclose(volatility_forecasts(abnormal), by_loop(abnormal), rtol=1e-12)


def test_a_forecast_knows_nothing_of_its_own_day_or_later() -> None:
    rng = np.random.default_rng(8)
    abnormal = rng.standard_normal(100)
    other = abnormal.copy()
    other[60:] = 50.0
    np.testing.assert_array_equal(
        volatility_forecasts(other)[:61], volatility_forecasts(abnormal)[:61]
    )


def test_too_few_give_none() -> None:
    assert np.isnan(volatility_forecasts(np.ones(FIRST_FORECAST - 1))).all()


def test_the_ranks_by_hand() -> None:
    cars = np.r_[np.full(300, 0.01), np.full(100, -0.08)]
    forecasts = np.r_[np.full(300, 0.01), np.full(100, 0.04)]
    due = np.arange(400) >= 390
    sample = ScaledPlacebo(-0.05, 0.02, cars, forecasts, np.arange(400), due)
    assert scaled_test("s", sample).p == 1 / 401  # |-2.5| beyond |1| and |-2|
    assert volatile_test("v", sample).p == 101 / 101  # the hundred turbulent ones all fell deeper
    assert quiet_test("q", sample).draws == 390
    assert recent_test("r", sample).draws == 250
    nothing = ScaledPlacebo(-0.05, math.nan, cars, forecasts, np.arange(400))
    assert "to forecast from" in scaled_test("s", nothing).unavailable
    assert "not at hand" in quiet_test("q", nothing).unavailable


def test_the_bundled_headline_by_least_squares(snapshot, full) -> None:
    """Every session fitted anew by lstsq, forecasts by the loop: statistic, rank and sessions."""
    levels = snapshot.levels
    returns = levels / levels.shift(1) - 1
    row = levels.index.get_loc(pd.Timestamp("2025-01-27"))
    eve = levels.index.get_loc(pd.Timestamp("2025-01-24"))
    relative = (levels["NVDA"] / levels["SPY"]).to_numpy()
    weight = np.r_[np.nan, 0.0677 * relative[:-1] / relative[eve]]
    market = ((returns["SPY"] - weight * returns["NVDA"]) / (1 - weight)).to_numpy()
    firm = returns["NVDA"].to_numpy()
    abnormal = np.full(row + 1, np.nan)
    for day in range(261, row + 1):
        past = slice(day - 260, day - 10)
        x = np.column_stack([np.ones(250), market[past]])
        alpha, beta = np.linalg.lstsq(x, firm[past], rcond=None)[0]
        abnormal[day] = firm[day] - alpha - beta * market[day]
    forecasts = by_loop(abnormal[:row])
    scaled = abnormal / forecasts
    placebo = scaled[261 : row - 10]
    placebo = placebo[np.isfinite(placebo)]
    larger = int((np.abs(placebo) >= abs(scaled[row])).sum())
    cell = full.headline_window
    assert cell.scaled.statistic == pytest.approx(scaled[row], rel=1e-6)
    assert cell.scaled.draws == len(placebo)
    assert cell.scaled.p == pytest.approx((1 + larger) / (len(placebo) + 1), rel=1e-12)
    assert larger == 7  # as a first look at these figures found by other code
    days = pd.read_csv(snapshot.folder / "reference/earnings.csv")
    results = set(days[days.kind == "results"].reaction_session)
    beyond = [
        str(levels.index[d].date())
        for d in range(261, row - 10)
        if abs(scaled[d]) >= abs(scaled[row])
    ]
    since = [day for day in beyond if day >= min(results)]
    assert since
    assert set(since) <= results
    quiet = next(b for b in full.batteries if b.kind == "firm").outcome("placebo-unscheduled")
    assert quiet.p == 1 / (quiet.draws + 1)
