"""First sessions abroad on made-up closes, against statsmodels; see also the printed moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from crowd_market import EVENT, SESSIONS, asked, case_of
from scipy import stats

from analysis.context import world
from analysis.context.absent import Absent
from analysis.prices.manifest import InputFile
from analysis.prices.reference import ChronologyEntry
from analysis.windows import Window

MARKET = {
    "symbol": "X", "index": "I", "calendar": "XNYS", "name": "Firm X", "kind": "firm",
    "currency": "EUR",
}  # fmt: skip


def closes(seed: int = 3) -> dict[str, pd.Series]:
    """A firm and its index, of an exchange with the sessions of New York."""
    rng = np.random.default_rng(seed)
    index = rng.normal(0, 0.01, len(SESSIONS))
    firm = 0.001 + 1.2 * index + rng.normal(0, 0.015, len(SESSIONS))
    firm[EVENT] -= 0.1
    made = pd.DataFrame({"X": firm, "I": index}, index=SESSIONS)
    return {name: 50 * (1 + made[name]).cumprod() for name in made}


def measured(prices: dict[str, pd.Series], study=None, chronology=()):
    return world._measure(case_of(study), dict(MARKET), prices, chronology)


def test_a_first_session_against_statsmodels() -> None:
    prices = closes()
    found = measured(prices)
    returns = pd.DataFrame(prices).pct_change(fill_method=None)
    sample = returns.iloc[EVENT - 110 : EVENT - 10]
    fit = sm.OLS(sample["X"], sm.add_constant(sample["I"])).fit()
    frame = fit.get_prediction([[1, returns["I"].iloc[EVENT]]]).summary_frame(alpha=0.05)
    raw = returns["X"].iloc[EVENT]
    assert (found.n_estimation, found.days) == (100, 1)
    assert (found.eve, found.session) == (SESSIONS[EVENT - 1], SESSIONS[EVENT])
    assert (found.raw, found.market) == pytest.approx((raw, returns["I"].iloc[EVENT]), rel=1e-12)
    assert found.abnormal == pytest.approx(raw - frame["mean"][0], rel=1e-9)
    ends = raw - frame["obs_ci_upper"][0], raw - frame["obs_ci_lower"][0]
    assert (found.low, found.high) == pytest.approx(ends, rel=1e-9)
    se = (ends[1] - ends[0]) / 2 / 1.9844675  # t(98) at 97.5 %, R 4.3
    assert found.t == pytest.approx(found.abnormal / se, rel=1e-6)


def test_a_closure_takes_the_constant_and_the_variance_once_a_weekday() -> None:
    """Closed from Thursday to Monday, back on Tuesday: four weekdays from Wednesday."""
    prices = {
        name: series.drop(SESSIONS[EVENT - 2 : EVENT + 1]) for name, series in closes().items()
    }
    eve, back = SESSIONS[EVENT - 3], SESSIONS[EVENT + 1]
    sample = pd.DataFrame(prices).pct_change(fill_method=None).loc[:eve].iloc[-110:-10]
    raw, own = (prices[name][back] / prices[name][eve] - 1 for name in "XI")
    numbers = world._abnormal(sample[["X", "I"]].to_numpy(), raw, own, 4, 0.95)
    fit = sm.OLS(sample["X"], sm.add_constant(sample["I"])).fit()
    ahead = np.array([4.0, own])
    abnormal = raw - ahead @ fit.params.to_numpy()
    se = np.sqrt(fit.scale * (4 + ahead @ fit.normalized_cov_params.to_numpy() @ ahead))
    assert numbers["abnormal"] == pytest.approx(abnormal, rel=1e-9)
    assert numbers["t"] == pytest.approx(abnormal / se, rel=1e-9)
    assert numbers["p"] == pytest.approx(2 * stats.t.sf(abs(abnormal / se), 98), rel=1e-9)


def test_a_session_that_the_prices_do_not_hold_is_no_reaction() -> None:
    whole = closes()
    for row in (EVENT, EVENT - 1):
        assert measured({**whole, "X": whole["X"].drop(SESSIONS[row])}) is None
    assert measured({**whole, "X": whole["X"].iloc[EVENT:]}) is None
    pair = measured({**whole, "X": whole["X"].iloc[EVENT - 1 :]})
    assert pair.raw == pytest.approx(whole["X"].iloc[EVENT] / whole["X"].iloc[EVENT - 1] - 1)
    assert (pair.abnormal, pair.n_estimation) == (None, 0)


def test_sixty_sessions_of_both_are_enough_and_an_index_must_be_there() -> None:
    whole = closes()
    for sessions, tested in ((60, True), (59, False)):
        first = EVENT - 10 - sessions - 1
        found = measured({**whole, "X": whole["X"].iloc[first:]})
        assert found.n_estimation == sessions
        assert (found.abnormal is not None) is tested
    none = measured({"X": whole["X"]})
    assert (none.market, none.abnormal, none.n_estimation) == (None, None, 0)
    gone = measured({**whole, "I": whole["I"].drop(SESSIONS[EVENT])})
    assert (gone.market, gone.abnormal) == (None, None)


def test_the_estimation_window_is_counted_in_sessions_of_its_own() -> None:
    whole = closes()
    study = asked(estimation=Window(-80, -11), min_estimation=40)
    returns = pd.DataFrame(whole).pct_change(fill_method=None)
    sample = returns.iloc[EVENT - 80 : EVENT - 10]
    found = measured(whole, study)
    assert found.n_estimation == 70
    fit = sm.OLS(sample["X"], sm.add_constant(sample["I"])).fit()
    expected = returns["X"].iloc[EVENT] - fit.predict([[1, returns["I"].iloc[EVENT]]])[0]
    assert found.abnormal == pytest.approx(expected, rel=1e-9)


def entry(name: str, row: int, *, confounds: bool = True) -> ChronologyEntry:
    session = SESSIONS[EVENT + row]
    return ChronologyEntry(name, "", "", "", session.date(), session, confounds)


def test_other_news_are_those_after_the_event_to_the_end_of_the_session() -> None:
    """The study's event is a session earlier: the first one abroad comes after it."""
    news = [
        entry("on", -1),
        entry("after", 0),
        entry("later", 1),
        entry("other", 0, confounds=False),
    ]
    case = case_of()
    earlier = replace(case, placed=replace(case.placed, session=SESSIONS[EVENT - 1]))
    found = world._measure(earlier, dict(MARKET), closes(), news)
    assert found.news == ("after",)


