"""Which specifications there are, and on which dates they are drawn: bounds by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from curve_market import EVENT, SESSIONS, asked, made_up

from analysis.context import curve_cells, multiverse
from analysis.context.curve_benchmarks import Holdings, purged
from analysis.context.curve_cells import CurveCell, CurveWindows, draw, grid, measured
from analysis.models.catalog import MODELS
from analysis.models.design import Design
from analysis.prices.reference import Reference, ShareCount
from analysis.run.plan import plan_headline, plan_study, specification_of
from analysis.run.purging import MARKET
from analysis.study import Benchmark, MarketValue
from analysis.windows import Window

DAY = CurveWindows(Window(0, 0), None)


@pytest.fixture(scope="module")
def case():
    study = asked(models=("mean",), benchmarks=(Benchmark("W"),))
    return plan_headline(study, made_up())


@pytest.fixture(scope="module")
def choice(case):
    """The mean model."""
    specification = specification_of(MODELS["mean"], None, case.plan.data)
    return multiverse._choice(case.plan, case.placed, specification, "none")


def spans(cells) -> set[tuple[int, int]]:
    return {(cell.length, cell.gap) for cell in cells}


def test_an_estimation_window_ends_before_the_event_window_begins(choice) -> None:
    """A window from -5 on leaves a gap of five sessions the last that fits."""
    windows = CurveWindows(Window(-5, 0), None)
    assert spans(grid([choice], windows, (50,), (3, 4, 5, 6))) == {(50, 5), (50, 6)}
    assert spans(grid([choice], DAY, (50,), (0, 5))) == {(50, 0), (50, 5)}
    cell = CurveCell(choice, "simple", 50, 5, choice.case.design("A"))
    assert cell.estimation == Window(-55, -6)


def test_the_oldest_session_of_a_window_is_the_first_that_has_a_return(choice) -> None:
    before = EVENT - 1
    assert spans(grid([choice], DAY, (before - 10, before - 9), (10,))) == {(before - 10, 10)}


def test_what_estimates_nothing_has_the_window_and_the_returns_of_the_study(choice) -> None:
    fixed = replace(choice, fixed=True)
    (cell,) = grid([fixed], DAY, (50, 100), (5, 10))
    assert (cell.length, cell.gap, cell.returns) == (100, 10, "simple")
    (log,) = grid([replace(fixed, returns="log")], DAY, (50, 100), (5, 10))
    assert (log.length, log.gap, log.returns) == (100, 10, "log")
    assert {c.returns for c in grid([choice], DAY, (50,), (5,))} == {"simple", "log"}
    assert grid([], DAY, (50,), (5,)) == []


@pytest.mark.parametrize(("spare", "reach"), [(0, "long"), (1, "short")])
def test_ninety_nine_dates_are_enough_for_the_longest_windows(case, spare, reach) -> None:
    """Dates lie between the first return and the session before -11 that leaves two ahead."""
    longest = EVENT - 11 - 1 - 99 + spare
    cells = [SimpleNamespace(length=longest - 10, gap=10), SimpleNamespace(length=90, gap=10)]
    dates, found = curve_cells._dates(case, cells, Window(0, 1))
    assert found == (longest if reach == "long" else 100)
    assert dates[0] == found + 1
    assert dates[-1] == EVENT - 12
    assert len(dates) == (99 if reach == "long" else EVENT - 12 - 100)


def test_where_no_window_leaves_enough_dates_the_shortest_are_drawn(case) -> None:
    cells = [SimpleNamespace(length=EVENT - 40, gap=10), SimpleNamespace(length=EVENT - 50, gap=10)]
    dates, found = curve_cells._dates(case, cells, Window(0, 0))
    assert (found, len(dates)) == (EVENT - 40, 29)


def test_a_cell_is_measured_on_dates_as_the_mean_of_pandas_says(case, choice) -> None:
    """The longest cell is drawn too; one whose benchmark holds the firm is not, nor is nothing."""
    returns = case.returns("A")
    cell = CurveCell(choice, "simple", 60, 10, case.design("A"))
    held = replace(cell, choice=replace(choice, holds_firm=True))
    found = draw([cell, held], DAY)
    assert list(found) == [(id(cell), Window(0, 0))]
    drawn = found[id(cell), Window(0, 0)]
    means = pd.Series(returns).rolling(60).mean().shift(11)
    spread = pd.Series(returns).rolling(60).std().shift(11) * np.sqrt(1 + 1 / 60)
    at = [*range(71, EVENT - 10), EVENT]
    np.testing.assert_allclose(drawn.abnormal, (returns - means)[at], rtol=1e-7)
    np.testing.assert_allclose(drawn.t, ((returns - means) / spread)[at], rtol=1e-7)
    assert (drawn.df == 59).all()
    assert draw([held], DAY) == {}
    assert draw([], DAY) == {}


def test_no_cells_have_no_points() -> None:
    assert list(measured([], DAY)) == []


def test_a_firm_is_valued_at_the_close_before_the_window() -> None:
    data = made_up()
    closes = data.levels[["A"]] * 2
    shares = {"A": (ShareCount("A", 1e6, dt.date(2025, 1, 20), "made up"),)}
    given = replace(data, reference=Reference(shares=shares, daily_closes=closes))
    case = plan_headline(asked(models=("mean",), benchmarks=(Benchmark("W"),)), given)
    for window, row in ((Window(0, 0), EVENT - 1), (Window(-2, 0), EVENT - 3)):
        worth = curve_cells._worth(case, window)
        assert worth.amount == pytest.approx(2e6 * data.levels["A"].iloc[row])


def grids(first: int, last: int, **more):
    data = made_up()
    study = asked(models=("mean",), benchmarks=(Benchmark("W"),), **more)
    plan = plan_study(study, replace(data, levels=data.levels.iloc[first:last]))
    return multiverse._grids(study, plan.events[0], plan)


def test_what_does_not_fit_is_named_and_what_just_fits_is_not() -> None:
    """With 130 returns before the event 120 sessions and a gap of ten are all that there are."""
    windows, lengths, gaps, left_out = grids(EVENT - 131, EVENT + 2)
    assert windows.all == (Window(0, 0), Window(0, 1))
    assert (lengths, gaps) == ([100, 120, 250, 500], [5, 10, 20])
    short = "120 sessions with a gap of 20: the data begin 130 returns before the event"
    assert left_out[0] == short
    assert len(left_out) == 1 + 2 * 3
    windows, _, _, left_out = grids(EVENT - 130, EVENT + 1)
    assert windows.all == (Window(0, 0),)
    assert left_out[0] == "window 0..1: outside the data"
    assert left_out[1].startswith("120 sessions with a gap of 10: the data begin 129 returns")
    assert len(left_out) == 2 + 1 + 2 * 3


def test_the_studys_own_length_and_gap_are_among_those_tried() -> None:
    _, lengths, gaps, _ = grids(0, len(SESSIONS), estimation=Window(-112, -13))
    assert (lengths, gaps) == ([100, 120, 250, 500], [5, 10, 12, 20])
    _, lengths, gaps, _ = grids(0, len(SESSIONS), estimation=Window(-130, -11))
    assert (lengths, gaps) == ([120, 250, 500], [5, 10, 20])


def test_controls_are_tried_where_donors_are_listed_and_none_of_their_models() -> None:
    data = made_up()
    plan, told = multiverse._plan(asked(models=("mean",)), data)
    assert (plan.study.models, told) == (("mean",), ())
    rng = np.random.default_rng(9)
    levels = data.levels.assign(
        **{f"D{k}": 100 * np.cumprod(1 + rng.normal(0, 0.01, len(SESSIONS))) for k in range(3)}
    )
    with_donors = replace(data, levels=levels)
    listed = asked(models=("mean",), donors=("D0", "D1", "D2"))
    plan, told = multiverse._plan(listed, with_donors)
    assert plan.study.models == ("mean", "did", "synthetic", "sdid", "ife")
    assert told == ()
    own = replace(listed, models=("mean", "did"))
    plan, _ = multiverse._plan(own, with_donors)
    assert plan.study.models == ("mean", "did")


def test_progress_is_told_after_every_specification() -> None:
    data = made_up()
    short = replace(data, levels=data.levels.iloc[EVENT - 120 :])
    told: list[tuple[str, int, int]] = []
    study = asked(models=("mean",), benchmarks=(Benchmark("W"),))
    multiverse.multiverse(study, short, progress=lambda *at: told.append(at))
    # 100 sessions with a gap of 5 or 10, simple and log
    assert told == [("specification curve", done, 4) for done in (1, 2, 3, 4)]


def test_a_curve_whose_benchmarks_hold_the_firm_is_not_ranked() -> None:
    data = made_up()
    head = replace(asked(models=("market",)).headline, benchmark="M")
    study = asked(models=("market",), benchmarks=(Benchmark("M"),), headline=head)
    short = replace(data, levels=data.levels.iloc[EVENT - 125 :])
    curves = multiverse.multiverse(study, short).curves
    told = {c.holds_firm: c.joint.median.unavailable for c in curves if c.estimand == "total"}
    assert told[True] == "its benchmarks hold the firm"


@pytest.mark.parametrize(("gone", "there"), [(11, True), (12, False)])
def test_four_fifths_of_an_estimation_window_are_enough_on_other_dates_too(case, gone, there):
    """Of 60 sessions 48; levels that are missing in a row take one return more."""
    levels = made_up().levels
    levels.iloc[120 : 120 + gone, levels.columns.get_loc("A")] = np.nan
    study = asked(models=("mean",), benchmarks=(Benchmark("W"),))
    holed = plan_headline(study, replace(made_up(), levels=levels))
    specification = specification_of(MODELS["mean"], None, holed.plan.data)
    choice = multiverse._choice(holed.plan, holed.placed, specification, "none")
    cell = CurveCell(choice, "simple", 60, 10, holed.design("A"))
    drawn = draw([cell], DAY)[id(cell), Window(0, 0)]
    date = 120 + 40 + 10  # its window holds the gap
    assert np.isfinite(drawn.t[date - 71]) == there
    assert np.isfinite(drawn.t[0])


def test_logarithms_are_of_gross_returns_and_in_excess_of_the_base() -> None:
    base, y = np.array([0.001, 0.002]), np.array([0.01, -0.03])
    found = curve_cells._logarithmic(Design(y=y, x=y[:, None], names=("m",), base=base))
    np.testing.assert_allclose(found.y, np.log((1 + y + base) / (1 + base)), rtol=1e-12)
    np.testing.assert_allclose(found.x[:, 0], np.log(1 + y), rtol=1e-12)
    np.testing.assert_allclose(found.base, np.log(1 + base), rtol=1e-12)


def test_windows_that_reach_farther_back_than_the_dates_allow_are_not_drawn(case, choice) -> None:
    """A length and a gap count together: 150 sessions and a gap of 150 leave too few dates."""
    cells = [
        CurveCell(choice, "simple", n, gap, case.design("A")) for n, gap in ((150, 150), (60, 10))
    ]
    assert EVENT - 11 - 300 < 99
    assert list(draw(cells, DAY)) == [(id(cells[1]), Window(0, 0))]


def test_one_cell_is_measured_over_the_windows_of_its_question(case, choice) -> None:
    cell = CurveCell(choice, "simple", 60, 10, case.design("A"))
    ((found, points),) = measured([cell], CurveWindows(Window(0, 0), Window(0, 1)))
    returns = case.returns("A")
    mean = returns[EVENT - 70 : EVENT - 10].mean()
    assert found is cell
    assert [(p.estimand, p.window) for p in points] == [
        ("total", Window(0, 0)), ("wider", Window(0, 1)),
    ]  # fmt: skip
    assert points[0].abnormal == pytest.approx(returns[EVENT] - mean, rel=1e-12)
    assert points[1].abnormal == pytest.approx(returns[EVENT : EVENT + 2].sum() - 2 * mean)


def test_of_copies_the_studys_own_choice_is_kept_else_the_first() -> None:
    def point(name, *, headline=False, p=0.01):
        return SimpleNamespace(
            name=name, abnormal=-0.1, low=-0.2, p=p, family="W", headline=headline
        )  # fmt: skip

    points = [point("a"), point("b", p=0.02), point("c"), point("d", p=0.02, headline=True)]
    kept = curve_cells.without_copies([(None, one) for one in points])
    assert [one.name for _, one in kept] == ["d", "a"]


def test_factors_are_purged_by_the_market_alone_in_excess_of_the_rate() -> None:
    data = made_up()
    rng = np.random.default_rng(8)
    names = ["mkt_rf", "smb", "hml", "rf"]
    factors = pd.DataFrame(rng.normal(0, 0.01, (len(SESSIONS), 4)), index=SESSIONS, columns=names)
    study = asked(models=("ff3",), benchmarks=(Benchmark("W"),))
    plan = plan_study(study, replace(data, factors=factors))
    market = rng.normal(0, 0.01, len(SESSIONS))
    given = tuple(
        (b, market) for b in (Benchmark("W"), purged("M", ("A",)), purged(MARKET, ("A",)))
    )
    holdings = Holdings("A", {MARKET: 0.06}, frozenset())
    whole, without = multiverse._on_factors(plan, plan.events[0], MODELS["ff3"], given, holdings)
    assert (whole.holds_firm, whole.relative, without.holds_firm) == (True, True, False)
    assert without.case.specification.benchmark == f"{MARKET}-ex"
    np.testing.assert_array_equal(whole.case.plan.factors["mkt_rf"], factors["mkt_rf"])
    np.testing.assert_allclose(without.case.plan.factors["mkt_rf"], market - factors["rf"])


def test_a_value_that_the_study_states_makes_money_of_a_point() -> None:
    data = made_up()
    short = replace(data, levels=data.levels.iloc[EVENT - 120 :])
    eve = SESSIONS[EVENT - 1].date()
    stated = MarketValue("A", 2e6, eve, "made up", close=50.0, close_session=eve)
    study = asked(models=("mean",), benchmarks=(Benchmark("W"),), market_values=(stated,))
    points = multiverse.multiverse(study, short).leading.points
    for point in points:
        if point.returns == "simple":
            assert point.answer == pytest.approx(1e8 * point.abnormal, rel=1e-9)
