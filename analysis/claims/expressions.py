"""
Expressions of a ledger: arithmetic over named figures, evaluated without running any Python.

simpleeval walks the expression; names, functions and attributes are those given here and no
others, only numbers are added and multiplied, and everything is bounded: the length of an
expression, a whole number in it, the members of a comprehension.
"""

from __future__ import annotations

import ast
import datetime as dt
import math
import operator
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import simpleeval

from analysis.errors import DataError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LONGEST = 2000
"""Characters of an expression or a text with expressions in it."""

LARGEST_WHOLE = 10**15
"""No whole number is written larger in an expression, nor computed larger as a whole number."""

ATTRIBUTES = frozenset(
    {
        *("company", "date", "loss", "percent", "single_firm"),  # of a published loss
        *("raw", "value", "p"),  # of an abnormal return
        *("expected", "car", "car_low", "car_high", "t"),  # of a cell, decimals
        *("impact", "impact_raw", "impact_low", "impact_high"),  # of a cell, USD
    }
)
"""What an expression may ask of a record."""

_NODES = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call,
    ast.keyword, ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.List, ast.ListComp,
    ast.comprehension, ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip
_FIELD = re.compile(r"\{([^{}:]+)(?::([^{}]*))?\}")
_SPEC = re.compile(r",?(\.[0-9]{1,2})?[fgde%]?")


class MissingError(Exception):
    """A figure that an expression asks for is not there; says which."""


@dataclass(frozen=True, slots=True)
class Scope:
    """
    What expressions may name.

    Attributes
    ----------
    names : mapping of str to object
        Figures, dates, records and lists of them.
    functions : mapping of str to callable
        By name.
    definitions : mapping of str to object
        Names that are computed where they are asked for: a text is an expression, which may name
        the others; anything else stands for itself.
    """

    names: Mapping[str, object]
    functions: Mapping[str, Callable[..., Any]]
    definitions: Mapping[str, object] = field(default_factory=dict)

    def within(self, more: Mapping[str, object]) -> Scope:
        """
        Add definitions.

        Raises
        ------
        DataError
            If a name is taken.
        """
        for name in more:
            if name in self.names or name in self.functions or name in self.definitions:
                raise DataError(f"the name '{name}' is taken; choose another")
        return replace(self, definitions={**self.definitions, **more})


def parse(text: str) -> ast.Expression:
    """
    Parse an expression and refuse every construct that is no arithmetic.

    Raises
    ------
    DataError
        If it is no expression of this language.
    """
    if len(text) > LONGEST:
        raise DataError(f"an expression has {len(text):,} characters; {LONGEST:,} are the most")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise DataError(f"'{_short(text)}' is no expression ({_short(str(error))})") from None
    for node in ast.walk(tree):
        if not isinstance(node, _NODES):
            raise DataError(
                f"'{_short(text)}': {type(node).__name__} is not allowed in an expression"
            )
        if isinstance(node, ast.Constant):
            _check_constant(node.value, text)
        if isinstance(node, ast.Attribute) and node.attr not in ATTRIBUTES:
            raise DataError(
                f"'{_short(text)}': there is no attribute '{node.attr}'; "
                f"{nearest(node.attr, ATTRIBUTES, most=20)}"
            )
        if isinstance(node, ast.Call) and not isinstance(node.func, ast.Name):
            raise DataError(f"'{_short(text)}': only a function's own name may be called")
    return tree


def _check_constant(value: object, text: str) -> None:
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        raise DataError(f"'{_short(text)}' holds a whole number beyond {LARGEST_WHOLE:.0e}")
    if not isinstance(value, int | float | str):
        raise DataError(f"'{_short(text)}': {type(value).__name__} is not allowed in an expression")


