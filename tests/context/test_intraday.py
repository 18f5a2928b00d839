"""The day by the bar: parameters recomputed from the bars, Lee and Mykland by simulation."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.context.absent import Absent
from analysis.context.intraday import intraday_days, jump_statistics, jump_threshold
from analysis.overrides import Overrides, override
from analysis.prices.tables import read_table
from analysis.run.plan import plan_headline
from scripts.intraday_parameters import FIRST, LAST, parameters_of

DAY = pd.Timestamp("2025-01-27")


@pytest.fixture(scope="module")
def days(study, snapshot):
    return intraday_days(plan_headline(study, snapshot))


def test_the_loss_was_made_before_the_first_trade(days) -> None:
    """142.62 to 124.80 at the opening; 118.42 at the close, the last bar before the auction."""
    assert days.overnight == pytest.approx(124.80 / 142.62 - 1)
    path = days.of(DAY)[0]
    assert np.prod(1 + path.realised) - 1 == pytest.approx(118.42 / 124.80 - 1, abs=2e-3)
    assert len(path.start) == 78
    assert {str(path.session.date()) for path in days.paths} == {
        "2025-01-24",
        "2025-01-27",
        "2025-01-28",
    }
    assert {path.benchmark for path in days.paths} == {"SPY", "QQQ"}


def test_the_eve_need_not_be_that_of_a_window(study, snapshot, days) -> None:
    wide = override(study, Overrides(events=("sell-off",), symbols=("NVDA",), windows=("-1..1",)))
    assert intraday_days(plan_headline(wide, snapshot)).overnight == days.overnight


def test_funds_were_down_hours_before(days) -> None:
    """QQQ at 512.76 at 04:35 in New York, against 529.63 the close before."""
    assert days.before["QQQ"].iloc[0] == pytest.approx(512.76 / 529.63 - 1, abs=1e-5)
    assert set(days.before) == {"QQQ", "SMH"}
    assert days.before["SMH"].index[-1] <= pd.Timestamp("2025-01-27T14:30Z")


def test_the_stored_parameters_are_those_of_the_bars(shared) -> None:
    stored, _ = read_table("intraday-parameters")
    made = parameters_of(shared / "testdata/intraday_bars_dec_feb.csv")
    pd.testing.assert_frame_equal(stored, made, rtol=1e-8)
    assert len(stored) == 2 * 78


def test_a_slot_against_statsmodels(shared) -> None:
    bars = pd.read_csv(shared / "testdata/intraday_bars_dec_feb.csv")
    bars = bars[bars["interval"] == "5m"]
    bars["day"] = bars["bar_start_utc"].str[:10]
    bars = bars[(bars["day"] >= str(FIRST.date())) & (bars["day"] <= str(LAST.date()))]
    at = bars[bars["bar_start_utc"].str[11:16] == "14:35"].pivot(
        index="day", columns="symbol", values="close"
    )
    base = bars[bars["bar_start_utc"].str[11:16] == "14:30"].pivot(
        index="day", columns="symbol", values="close"
    )
    moves = at / base - 1
    fit = sm.OLS(moves["NVDA"], sm.add_constant(moves["SPY"])).fit()
    stored, _ = read_table("intraday-parameters")
    row = stored[(stored["benchmark"] == "SPY") & (stored["slot"] == 5)].iloc[0]
    assert row["mean"] == pytest.approx(fit.params["const"], rel=1e-6)
    assert row["beta"] == pytest.approx(fit.params["SPY"], rel=1e-6)
    assert row["sd"] == pytest.approx(math.sqrt(fit.scale), rel=1e-6)
    assert row["n"] == len(moves)


def test_the_band_grows_with_the_root_of_its_variances(days) -> None:
    path = days.of(DAY)[0]
    stored, _ = read_table("intraday-parameters")
    own = stored[stored["benchmark"] == path.benchmark].sort_values("slot")
    ratio = path.half / np.sqrt(np.cumsum(own["sd"].to_numpy() ** 2))
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)
    assert ratio[0] == pytest.approx(2.03, abs=0.01)  # t with 33 degrees of freedom
    assert abs(path.cumulated[-1]) > path.half[-1]


def test_jumps_are_rare_without_jumps_and_found_with_them() -> None:
    """Size and power by simulation: 200 sessions of 78 bars, level 1 %; a jump of ten sd."""
    rng = np.random.default_rng(5)
    limit = jump_threshold(78)
    quiet = found = 0
    for _ in range(200):
        moves = rng.normal(0, 0.002, 78 + 270)
        quiet += bool((np.abs(jump_statistics(moves))[-78:] > limit).any())
        moves[300] += 0.02
        found += bool(np.abs(jump_statistics(moves))[300] > limit)
    assert quiet <= 8  # 1 % of 200 is 2; the estimated volatility adds a little
    assert found >= 195


def test_the_threshold_against_the_formula_by_hand() -> None:
    """C + 4.6001 S; minus the log of minus the log of 0.99 is 4.6001."""
    c, root = 0.7978846, math.sqrt(2 * math.log(78))
    centre = root / c - (math.log(math.pi) + math.log(math.log(78))) / (2 * c * root)
    assert jump_threshold(78) == pytest.approx(centre + 4.600149 / (c * root), rel=1e-6)


def test_another_firm_has_no_bars_and_is_told_so(study, snapshot) -> None:
    chosen = Overrides(events=("sell-off",), symbols=("AMD",), models=("market",))
    found = intraday_days(plan_headline(override(study, chosen), snapshot))
    assert isinstance(found, Absent)
    assert "no bars of minutes of AMD" in found.reason
