"""Bounds of a headline as a record: its row, its range and its break-even, by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from analysis.impact import Impact
from analysis.results.bounds import Bound, Bounds
from analysis.windows import Window

MONEY = Impact(200.0, -30.0, -10.0, -20.0, 2.0, -24.0, -16.0, "EUR", 1.1)


def bound(*firms: str, car: float = -0.1, **more) -> Bound:
    return Bound(
        **{
            "kind": "firms", "without": firms, "weight": 0.07, "stated": None, "anchor": None,
            "index_return": -0.01, "beta": 2.0, "expected": -0.019, "car": car, "low": car - 0.02,
            "high": car + 0.02, "impact": None, **more,
        }
    )  # fmt: skip


def bounds(*steps: Bound, raw: float = -0.12, weights: tuple[Bound, ...] = ()) -> Bounds:
    return Bounds("M-ex", "M", Window(0, 0), raw, steps, weights)


def test_a_row_is_in_the_currency_and_in_dollars() -> None:
    row = bound("A", "B", impact=MONEY, stated=0.065, anchor=dt.date(2025, 1, 24)).row
    assert (row["firms"], row["added"]) == (2, "B")
    assert (row["stated_weight"], row["stated_for"]) == (0.065, "2025-01-24")
    assert (row["impact"], row["impact_low"], row["impact_high"]) == (-20.0, -24.0, -16.0)
    assert row["impact_usd"] == pytest.approx(-22.0)
    assert row["impact_low_usd"] == pytest.approx(-26.4)
    assert row["currency"] == "EUR"
    unknown = bound("A", impact=replace(MONEY, rate=None)).row
    assert (unknown["impact"], unknown["impact_usd"]) == (-20.0, None)
    ends = bound("A", impact=replace(MONEY, low=None, high=None)).row
    assert (ends["impact_low_usd"], ends["impact_usd"]) == (None, pytest.approx(-22.0))
    none = bound().row
    assert not none["own"]
    assert (none["firms"], none["added"], none["stated_for"]) == (0, "", None)
    assert (none["impact"], none["impact_usd"], none["currency"]) == (None, None, None)
    assert (none["car"], none["car_low"], none["car_high"]) == (-0.1, -0.1 - 0.02, -0.1 + 0.02)


def test_the_range_is_of_the_steps_from_the_studys_own_on() -> None:
    whole, own = bound(car=-0.3), bound("A", car=-0.1, own=True)
    two, three = bound("A", "B", car=-0.15), bound("A", "B", "C", car=-0.05)
    found = bounds(whole, own, two, three, weights=(bound("A", kind="weight"),))
    assert found.own is own
    assert found.purged == (own, two, three)
    assert found.range == (two, three)
    assert found.tidy["kind"].tolist() == ["firms"] * 4 + ["weight"]
    assert found.tidy["firms"].tolist() == [0, 1, 2, 3, 1]


def test_an_answer_is_money_where_there_is_some() -> None:
    dear, cheap = bound("A", impact=replace(MONEY, abnormal=-50.0)), bound("A", "B", impact=MONEY)
    assert (dear.answer, bound().answer) == (-50.0, -0.1)
    assert bounds(replace(dear, own=True), cheap).range[0].answer == -50.0
    assert bounds(replace(dear, own=True), cheap).range[1] is cheap


def test_the_break_even_by_hand() -> None:
    """Nine tenths of -12 % abnormal leaves -1.2 % expected: 0.7 % more than -1.9 %, over 2."""
    found = bounds(bound("A", own=True))
    assert found.break_even() == pytest.approx(-0.01 + 0.007 / 2)
    assert found.break_even(0.5) == pytest.approx(-0.01 + (-0.06 + 0.019) / 2)
    assert bounds(bound("A", own=True, beta=0.0)).break_even() is None
    assert bounds(bound("A", own=True), raw=0.0).break_even() is None