def _names_in(tree: ast.Expression) -> list[str]:
    """List the names that an expression takes from outside, functions left out."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    own = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return [
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and id(node) not in called and node.id not in own
    ]


def evaluate(text: str, scope: Scope) -> Any:  # noqa: ANN401 - numbers, texts, dates, records and lists of them
    """
    Evaluate an expression.

    Parameters
    ----------
    text : str
    scope : Scope

    Raises
    ------
    DataError
        If it is no expression of this language, names what there is not, or cannot be computed.
    MissingError
        If a figure that it asks a function for is not there.

    Examples
    --------
    >>> evaluate("hours * price / 1e6", Scope({"hours": 2.788e6, "price": 2.0}, {}))
    5.576
    """
    return _evaluate(text, scope, {}, ())


def _evaluate(text: str, scope: Scope, found: dict[str, object], path: tuple[str, ...]) -> Any:  # noqa: ANN401 - as evaluate
    """Evaluate after the definitions that the expression names, each computed once."""
    tree = parse(text)
    for name in _names_in(tree):
        if name in path:
            raise DataError(f"'{name}' is defined through itself ({' -> '.join((*path, name))})")
        if name in scope.definitions and name not in found:
            value = scope.definitions[name]
            if isinstance(value, str):
                value = _evaluate(value, scope, found, (*path, name))
            found[name] = value
    known = {**scope.names, **found}
    _check_names(tree, text, scope, known)
    evaluator = simpleeval.EvalWithCompoundTypes(
        operators=dict(_OPERATORS), functions=dict(scope.functions), names=known
    )
    try:
        value = evaluator.eval(text, previously_parsed=tree.body)
    except (
        simpleeval.InvalidExpression, ArithmeticError, TypeError, ValueError, LookupError,
        AttributeError, RecursionError,
    ) as error:  # fmt: skip
        raise DataError(f"'{_short(text)}' cannot be computed ({_short(str(error))})") from error
    if isinstance(value, float) and not math.isfinite(value):
        raise DataError(f"'{_short(text)}' is {value}, no finite number")
    return value


def _check_names(
    tree: ast.Expression, text: str, scope: Scope, known: Mapping[str, object]
) -> None:
    for name in _names_in(tree):
        if name not in known:
            every = {*known, *scope.definitions}
            raise DataError(f"'{_short(text)}': there is no '{name}'; {nearest(name, every)}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            if name not in scope.functions:
                raise DataError(
                    f"'{_short(text)}': there is no function '{name}'; "
                    f"{nearest(name, scope.functions)}"
                )


def fill_in(text: str, scope: Scope) -> str:
    """
    Put the values of the expressions in braces into a text, as in ``{loss / 1e9:.0f} bn``.

    Raises
    ------
    DataError
        As `evaluate`, or if a format is none of Python's plain number formats.
    MissingError
        As `evaluate`.

    Examples
    --------
    >>> fill_in("{loss / 1e9:.0f} bn", Scope({"loss": 592.6e9}, {}))
    '593 bn'
    """
    if len(text) > LONGEST:
        raise DataError(f"a text has {len(text):,} characters; {LONGEST:,} are the most")

    def one(match: re.Match[str]) -> str:
        spec = match[2] or ""
        if not _SPEC.fullmatch(spec):
            raise DataError(f"'{spec}' is no format of a number; write one as in {{x:.1f}}")
        value = evaluate(match[1], scope)
        if not isinstance(value, int | float | str | dt.date):
            raise DataError(f"'{_short(match[1])}' is no figure that a text can hold")
        try:
            return format(value, spec)
        except ValueError as error:
            raise DataError(f"'{_short(match[1])}' cannot be written as {spec}") from error

    return _FIELD.sub(one, text)


def _number(value: object) -> float | int:
    if not isinstance(value, int | float):
        raise TypeError(f"{_short(repr(value))} is no number")
    return value


def _arithmetic(function: Callable[[Any, Any], Any]) -> Callable[[object, object], float | int]:
    def apply(left: object, right: object) -> float | int:
        value: float | int = function(_number(left), _number(right))
        return float(value) if abs(value) > LARGEST_WHOLE else value

    return apply


def _power(base: float, exponent: float) -> float:
    return math.pow(base, exponent)


_OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _arithmetic(operator.add),
    ast.Sub: _arithmetic(operator.sub),
    ast.Mult: _arithmetic(operator.mul),
    ast.Div: _arithmetic(operator.truediv),
    ast.FloorDiv: _arithmetic(operator.floordiv),
    ast.Mod: _arithmetic(operator.mod),
    ast.Pow: _arithmetic(_power),
    ast.USub: lambda value: -_number(value),
    ast.UAdd: _number,
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda member, whole: member in whole,
    ast.NotIn: lambda member, whole: member not in whole,
}


def _join(items: Sequence[object]) -> str:
    """Write a list with commas; ``none`` where it is empty."""
    return ", ".join(map(str, items)) or "none"


def _least(items: Sequence[float]) -> float:
    return min(items)


def _greatest(items: Sequence[float]) -> float:
    return max(items)


PLAIN_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "sqrt": math.sqrt,
    "log": math.log,
    "exp": math.exp,
    "round": round,
    "len": len,
    "sum": sum,
    "min": _least,
    "max": _greatest,
    "join": _join,
}
"""Functions that need no evidence; ``min`` and ``max`` take a list."""


def _short(text: str) -> str:
    plain = "".join(c if c.isprintable() else "?" for c in text)
    return plain if len(plain) <= 60 else plain[:60] + "..."
