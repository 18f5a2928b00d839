"""What the page says of the answers under every other choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.formatting import percent
from analysis.narrative_curve import FILE
from analysis.report.words import money
from analysis.results import Place

if TYPE_CHECKING:
    from analysis.context.curve import CurvePoint
    from analysis.context.details import Details
    from analysis.report.words import Cite


def range_words(details: Details, cite: Cite) -> str:
    """
    Say how far the answers of every other choice lie apart.

    Parameters
    ----------
    details : Details
    cite : callable

    Returns
    -------
    str
        Empty where there is no curve.
    """
    curve = details.multiverse.leading
    if curve is None:
        return ""
    low, high = curve.range

    def shown(point: CurvePoint, line: int) -> str:
        if point.impact is None:
            return cite(percent(point.abnormal, 1), Place(FILE, line, "abnormal_return"))
        word = "a loss" if point.answer < 0 else "a gain"
        text = f"{word} of {money(point.answer, point.impact.currency)}"
        return cite(text, Place(FILE, line, "impact"))

    apart = ""
    if curve.headline_rank is None and not curve.holds_firm:
        apart = ", on benchmarks that do not hold the firm itself,"
    return (
        f"Under {len(curve.points):,} combinations of choices{apart} it runs from {shown(low, 2)} "
        f"to {shown(high, len(curve.points) + 1)}."
    )
