"""What a study found, in plain English: written from the results, never fixed text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.formatting import billions, long_date, percent, probability, rank_probability
from analysis.models.catalog import MODELS

if TYPE_CHECKING:
    from analysis.results import FirmResult, StudyResult, WindowResult


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
        _dollars(result),
        _beside(result),
        _other_events(result),
        _recovery(result),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def beyond_chance(window: WindowResult, level: float) -> bool | None:
    """
    Say whether the tests of a single firm agree that a return was abnormal.

    Returns
    -------
    bool or None
        True if Student t and the placebo rank both reject at 1 - `level`, False if neither does,
        None if they disagree or there is no test. A placebo rank that there is not, or that ranks
        among too few dates to reach 1 - `level`, leaves the word to Student t.
    """
    alpha = 1 - level
    votes = [window.t]
    if window.placebo.draws is not None and 1 / (window.placebo.draws + 1) <= alpha:
        votes.append(window.placebo)
    verdicts = {outcome.p <= alpha for outcome in votes if outcome.p is not None}
    return verdicts.pop() if len(verdicts) == 1 else None


def _realised(result: StudyResult) -> str:
    head, window = result.headline, result.headline_window
    if len(window.window) == 1:
        placed = result.placed(head.event, window.window)
        day = long_date(placed.first.date())
        return f"On {day} {head.symbol} returned {percent(window.raw)} in one session."
    return (
        f"Over the sessions {window.window} around {long_date(head.session.date())} the daily "
        f"returns of {head.symbol} sum to {percent(window.raw)}."
    )


def _abnormal(result: StudyResult) -> str:
    head, window, level = result.headline, result.headline_window, result.study.level
    interval = (
        f", {100 * level:g} % interval {percent(window.t.low)} to {percent(window.t.high)}"
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
    tests = (
        f" (t = {window.t.statistic:.2f} with {window.t.df:.0f} degrees of freedom, p "
        f"{_relation(probability(window.t.p))}; rank among {window.placebo.draws} placebo dates: p "
        f"{_relation(rank_probability(window.placebo))})"
        if window.t.statistic is not None and window.placebo.available
        else ""
    )
    return (
        f"{_model(result, head)}, fitted on {head.n_estimation} earlier sessions, had expected "
        f"{percent(window.expected)}; the abnormal return is {percent(window.car)}{interval}: "
        f"{verdict}{tests}."
    )


def _relation(text: str) -> str:
    return f"{text[0]} {text[1:]}" if text[0] in "<≤" else f"= {text}"


def _model(result: StudyResult, firm: FirmResult) -> str:
    title = MODELS[firm.model].title
    if not MODELS[firm.model].uses_benchmark:
        return f"The {title} model" if not title.endswith("model") else f"The {title}"
    benchmark = next(b for b in result.study.benchmarks if b.id == firm.benchmark)
    market = (
        f"{benchmark.symbol} without {benchmark.purged_of}"
        if benchmark.purged_of
        else benchmark.symbol
    )
    return f"The {title} on {market}"


def _dollars(result: StudyResult) -> str:
    impact = result.headline_window.impact
    if impact is None:
        symbol = result.headline.symbol
        lacking = "printed close" if symbol in result.shares else "share count"
        return f"No {lacking} is known for the firm, so there is no dollar figure."
    word = "lost" if impact.raw < 0 else "gained"
    abnormal = f"USD {billions(abs(impact.abnormal))} bn of it abnormal"
    kind = "loss" if impact.abnormal < 0 else "gain"
    if (impact.abnormal < 0) != (impact.raw < 0):
        abnormal = f"against an abnormal {kind} of USD {billions(abs(impact.abnormal))} bn"
    elif abs(impact.abnormal) > abs(impact.raw):
        abnormal = (
            f"where a {'gain' if impact.abnormal < 0 else 'loss'} was expected: the abnormal "
            f"{kind} is USD {billions(abs(impact.abnormal))} bn"
        )
    interval = ""
    if impact.low is not None and impact.high is not None:
        ends = sorted((impact.low, impact.high), key=abs)
        sign = 1 if impact.abnormal > 0 else -1
        low, high = (billions(sign * end) for end in ends)
        interval = f" ({100 * result.study.level:g} % interval {low} to {high})"
    return (
        f"The firm {word} USD {billions(abs(impact.raw))} bn of market value, {abnormal}{interval}."
    )


def _beside(result: StudyResult) -> str:
    head, beside = result.study.headline, result.study.headline.beside
    if not beside or beside == result.headline.benchmark:
        return ""
    try:
        other = result.firm(head.event, head.symbol, head.model, beside).at(head.window)
    except KeyError:
        return ""
    dollars = "" if other.impact is None else f", USD {billions(abs(other.impact.abnormal))} bn"
    holds = (
        f", an index that itself holds {head.symbol}"
        if "benchmark-holds-firm" in other.flags
        else ""
    )
    return (
        f"Against {beside}{holds}, the abnormal return would be {percent(other.car)}{dollars}: the "
        "benchmark is part of the answer."
    )


def _other_events(result: StudyResult) -> str:
    head = result.headline
    others = [
        (firm, firm.at(result.study.headline.window))
        for firm in result.firms
        if firm.symbol == head.symbol
        and firm.model == head.model
        and firm.benchmark == head.benchmark
        and firm.event != head.event
    ]
    sentences = []
    quiet = [f for f, w in others if beyond_chance(w, result.study.level) is False]
    if quiet:
        days = _list([f"{long_date(f.session.date())} ({f.event})" for f in quiet])
        sentences.append(f"No abnormal return beyond chance is seen on {days}.")
    for firm, window in others:
        if firm not in quiet:
            sentences.append(
                f"On {long_date(firm.session.date())} ({firm.event}) it was {percent(window.car)} "
                f"(p {_relation(probability(window.t.p))})."
            )
    return " ".join(sentences)


def _recovery(result: StudyResult) -> str:
    head = result.headline
    recovery = next(
        r for r in result.recoveries if (r.event, r.symbol) == (head.event, head.symbol)
    )
    if not recovery.fell:
        return ""
    eve = long_date(recovery.eve.date())
    if recovery.session is None:
        return (
            f"By {long_date(recovery.last.date())}, where the data end, the stock had not closed "
            f"at its level of {eve} again."
        )
    sessions = "1 session" if recovery.sessions == 1 else f"{recovery.sessions} sessions"
    return (
        f"With dividends, the stock first closed at or above its level of {eve} again on "
        f"{long_date(recovery.session.date())}, {sessions} after the event."
    )


def _list(items: list[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " or " + items[-1]
