"""The words of the page's top, for a reader who knows no statistics: headline and standfirst."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from analysis.formatting import Scale, counted, long_date, percent, scale_of
from analysis.models.catalog import MODELS
from analysis.narrative import beyond_chance
from analysis.results.names import name_of, the_benchmark

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.impact import Impact
    from analysis.results import FirmResult, Place, StudyResult

    Cite = Callable[[str, Place], str]

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
"""Signs of currencies that stand before a number; others stand as their code."""

_MINUS = re.compile(r"(?<![\w.\-])-(?=\d)")
TRILLIONS = Scale(1e12, "tn", "trillion")
"""Of a headline alone: tables and figures say thousands of billions."""

_ISO = re.compile(r"(?<![\w./-])\d{4}-\d{2}-\d{2}(?![\w/-]|\.\w)")
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_UNIT = re.compile(r"(?<=\d) (?=%|bn\b|m\b|billion\b|million\b)")


def typeset(text: str) -> str:
    r"""
    Set a text for print: true minus signs and apostrophes, a number and its unit on one line.

    Examples
    --------
    >>> typeset("-16.6 % of 2025-01-27")
    '−16.6\xa0% of 2025-01-27'
    """
    return _APOSTROPHE.sub("’", _UNIT.sub("\u00a0", _MINUS.sub("−", text)))


def money(value: float, currency: str) -> str:
    r"""
    Write the size of an amount as a headline does: without a sign, whole from ten on.

    Examples
    --------
    >>> money(-580.9e9, "USD"), money(4.23e9, "EUR"), money(12.4e6, "CHF"), money(1.363e13, "KRW")
    ('$581bn', '€4.2bn', 'CHF\xa012m', 'KRW\xa014tn')
    """
    scale = TRILLIONS if abs(value) >= TRILLIONS.divisor else scale_of(value)
    size = abs(value) / scale.divisor
    sign = SYMBOLS.get(currency, f"{currency}\u00a0")
    return f"{sign}{size:,.{0 if size >= 10 else 1}f}{scale.short}"


def dated(text: str) -> str:
    """
    Write the dates of a text as the page writes dates.

    Examples
    --------
    >>> dated("bundled snapshot, 2012-01-03 to 2026-04-30")
    'bundled snapshot, 3 January 2012 to 30 April 2026'
    >>> dated("closes-2024-01-02.csv")
    'closes-2024-01-02.csv'
    """
    return _ISO.sub(_long, text)


def _long(found: re.Match[str]) -> str:
    try:
        return long_date(dt.date.fromisoformat(found[0]))
    except ValueError:  # figures of a name, no date
        return found[0]


def signed(value: float, currency: str) -> str:
    r"""
    Write an amount with its sign, unbroken.

    Examples
    --------
    >>> signed(-580.9e9, "USD")
    '−\u2060$581bn'
    """
    return ("−" if value < 0 else "+") + "\u2060" + money(value, currency)


def yardstick(result: StudyResult, firm: FirmResult) -> str:
    """
    Say what the expected return of a result rests on.

    Returns
    -------
    str
        As in ``the S&P 500 without NVIDIA``.
    """
    model = MODELS[firm.model]
    if model.uses_benchmark:
        return the_benchmark(result, firm.benchmark)
    if model.uses_donors:
        return "a portfolio of untouched shares"
    return "the market's factors" if model.factors else "its own average day"


def explainer(firm: FirmResult) -> str:
    """Name what explains the expected part of a return, as the subject of a headline's verb."""
    model = MODELS[firm.model]
    if model.uses_donors:
        return "untouched shares explain"
    return "the market explains" if model.uses_benchmark or model.factors else "its past explains"


