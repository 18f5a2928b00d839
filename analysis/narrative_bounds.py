"""Why the abnormal part of a move is known between bounds only, in plain English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.formatting import counted, percent, scale_of
from analysis.results import Place
from analysis.results.bounds import ABNORMAL_SHARE

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.results import Bound, Bounds, StudyResult

    Cite = Callable[[str, Place], str]

FILE = "bounds.csv"


def bounds_sentences(result: StudyResult, cite: Cite) -> str:
    """
    Say what the headline becomes as more firms are taken out of its index, and its break-even.

    Parameters
    ----------
    result : StudyResult
    cite : callable
        Marks a number with its place.

    Returns
    -------
    str
        Empty where no benchmark of the study is purged.
    """
    bounds = result.bounds
    if bounds is None:
        return ""
    sentences = (_steps(bounds, cite), _break_even(bounds, cite))
    return " ".join(sentence for sentence in sentences if sentence)


def _steps(bounds: Bounds, cite: Cite) -> str:
    purged = bounds.purged
    if len(purged) == 1:
        return ""

    def sized(bound: Bound) -> str:
        line = 2 + bounds.steps.index(bound)
        if bound.impact is None:
            return cite(percent(bound.car), Place(FILE, line, "car"))
        money = scale.write(abs(bound.impact.abnormal), 0)
        return cite(money, Place(FILE, line, bound.impact.column("impact")))

    money = [bound.impact.abnormal for bound in bounds.steps if bound.impact is not None]
    scale = scale_of(*money)
    low, high = sorted(bounds.range, key=lambda bound: abs(bound.answer))
    own, last = bounds.own, purged[-1]
    unit = "" if own.impact is None else f" {own.impact.currency} {scale.long}"
    steps = [f"{sized(own)} without {_names(own.without)}"]
    if len(purged) > 2:
        steps.append(f"{sized(purged[1])} without {purged[1].without[-1]} too")
    steps.append(f"{sized(last)} without all {counted(len(last.without), 'firm')} of known weight")
    return (
        f"What the news did to the rest of {bounds.index} is only bounded: the abnormal part "
        f"is{unit} {', '.join(steps)}; {sized(low)} to {sized(high)} in all."
    )


def _names(firms: tuple[str, ...]) -> str:
    return firms[0] if len(firms) == 1 else f"{', '.join(firms[:-1])} and {firms[-1]}"


def _break_even(bounds: Bounds, cite: Cite) -> str:
    needed = bounds.break_even()
    if needed is None:
        return ""
    own = bounds.own
    line = 2 + bounds.steps.index(own)
    was = cite(percent(own.index_return), Place(FILE, line, "index_return"))
    return (
        f"For {percent(ABNORMAL_SHARE, 0)} of the raw return to be abnormal, {bounds.index} "
        f"without {_names(own.without)} would have had to return {percent(needed)} by itself, "
        f"not {was}."
    )


def beyond_raw(result: StudyResult) -> str:
    """
    Say why the interval of a loss or gain reaches beyond what was lost or gained in all.

    Returns
    -------
    str
        Empty where it does not.
    """
    impact = result.headline_window.impact
    if impact is None or impact.low is None or impact.high is None:
        return ""
    scale = scale_of(impact.raw, impact.low, impact.high)
    raw = f"{impact.currency} {scale.write(abs(impact.raw))} {scale.short}"
    if impact.abnormal < 0 and impact.low < impact.raw < 0:
        return f"The interval reaches beyond the {raw} lost, for the firm might else have risen."
    if impact.abnormal > 0 and impact.high > impact.raw > 0:
        return f"The interval reaches beyond the {raw} gained, for the firm might else have fallen."
    return ""
