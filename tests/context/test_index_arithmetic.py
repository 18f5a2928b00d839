"""An index's return in parts, by hand from its published weights."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest
from crowd_market import EVENT, SESSIONS, asked, case_of, crowd, simple

from analysis.context.index_arithmetic import FARTHEST, REST, index_shares
from analysis.prices.reference import IndexWeight, Reference
from analysis.run.flags import LEAST_WEIGHT
from analysis.run.plan import plan_headline
from analysis.study import Benchmark

EVE = SESSIONS[EVENT - 1]


def weighted(*weights: tuple[str, str, float, dt.date]):
    known = tuple(IndexWeight(*weight, "made up") for weight in weights)
    return index_shares(case_of(data=crowd(reference=Reference(weights=known))))


def test_index_arithmetic_by_hand(study, snapshot) -> None:
    share = next(s for s in index_shares(plan_headline(study, snapshot)) if s.index == "SPY")
    first = share.parts[0]
    assert (first.symbol, first.weight, first.anchor) == ("NVDA", 0.06772, dt.date(2025, 1, 24))
    assert first.points == pytest.approx(0.06772 * -0.16968, abs=1e-6)
    assert share.rest + sum(p.points for p in share.parts) == pytest.approx(share.move)
    assert {p.symbol: p.weight for p in share.parts}["AAPL"] == 0.06511


def test_an_older_weight_is_carried_by_relative_returns(study, snapshot) -> None:
    older = [w for w in snapshot.reference.weights if w.as_of == dt.date(2024, 12, 6)]
    data = replace(snapshot, reference=replace(snapshot.reference, weights=tuple(older)))
    share = next(s for s in index_shares(plan_headline(study, data)) if s.index == "SPY")
    part = next(p for p in share.parts if p.symbol == "AAPL")
    growth = snapshot.levels["AAPL"] / snapshot.levels["SPY"]
    carried = 0.0715 * growth.loc["2025-01-24"] / growth.loc["2024-12-06"]
    assert part.weight == pytest.approx(carried)
    assert part.anchor == dt.date(2024, 12, 6)


def test_the_parts_and_the_rest_make_the_move_of_each_fund() -> None:
    data = crowd()
    move, levels = simple(data.levels).iloc[EVENT], data.levels
    first, second = index_shares(case_of(data=data))
    assert (first.index, second.index) == ("M", "N")
    assert [part.symbol for part in first.parts] == ["A", "B", "C"]
    older = SESSIONS[EVENT - 30]
    relative = levels["B"] / levels["M"]
    weights = [0.07, 0.05 * relative[EVE] / relative[older], 0.02]
    assert [part.weight for part in first.parts] == pytest.approx(weights, rel=1e-12)
    assert [part.anchor for part in first.parts] == [EVE.date(), older.date(), EVE.date()]
    points = [weight * move[name] for weight, name in zip(weights, "ABC", strict=True)]
    assert [part.points for part in first.parts] == pytest.approx(points, rel=1e-12)
    assert first.move == pytest.approx(move["M"], rel=1e-12)
    assert first.others == pytest.approx(sum(points[1:]), rel=1e-12)
    assert first.rest == pytest.approx(move["M"] - sum(points), rel=1e-12)
    rows = pd.DataFrame(first.rows)
    assert list(rows["symbol"]) == ["A", "B", "C", REST]
    assert rows["weight"].sum() == pytest.approx(1, rel=1e-12)
    assert rows["contribution"].sum() == pytest.approx(move["M"], rel=1e-12)
    rest = rows.iloc[-1]
    assert rest["firm_return"] == pytest.approx(
        (move["M"] - sum(points)) / (1 - sum(weights)), rel=1e-12
    )
    assert pd.isna(rest["weight_published_for"])
    assert second.others == 0


@pytest.mark.parametrize(("weight", "left"), [(0.6, None), (0.5, None), (0.25, 0.5)])
def test_where_firms_weigh_all_of_the_index_the_rest_has_no_return(weight, left) -> None:
    eve = EVE.date()
    (share,) = weighted(("M", "A", weight, eve), ("M", "B", weight, eve))
    rest = share.rows[-1]
    assert rest["weight"] == pytest.approx(1 - 2 * weight)
    assert (rest["firm_return"] is None) is (left is None)


def test_the_headlines_fund_goes_first_whatever_its_name() -> None:
    study = asked()
    study = replace(study, headline=replace(study.headline, benchmark="N"))
    assert [share.index for share in index_shares(case_of(study))] == ["N", "M"]


def test_a_fund_without_a_weight_of_the_firm_itself_is_no_part_of_it() -> None:
    eve = EVE.date()
    assert [s.index for s in weighted(("M", "B", 0.05, eve), ("N", "A", 0.1, eve))] == ["N"]
    assert weighted(("M", "B", 0.05, eve)) == ()


def test_a_weight_is_carried_no_farther_than_its_limit() -> None:
    """150 days at the most, before the eve or after it, and only from a session."""
    for sign in (-1, 1):
        reach = [d for d in SESSIONS if 0 < sign * (d - EVE).days <= FARTHEST]
        beyond = [d for d in SESSIONS if sign * (d - EVE).days > FARTHEST]
        if sign < 0:
            assert weighted(("M", "A", 0.07, beyond[-1].date())) == ()
        assert weighted(("M", "A", 0.07, reach[0].date()))
    assert FARTHEST == 150
    sunday = dt.date(2025, 1, 26)
    assert weighted(("M", "A", 0.07, sunday)) == ()
    limit = EVE - pd.Timedelta(days=150)  # 27 August 2024, a Tuesday
    assert limit in SESSIONS
    assert weighted(("M", "A", 0.07, limit.date()))


def test_the_nearest_weight_counts_and_of_two_as_near_the_first() -> None:
    days = [SESSIONS[EVENT - 1 + k].date() for k in (-9, -1, 7)]
    far, near, later = days
    (share,) = weighted(("M", "A", 0.01, far), ("M", "A", 0.02, near), ("M", "A", 0.03, later))
    assert share.parts[0].anchor == near
    (share,) = weighted(("M", "A", 0.03, later), ("M", "A", 0.01, far))
    assert share.parts[0].anchor == later  # 11 days after against 14 before
    around = [(EVE + pd.Timedelta(days=k)).date() for k in (-7, 7)]  # two Fridays
    (share,) = weighted(("M", "A", 0.03, around[0]), ("M", "A", 0.01, around[1]))
    assert share.parts[0].anchor == around[0]


def test_the_least_weight_that_is_carried_and_securities_without_levels() -> None:
    eve = EVE.date()
    assert weighted(("M", "A", LEAST_WEIGHT, eve))
    assert weighted(("M", "A", LEAST_WEIGHT * 0.99, eve)) == ()
    assert weighted(("X", "A", 0.07, eve)) == ()
    (share,) = weighted(("M", "A", 0.07, eve), ("M", "X", 0.07, eve))
    assert [part.symbol for part in share.parts] == ["A"]
    (share,) = weighted(("M words of the index", "A", 0.07, eve))
    assert share.index == "M"


def test_a_weight_that_the_study_states_counts_too() -> None:
    day = SESSIONS[EVENT - 3].date()
    own = Benchmark("M-ex", purged_of="A", weight=0.04, weight_session=day)
    study = replace(asked(), benchmarks=(Benchmark("M"), own))
    (share,) = index_shares(case_of(study, crowd(reference=Reference())))
    data = crowd()
    relative = data.levels["A"] / data.levels["M"]
    carried = 0.04 * relative[EVE] / relative[pd.Timestamp(day)]
    assert share.parts[0].weight == pytest.approx(carried, rel=1e-12)
    assert share.parts[0].anchor == day


def test_a_fund_and_its_firm_alone_are_enough() -> None:
    levels = crowd().levels[["A", "M"]]
    study = asked(symbols=("A",), groups=(), donors=(), benchmarks=(Benchmark("M"),))
    (share,) = index_shares(case_of(study, crowd(levels=levels)))
    assert [part.symbol for part in share.parts] == ["A"]
