"""Expressions compute arithmetic over named figures, and nothing else."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.claims.expressions import (
    LARGEST_WHOLE,
    PLAIN_FUNCTIONS,
    MissingError,
    Scope,
    evaluate,
    fill_in,
)
from analysis.claims.ledger import PublishedLoss
from analysis.errors import DataError

ROW = PublishedLoss("AAA", dt.date(2025, 1, 27), 5e11, -17.0, "paper", "")


def absent(name: str) -> float:
    raise MissingError(f"no {name}")


SCOPE = Scope(
    {"hours": 2.788e6, "price": 2.0, "rows": [ROW], "day": ROW.date, "three": [1, 2, 3]},
    {**PLAIN_FUNCTIONS, "absent": absent},
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("hours * price / 1e6", 5.576),
        ("-(1 + 2) ** 2 // 2 % 4", -(3**2) // 2 % 4),
        ("abs(-3) + sqrt(16) + round(2.5)", 9.0),
        ("sum([x * x for x in three if x > 1])", 13),
        ("max(three) - min([2, 3])", 1),
        ("len([r for r in rows if r.loss / 1e9 > 400 and r.date == day])", 1),
        ("rows[0].company == 'AAA' and not rows[0].percent > 0", True),
        ("1 < 2 <= 2 != 3", True),
        ("'A' in 'AAA' or absent('x')", True),
        ("price if hours > 1 else absent('x')", 2.0),
        ("join([]) == 'none' and join([1, 'b']) == '1, b'", True),
        ("exp(log(8)) > 7.99", True),
    ],
)
def test_values(text: str, value: object) -> None:
    assert evaluate(text, SCOPE) == pytest.approx(value)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0.5, 1e6))
def test_arithmetic_is_that_of_python(a: float, b: float, c: float) -> None:
    scope = Scope({"a": a, "b": b, "c": c}, {"abs": abs})
    text = "(a + b) * c - abs(a) / c + (b - c)"
    assert evaluate(text, scope) == (a + b) * c - abs(a) / c + (b - c)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hour * price", "there is no 'hour'; did you mean 'hours'"),
        ("roun(3)", "there is no function 'round'|there is no function 'roun'; did you mean"),
        ("rows[0].companys", "there is no attribute 'companys'; did you mean 'company'"),
        ("rows[0].__class__", "there is no attribute '__class__'"),
        ("rows[0].source.format", "there is no attribute"),
        ("().__class__.__bases__", "there is no attribute|Tuple is not allowed"),
        ("__import__('os').system('true')", "there is no attribute|only a function's own name"),
        ("open('x')", "there is no function 'open'"),
        ("(lambda: 1)()", "Lambda is not allowed|only a function's own name"),
        ("rows[0].company('x')", "only a function's own name may be called"),
        ("f'{hours}'", "JoinedStr is not allowed"),
        ("{1: 2}", "Dict is not allowed"),
        ("x := 3", "is no expression"),
        ("(x := 3)", "NamedExpr is not allowed"),
        ("three[0:2]", "Slice is not allowed"),
        ("import os", "is no expression"),
        ("hours; price", "is no expression"),
        ("", "is no expression"),
        ("9**9**9", "cannot be computed"),
        ("2.0 ** 5000", "cannot be computed"),
        ("9" * 5000, "characters; 2,000 are the most"),
        ("9" * 1000, "beyond 1e\\+15"),
        ("(" * 900 + "1" + ")" * 900, "is no expression"),
        ("-" * 1900 + "1", "cannot be computed|is no expression"),
        ("1 / 0", "cannot be computed .*division by zero"),
        ("1e308 * 10", "no finite number"),
        ("sqrt(-1)", "cannot be computed"),
        ("(-8) ** 0.5", "cannot be computed"),
        ("'a' * 1000", "is no number"),
        ("three + three", "is no number"),
        ("three[7]", "cannot be computed"),
        ("rows < 3", "cannot be computed"),
        ("1j", "complex is not allowed"),
        ("min(3, 4)", "cannot be computed"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        evaluate(text, SCOPE)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_a_comprehension_without_end_is_refused() -> None:
    names = {"many": list(range(1000))}
    with pytest.raises(DataError, match="cannot be computed"):
        evaluate("len([a for a in many for b in many for c in many])", Scope(names, {"len": len}))


def test_whole_numbers_do_not_grow_without_end() -> None:
    value = evaluate("n * n * n", Scope({"n": LARGEST_WHOLE}, {}))
    assert isinstance(value, float)
    assert value == pytest.approx(float(LARGEST_WHOLE) ** 3)


def test_definitions_are_computed_where_they_are_asked_for_in_any_order() -> None:
    scope = SCOPE.within({"cost": "rent / 1e6", "rent": "hours * price", "x": "absent('figure')"})
    assert evaluate("cost", scope) == 5.576
    with pytest.raises(MissingError, match="no figure"):
        evaluate("x + cost", scope)


def test_a_long_chain_of_definitions_costs_what_its_length_says() -> None:
    chain = {"n0": 1, "n1": 1} | {f"n{i}": f"n{i - 1} + n{i - 2}" for i in range(2, 60)}
    assert evaluate("n59", Scope({}, {}).within(chain)) == 1548008755920  # Fibonacci's number F60


def test_definitions_must_not_be_circles_nor_take_names() -> None:
    with pytest.raises(DataError, match=r"defined through itself \(a -> b -> a\)"):
        evaluate("a", SCOPE.within({"a": "b + 1", "b": "a + 1"}))
    for name in ("hours", "abs"):
        with pytest.raises(DataError, match=f"the name '{name}' is taken"):
            SCOPE.within({name: 1})


def test_texts_are_filled_in() -> None:
    text = "{hours / 1e6:.3f} m x {price:g}, {rows[0].company} on {day}, {1234.6:,.0f}"
    assert fill_in(text, SCOPE) == "2.788 m x 2, AAA on 2025-01-27, 1,235"
    assert fill_in("nothing to fill", SCOPE) == "nothing to fill"


@pytest.mark.parametrize("text", ["{price:9999999999}", "{price:.999f}", "{price:%Y}", "{rows}"])
def test_a_format_is_one_of_a_plain_number(text: str) -> None:
    with pytest.raises(DataError, match=r"is no format|can hold"):
        fill_in(text, SCOPE)


def test_nothing_here_is_infinite() -> None:
    for text in ("hours", "price", "sum(three)"):
        assert math.isfinite(evaluate(text, SCOPE))
