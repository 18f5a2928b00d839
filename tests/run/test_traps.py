"""Traps that broke published tools, on small made-up series and on the bundled figures."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError, StudyError, WindowError
from analysis.overrides import Overrides, override
from analysis.prices.market_data import MarketData
from analysis.run.study import run_study
from analysis.sessions import sessions_between
from analysis.study import Benchmark, Event, Group
from analysis.study_file import parse_study
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis.study import Study

SESSIONS = sessions_between("XNYS", dt.date(2024, 1, 2), dt.date(2025, 3, 31))


def made_up(seed: int = 5, **firms: float) -> MarketData:
    """Levels of a market M and of firms with the betas named."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0005, 0.01, len(SESSIONS))
    returns = {"M": market} | {
        name: beta * market + rng.normal(0, 0.02, len(SESSIONS)) for name, beta in firms.items()
    }
    levels = 100 * (1 + pd.DataFrame(returns, index=SESSIONS)).cumprod()
    return MarketData("made up", "XNYS", levels)


def asked(event: str = "2025-01-27", **more: Any) -> Study:
    study = parse_study(
        f"""
        id = "t"
        event_firm = "A"
        symbols = ["A"]
        estimation = "-100..-11"
        [[events]]
        id = "e"
        title = "E"
        when = {event}
        [[benchmarks]]
        id = "M"
        """
    )
    return replace(study, **more)


@pytest.fixture
def data() -> MarketData:
    return made_up(A=1.3, B=0.7)


def test_a_zero_return_on_the_last_day_is_a_return(data: MarketData) -> None:
    levels = data.levels.loc[:"2025-01-27"].copy()
    levels.loc["2025-01-27", "A"] = levels["A"].iloc[-2]
    result = run_study(asked(), replace(data, levels=levels))
    cell = result.headline_window
    assert str(result.headline.session.date()) == "2025-01-27"
    assert cell.raw == 0.0
    assert cell.car == pytest.approx(-cell.expected)
    assert cell.car != 0.0
    assert (cell.t.p or 0) > 0


@pytest.mark.parametrize(
    ("when", "session"),
    [
        ("2025-01-25", "2025-01-27"),  # Saturday
        ("2025-01-20", "2025-01-21"),  # Martin Luther King Jr. Day
        ("2025-01-09", "2025-01-10"),  # closed in mourning
        ("2025-01-24T22:00:00Z", "2025-01-27"),  # Friday after the close
    ],
)
def test_news_off_hours_is_never_put_on_a_session_before_it(
    data: MarketData, when: str, session: str
) -> None:
    result = run_study(asked(when), data)
    assert str(result.headline.session.date()) == session
    raw = data.levels["A"].loc[session] / data.levels["A"].shift().loc[session] - 1
    assert result.headline_window.raw == pytest.approx(raw)


def test_event_time_counts_sessions_and_not_days(data: MarketData) -> None:
    result = run_study(asked(windows=(Window(0, 0), Window(-3, 5))), data)
    placed = result.placed("e", Window(-3, 5))
    assert [str(d.date()) for d in (placed.eve, placed.first, placed.last)] == [
        "2025-01-21",
        "2025-01-22",
        "2025-02-03",
    ]


def test_rows_of_weekends_are_refused_and_not_counted(data: MarketData) -> None:
    from analysis.prices.schemas import check_levels

    daily = data.levels.resample("D").ffill()
    daily.index = daily.index.as_unit("us").rename("session")
    with pytest.raises(DataError, match="is no session of XNYS"):
        check_levels(daily, calendar="XNYS", where="daily.csv")


def test_no_look_ahead(data: MarketData) -> None:
    """Poison after the estimation window leaves coefficients, sigma and placebo draws alone."""
    levels = data.levels.copy()
    rng = np.random.default_rng(9)
    after = levels.index[levels.index.get_loc(pd.Timestamp("2025-01-27")) - 10 :]
    levels.loc[after] *= np.exp(rng.normal(0, 0.5, (len(after), levels.shape[1])))
    clean, poisoned = (run_study(asked(), replace(data, levels=x)) for x in (data.levels, levels))
    assert poisoned.headline.coefficients == clean.headline.coefficients
    assert poisoned.headline.sigma == clean.headline.sigma
    np.testing.assert_allclose(
        poisoned.headline_window.draws, clean.headline_window.draws, rtol=1e-9
    )  # the engine centres by means over all rows, which moves the last digits
    assert poisoned.headline_window.car != clean.headline_window.car


def test_the_row_before_the_estimation_window_is_not_used(data: MarketData) -> None:
    levels = data.levels.copy()
    first = levels.index.get_loc(pd.Timestamp("2025-01-27")) - 100
    levels.iloc[: first - 1] *= 7.0  # the level before the window's first return stays
    clean, other = (run_study(asked(), replace(data, levels=x)) for x in (data.levels, levels))
    assert other.headline.coefficients == clean.headline.coefficients


