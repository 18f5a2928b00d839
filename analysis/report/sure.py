"""How sure the page is: four questions with graded answers, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from analysis.formatting import counted, probability, rank_probability, relation
from analysis.narrative import beyond_chance, other_news
from analysis.narrative_shock import moved_market, shock_in_short
from analysis.report.multiverse import range_words
from analysis.report.words import family_p, money, yardstick
from analysis.results.names import name_of
from analysis.results.verdict import firm_verdict

if TYPE_CHECKING:
    from analysis.context.details import Details
    from analysis.inference.outcome import Outcome
    from analysis.report.words import Cite
    from analysis.results import FirmResult, StudyResult, WindowResult

Grade = Literal["yes", "partly", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Sure:
    """
    One line of the box.

    Attributes
    ----------
    question : str
    grade : {"yes", "partly", "no", "unknown"}
    answer : str
        The grade in a word or two.
    because : str
        A sentence or two; numbers are marked.
    """

    question: str
    grade: Grade
    answer: str
    because: str


def how_sure(details: Details, cite: Cite) -> tuple[Sure, ...]:
    """
    Grade what the study can and cannot say.

    Parameters
    ----------
    details : Details
    cite : callable
        Marks a number with its place in the results files.

    Returns
    -------
    tuple of Sure
        The day against its ordinary days, other benchmarks, all firms, the cause.
    """
    return (
        _ordinary(details.result, cite),
        *_market(details.result, cite),
        _benchmarks(details, cite),
        _family(details.result),
        _cause(details.result),
    )


def _market(result: StudyResult, cite: Cite) -> tuple[Sure, ...]:
    """Say of a shock to the whole market that no market model tells the event from it."""
    if not moved_market(result):
        return ()
    question = "Can the event be told from the market?"
    return (Sure(question, "no", "No", shock_in_short(result, cite)),)


def _days(result: StudyResult) -> str:
    return "day" if len(result.headline_window.window) == 1 else "time"


def _ordinary(result: StudyResult, cite: Cite) -> Sure:
    question = f"Was the {_days(result)} out of the ordinary?"
    window, level = result.headline_window, result.study.level
    verdict = beyond_chance(window, level)
    grade: Grade = {True: "yes", False: "no", None: "partly"}[verdict]  # type: ignore[assignment]
    answer = {True: "Yes", False: "No", None: "Disputed"}[verdict]
    if not window.t.available and verdict is None:
        return Sure(question, "unknown", "Untested", f"No test: {window.t.unavailable}.")
    return Sure(question, grade, answer, _against(result, window, cite))


def _against(result: StudyResult, window: WindowResult, cite: Cite) -> str:
    """Say how the day ranks among earlier ones, or what the t test gives where there are none."""
    outcomes = (window.scaled, window.placebo, window.sq, window.t)
    lead = firm_verdict(outcomes, level=result.study.level).lead
    columns = {"placebo-ewma": "p_scaled", "placebo": "p_placebo", "sq": "p_sq", "t": "p"}
    outcome = next((o for o in outcomes if o.test == lead), window.t)

    def cited(text: str) -> str:
        column = columns.get(outcome.test, "p")
        return cite(text, result.place(result.headline, window.window, column))

    if outcome.draws and outcome.p is not None:
        count = round(outcome.p * (outcome.draws + 1)) - 1
        many = counted(outcome.draws, "earlier trading day")
        span = len(window.window)
        if span > 1:
            many = f"{outcome.draws:,} earlier stretches of {span} trading days"
        jumpy = (
            ", each set against how jumpy the share was at the time,"
            if (outcome.test == "placebo-ewma")
            else ""
        )
        found = "none was" if count <= 0 else "1 was" if count == 1 else f"{count:,} were"
        p = cited(relation(rank_probability(outcome)))
        return f"Of {many}{jumpy} {found} as extreme (p {p})."
    return f"By {_test_words(outcome)}: p {cited(relation(probability(outcome.p)))}."


def _test_words(outcome: Outcome) -> str:
    return "Student’s t" if outcome.test == "t" else "a rank among the days before"


def _beyond(window: WindowResult) -> bool | None:
    low, high = window.t.low, window.t.high
    return None if low is None or high is None else low > 0 or high < 0


def _benchmarks(details: Details, cite: Cite) -> Sure:
    result = details.result
    head, window = result.headline, result.study.headline.window
    firms = [f for f in result.headline_models if f.model == head.model]
    question = "Do other benchmarks say the same?"
    spread = range_words(details, cite)
    if len(firms) < 2:
        alone = "No other benchmark was asked about."
        return Sure(question, "unknown", "Not asked", f"{alone} {spread}".strip())
    firms.sort(key=lambda firm: _answer(firm.at(window)))
    ends = [firms[0], firms[-1]]
    told = [_beyond(f.at(window)) for f in firms]
    mine = _beyond(result.headline_window)
    same = sum(
        flag == mine and (f.at(window).car < 0) == (result.headline_window.car < 0)
        for flag, f in zip(told, firms, strict=True)
    )
    grade: Grade = "yes" if same == len(firms) else "partly" if same > 1 else "no"
    answer = {"yes": "Yes", "partly": f"{same} of {len(firms)}", "no": "No"}[grade]
    low, high = (_sized(result, firm, cite) for firm in ends)
    text = (
        f"Against {counted(len(firms), 'benchmark')} the unexplained part runs from {low}, against "
        f"{yardstick(result, ends[0])}, to {high}, against {yardstick(result, ends[1])}; "
        f"{_leave_out(sum(bool(flag) for flag in told), len(firms))} zero."
    )
    return Sure(question, grade, answer, f"{text} {spread}".strip())


def _leave_out(count: int, of: int) -> str:
    if count == of:
        return "all of their intervals leave out"
    return f"{count or 'none'} of their intervals {'leave' if count > 1 else 'leaves'} out"


def _answer(window: WindowResult) -> float:
    return window.car if window.impact is None else window.impact.abnormal


def _sized(result: StudyResult, firm: FirmResult, cite: Cite) -> str:
    window = firm.at(result.study.headline.window)
    impact = window.impact
    if impact is None:
        text, column = f"{100 * window.car:+.1f} %", "car"
    else:
        word = "a loss" if impact.abnormal < 0 else "a gain"
        text = f"{word} of {money(impact.abnormal, impact.currency)}"
        column = impact.column("impact")
    return cite(text, result.place(firm, window.window, column))


def _family(result: StudyResult) -> Sure:
    family, level = result.family, result.study.level
    name, firms = name_of(result, result.headline.symbol), len(family.symbols)
    question = "Does it stand out among all firms asked about?"
    if firms < 2:
        return Sure(question, "unknown", "Not asked", "Only this firm was asked about.")
    p = family_p(result)
    if p is None:
        return Sure(question, "unknown", "Untested", f"No test counts all {firms} firms here.")
    told, apart = len(family.beyond), result.headline.symbol in family.beyond
    stands = "still stands out" if apart else "does not stand out"
    if not apart and p <= 1 - level:
        stands = "would stand out, were its own tests not at odds"
    does = "do" if told > 1 else "does"
    everyone = "both do" if firms == 2 else f"all {firms} do"
    count = everyone if told == firms else f"{told or 'none'} of the {firms} {does}"
    return Sure(
        question,
        "yes" if apart else "no",
        "Yes" if apart else "No",
        f"Among {firms} firms some look unusual by luck alone. Counted so, {name} {stands} "
        f"(p {relation(probability(p))}); {count}.",
    )


def _cause(result: StudyResult) -> Sure:
    placed = result.placed(result.headline.event, result.study.headline.window)
    news = other_news(result, placed)
    question = "Do the figures say what caused it?"
    if news == "none known":
        told = "No other news of those days is on this study’s list."
    elif news == "not covered":
        told = "This study has no list of other news of those days."
    else:
        told = f"Other news of those days: {news}."
    return Sure(
        question, "no", "No", f"They date and size a move; they do not name its cause. {told}"
    )
