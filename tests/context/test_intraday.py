"""The day by the bar: parameters recomputed from the bars, Lee and Mykland by simulation."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from crowd_market import EVENT, SESSIONS, case_of, crowd
from scipy import stats

from analysis.context import intraday
from analysis.context.absent import Absent
from analysis.context.intraday import (
    IntradayPath,
    bar_returns,
    intraday_days,
    jump_statistics,
    jump_threshold,
    slot_parameters,
)
from analysis.overrides import Overrides, override
from analysis.prices.manifest import InputFile
from analysis.prices.reference import Reference
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
    assert found.reason == "the data hold no bars of minutes of AMD"


OPENINGS = pd.DatetimeIndex(
    [f"2025-01-{day} 14:30" for day in (21, 22, 23, 24, 27, 28)], tz="UTC"
)  # fmt: skip


def made_bars(symbols=("A", "M"), openings=OPENINGS, seed: int = 3) -> pd.DataFrame:
    """Four bars a session of each security; the first opens off the close before."""
    rng = np.random.default_rng(seed)
    rows = []
    for symbol in symbols:
        price = 100.0
        for opening in openings:
            price *= 1 + rng.normal(0, 0.01)
            for bar in range(4):
                begin, price = price, price * (1 + rng.normal(0, 0.002))
                start = opening + pd.Timedelta(minutes=5 * bar)
                rows.append((symbol, start, 5, begin * (1 + 1e-4 * bar), price))
    return pd.DataFrame(rows, columns=["symbol", "start", "minutes", "open", "close"])


def test_a_bar_moves_from_the_close_before_and_the_first_from_its_open() -> None:
    bars = made_bars(("A",))
    found = bar_returns(bars, "XNYS")
    assert found["slot"].tolist() == [0, 5, 10, 15] * 6
    assert found["session"].nunique() == 6
    for row, move in enumerate(found["move"]):
        base = bars["open"][row] if row % 4 == 0 else bars["close"][row - 1]
        assert move == pytest.approx(bars["close"][row] / base - 1, rel=1e-12)


def test_parameters_of_a_slot_are_least_squares_of_its_bars() -> None:
    bars = made_bars()
    sessions = [day.tz_localize(None).normalize() for day in OPENINGS[:-1]]
    found = slot_parameters(bars, "A", "M", sessions)
    assert found["slot"].tolist() == [0, 5, 10, 15]
    moves = {n: bar_returns(bars[bars["symbol"] == n], "XNYS")["move"] for n in ("A", "M")}
    for place, row in enumerate(found.to_dict("records")):
        y, x = (moves[name].to_numpy()[place::4][:5] for name in ("A", "M"))
        fit = sm.OLS(y, sm.add_constant(x)).fit()
        got = row["mean"], row["beta"], row["sd"]
        # stored to twelve digits after the point
        assert got == pytest.approx((*fit.params, math.sqrt(fit.scale)), abs=5.1e-13)
        assert (row["symbol"], row["benchmark"], row["n"]) == ("A", "M", 5)
        assert got == tuple(round(value, 12) for value in got)


def test_the_statistic_is_the_return_over_the_bipower_variation_before() -> None:
    """K = 270 bars: the mean of the K - 2 products of neighbours before the bar."""
    moves = np.random.default_rng(2).normal(0, 0.01, 400)
    found = jump_statistics(moves)
    assert np.isnan(found[:78]).all()
    products = np.abs(moves[1:]) * np.abs(moves[:-1])  # the k-th ends with bar k + 1
    for bar in (78, 79, 268, 269, 270, 271, 399):
        known = products[max(0, bar - 269) : bar - 1]
        assert len(known) == min(bar - 1, 268)
        assert found[bar] == pytest.approx(moves[bar] / math.sqrt(known.mean()), rel=1e-10)
    still = np.zeros(90)
    still[-1] = 0.1
    assert np.isnan(jump_statistics(still)).all()


def path_of(**more) -> IntradayPath:
    known = {
        "symbol": "A", "benchmark": "M", "session": DAY, "start": OPENINGS[:3],
        "close": np.array([99.0, 98.0, 98.5]), "realised": np.array([-0.01, -0.02, 0.005]),
        "expected": np.array([-0.002, 0.001, 0.001]), "half": np.full(3, 0.01),
        "jump": np.array([-4.6, 4.60001, np.nan]), "critical": 4.6, "level": 0.95,
    }  # fmt: skip
    return IntradayPath(**{**known, **more})


def test_a_path_adds_up_what_was_not_expected_and_a_jump_is_beyond_its_limit() -> None:
    path = path_of()
    assert path.cumulated.tolist() == pytest.approx([-0.008, -0.029, -0.025])
    assert path.jumps.tolist() == [False, True, False]
    assert path.tidy["start"].iloc[0] == "2025-01-21T14:30Z"


PARAMETERS = pd.DataFrame(
    [("A", "M", slot, 1e-4 * slot, 1.1, 0.002 + 1e-5 * slot, 30 + slot) for slot in (0, 5, 10, 15)],
    columns=["symbol", "benchmark", "slot", "mean", "beta", "sd", "n"],
)  # fmt: skip
EARLY = pd.DataFrame(
    {
        "symbol": ["M"] * 3 + ["N"],
        "label": pd.DatetimeIndex(["2025-01-27T14:25Z", "2025-01-27T14:30Z", "2025-01-27T14:35Z"])
        .append(pd.DatetimeIndex(["2025-01-27T14:00Z"])),
        "close": [97.0, 96.0, 95.0, 40.0],
    }
)  # fmt: skip


def made_day(monkeypatch, *, bars=None, parameters=PARAMETERS, early=EARLY, closes=None):
    """The headline's day of the made-up market, with tables of minutes that go with it."""
    tables = [made_bars() if bars is None else bars, parameters, early]
    held = [(table, InputFile(name, "0" * 64)) for name, table in zip("bpe", tables, strict=True)]
    monkeypatch.setattr(intraday, "held_tables", lambda *_: held)
    return intraday_days(case_of(data=crowd(reference=Reference(daily_closes=closes))))