def test_data_without_other_exchanges_are_told(tmp_path) -> None:
    case = case_of()
    told = world.first_sessions(case)
    assert isinstance(told, Absent)
    plan = replace(case.plan, data=replace(case.plan.data, folder=tmp_path))
    told = world.first_sessions(replace(case, plan=plan))
    assert told.reason == "the data hold no prices of other exchanges"


def made_world(monkeypatch, *kinds: str):
    """Firms X of the kinds given, each falling deeper than the one before; Y ends too early."""
    prices = closes()
    rows = [MARKET | {"symbol": f"X{k}", "kind": kind} for k, kind in enumerate(kinds)]
    daily = {row["symbol"]: prices["X"] ** (1 + 0.2 * k) for k, row in enumerate(rows)}
    early = prices["X"].iloc[: EVENT - 20]
    names = pd.DataFrame([MARKET | {"symbol": "Y"}, *rows])
    frame = pd.concat(
        series.rename("close").rename_axis("session").reset_index().assign(symbol=symbol)
        for symbol, series in {"I": prices["I"], "Y": early, **daily}.items()
    )
    held = [(names, InputFile("n", "0" * 64)), (frame, InputFile("d", "1" * 64))]
    monkeypatch.setattr(world, "held_tables", lambda *_: held)
    return world.first_sessions(case_of())


def test_firms_that_are_tested_and_have_the_day_are_listed(monkeypatch) -> None:
    found = made_world(monkeypatch, "firm", "index", "control", "cfd")
    assert [row.symbol for row in found.rows] == ["X3", "X2", "X0"]  # the lowest return first
    assert [file.name for file in found.inputs] == ["n", "d"]
    assert found.tidy["return"].tolist() == [row.raw for row in found.rows]


def test_where_none_has_the_day_that_is_told(monkeypatch) -> None:
    told = made_world(monkeypatch, "index")
    assert isinstance(told, Absent)
    assert told.reason == (
        "the prices of other exchanges that the data hold do not cover the event"
    )
