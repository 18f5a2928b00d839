"""What a headline's specification curves say, in plain English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.context.curve import ESTIMANDS
from analysis.context.curve_effects import TOGETHER
from analysis.formatting import counted, percent, rank_probability, relation, scale_of
from analysis.results import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.context.curve import CurvePoint, Multiverse, SpecificationCurve

    Cite = Callable[[str, Place], str]

FILE = "specifications.csv"
SUMMARY = "multiverse.csv"

CHOICE_TITLES = {
    "model": "model",
    "benchmark": "benchmark",
    "length": "estimation length",
    "gap": "gap",
    "returns": "kind of return",
    TOGETHER: "choices together",
}
"""The choices of a curve in words."""


def curve_sentences(multiverse: Multiverse, cite: Cite) -> str:
    """
    Tell the curve of the headline's own estimand, its joint test, and what moves it.

    Parameters
    ----------
    multiverse : Multiverse
    cite : callable
        Marks a number with its place.

    Returns
    -------
    str
        Empty where the data allow no specification.
    """
    curve = multiverse.leading
    if curve is None:
        return ""
    sentences = [_range(curve, cite), _joint(curve, cite), _moves(curve)]
    return " ".join(sentence for sentence in sentences if sentence)


def _range(curve: SpecificationCurve, cite: Cite) -> str:
    low, high = curve.range
    lowest, middle, highest, unit = written(low, curve.middle, high)
    column = "abnormal_return" if curve.middle.impact is None else "impact"
    last = len(curve.points) + 1
    share = curve.share_significant
    place = (
        ""
        if curve.headline_rank is None
        else f"; the headline is number {curve.headline_rank} from the lowest"
    )
    weighed = " (families weighed alike)" if curve.families > 1 else ""
    return (
        f"Under {counted(len(curve.points), 'combination')} of model, benchmark, estimation and "
        f"return the {ESTIMANDS[curve.estimand]} runs from "
        f"{cite(lowest, Place(FILE, 2, column))} to {cite(highest, Place(FILE, last, column))}"
        f"{unit}, median {cite(middle, Place(FILE, 2 + curve.middle_place, column))}{weighed}; "
        f"{part(share)} of them {'is' if share == 0 else 'are'} significant{place}."
    )


def written(*points: CurvePoint) -> tuple[str, ...]:
    """
    Write the answers of points in one unit, and last the unit with a blank before it.

    Returns
    -------
    tuple of str
        One more than there are points.
    """
    money = points[0].impact
    if money is None:
        return (*(percent(point.abnormal, 1) for point in points), "")
    scale = scale_of(*(point.answer for point in points))
    answers = (scale.write(point.answer, 0) for point in points)
    return (*answers, f" {scale.long} {money.currency}")


def part(share: float) -> str:
    """
    Write a share of specifications.

    Examples
    --------
    >>> part(0.0), part(0.734), part(1.0)
    ('none', '73 %', 'all')
    """
    if share in {0.0, 1.0}:
        return "all" if share else "none"
    return percent(share, 0)


def _joint(curve: SpecificationCurve, cite: Cite) -> str:
    joint = curve.joint
    if joint.median.p is None or joint.share.p is None:
        return f"There is no joint test of them: {joint.median.unavailable}."
    some = (
        "the whole curve"
        if joint.drawn == len(curve.points)
        else f"the {joint.drawn} that least squares fits"
    )
    median = relation(rank_probability(joint.median))
    share = relation(rank_probability(joint.share))
    return (
        f"On {counted(joint.median.draws or 0, 'placebo date')}, {some} anew on each, the median "
        f"is as far from zero with p {cite(median, Place(SUMMARY, 2, 'p_median'))}, the "
        f"significant part as large with p {cite(share, Place(SUMMARY, 2, 'p_share'))}."
    )


def _moves(curve: SpecificationCurve) -> str:
    most = next(iter(curve.effects), None)
    if most is None or most == TOGETHER:
        return ""
    return (
        f"The {CHOICE_TITLES[most]} moves it most: {percent(curve.effects[most], 0)} of its "
        "variance."
    )