def headline_words(result: StudyResult, cite: Cite) -> str:
    """
    Say the finding as a headline: name, sign, size; a null reads as one.

    Parameters
    ----------
    result : StudyResult
    cite : callable
        Marks a number with its place in the results files.

    Returns
    -------
    str
        Without a full stop.
    """
    head, window = result.headline, result.headline_window
    name, verdict = name_of(result, head.symbol), beyond_chance(window, result.study.level)
    day = f"{long_date(head.session.date())}"
    over = "" if len(window.window) == 1 else f" over {len(window.window)} trading days"
    if verdict is False:
        return (
            f"Nothing out of the ordinary for {name} on {day}"
            if not over
            else (f"Nothing out of the ordinary for {name}{over} around {day}")
        )
    if verdict is None and window.t.available:
        same = (window.raw < 0) == (window.car < 0)
        moved = ("fall" if window.raw < 0 else "rise") if same else "move"
        return f"The tests disagree on {name}’s {moved} of {day}"
    impact = window.impact
    if impact is not None:
        size = cite(
            money(impact.abnormal, impact.currency),
            result.place(head, window.window, impact.column("impact")),
        )
        start = f"{name} {'lost' if impact.raw < 0 else 'gained'} {size}"
    else:
        size = cite(percent(abs(window.car), 1), result.place(head, window.window, "car"))
        start = f"{name} {'fell' if window.raw < 0 else 'rose'} {size}"
    further = "more" if (window.raw < 0) == (window.car < 0) else "less"
    if verdict is None:
        return f"{start} {further} than {explainer(head)}{over}, which no test judges"
    return f"{start} {further} than {explainer(head)}{over}"


def standfirst(result: StudyResult, cite: Cite) -> str:
    """
    Say what happened, and both verdicts: this firm on this day, and among all firms asked about.

    Parameters
    ----------
    result : StudyResult
    cite : callable

    Returns
    -------
    str
    """
    head, window = result.headline, result.headline_window
    name = name_of(result, head.symbol)

    def cited(text: str, column: str) -> str:
        return cite(text, result.place(head, window.window, column))

    moved = "fell" if window.raw < 0 else "rose"
    size = cited(percent(abs(window.raw), 1), "raw_return")
    day = long_date(head.session.date())
    days = len(window.window)
    when = f"On {day}" if days == 1 else f"In {counted(days, 'trading day')} around {day}"
    worth = "" if window.impact is None else _worth(window.impact, cited)
    expected = cited(percent(window.expected, 1), "expected_return")
    return (
        f"{when} {name}’s shares {moved} {size}{worth}. From how they had moved with "
        f"{yardstick(result, head)}, {expected} was to be expected. {verdicts(result)}"
    )


def _worth(impact: Impact, cited: Callable[[str, str], str]) -> str:
    size = cited(money(impact.raw, impact.currency), impact.column("impact_raw"))
    return f", {size} of market value {'gone' if impact.raw < 0 else 'gained'}"


def verdicts(result: StudyResult) -> str:
    """Say both verdicts in one sentence or two; of a single firm there is one."""
    window, level = result.headline_window, result.study.level
    single = len(window.window) == 1
    first = {
        True: "is more than ordinary days bring",
        False: "is no more than ordinary days bring",
        None: "is a matter on which the tests disagree"
        if window.t.available
        else "cannot be tested",
    }[beyond_chance(window, level)]
    start = f"For this firm on {'this day' if single else 'these days'} that {first}"
    firms, joint = len(result.family.symbols), family_p(result)
    if firms < 2 or joint is None:
        return f"{start}."
    asked = f"counted among {'both' if firms == 2 else f'all {firms}'} firms asked about"
    alone = beyond_chance(window, level)
    stands = result.headline.symbol in result.family.beyond
    if alone is None:
        return f"{start}; {asked}, it {'stands out' if stands else 'does not stand out'}."
    if stands:
        return f"{start}; {'and' if alone else 'but'} {asked}, it {'still ' * alone}stands out."
    either = "" if alone else " either"
    return f"{start}; {'but' if alone else 'and'} {asked}, it does not stand out{either}."


def family_p(result: StudyResult) -> float | None:
    """Find the headline firm's p over all firms of the study at once; None where there is none."""
    return result.family.p.get(result.headline.symbol)
