"""Benchmarks that a study's data can purge further, and which of them hold the firm."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from curve_market import EVENT, SESSIONS, asked, made_up

from analysis.context.curve_benchmarks import (
    Holdings,
    curve_benchmarks,
    holdings_of,
    purged,
)
from analysis.prices.reference import IndexWeight, Reference
from analysis.prices.tables import read_table
from analysis.run.flags import LEAST_WEIGHT
from analysis.run.plan import plan_study
from analysis.study import Benchmark

DAY = SESSIONS[EVENT - 1].date()


def weight(index: str, symbol: str, share: float, day=DAY) -> IndexWeight:
    return IndexWeight(index, symbol, share, day, "made up")


def listed(*weights: IndexWeight, symbols: tuple[str, ...] = ("A",), **more) -> list[str]:
    data = replace(made_up(), reference=Reference(weights=weights))
    other = made_up(seed=9).levels
    levels = data.levels.assign(B=other["A"], C=other["W"])
    data = replace(data, levels=levels)
    study = replace(asked(models=("market",)), symbols=symbols, groups=(), **more)
    placed = plan_study(study, data).events[0]
    found = curve_benchmarks(study, placed, data, holdings_of("A", data))
    return [benchmark.id for benchmark in found]


def test_an_index_is_purged_of_the_firm_where_it_holds_it() -> None:
    assert listed(weight("M", "A", 0.08)) == ["W", "M", "S", "M-ex"]
    assert listed(weight("M words", "A", 0.003)) == ["W", "M", "S", "M-ex"]
    assert listed(weight("M", "A", 0.0029)) == ["W", "M", "S"]
    assert listed(weight("S", "A", 0.2)) == ["W", "M", "S", "S-ex"]
    assert listed() == ["W", "M", "S"]


def test_of_two_treated_firms_or_more_an_index_is_purged_of_all_at_once() -> None:
    both = (weight("M", "A", 0.08), weight("M", "B", 0.02))
    assert listed(*both, symbols=("A", "B")) == ["W", "M", "S", "M-ex", "M-ex-2"]
    assert listed(*both) == ["W", "M", "S", "M-ex"]
    alone = (weight("M", "B", 0.02), weight("M", "C", 0.02))
    assert listed(*alone, symbols=("A", "B", "C")) == ["W", "M", "S", "M-ex-2"]
    assert listed(alone[0], symbols=("A", "B")) == ["W", "M", "S"]
    sector = (weight("S", "A", 0.2), weight("S", "B", 0.1))  # a sector is purged of the firm alone
    assert listed(*sector, symbols=("A", "B")) == ["W", "M", "S", "S-ex"]


def test_a_purged_benchmark_of_the_study_is_not_listed_twice() -> None:
    own = (Benchmark("M"), Benchmark("mine", symbol="M", purged_of="A"))
    study = asked(models=("market",))
    head = replace(study.headline, benchmark="M")
    found = listed(weight("M", "A", 0.08), benchmarks=own, headline=head)
    assert found == ["M", "mine"]


def test_a_weight_of_another_season_or_of_no_session_purges_nothing() -> None:
    near = SESSIONS[EVENT] - pd.Timedelta(days=150)  # Friday, 30 August 2024
    far = SESSIONS[SESSIONS.get_loc(near) - 1]
    assert "M-ex" in listed(weight("M", "A", 0.08, near.date()))
    assert "M-ex" not in listed(weight("M", "A", 0.08, far.date()))
    sunday = (SESSIONS[EVENT] - pd.Timedelta(days=1)).date()
    assert "M-ex" not in listed(weight("M", "A", 0.08, sunday))


def test_the_largest_known_weight_of_each_fund_is_held() -> None:
    weights = (weight("M", "A", 0.02), weight("M", "A", 0.08), weight("M", "A", 0.05))
    data = replace(made_up(), reference=Reference(weights=(*weights, weight("W", "B", 0.3))))
    found = holdings_of("A", data)
    assert dict(found.weights) == {"M": 0.08}
    assert found.inputs == ()


def test_funds_that_hold_the_firm_are_those_of_the_bundled_table(snapshot) -> None:
    table, _ = read_table("donor-exposures", snapshot.folder)
    rows = table[[("NVDA" in str(held).split()) for held in table["exposed_to"]]]
    found = holdings_of("NVDA", snapshot)
    assert found.funds == frozenset(rows.loc[rows["kind"] == "fund", "symbol"])
    assert len(rows) > len(found.funds) > 0
    assert len(found.inputs) == 1


@pytest.mark.parametrize(
    ("firms", "name"), [(("A",), "M-ex"), (("A", "B"), "M-ex-2"), (("A", "B", "C"), "M-ex-3")]
)
def test_the_name_of_a_purged_index_counts_its_firms(firms, name) -> None:
    made = purged("M", firms)
    assert (made.id, made.symbol, made.firms, made.sector) == (name, "M", firms, False)


def test_a_firm_without_levels_is_not_purged_of() -> None:
    """The weight of B is known; its levels are not at hand."""
    weights = (weight("M", "A", 0.08), weight("M", "B", 0.05))
    data = replace(made_up(), reference=Reference(weights=weights))
    study = asked(models=("market",))
    placed = plan_study(study, data).events[0]
    wider = replace(study, symbols=("A", "B"))
    found = curve_benchmarks(wider, placed, data, holdings_of("A", data))
    assert [benchmark.id for benchmark in found] == ["W", "M", "S", "M-ex"]


@pytest.mark.parametrize(("share", "held"), [(0.003, True), (0.0029, False)])
def test_a_benchmark_holds_the_firm_from_the_least_weight_on(share, held) -> None:
    """A weight that is known counts before a list of holders; a purged benchmark holds nothing."""
    assert LEAST_WEIGHT == 0.003
    known = Holdings("A", {"M": share}, frozenset({"M", "N"}))
    assert known.in_benchmark(Benchmark("M")) is held
    assert known.in_benchmark(Benchmark("N"))
    assert not known.in_benchmark(Benchmark("W"))
    assert not known.in_benchmark(purged("N", ("A",)))
    assert known.in_benchmark(purged("N", ("B",)))
