"""What a plan lays out of a small market, by hand: places, counts, designs, recoveries."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from crowd_market import EVENT, FIRMS, SESSIONS, asked, case_of, crowd, levels

from analysis.errors import WindowError
from analysis.models.catalog import MODELS
from analysis.prices.market_data import MarketData
from analysis.prices.reference import ChronologyEntry, Reference
from analysis.run import batteries, study
from analysis.run.designs import designs_of
from analysis.run.groups import _value_flags, group_results, sample_of
from analysis.run.panel_draws import panel_draws
from analysis.run.placebo import _usable, placebo_draws
from analysis.run.plan import _place_window, benchmark_returns, specification_of
from analysis.run.study import run_study
from analysis.run.valuation import Valuation
from analysis.study import Benchmark, Event, Group, MarketValue
from analysis.windows import Window

DAY, TWO = Window(0, 0), Window(0, 1)


def entry(name: str, row: int, source: str = "other", confounds: bool = True) -> ChronologyEntry:
    session = SESSIONS[EVENT + row]
    return ChronologyEntry(name, name, "news", source, session.date(), session, confounds)


def test_what_else_happened_within_a_window() -> None:
    """Not the event itself: that is what bears its name, or is of its source and its session."""
    event = Event("e", "E", dt.date(2025, 1, 27), source="wire")
    entries = (
        entry("eve", -1), entry("e", 1), entry("same news", 0, "wire"), entry("first", 0),
        entry("later", 1, "wire"), entry("calm", 0, confounds=False), entry("after", 2),
    )  # fmt: skip
    data = crowd(reference=Reference(chronology=entries))
    placed = _place_window(TWO, event, SESSIONS[EVENT], data)
    assert [found.id for found in placed.confounders] == ["first", "later"]
    assert (placed.eve, placed.first, placed.last) == tuple(SESSIONS[EVENT - 1 : EVENT + 2])
    nameless = replace(event, source="")
    blank = crowd(reference=Reference(chronology=(entry("blank", 0, ""),)))
    placed = _place_window(TWO, nameless, SESSIONS[EVENT], blank)
    assert [found.id for found in placed.confounders] == ["blank"]


@pytest.mark.parametrize(("gap", "found"), [(4, False), (5, True), (6, True), (7, False)], ids=str)
def test_a_closure_counts_from_the_eve_to_the_last_session(gap: int, found: bool) -> None:
    """Ten days in a row of which the row before `gap` is the end of a closure of two weeks."""
    days = pd.bdate_range("2024-01-01", periods=10)
    sessions = days.where(np.arange(10) < gap, days + pd.Timedelta(days=14)).as_unit("us")
    data = MarketData("made", "XNYS", pd.DataFrame({"A": np.ones(10)}, sessions))
    event = Event("e", "E", dt.date(2024, 1, 8))
    closure = _place_window(TWO, event, sessions[5], data).closure
    assert closure == ((sessions[gap], 11) if found else None)


def test_a_count_of_a_study_goes_on_the_basis_of_the_closes() -> None:
    """Ten new shares for an old one after the count and before the closes' basis."""
    eve = SESSIONS[EVENT - 1].date()
    splits = {"A": ((SESSIONS[EVENT - 20].date(), 10.0),)}
    reference = Reference(splits=splits, basis=eve)
    counted = SESSIONS[EVENT - 40].date()
    values = (
        MarketValue("A", 1e6, counted, "report"),
        MarketValue("B", 2e6, counted, "report", close=5.0, close_session=eve),
    )
    plan = case_of(asked(market_values=values), crowd(reference=reference)).plan
    assert [plan.reference.shares[name][0].shares for name in "AB"] == [1e7, 2e6]
    assert [close.close for close in plan.reference.closes["B"]] == [5.0]
    assert "A" not in plan.reference.closes


def test_an_estimation_window_must_lie_within_the_data() -> None:
    short = asked(min_estimation=60)
    for first, there in ((EVENT - 111, True), (EVENT - 110, False)):
        data = crowd(levels=levels().iloc[first:])
        if there:
            assert case_of(short, data).placed.position == 111
            continue
        with pytest.raises(
            WindowError, match=r"needs 110 sessions .* has 109 .* --estimation -109\.\.-11"
        ):
            case_of(short, data)


def test_a_window_must_end_within_the_data() -> None:
    late = Window(0, 9)
    study = asked(windows=(late,), headline=replace(asked().headline, window=late))
    assert case_of(study, crowd(levels=levels().iloc[: EVENT + 10])).plan.span == late
    with pytest.raises(WindowError, match=r"event window reaching 9 sessions .* 8 after"):
        case_of(study, crowd(levels=levels().iloc[: EVENT + 9]))