def printed(*names: str, drop: bool = False) -> pd.DataFrame:
    """Closes of two sessions, the eve's 100; without the eve where asked."""
    index = SESSIONS[EVENT - 2 : EVENT]
    frame = pd.DataFrame({name: [50.0, 100.0] for name in names}, index=index)
    return frame.iloc[:1] if drop else frame


def test_a_day_is_cut_to_its_session_and_its_band_has_the_fewest_sessions_of_a_slot(monkeypatch):
    bars = made_bars()
    days = made_day(monkeypatch, bars=bars)
    assert [path.session.day for path in days.paths] == [21, 22, 23, 24, 27, 28]
    (path,) = days.of(DAY)
    moves = {n: bar_returns(bars[bars["symbol"] == n], "XNYS")["move"] for n in ("A", "M")}
    own, market = (moves[name].to_numpy()[16:20] for name in ("A", "M"))
    np.testing.assert_allclose(path.realised, own, rtol=1e-12)
    np.testing.assert_allclose(path.expected, PARAMETERS["mean"] + 1.1 * market, rtol=1e-12)
    spread = np.sqrt((PARAMETERS["sd"] ** 2).cumsum())
    np.testing.assert_allclose(path.half, stats.t.ppf(0.975, 28) * spread, rtol=1e-9)
    assert path.critical == jump_threshold(4)
    assert np.isnan(days.overnight)  # no close of the eve is printed
    assert days.tidy.index.tolist() == list(range(24))
    assert [file.name for file in days.inputs] == ["b", "p", "e"]


def test_bars_of_another_length_are_left_out(monkeypatch) -> None:
    minutes = made_bars(seed=9).assign(minutes=1)
    (path,) = made_day(monkeypatch, bars=pd.concat([made_bars(), minutes])).of(DAY)
    assert len(path.start) == 4


def test_a_firm_needs_bars_parameters_and_the_day_itself(monkeypatch) -> None:
    none = "the data hold no bars of minutes of A"
    assert made_day(monkeypatch, bars=made_bars(("M",))).reason == none
    other = PARAMETERS.assign(symbol="B")
    assert made_day(monkeypatch, parameters=other).reason == none
    before = made_bars(openings=OPENINGS[:4])
    assert made_day(monkeypatch, bars=before).reason == f"{none} on 2025-01-27"


def test_hours_before_the_opening_are_set_against_the_printed_close_of_the_eve(monkeypatch) -> None:
    found = made_day(monkeypatch, closes=printed("M")).before
    assert list(found) == ["M"]  # no close of N is printed
    assert found["M"].tolist() == pytest.approx([-0.03, -0.04])  # at the opening, not after
    assert list(made_day(monkeypatch, closes=printed("M", "N")).before) == ["M", "N"]
    assert made_day(monkeypatch, closes=printed("M", drop=True)).before == {}
    assert made_day(monkeypatch).before == {}
    later = EARLY.assign(label=EARLY["label"] + pd.Timedelta(days=1))
    assert made_day(monkeypatch, closes=printed("M"), early=later).before == {}
