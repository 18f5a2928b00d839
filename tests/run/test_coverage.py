"""A missing return costs what it must and no more; a firm that stopped trading keeps its last."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.errors import DataError, StudyError
from analysis.prices.market_data import MarketData
from analysis.run.study import run_study
from analysis.sessions import sessions_between
from analysis.study import Benchmark, Event, Group, Headline, Study
from analysis.windows import Window

SESSIONS = sessions_between("XNYS", dt.date(2023, 6, 1), dt.date(2025, 3, 31))
DAY, SHORT, LONG = Window(0, 0), Window(0, 1), Window(-1, 5)


@pytest.fixture(scope="module")
def data() -> MarketData:
    rng = np.random.default_rng(7)
    market = rng.normal(0.0005, 0.01, len(SESSIONS))
    returns = {"M": market} | {
        name: beta * market + rng.normal(0, 0.02, len(SESSIONS))
        for name, beta in {"A": 1.3, "B": 0.7, "C": 1.0, "D": 1.6}.items()
    }
    levels = 100 * (1 + pd.DataFrame(returns, index=SESSIONS)).cumprod()
    return MarketData("made up", "XNYS", levels)


@pytest.fixture(scope="module")
def study() -> Study:
    return Study(
        "t",
        "A",
        [
            Event("one", "One", dt.date(2025, 1, 27)),
            Event("two", "Two", dt.date(2024, 11, 15)),
        ],
        groups=(Group("g", "G", ("A", "B", "C", "D")),),
        benchmarks=(Benchmark("M"),),
        estimation=Window(-100, -11),
        windows=(DAY, SHORT, LONG),
    )


@pytest.fixture(scope="module")
def whole(study, data):
    return run_study(study, data)


def without(data: MarketData, symbol: str, days: slice | str) -> MarketData:
    levels = data.levels.copy()
    levels.loc[days, symbol] = np.nan
    return replace(data, levels=levels)


def rows(result):
    """Rows of results without what is asked of all firms at once."""
    frame = result.tidy.set_index(["event", "symbol", "window"])
    return frame.drop(columns=[name for name in frame if name.endswith("_joint")])


def test_a_gap_costs_the_windows_that_hold_it(study, data, whole):
    result = run_study(study, without(data, "B", "2025-01-29"))
    lacking = {(m.event, m.symbol, str(m.window), m.reason) for m in result.unmeasured}
    assert lacking == {("one", "B", "-1..5", "no return on 2025-01-29, within the window")}
    assert result.tidy_unmeasured.shape == (1, 4)
    mine, theirs = rows(result), rows(whole)
    assert set(theirs.index) - set(mine.index) == {("one", "B", "-1..5")}
    kept = theirs.loc[[key for key in theirs.index if key in mine.index]]
    same = ["car", "se", "t", "p", "bhar", "p_placebo", "p_scaled"]
    pd.testing.assert_frame_equal(mine[same], kept[same], check_exact=True)
    assert "Not measured around one in -1..5: B (no return on 2025-01-29" in " ".join(
        result.summary().split()
    )


def test_a_group_is_of_the_firms_that_have_the_window(study, data, whole):
    result = run_study(study, without(data, "B", "2025-01-29"))
    groups = {(g.event, g.group, g.window): g for g in result.groups}
    long = groups["one", "g", LONG]
    assert long.symbols == ("A", "C", "D")
    assert "without:B" in long.flags
    cars = [f.at(LONG).car for f in result.firms if f.event == "one" and f.has(LONG)]
    assert long.caar == pytest.approx(np.mean(cars), abs=1e-15)
    alone = run_study(
        replace(study, groups=(Group("g", "G", ("A", "C", "D")),), symbols=("A", "C", "D")), data
    )
    same = next(g for g in alone.groups if (g.event, g.window) == ("one", LONG))
    for name in ("caar", "se", "mean_correlation", "n_estimation"):
        assert getattr(long, name) == getattr(same, name)
    assert groups["one", "g", DAY].symbols == ("A", "B", "C", "D")
    before = next(g for g in whole.groups if (g.event, g.window) == ("one", DAY))
    assert groups["one", "g", DAY].caar == before.caar


def test_a_firm_that_stopped_trading_is_measured_to_its_last_return(study, data, whole):
    """Its last session is the event's next one: -1..5 becomes -1..1, as if that were asked for."""
    gone = without(data, "A", slice("2025-01-29", None))
    result = run_study(study, gone)
    cell = result.firm("one", "A", "market", "M").at(LONG)
    assert "last-traded:2025-01-28" in cell.flags
    asked = run_study(
        replace(study, windows=(Window(-1, 1),), headline=replace(study.headline, window=None)),
        data,
    )
    same = asked.firm("one", "A", "market", "M").at(Window(-1, 1))
    assert (cell.car, cell.se, cell.bhar, cell.t.p) == (same.car, same.se, same.bhar, same.t.p)
    known = min(len(cell.draws), len(same.draws))
    np.testing.assert_allclose(cell.draws[:known], same.draws[:known], rtol=1e-9)  # see the engine
    assert cell.pseudo.car == same.pseudo.car
    untouched = result.firm("one", "A", "market", "M").at(SHORT)
    assert untouched.car == whole.firm("one", "A", "market", "M").at(SHORT).car
    assert len(result.firm("one", "A", "market", "M").path.raw) == 3
    assert list(result.path.query("symbol == 'A'")["day"]) == [-1, 0, 1]
    text = " ".join(result.summary().split())
    assert "A last traded on 2025-01-28: -1..5 is measured to its last return." in text
    group = next(g for g in result.groups if (g.event, g.window) == ("one", LONG))
    assert (group.symbols, "without:A" in group.flags) == (("B", "C", "D"), True)
    assert not result.unmeasured


