"""What a study found, in plain English: written from the results, never fixed text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.benchmarks import benchmark_of
from analysis.formatting import (
    counted,
    long_date,
    no_value,
    percent,
    probability,
    rank_probability,
    relation,
    scale_of,
)
from analysis.models.catalog import MODELS
from analysis.narrative_bounds import beyond_raw, bounds_sentences
from analysis.narrative_curve import curve_sentences
from analysis.narrative_shock import shock_sentences
from analysis.narrative_tests import (
    beside_the_rank,
    closure_sentence,
    each_firm,
    fair,
    firms_together,
    led_by,
    plain,
)
from analysis.results import Place
from analysis.results.verdict import NORMAL, small, window_verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.context.details import Details
    from analysis.formatting import Scale
    from analysis.impact import Impact
    from analysis.narrative_tests import Cite
    from analysis.results import FirmResult, PlacedWindow, StudyResult, WindowResult


def report_narrative(details: Details, cite: Cite = plain) -> tuple[str, ...]:
    """
    Tell a study's results in about 200 words, with what they hang on.

    Parameters
    ----------
    details : Details
    cite : callable

    Returns
    -------
    tuple of str
        Paragraphs without line breaks.
    """
    result = details.result
    paragraphs = (
        (
            _realised(result, cite),
            _abnormal(result, cite),
            closure_sentence(result),
            shock_sentences(result, cite),
            _dollars(result, cite),
            beyond_raw(result),
        ),
        (
            _beside(result, cite),
            bounds_sentences(result, cite),
            curve_sentences(details.multiverse, cite),
        ),
        (firms_together(result, cite), _other_events(result, cite), _recovery(result, cite)),
    )
    return tuple(
        " ".join(sentence for sentence in sentences if sentence)
        for sentences in paragraphs
        if any(sentences)
    )


def summary_paragraph(result: StudyResult) -> str:
    """
    Say in one paragraph what the headline is, how sure it is and what it hangs on.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    str
        One paragraph without line breaks.
    """
    sentences = [
        _realised(result),
        _abnormal(result),
        closure_sentence(result),
        shock_sentences(result, plain),
        _dollars(result),
        beyond_raw(result),
        _beside(result),
        each_firm(result),
        _other_events(result),
        _recovery(result),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def beyond_chance(window: WindowResult, level: float) -> bool | None:
    """
    Say whether a single firm's return was beyond chance.

    Returns
    -------
    bool or None
        By the test that leads, see `analysis.results.verdict.window_verdict`; None if the
        volatility-scaled and the plain rank differ, or there is no test.
    """
    return window_verdict(window, level).significant


def other_news(result: StudyResult, placed: PlacedWindow) -> str:
    """
    Say what else could have moved the firms in a window.

    Returns
    -------
    str
        Titles; "none known" where the study's chronology covers the window and lists nothing;
        "not covered" where there is no chronology, or it begins later or ends earlier.
    """
    if placed.confounders:
        return "; ".join(entry.title for entry in placed.confounders)
    days = [entry.session for entry in result.chronology]
    covered = bool(days) and min(days) <= placed.first and placed.last <= max(days)
    return "none known" if covered else "not covered"


def _realised(result: StudyResult, cite: Cite = plain) -> str:
    head, window = result.headline, result.headline_window
    if len(window.window) == 1:
        placed = result.placed(head.event, window.window)
        day = long_date(placed.first.date())
        raw = cite(percent(window.raw), result.place(head, window.window, "raw_return"))
        kind = ", in logarithms," if result.study.log else ""
        return f"On {day} {head.symbol} returned {raw}{kind} in one session."
    return (
        f"Over the sessions {window.window} around {long_date(head.session.date())} the daily "
        f"{'log ' if result.study.log else ''}returns of {head.symbol} sum to "
        f"{cite(percent(window.raw), result.place(head, window.window, 'raw_return'))}."
    )


def _abnormal(result: StudyResult, cite: Cite = plain) -> str:
    head, window, level = result.headline, result.headline_window, result.study.level

    def cited(text: str, column: str) -> str:
        return cite(text, result.place(head, window.window, column))

    interval = (
        f", {100 * level:g} % interval {cited(percent(window.t.low), 'car_low')} to "
        f"{cited(percent(window.t.high), 'car_high')}"
        if window.t.available
        else ""
    )
    verdict = {
        True: "more than chance explains",
        False: "not more than chance explains",
        None: "on which the tests disagree"
        if window.t.available
        else f"untested, for {window.t.unavailable}",
    }[beyond_chance(window, level)]
    tests = []
    for outcome, column, on in (
        (window.scaled, "p_scaled", ", each by its own volatility"),
        (window.placebo, "p_placebo", ""),
    ):
        if outcome.available:
            dates = counted(outcome.draws or 0, "placebo date")
            p = cited(relation(rank_probability(outcome)), column)
            tests.append(f"rank among {dates}{on}: p {p}")
    tests += beside_the_rank(result, cite)
    if window.t.statistic is not None and window.t.df is not None:
        tests.append(
            f"t = {cited(f'{window.t.statistic:.2f}', 't')} with {window.t.df:.0f} degrees of "
            f"freedom, p {cited(relation(probability(window.t.p)), 'p')}{fair(result, cite)}"
        )
    said = f" ({'; '.join(tests)})" if tests else ""
    return (
        f"{_model(result, head)}, fitted on {head.n_estimation} earlier sessions, had expected "
        f"{cited(percent(window.expected), 'expected_return')}; the abnormal return is "
        f"{cited(percent(window.car), 'car')}{interval}: "
        f"{verdict}{said}."
    )


def _model(result: StudyResult, firm: FirmResult) -> str:
    title = MODELS[firm.model].title
    if not MODELS[firm.model].uses_benchmark:
        return f"The {title} model" if not title.endswith("model") else f"The {title}"
    benchmark = benchmark_of(result.study, firm.benchmark, firm.symbol)
    if benchmark is None:
        return f"The {title}"
    without = f" without {benchmark.purged_of}" if benchmark.purged_of else ""
    return f"The {title} on {benchmark.symbol}{without}"


def _dollars(result: StudyResult, cite: Cite = plain) -> str:
    impact = result.headline_window.impact

    def cited(text: str, column: str) -> str:
        return cite(text, result.place(result.headline, result.headline_window.window, column))

    if impact is None:
        lacking = no_value(result.unvalued.get(result.headline.symbol, ""))
        return f"The firm has no figure in dollars: {lacking}."
    scale = scale_of(impact.raw, impact.abnormal)

    def sized(value: float, column: str) -> str:
        return f"{impact.currency} {cited(scale.write(abs(value)), column)} {scale.short}"

    kind = "loss" if impact.abnormal < 0 else "gain"
    raw, size = (
        sized(impact.raw, impact.column("impact_raw")),
        sized(impact.abnormal, impact.column("impact")),
    )
    interval = _dollar_interval(impact, result.study.level, scale, cited)
    start = f"The firm {'lost' if impact.raw < 0 else 'gained'} {raw} of market value"
    if (impact.abnormal < 0) != (impact.raw < 0):
        return f"{start}, against an abnormal {kind} of {size}{interval}."
    if abs(impact.abnormal) > abs(impact.raw):
        other = "gain" if impact.expected > 0 else "loss"
        return f"{start}, where a {other} was expected: the abnormal {kind} is {size}{interval}."
    return f"{start}, {size} of it abnormal{interval}."


def _dollar_interval(
    impact: Impact, level: float, scale: Scale, cited: Callable[[str, str], str]
) -> str:
    low, high = impact.low, impact.high
    if low is None or high is None:
        return ""
    lower = cited(scale.write(abs(low)), impact.column("impact_low"))
    upper = cited(scale.write(abs(high)), impact.column("impact_high"))
    if low < 0 < high:
        ends = f"from a loss of {lower} to a gain of {upper}"
    else:
        ends = f"{upper} to {lower}" if high <= 0 else f"{lower} to {upper}"
    return f" ({100 * level:g} % interval {ends})"


def _beside(result: StudyResult, cite: Cite = plain) -> str:
    head, beside = result.study.headline, result.study.headline.beside
    if not beside or beside == result.headline.benchmark:
        return ""
    try:
        firm = result.firm(head.event, head.symbol, head.model, beside)
    except KeyError:
        return ""
    other = firm.at(head.window)
    dollars = ""
    if other.impact is not None:
        scale = scale_of(other.impact.abnormal)
        money = scale.write(abs(other.impact.abnormal))
        place = result.place(firm, head.window, other.impact.column("impact"))
        dollars = f", {other.impact.currency} {cite(money, place)} {scale.short}"
    size = cite(percent(other.car), result.place(firm, head.window, "car"))
    holds = (
        f", an index that itself holds {head.symbol}"
        if "benchmark-holds-firm" in other.flags
        else ""
    )
    return (
        f"Against {beside}{holds}, the abnormal return would be {size}{dollars}: the "
        "benchmark is part of the answer."
    )


def _other_events(result: StudyResult, cite: Cite = plain) -> str:
    head = result.headline
    others = [
        (firm, firm.at(result.study.headline.window))
        for firm in result.headline_dates
        if firm.event != head.event
    ]
    sentences = []
    quiet = [f for f, w in others if beyond_chance(w, result.study.level) is False]
    if quiet:
        days = _list([f"{long_date(f.session.date())} ({f.event})" for f in quiet])
        sentences.append(f"No abnormal return beyond chance is seen on {days}.")
    for firm, window in others:
        if firm not in quiet:
            size = cite(percent(window.car), result.place(firm, window.window, "car"))
            lead = window_verdict(window, result.study.level).lead
            column = {"placebo-ewma": "p_scaled", "placebo": "p_placebo", "sq": "p_sq"}.get(
                lead, "p"
            )
            outcome = {"p_scaled": window.scaled, "p_placebo": window.placebo, "p_sq": window.sq}
            p = cite(
                relation(led_by(outcome.get(column, window.t))),
                result.place(firm, window.window, column),
            )
            caveat = NORMAL if column == "p" and small(window.t.p) else ""
            sentences.append(
                f"On {long_date(firm.session.date())} ({firm.event}) it was {size} (p {p}{caveat})."
            )
    return " ".join(sentences)


def _recovery(result: StudyResult, cite: Cite = plain) -> str:
    head = result.headline
    recovery = next(
        r for r in result.recoveries if (r.event, r.symbol) == (head.event, head.symbol)
    )
    if not recovery.fell:
        return ""
    ends = recovery.last == result.levels.index[-1]
    if recovery.session is None and not recovery.sessions:
        what = "The data end" if ends else "The prices of the firm end"
        return f"{what} with that session, so nothing is known of what came after."
    eve = long_date(recovery.eve.date())
    if recovery.session is None:
        return (
            f"By {long_date(recovery.last.date())}, "
            f"{'where the data end' if ends else 'when it last traded'}, the stock had not closed "
            f"at its level of {eve} again."
        )
    count = cite(
        str(recovery.sessions),
        Place("recoveries.csv", 2 + result.recoveries.index(recovery), "sessions"),
    )
    sessions = f"{count} session" if recovery.sessions == 1 else f"{count} sessions"
    whose = {True: "With dividends, the", False: "Without dividends, the", None: "The"}
    return (
        f"{whose[result.dividends]} stock first closed at or above its level of {eve} again on "
        f"{long_date(recovery.session.date())}, {sessions} after the event."
    )


def _list(items: list[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " or " + items[-1]
