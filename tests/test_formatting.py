"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from analysis.formatting import (
    billions,
    counted,
    number,
    percent,
    probability,
    rank_probability,
    relation,
    scale_of,
)
from analysis.inference.outcome import Outcome


@pytest.mark.parametrize("write", [percent, billions, number, probability])
@pytest.mark.parametrize("nothing", [None, math.nan])
def test_no_value_is_a_dash(write, nothing: float | None) -> None:
    assert write(nothing) == "-"


@pytest.mark.parametrize(
    ("p", "text"),
    [(1.0, "1.0000"), (0.05, "0.0500"), (1e-4, "0.0001"), (9.9e-5, "<0.0001"), (1e-300, "<0.0001")],
)
def test_p_is_never_zero(p: float, text: str) -> None:
    assert probability(p) == text


@pytest.mark.parametrize(
    ("p", "draws", "sides", "text"),
    [
        (1 / 247, 246, 1, "≤0.0041"),
        (2 / 247, 246, 1, "0.0081"),
        (2 / 251, 250, 2, "≤0.0080"),
        (4 / 251, 250, 2, "0.0159"),
        (1 / 100_000, 99_999, 1, "≤0.0001"),
    ],
)
def test_a_rank_at_its_floor_is_a_bound(p: float, draws: int, sides: int, text: str) -> None:
    assert rank_probability(Outcome("placebo", 1.0, p, draws=draws), sides) == text


def test_a_rank_that_there_is_not() -> None:
    assert rank_probability(Outcome.missing("placebo", "no dates")) == "-"


def test_numbers() -> None:
    assert percent(-0.16968) == "-16.97 %"
    assert percent(0.05, 0) == "5 %"
    assert billions(1_234_500_000_000.0) == "1,234.5"
    assert number(2.672, 1) == "2.7"


@pytest.mark.parametrize(
    ("values", "digits", "text"),
    [
        ((592.7e9,), 1, "592.7 bn"),
        ((1e9, 40e6), 0, "1 bn"),
        ((40e6, 1e9), 1, "0.040 bn"),  # what is read together keeps one unit
        ((12.34e6, -7e6), 1, "12.3 m"),
        ((-999e6,), 0, "-999 m"),
        ((0.0,), 1, "0.0 bn"),
    ],
)
def test_dollars_are_millions_or_billions_by_size(values, digits: int, text: str) -> None:
    scale = scale_of(*values, None)
    assert f"{scale.write(values[0], digits)} {scale.short}" == text
    assert scale.write(None) == scale.write(math.nan) == "-"


def test_counts_and_relations() -> None:
    assert [counted(n, "session") for n in (0, 1, 2, 1200)] == [
        "0 sessions",
        "1 session",
        "2 sessions",
        "1,200 sessions",
    ]
    assert [relation(p) for p in ("0.5000", "<0.0001", "≤0.0041")] == [
        "= 0.5000",
        "< 0.0001",
        "≤ 0.0041",
    ]