def test_fewer_estimation_days_than_asked_are_refused_below_the_minimum(data: MarketData) -> None:
    levels = data.levels.copy()
    levels.loc[: SESSIONS[190], "A"] = np.nan
    with pytest.raises(WindowError, match=r"A has 65 returns .* 72 are needed: shorten the window"):
        run_study(asked(), replace(data, levels=levels))


def test_fewer_estimation_days_than_asked_are_reported_above_the_minimum(data: MarketData) -> None:
    levels = data.levels.copy()
    levels.loc[: SESSIONS[172], "A"] = np.nan
    result = run_study(asked(), replace(data, levels=levels))
    assert result.headline.n_estimation == 83
    assert result.headline.df == 81
    assert "estimation:83/90" in result.headline_window.flags
    assert set(result.tidy["n_estimation"]) == {83}


def test_an_estimation_window_before_the_data_is_refused(data: MarketData) -> None:
    study = asked(estimation=Window(-300, -11), min_estimation=200)
    with pytest.raises(WindowError, match=r"needs 300 sessions .* as in --estimation -266\.\.-11"):
        run_study(study, data)


def test_arm_began_in_september_2023_and_is_told_so(study: Study, snapshot) -> None:
    early = replace(
        override(
            study, Overrides(symbols=("NVDA", "ARM"), models=("market",), benchmarks=("RSP",))
        ),
        events=(Event("early", "Early", dt.date(2024, 6, 3)),),
        estimation=Window(-260, -11),
        headline=replace(study.headline, event="early", benchmark="RSP", beside=""),
    )
    result = run_study(early, snapshot)
    assert [firm.symbol for firm in result.firms] == ["NVDA"]
    (lacking,) = result.unmeasured
    assert (lacking.event, lacking.symbol, lacking.window) == ("early", "ARM", None)
    assert lacking.reason.startswith("169 returns in the estimation window")
    lead = replace(early, headline=replace(early.headline, symbol="ARM"))
    with pytest.raises(WindowError, match="ARM has 169 returns in the estimation window"):
        run_study(lead, snapshot)


def test_a_firm_occurs_once(data: MarketData) -> None:
    with pytest.raises(StudyError, match="symbol 'A' occurs twice"):
        asked(symbols=("A", "A"))
    with pytest.raises(StudyError, match="'A' occurs twice"):
        asked(groups=(Group("g", "G", ("A",)), Group("h", "H", ("A",))))


def test_a_firm_is_not_its_own_benchmark(data: MarketData) -> None:
    with pytest.raises(StudyError, match="M is a firm of the study and its benchmark"):
        run_study(asked(symbols=("A", "M")), data)


def test_a_firm_without_error_is_refused(data: MarketData) -> None:
    copy = data.levels.assign(A=2 * data.levels["M"])
    stale = data.levels.assign(A=50.0)
    for levels in (copy, stale):
        with pytest.raises(DataError, match="stale, or a copy of the benchmark's"):
            run_study(asked(), replace(data, levels=levels))


@pytest.mark.parametrize("day", ["2025-01-27", "2025-01-24"])
def test_a_symbol_missing_on_the_event_day_or_its_eve(data: MarketData, day: str) -> None:
    levels = data.levels.copy()
    levels.loc[day, "A"] = np.nan
    with pytest.raises(DataError, match=r"A has no return on 2025-01-27.* add them, or leave"):
        run_study(asked(), replace(data, levels=levels))


def test_a_benchmark_missing_on_the_event_day_or_before(data: MarketData) -> None:
    levels = data.levels.copy()
    levels.loc["2025-01-27", "M"] = np.nan
    with pytest.raises(DataError, match="benchmark M has no regressors on 2025-01-27"):
        run_study(asked(), replace(data, levels=levels))
    levels = data.levels.copy()
    levels.loc[: SESSIONS[190], "M"] = np.nan
    with pytest.raises(DataError, match="has regressors for A on 65 sessions of the estimation"):
        run_study(asked(), replace(data, levels=levels))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"symbols": ("AA",)}, StudyError, "symbol 'AA' is not in made up"),
        ({"models": ("markets",)}, StudyError, "model 'markets' is unknown; did you mean 'market'"),
        ({"benchmarks": (Benchmark("X", "X"),)}, StudyError, "benchmark 'X' needs X, which is not"),
        ({"models": ("ff3",)}, StudyError, "needs daily factors, and made up has none"),
        ({"windows": (Window(0, 400),)}, WindowError, "reaching 400 sessions from event 'e'"),
        (
            {"events": (Event("e", "E", dt.date(2026, 1, 5)),)},
            WindowError,
            r"reacts on 2026-01-05, outside made up \(2024-01-02 to 2025-03-31\)",
        ),
    ],
)
def test_what_the_data_cannot_give(
    data: MarketData, changes: dict, error: type, message: str
) -> None:
    head = asked().headline
    if "symbols" in changes:
        head = replace(head, symbol=changes["symbols"][0])
    if "models" in changes:
        head = replace(head, model=changes["models"][0])
    if "benchmarks" in changes:
        head = replace(head, benchmark="X")
    if "windows" in changes:
        head = replace(head, window=changes["windows"][0])
    with pytest.raises(error, match=message):
        run_study(asked(headline=head, **changes), data)


