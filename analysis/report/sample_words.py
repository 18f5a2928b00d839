"""The words of the top of a page of many firm-events: they are about the average."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.figures.sample.path import fitting, leading
from analysis.formatting import counted, percent, probability, relation
from analysis.report.sure import Sure
from analysis.results import Place
from analysis.tables.sample_cells import AVERAGES, average_line
from analysis.windows import span_words

if TYPE_CHECKING:
    from analysis.report.words import Cite
    from analysis.sample.average import Average
    from analysis.sample.result import SampleResult


def _beyond(result: SampleResult, average: Average) -> bool | None:
    p = average.lead.p
    return None if p is None else p <= 1 - result.spec.level


def sample_headline(result: SampleResult, cite: Cite) -> str:
    """
    Say the finding as a headline about the average; a null reads as one.

    Parameters
    ----------
    result : SampleResult
    cite : callable
        Marks a number with its place in the results files.

    Returns
    -------
    str
        Without a full stop.
    """
    average = leading(result)
    cases, span = counted(average.n, "firm-event"), span_words(average.window)
    beyond = _beyond(result, average)
    if beyond is False:
        return f"Nothing out of the ordinary on average: {cases}, over {span}"
    better = "better" if average.mean > 0 else "worse"
    size = _cited(result, average, cite, fitting(abs(average.mean), average), "mean")
    explains = "the market explains" if result.measurer.takes_benchmark else "their past explains"
    untested = "" if beyond else ", which no test judges"
    start = "On average shares" if average.n > 1 else "The share"
    return f"{start} did {size} {better} than {explains}: {cases}, over {span}{untested}"


def _cited(result: SampleResult, average: Average, cite: Cite, text: str, column: str) -> str:
    line = average_line(result, average)
    return cite(text, Place(AVERAGES, line, column)) if line else text


def sample_standfirst(result: SampleResult, cite: Cite) -> str:
    """Say how many could be measured, and how the single answers lie around the average."""
    average, spec = leading(result), result.spec

    def cited(value: float, column: str) -> str:
        return _cited(result, average, cite, fitting(value, average), column)

    measured = sum(n for word, n in result.statuses.items() if word.startswith("ok"))
    gains = _cited(result, average, cite, percent(average.positive, 0), "positive")
    text = (
        f"{measured:,} of {counted(len(result.pairs), 'firm-event')} could be measured, each "
        f"against {result.benchmark_words}. Over {span_words(average.window)} the average of "
        f"what was not to be expected is {cited(average.mean, 'mean')}, half of them lie above "
        f"{cited(average.median, 'median')}, and {gains} are gains."
    )
    if average.battery is None:
        return text
    low, high = average.battery.low, average.battery.high
    return (
        f"{text} The {100 * spec.level:g} % interval of the average runs from {cited(low, 'low')} "
        f"to {cited(high, 'high')}."
    )


def sample_sure(result: SampleResult, cite: Cite) -> tuple[Sure, ...]:
    """
    Grade what a study of many firm-events can and cannot say.

    Parameters
    ----------
    result : SampleResult
    cite : callable

    Returns
    -------
    tuple of Sure
        The average against chance, the many against the few, the dates, the cause.
    """
    average = leading(result)
    return (
        _average(result, average, cite),
        _many(result, average, cite),
        _dates(average),
        _cause(),
    )


def _average(result: SampleResult, average: Average, cite: Cite) -> Sure:
    question, beyond = "Is the average out of the ordinary?", _beyond(result, average)
    if beyond is None:
        return Sure(question, "unknown", "Untested", "There are too few firm-events for a test.")
    p = _cited(result, average, cite, relation(probability(average.lead.p)), "p")
    said = f"p {p}, by the test that suits these dates."
    return Sure(question, "yes" if beyond else "no", "Yes" if beyond else "No", said)


def _many(result: SampleResult, average: Average, cite: Cite) -> Sure:
    question = "Is it so for most of them?"
    same = average.positive if average.mean > 0 else 1 - average.positive
    sides = (average.median > 0) == (average.mean > 0)
    grade = "yes" if same >= 0.6 and sides else "partly" if sides else "no"
    answer = {"yes": "Yes", "partly": "Barely", "no": "No"}[grade]
    return Sure(
        question,
        grade,  # type: ignore[arg-type]
        answer,
        f"{percent(same, 0)} of {average.n:,} lie on the side of the average; the middle one is "
        f"{_cited(result, average, cite, fitting(average.median, average), 'median')}.",
    )


def _dates(average: Average) -> Sure:
    question = "Do they count as separate cases?"
    if average.battery is None:
        return Sure(question, "unknown", "Untested", "There are too few of them to ask.")
    overlap = average.battery.overlap
    if overlap.dates == 1:
        return Sure(question, "no", "No", "All share one date, so they are one case seen often.")
    if overlap.share == 0:
        return Sure(question, "yes", "Yes", f"{overlap.dates:,} dates, of which no two overlap.")
    return Sure(
        question,
        "partly",
        "Partly",
        f"{overlap.share:.0%} overlap with another: {overlap.dates:,} dates are worth "
        f"{overlap.effective_dates:,.0f} separate ones, and the test allows for it.",
    )


def _cause() -> Sure:
    return Sure(
        "Do the figures say what caused it?",
        "no",
        "No",
        "They size what came with such news on average; other news of those days is in it.",
    )
