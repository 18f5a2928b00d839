"""What is said of bounds: for a fall, a gain, one firm, without money."""

from __future__ import annotations

from types import SimpleNamespace

from analysis.impact import Impact
from analysis.narrative_bounds import beyond_raw, bounds_sentences
from analysis.narrative_tests import plain
from analysis.results.bounds import Bound, Bounds
from analysis.windows import Window


def bound(without, car, *, value=None, own=False, index=-0.003) -> Bound:
    money = None
    if value is not None:
        money = Impact(value, value * -0.17, 0.0, value * car, 1.0, None, None)
    return Bound(
        "firms", without, 0.07, None, None, index, 2.0, -0.005, car, None, None, money, own=own
    )


def said(*steps, raw=-0.17) -> str:
    bounds = Bounds("SPY-ex", "SPY", Window(0, 0), raw, steps, ())
    return bounds_sentences(SimpleNamespace(bounds=bounds), plain)


BREAK_EVEN = "For 90 % of the raw return to be abnormal, SPY without AAA would have had to return "


def test_a_fall_in_money() -> None:
    steps = (
        bound((), -0.13, value=3e12),
        bound(("AAA",), -0.165, value=3e12, own=True),
        bound(("AAA", "BBB"), -0.175, value=3e12),
        bound(("AAA", "BBB", "CCC"), -0.170, value=3e12),
    )
    assert said(*steps) == (
        "What the news did to the rest of SPY is only bounded: the abnormal part is USD billion "
        "495 without AAA, 525 without BBB too, 510 without all 3 firms of known weight; 495 to 525 "
        "in all. " + BREAK_EVEN + "-0.90 % by itself, not -0.30 %."
    )


def test_a_gain_without_money() -> None:
    steps = (
        bound((), 0.08),
        bound(("AAA",), 0.10, own=True),
        bound(("AAA", "BBB"), 0.09),
    )
    assert said(*steps, raw=0.11) == (
        "What the news did to the rest of SPY is only bounded: the abnormal part is 10.00 % "
        "without AAA, 9.00 % without all 2 firms of known weight; 9.00 % to 10.00 % in all. "
        + BREAK_EVEN
        + "0.50 % by itself, not -0.30 %."
    )


def test_one_firm_has_its_break_even_alone() -> None:
    steps = (bound((), -0.13), bound(("AAA",), -0.165, own=True))
    assert said(*steps) == BREAK_EVEN + "-0.90 % by itself, not -0.30 %."


def test_no_bounds_nothing_said() -> None:
    assert bounds_sentences(SimpleNamespace(bounds=None), plain) == ""


def interval(raw, abnormal, low, high) -> str:
    impact = Impact(1e12, raw, raw - abnormal, abnormal, 1.0, low, high)
    return beyond_raw(SimpleNamespace(headline_window=SimpleNamespace(impact=impact)))


def test_why_an_interval_reaches_beyond_the_raw_change() -> None:
    assert interval(-592e9, -581e9, -785e9, -377e9) == (
        "The interval reaches beyond the USD 592.0 bn lost, for the firm might else have risen."
    )
    assert interval(50e9, 45e9, 30e9, 60e9) == (
        "The interval reaches beyond the USD 50.0 bn gained, for the firm might else have fallen."
    )
    assert interval(-592e9, -400e9, -500e9, -300e9) == ""
    assert interval(-592e9, 10e9, -700e9, 720e9) == ""
    assert beyond_raw(SimpleNamespace(headline_window=SimpleNamespace(impact=None))) == ""
