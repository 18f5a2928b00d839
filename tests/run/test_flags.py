"""Flags stand where they should and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from curve_market import asked

from analysis.prices.reference import IndexWeight
from analysis.run.flags import benchmark_flag, control_flag, estimation_flag, longest_closure
from analysis.study import Benchmark

DAY = pd.Timestamp("2025-01-24").date()


def test_fewer_sessions_than_asked_for() -> None:
    study = asked()
    assert estimation_flag(100, study) == ()
    assert estimation_flag(99, study) == ("estimation:99/100",)


@pytest.mark.parametrize(
    ("days", "closure"),
    [
        (["2025-01-24", "2025-01-27"], None),
        (["2025-01-24", "2025-01-28"], None),
        (["2025-01-24", "2025-01-29"], ("2025-01-29", 3)),
        (["2025-01-24", "2025-01-27", "2025-01-31"], ("2025-01-31", 4)),
        (["2025-01-20", "2025-01-24", "2025-01-30"], ("2025-01-24", 4)),
    ],
)
def test_a_closure_is_of_more_than_two_weekdays(days, closure) -> None:
    found = longest_closure(pd.DatetimeIndex(days))
    expected = None if closure is None else (pd.Timestamp(closure[0]), closure[1])
    assert found == expected


def weight(index: str, symbol: str, share: float) -> IndexWeight:
    return IndexWeight(index, symbol, share, DAY, "made up")


@pytest.mark.parametrize(
    ("known", "held"),
    [
        (("M", "A", 0.003), True),
        (("M words", "A", 0.08), True),
        (("M", "A", 0.0029), False),
        (("M", "B", 0.08), False),
        (("W", "A", 0.08), False),
    ],
)
def test_a_benchmark_holds_the_firm_from_three_thousandths_on(known, held) -> None:
    flags = ("benchmark-holds-firm",) if held else ()
    assert benchmark_flag("A", "M", asked(), (weight(*known),)) == flags


def test_a_purged_benchmark_and_none_hold_no_firm() -> None:
    study = replace(asked(), benchmarks=(Benchmark("W"), Benchmark("M-ex", purged_of="A")))
    known = (weight("M", "A", 0.08), weight("M", "B", 0.08))
    assert benchmark_flag("A", "M-ex", study, known) == ()
    assert benchmark_flag("B", "M-ex", study, known) == ("benchmark-holds-firm",)
    assert benchmark_flag("A", "none", study, known) == ()


def test_a_control_is_flagged_where_the_market_fits_better() -> None:
    assert control_flag(0.02, 0.02) == ()
    assert control_flag(0.0201, 0.02) == ("control-fit:2.01/2.00",)
    assert control_flag(0.02, None) == ()
