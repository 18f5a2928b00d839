"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from analysis.formatting import billions, number, percent, probability, rank_probability
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
