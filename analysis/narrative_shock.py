"""That an event moved the whole market, and what can be said of a firm then, in plain English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.formatting import percent, rank_probability, relation
from analysis.results import Place
from analysis.results.names import benchmark_words, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.results import StudyResult
    from analysis.results.shock import MarketShock, RankedReturn

    Cite = Callable[[str, Place], str]

FILE = "market_shock.csv"


def moved_market(result: StudyResult) -> bool:
    """Say whether the headline's event was a shock to the whole market."""
    return result.shock is not None and result.shock.beyond


def shock_sentences(result: StudyResult, cite: Cite) -> str:
    """
    Say that a market model cannot separate the event from the market, and what else there is.

    Parameters
    ----------
    result : StudyResult
    cite : callable
        Marks a number with its place.

    Returns
    -------
    str
        Empty where the benchmark had an ordinary day.
    """
    shock = result.shock
    if shock is None or not shock.beyond:
        return ""
    index = benchmark_words(result, shock.benchmark.subject)
    own = (
        f"The {index} itself returned {_at(shock, 0, 'raw_return', cite)}, "
        f"beyond its ordinary days ({_ranks(0, shock.benchmark, cite)}): a shock to the whole "
        "market, which a market model takes for expected. It cannot be separated from the event: "
        "the abnormal return says how the firm differed from the market, not what the shock did "
        "to it."
    )
    sentences = [own]
    if shock.mean_adjusted is not None:
        sentences.append(_mean_adjusted(shock, shock.mean_adjusted, result, cite))
    if shock.untreated is not None:
        other = benchmark_words(result, shock.untreated.against)
        sentences.append(
            f"Against the {other}, which the study names as untreated, it is "
            f"{_at(shock, 2, 'abnormal_return', cite)} "
            f"({_ranks(2, shock.untreated, cite)})."
        )
    if shock.exposure is not None:
        sentences.append(_exposure(shock, result, cite))
    return " ".join(sentences)


def shock_in_short(result: StudyResult, cite: Cite) -> str:
    """
    Say the same in two sentences for a reader who knows no statistics.

    Parameters
    ----------
    result : StudyResult
    cite : callable

    Returns
    -------
    str
        Empty where the benchmark had an ordinary day.
    """
    shock = result.shock
    if shock is None or not shock.beyond:
        return ""
    p = cite(relation(rank_probability(shock.benchmark.scaled)), Place(FILE, 2, "p_scaled"))
    return (
        f"The {benchmark_words(result, shock.benchmark.subject)} itself returned "
        f"{_at(shock, 0, 'raw_return', cite)}, beyond its own ordinary days (p {p}). What is "
        f"left says how {name_of(result, result.headline.symbol)} differed from the market, not "
        "what the shock did to it."
    )


def _mean_adjusted(
    shock: MarketShock, measured: RankedReturn, result: StudyResult, cite: Cite
) -> str:
    word = "fall" if measured.abnormal < 0 else "rise"
    beyond = measured.beyond(1 - result.study.level)
    verdict = f"a {word} beyond its ordinary days" if beyond else "within its ordinary days"
    return (
        f"Against its own mean alone, the market’s move included, "
        f"{name_of(result, measured.subject)} returned "
        f"{_at(shock, 1, 'abnormal_return', cite)}, {verdict} "
        f"({_ranks(1, measured, cite)})."
    )


def _exposure(shock: MarketShock, result: StudyResult, cite: Cite) -> str:
    found = shock.exposure
    if found is None:
        return ""
    line = len(shock.tidy) - 1
    p = cite(relation(rank_probability(found.rank)), Place(FILE, line + 2, "p_placebo"))
    told = found.rank.p is not None and found.rank.p <= 1 - result.study.level
    moved = "Firms moved by their exposure" if told else "Exposure does not tell the firms apart"
    place = "above" if found.distance >= 0 else "below"
    return (
        f"{moved}: across {found.firms} firms a unit of beta went with "
        f"{_at(shock, line, 'abnormal_return', cite)} (rank among dates: p {p}), and "
        f"{name_of(result, result.headline.symbol)} lies {percent(abs(found.distance))} {place} "
        "that line."
    )


def _at(shock: MarketShock, line: int, column: str, cite: Cite) -> str:
    value = float(shock.tidy[column].iloc[line])
    return cite(percent(value), Place(FILE, line + 2, column))


def _ranks(line: int, of: RankedReturn, cite: Cite) -> str:
    said = []
    for outcome, column, words in (
        (of.scaled, "p_scaled", "by its own volatility"),
        (of.placebo, "p_placebo", "plain"),
    ):
        p = cite(relation(rank_probability(outcome)), Place(FILE, line + 2, column))
        said.append(f"{words} p {p}")
    return f"rank among {of.scaled.draws or 0:,} dates, {', '.join(said)}"
