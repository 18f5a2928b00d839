"""What the tests of one firm read: sessions after, losses before, a longer history, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from crowd_market import EVENT, ROWS, SESSIONS, asked, case_of, crowd, simple

from analysis.run import firm_sample
from analysis.windows import Window

WINDOW = Window(0, 1)


def bars(levels: pd.Series, **changed) -> pd.DataFrame:
    close = levels.to_numpy()
    opened = close * np.exp(np.random.default_rng(1).normal(0, 0.005, len(close)))
    columns = {
        "open": opened, "high": close * 1.1, "low": close * 0.9, "close": close,
        "adj_close": close, "volume": np.arange(len(close)) + 1e6, **changed,
    }  # fmt: skip
    return pd.DataFrame(columns, index=levels.index)


def sampled(case, symbol="A", window=WINDOW):
    return firm_sample.whole_sample(case, symbol, window, np.empty(0))


def with_history(history: pd.DataFrame | None, levels=None, **more):
    data = crowd() if levels is None else crowd(levels=levels)
    histories = {} if history is None else {"A": history}
    return case_of(data=replace(data, histories=histories, **more))


def test_sessions_after_are_sixty_at_the_most_without_those_that_lack_a_return() -> None:
    levels = crowd().levels.copy()
    levels.iloc[EVENT + 10, levels.columns.get_loc("A")] = np.nan
    returns = simple(levels)
    x = sm.add_constant(returns["M"].to_numpy())
    fit = sm.OLS(returns["A"].to_numpy()[ROWS], x[ROWS]).fit()
    gaps = returns["A"].to_numpy() - x @ fit.params
    after = gaps[EVENT + 2 :]
    found = sampled(case_of(data=crowd(levels=levels))).after
    np.testing.assert_allclose(found, after[np.isfinite(after)], rtol=1e-8)
    assert len(found) == len(SESSIONS) - EVENT - 2 - 2
    early = replace(case_of(), placed=replace(case_of().placed, position=EVENT - 60))
    assert len(sampled(early).after) == 60
    ends = case_of(data=crowd(levels=levels.iloc[: EVENT + 2]))
    assert len(sampled(ends).after) == 0
    one = case_of(data=crowd(levels=levels.iloc[: EVENT + 3]))
    assert len(sampled(one).after) == 1


def test_the_gap_between_the_windows_without_what_is_missing() -> None:
    levels = crowd().levels.copy()
    levels.iloc[EVENT - 5, levels.columns.get_loc("A")] = np.nan
    found = sampled(case_of(data=crowd(levels=levels)))
    returns = simple(levels).iloc[EVENT - 10 : EVENT][["A", "M"]].dropna()
    assert len(returns) == 8
    np.testing.assert_allclose(found.gap_y, returns["A"], rtol=1e-12)
    np.testing.assert_allclose(found.gap_x[:, 0], returns["M"], rtol=1e-12)


def test_losses_are_of_the_history_before_the_event() -> None:
    history = bars(crowd().levels["A"])
    found = sampled(with_history(history))
    returns = history["adj_close"].pct_change()
    np.testing.assert_allclose(found.losses, -returns.iloc[1:EVENT], rtol=1e-12)
    assert found.loss == pytest.approx(-returns.iloc[EVENT], rel=1e-12)
    for none in (None, history.drop(SESSIONS[EVENT])):
        lost = sampled(with_history(none))
        assert len(lost.losses) == 0
        assert np.isnan(lost.loss)
        assert lost.history is None
        assert lost.no_history == "no daily history of A is at hand"


def test_a_history_is_taken_apart_at_the_open() -> None:
    history = bars(crowd().levels["A"])
    found = sampled(with_history(history)).history
    intraday = (history["close"] / history["open"] - 1).to_numpy()
    overnight = (1 + history["adj_close"].pct_change().to_numpy()) / (1 + intraday) - 1
    ahead = slice(EVENT, EVENT + 2)
    for got, series in ((found.intraday, intraday), (found.overnight, overnight)):
        np.testing.assert_allclose(got[0], series[ROWS], rtol=1e-9)
        np.testing.assert_allclose(got[1], series[ahead], rtol=1e-9)
    assert found.market_overnight[0].shape == (100, 0)  # of the benchmark there are no bars
    assert found.market_intraday[1].shape == (2, 0)
    assert (found.gap, found.position) == (10, EVENT)
    turnover = np.log(history["volume"].to_numpy())
    assert np.ptp(found.turnover[0] - turnover[ROWS]) < 1e-4
    assert [len(part) for part in found.turnover] == [100, 2]


def test_a_history_must_cover_the_windows() -> None:
    history = bars(crowd().levels["A"])
    for first, there in ((EVENT - 111, True), (EVENT - 110, False)):
        found = sampled(with_history(history.iloc[first:]))
        assert (found.history is not None) is there
    assert found.no_history == "the daily history of A does not cover the windows"
    for last, there in ((EVENT + 2, True), (EVENT + 1, False)):
        found = sampled(with_history(history.iloc[:last]))
        assert (found.history is not None) is there


def test_a_history_with_holes_gives_no_halves_and_no_turnover() -> None:
    levels = crowd().levels["A"]
    hole = bars(levels)
    hole.iloc[EVENT + 1, hole.columns.get_loc("open")] = np.nan
    found = sampled(with_history(hole)).history
    assert [len(part) for part in found.intraday] == [0, 2]
    for row in (EVENT - 20, EVENT + 1):
        silent = bars(levels)
        silent.iloc[row, silent.columns.get_loc("volume")] = np.nan
        turnover = sampled(with_history(silent)).history.turnover
        assert [len(part) for part in turnover] == [0, 2]
    for missing, used in ((40, 60), (41, 0)):
        few = bars(levels)
        few.iloc[EVENT - 110 : EVENT - 110 + missing, few.columns.get_loc("open")] = np.nan
        case = case_of(asked(min_estimation=60), replace(crowd(), histories={"A": few}))
        assert len(sampled(case).history.intraday[0]) == used


def test_bars_that_came_with_the_levels_stand_in_for_a_history() -> None:
    levels = crowd().levels
    own = bars(levels["A"]).drop(columns="adj_close")
    case = case_of(data=replace(crowd(), bars={"A": own, "M": own}))
    found = sampled(case).history
    assert found.position == EVENT
    np.testing.assert_allclose(found.levels, levels["A"], rtol=1e-12)
    assert found.market_intraday[0].shape == (100, 1)
    intraday = (own["close"] / own["open"] - 1).to_numpy()
    np.testing.assert_allclose(found.market_intraday[0][:, 0], intraday[ROWS], rtol=1e-12)
    np.testing.assert_allclose(
        found.market_intraday[1][:, 0], intraday[EVENT : EVENT + 2], rtol=1e-12
    )
    hole = own.copy()
    hole.iloc[EVENT - 30, hole.columns.get_loc("open")] = np.nan
    case = case_of(data=replace(crowd(), bars={"A": own, "M": hole}))
    assert sampled(case).history.market_intraday[0].shape == (100, 0)
    late = levels.copy()
    late.iloc[:20, late.columns.get_loc("A")] = np.nan
    late.iloc[-3:, late.columns.get_loc("A")] = np.nan
    case = case_of(data=replace(crowd(levels=late), bars={"A": own}))
    cut = sampled(case).history
    assert (cut.position, len(cut.levels)) == (EVENT - 20, len(SESSIONS) - 23)


def test_a_history_is_carried_on_by_the_levels_beyond_its_end() -> None:
    levels = crowd().levels["A"]
    history = bars(3 * levels).iloc[: EVENT + 5]
    chained = firm_sample._chained(history, levels)
    np.testing.assert_allclose(chained, 3 * levels, rtol=1e-12)
    holed = levels.copy()
    holed.iloc[EVENT + 8] = np.nan
    assert len(firm_sample._chained(history, holed)) == len(levels) - 1
    whole = firm_sample._chained(bars(3 * levels), levels)
    np.testing.assert_allclose(whole, 3 * levels, rtol=1e-12)
    apart = levels.drop(SESSIONS[EVENT + 4])
    assert len(firm_sample._chained(history, apart)) == EVENT + 5


def test_the_long_run_is_of_linear_models_alone() -> None:
    assert firm_sample.fit_is_linear(case_of())
    assert sampled(case_of()).long_run is not None
    assert not firm_sample.fit_is_linear(case_of(asked(model="garch")))