def test_firms_with_little_history_in_common_keep_their_own_fits(data: MarketData) -> None:
    """The mean is of the firms' own abnormal returns; that the correlation rests on few is said."""
    levels = data.levels.copy()
    rows = SESSIONS.get_loc(pd.Timestamp("2025-01-27")) - np.arange(12, 28)
    levels.iloc[rows[::2], levels.columns.get_loc("A")] = np.nan
    levels.iloc[rows[::2] - 17, levels.columns.get_loc("B")] = np.nan
    study = asked(symbols=("A", "B"), groups=(Group("g", "G", ("A", "B")),))
    result = run_study(study, replace(data, levels=levels))
    (group, everyone) = result.groups
    firms = {firm.symbol: firm for firm in result.firms}
    assert firms["A"].n_estimation > 72 > group.n_estimation
    own = [firms[symbol].at(Window(0, 0)) for symbol in ("A", "B")]
    assert group.caar == pytest.approx((own[0].car + own[1].car) / 2, abs=1e-15)
    assert group.t.df == group.n_estimation - 2
    assert f"common-sessions:{group.n_estimation}" in group.flags
    assert everyone.group == "all"
    assert len(result.firms) == 2


def test_a_short_history_has_no_placebo(data: MarketData) -> None:
    short = replace(data, levels=data.levels.iloc[-150:])
    result = run_study(asked(), short)
    assert not result.headline_window.placebo.available
    assert np.isnan(result.tidy["p_placebo"].astype(float)).all()


def test_a_study_can_bring_its_own_market_value(data: MarketData) -> None:
    from analysis.study import MarketValue

    value = MarketValue(
        "A",
        1e9,
        dt.date(2025, 1, 10),
        "filing",
        close=20.0,
        close_session=dt.date(2025, 1, 24),
    )
    cell = run_study(asked(market_values=(value,)), data).headline_window
    assert cell.impact.market_value == 20e9
    assert cell.impact.abnormal == pytest.approx(20e9 * cell.car)
    far = replace(value, close_session=dt.date(2020, 1, 2))
    cell = run_study(asked(market_values=(far,)), data).headline_window
    assert cell.impact is None
    assert "printed-close-outside-data:2020-01-02" in cell.flags


def test_progress_is_told(data: MarketData) -> None:
    told = []
    run_study(asked(), data, progress=lambda *step: told.append(step))
    assert told == [("e, market model", 1, 1)]


def test_recovery_is_the_first_close_at_or_above_the_eve(full, snapshot) -> None:
    levels = snapshot.levels
    for recovery in full.recoveries:
        if recovery.event != "sell-off":
            continue
        path = levels[recovery.symbol].loc["2025-01-28":]
        back = path[path >= levels[recovery.symbol].loc["2025-01-24"]]
        assert recovery.session == (back.index[0] if len(back) else None), recovery.symbol
        fell = levels[recovery.symbol].loc["2025-01-27"] < 100
        assert recovery.fell == fell
    nvidia = next(r for r in full.recoveries if (r.event, r.symbol) == ("sell-off", "NVDA"))
    assert (str(nvidia.session.date()), nvidia.sessions) == ("2025-06-09", 92)


def test_windows_with_other_news_are_flagged(full) -> None:
    cells = {str(w.window): w.flags for w in full.headline.windows}
    assert not [f for f in cells["0..0"] if f.startswith("confounded")]
    assert any(f.startswith("confounded:2025-01-28:") for f in cells["0..1"])
    assert sum(f.startswith("confounded:2025-01-29") for f in cells["0..4"]) == 2


def test_the_benchmark_that_holds_the_firm_is_flagged(full) -> None:
    flagged = {
        (f.symbol, f.benchmark) for f in full.firms if "benchmark-holds-firm" in f.windows[0].flags
    }
    in_spy = {"NVDA", "AAPL", "MSFT", "AMZN", "META", "GOOGL", "AVGO", "ORCL", "AMD"}
    in_spy |= {"QCOM", "TXN"}  # 0.3 percent of the index or more
    assert flagged == {
        *((symbol, "SPY") for symbol in in_spy),
        *((symbol, "SPY-ex") for symbol in in_spy - {"NVDA"}),
    }


def test_the_weight_moves_the_headline_one_way(full) -> None:
    low, high = full.bounds.weights[:2]
    assert [low.stated, high.stated] == pytest.approx([0.0627, 0.0727])
    assert low.car > full.bounds.own.car > high.car
    assert full.bounds.own.car == full.headline_window.car