def test_sessions_after_the_event_are_those_on_which_the_firm_traded() -> None:
    assert case_of().sessions_after == len(SESSIONS) - 1 - EVENT
    gone = levels()
    gone.iloc[-7:, gone.columns.get_loc("A")] = np.nan
    assert case_of(data=crowd(levels=gone)).sessions_after == len(SESSIONS) - 8 - EVENT


@pytest.mark.parametrize(
    ("model", "more", "shared"),
    [
        ("market", {}, True),
        ("synthetic", {}, True),
        ("synthetic", {"donors": ("B", "D0", "D1", "D2"), "force_donors": True}, False),
        ("market-industry", {"industry": ("A", "B", "D0", "D1")}, False),
    ],
)
def test_a_firm_has_its_own_regressors_whoever_is_asked_beside_it(model, more, shared) -> None:
    if more.get("force_donors"):  # the headline's own group may be no donor even so
        more = {**more, "groups": (Group("two", "Two", ("C", "E")),)}
    case = case_of(asked(model=model, **more))
    together = case.designs
    for symbol in FIRMS:
        alone = designs_of(case.plan, case.placed, case.specification, (symbol,))[symbol]
        assert alone.names == together[symbol].names
        np.testing.assert_array_equal(alone.x, together[symbol].x)
        np.testing.assert_array_equal(alone.y, together[symbol].y)
    assert (together["A"].x is together["C"].x) is shared


def test_returns_of_a_benchmark_are_simple_unless_logarithms_are_asked_for() -> None:
    simple = benchmark_returns(Benchmark("M"), crowd()).to_numpy()
    for more, expected in (({}, simple), ({"log": True}, np.log1p(simple))):
        found = specification_of(MODELS["market"], Benchmark("M"), crowd(), **more).market
        np.testing.assert_array_equal(found, expected)


def recovery(path: dict[int, float]):
    """Set levels of A by row from the event's; all others stand at 50."""
    made = levels()
    own = np.full(len(made), 50.0) + 1e-3 * np.sin(np.arange(len(made)))  # so that it can be fitted
    for row, level in path.items():
        own[EVENT + row] = level
    case = case_of(data=crowd(levels=made.assign(A=own)))
    return study._recovery(case.plan, case.placed, "A")


def test_a_recovery_is_the_first_later_close_at_the_eves_or_above() -> None:
    found = recovery({-2: 200.0, -1: 100.0, 0: 90.0, 1: 99.0, 2: 100.0, 3: 120.0})
    assert found.fell
    assert (found.eve, found.session) == (SESSIONS[EVENT - 1], SESSIONS[EVENT + 2])
    assert (found.sessions, found.last) == (2, SESSIONS[-1])
    same = recovery({-1: 100.0, 0: 100.0, 1: 101.0})
    assert (same.fell, same.sessions) == (False, 1)
    never = recovery({-1: 100.0, 0: 90.0, len(SESSIONS) - 1 - EVENT: np.nan})
    assert never.session is None
    assert (never.sessions, never.last) == (len(SESSIONS) - 2 - EVENT, SESSIONS[-2])


@pytest.fixture(scope="module")
def both():
    """Six firms under two models, of which the first leads."""
    told = []
    found = run_study(
        asked(models=("market", "mean"), benchmarks=(Benchmark("M"),), windows=(TWO,)),
        crowd(),
        progress=lambda label, done, total: told.append((label, done, total)),
    )
    assert [count for _, *count in told] == [[1, 2], [2, 2]]
    return found


def test_firms_are_asked_at_once_under_the_leading_specification_alone(both) -> None:
    said = {firm.model: firm.at(TWO).joint for firm in both.firms if firm.symbol == "B"}
    assert said["market"].p is not None
    assert said["mean"].unavailable == "asked of the headline's specification only"
    assert {battery.kind for battery in both.batteries} == {"firm", "group"}
    assert set(both.family.symbols) == set(FIRMS)


def test_groups_are_asked_at_once_where_there_are_several(both) -> None:
    def told(result):
        return [
            "romano-wolf" in {outcome.test for outcome in battery.outcomes}
            for battery in result.batteries
            if battery.kind == "group"
        ]

    assert told(both) == [True, True, True]
    few = {"symbols": ("A", "B", "C"), "windows": (TWO,), "benchmarks": (Benchmark("M"),)}
    one = asked(groups=(Group("two", "Two", ("B", "C")),), **few)
    assert told(run_study(one, crowd())) == [True, True]
    assert told(run_study(asked(groups=(), **few), crowd())) == [False]