def test_a_window_after_the_last_return_is_not_measured(study, data):
    late = replace(study, windows=(DAY, Window(2, 5)), headline=replace(study.headline, window=DAY))
    result = run_study(late, without(data, "D", slice("2025-01-28", None)))
    (lacking,) = result.unmeasured
    assert (lacking.symbol, lacking.window) == ("D", Window(2, 5))
    assert lacking.reason == "last traded on 2025-01-27, before the window"
    assert result.firm("one", "D", "market", "M").has(DAY)


def test_too_few_returns_leave_a_firm_out_of_that_event_alone(study, data):
    levels = without(data, "C", slice(None, "2024-08-01"))
    result = run_study(study, levels)
    assert {m.event for m in result.unmeasured} == {"two"}
    assert [f.event for f in result.firms if f.symbol == "C"] == ["one"]
    group = next(g for g in result.groups if (g.event, g.window) == ("two", DAY))
    assert group.symbols == ("A", "B", "D")


def test_the_headline_itself_is_refused_with_the_mend(study, data):
    with pytest.raises(DataError, match=r"A has no return on 2025-01-27, within the window 0\.\.0"):
        run_study(study, without(data, "A", "2025-01-27"))
    late = replace(study, windows=(Window(2, 5),), headline=Headline(event="one"))
    with pytest.raises(DataError, match=r"A last traded on 2025-01-27, before the window 2\.\.5"):
        run_study(late, without(data, "A", slice("2025-01-28", None)))


def test_other_events_are_left_out_of_the_estimation_window_where_asked(study, data, whole):
    """As if the firm had no returns in the other event's windows: those few alone."""
    result = run_study(replace(study, other_events="leave-out"), data)
    gone = data.levels.index.searchsorted(pd.Timestamp("2024-11-15"))
    returns = data.levels.pct_change(fill_method=None)
    at = data.levels.index.searchsorted(pd.Timestamp("2025-01-27"))
    rows = [r for r in range(at - 100, at - 10) if not gone - 1 <= r <= gone + 5]
    fit = sm.OLS(returns["A"].iloc[rows], sm.add_constant(returns["M"].iloc[rows])).fit()
    firm = result.firm("one", "A", "market", "M")
    assert firm.n_estimation == len(rows) == 83
    assert firm.coefficients["alpha"] == pytest.approx(fit.params["const"], abs=1e-14)
    assert "estimation:83/90" in firm.at(DAY).flags
    earlier = result.firm("two", "A", "market", "M")
    assert earlier.coefficients == whole.firm("two", "A", "market", "M").coefficients
    with pytest.raises(StudyError, match="other_events 'drop' is unknown; choose one of: keep"):
        replace(study, other_events="drop")
