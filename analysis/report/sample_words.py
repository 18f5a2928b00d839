"""The words of the top of a page of many firm-events: they are about the average."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.figures.sample.path import leading
from analysis.formatting import counted, percent, probability, relation
from analysis.report.sure import Sure
from analysis.report.words import span_words

if TYPE_CHECKING:
    from analysis.sample.average import Average
    from analysis.sample.result import SampleResult


def sample_yardstick(result: SampleResult) -> str:
    """Say what the expected returns rest on."""
    if not result.measurer.takes_benchmark:
        return "its own past"
    names = set(result.pairs.benchmarks)
    return names.pop() if len(names) == 1 else "the benchmark of each"


def _beyond(result: SampleResult, average: Average) -> bool | None:
    p = average.lead.p
    return None if p is None else p <= 1 - result.spec.level


def sample_headline(result: SampleResult) -> str:
    """
    Say the finding as a headline about the average; a null reads as one.

    Parameters
    ----------
    result : SampleResult

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
    size = percent(abs(average.mean), 1).replace(" ", "\u00a0")
    explains = "the market explains" if result.measurer.takes_benchmark else "their past explains"
    untested = "" if beyond else ", which no test judges"
    start = "On average shares" if average.n > 1 else "The share"
    return f"{start} did {size} {better} than {explains}: {cases}, over {span}{untested}"


def sample_standfirst(result: SampleResult) -> str:
    """Say how many could be measured, and how the single answers lie around the average."""
    average, spec = leading(result), result.spec
    measured = sum(n for word, n in result.statuses.items() if word.startswith("ok"))
    text = (
        f"{measured:,} of {counted(len(result.pairs), 'firm-event')} could be measured, each "
        f"against {sample_yardstick(result)}. Over {span_words(average.window)} the average of "
        f"what was not to be expected is {percent(average.mean, 1)}, half of them lie above "
        f"{percent(average.median, 1)}, and {percent(average.positive, 0)} are gains."
    )
    if average.battery is None:
        return text
    low, high = average.battery.low, average.battery.high
    return (
        f"{text} The {100 * spec.level:g} % interval of the average runs from {percent(low, 1)} to "
        f"{percent(high, 1)}."
    )


def sample_sure(result: SampleResult) -> tuple[Sure, ...]:
    """
    Grade what a study of many firm-events can and cannot say.

    Parameters
    ----------
    result : SampleResult

    Returns
    -------
    tuple of Sure
        The average against chance, the many against the few, the dates, the cause.
    """
    average = leading(result)
    return (_average(result, average), _many(average), _dates(average), _cause())


def _average(result: SampleResult, average: Average) -> Sure:
    question, beyond = "Is the average out of the ordinary?", _beyond(result, average)
    if beyond is None:
        return Sure(question, "unknown", "Untested", "There are too few firm-events for a test.")
    said = f"p {relation(probability(average.lead.p))}, by the test that suits these dates."
    return Sure(question, "yes" if beyond else "no", "Yes" if beyond else "No", said)


def _many(average: Average) -> Sure:
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
        f"{percent(average.median, 1)}.",
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