def test_a_portfolio_is_of_firms_that_share_their_regressors() -> None:
    case = case_of()
    sample = batteries._with_portfolio(sample_of(case, ("B", "C"), TWO), case, ["B", "C"])
    growth = (case.returns("B") + case.returns("C")) / 2
    rows = np.r_[EVENT - 110 : EVENT - 10, EVENT, EVENT + 1]
    np.testing.assert_allclose(sample.portfolio, growth[rows], rtol=1e-12)
    np.testing.assert_allclose(sample.factors[:, 0], case.returns("M")[rows], rtol=1e-12)
    np.testing.assert_allclose(sample.between[0], growth[EVENT - 10 : EVENT], rtol=1e-12)
    apart = case_of(asked(model="market-industry", industry=("A", "B", "D0", "D1")))
    sample = batteries._with_portfolio(sample_of(apart, ("A", "B"), TWO), apart, ["A", "B"])
    assert sample.portfolio is None


def test_flags_of_values_are_of_those_that_there_are() -> None:
    none, one = Valuation(None, "no-printed-close"), Valuation(1.0, "value-carried-from:2025-01-22")
    assert _value_flags([none, one]) == ("no-dollar-figure:1-firms", one.flag)
    assert _value_flags([Valuation(1.0)]) == ()
    euro, yen = (Valuation(1.0, currency=code, rate=1.0) for code in ("EUR", "JPY"))
    assert _value_flags([yen, euro, euro]) == ("sum-in-USD-of:EUR+JPY",)
    assert _value_flags([yen, replace(euro, rate=None)]) == ("no-sum-of-currencies:EUR+JPY",)
    assert _value_flags([replace(euro, rate=None)]) == ()


def test_a_firm_that_did_not_move_is_not_down() -> None:
    """Under the market-adjusted model a firm that moves with the market to the last bit."""
    made = levels()
    rows = slice(EVENT - 1, EVENT + 2)
    made.iloc[rows, made.columns.get_loc("B")] = 2 * made["M"].iloc[rows]
    case = case_of(asked(model="market-adjusted"), crowd(levels=made))
    assert case.car("B", TWO) == 0.0
    found = {g.group: g for g in group_results(case, panel_draws((case,))) if g.window == TWO}
    assert found["two"].down == int(case.car("C", TWO) < 0)


def test_a_group_without_a_firm_that_has_the_window_is_left_out() -> None:
    made = levels()
    made.iloc[EVENT + 1 :, [made.columns.get_loc(name) for name in "BC"]] = np.nan
    case = case_of(data=crowd(levels=made))
    found = {(g.group, g.window): g.symbols for g in group_results(case, panel_draws((case,)))}
    assert {key: set(names) for key, names in found.items()} == {
        ("three", TWO): {"E", "F", "G"},
        ("all", TWO): {"A", "E", "F", "G"},
    }


def test_a_model_that_is_not_drawn_has_no_draws() -> None:
    case = case_of(asked(model="kalman", symbols=("A",), groups=()))
    panel = panel_draws((case,))
    assert panel.first == 111  # the first row with 110 sessions of returns before it
    drawn = placebo_draws(case, panel)
    assert {window: len(found) for window, found in drawn["A"].items()} == {TWO: 0}


@pytest.mark.parametrize(("last", "drawn"), [(71, 60), (110, 99), (111, 50)])
def test_dates_are_refitted_all_or_every_second_and_so_on(last: int, drawn: int) -> None:
    """Up to 99 of them are taken; of a hundred every second."""
    one = asked(
        model="rolling", symbols=("A",), groups=(), min_estimation=60, estimation=Window(-80, -11)
    )
    one = replace(one, windows=(DAY,), headline=replace(one.headline, window=DAY))
    data = crowd(levels=levels().iloc[EVENT - 80 - last :])
    case = case_of(one, data)
    assert len(placebo_draws(case, panel_draws((case,)))["A"][DAY]) == drawn


def test_a_date_is_usable_from_the_least_number_of_sessions_on() -> None:
    case = case_of(asked(min_estimation=60))
    known = np.ones(len(SESSIONS), dtype=np.bool_)
    known[EVENT - 110 : EVENT - 70] = False
    assert _usable(known, EVENT, case, TWO)
    known[EVENT - 70] = False
    assert not _usable(known, EVENT, case, TWO)
    whole = np.ones(len(SESSIONS), dtype=np.bool_)
    whole[EVENT + 1] = False
    assert not _usable(whole, EVENT, case, TWO)
    assert _usable(whole, EVENT, case, DAY)
