"""What the tests of one date allow to say: one sentence that names the test and its null."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.formatting import counted, percent, probability, rank_probability, relation
from analysis.inference.catalog import TESTS
from analysis.inference.student import critical_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.inference.outcome import Outcome
    from analysis.results.family import FirmFamily
    from analysis.results.records import WindowResult

GROUP_LEADS = ("placebo-scaled", "portfolio-garch", "placebo-mean", "portfolio")
"""Which test of a group on one date leads: the first that is there and can reach the level."""

FIRM_LEADS = ("placebo-ewma", "placebo", "sq", "garch-t", "t")
"""The same of one firm."""


FAT_TAILS = 0.001
"""A Student p below this is not to be believed under fat tails without a word on them."""

NORMAL = ", which takes errors for normal"
"""That word."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    Whether an abnormal return is beyond the ordinary days of its firm or group.

    Attributes
    ----------
    significant : bool or None
        Whether the leading test rejects; None where there is no test.
    lead : str
        Id of the leading test; empty where there is none.
    text : str
        For a reader: the answer, the null of the leading test, and what the tests beside it say.
    """

    significant: bool | None
    lead: str
    text: str


def small(p: float | None) -> bool:
    """Say whether a Student p is so small that fat tails make nothing of it."""
    return p is not None and p < FAT_TAILS


def stretch(outcome: Outcome, level: float) -> float | None:
    """
    Say how many times an ordinary day's standard deviation a return would need to be chance.

    Parameters
    ----------
    outcome : Outcome
        Of a Student t test.
    level : float
        Confidence level.

    Returns
    -------
    float or None
        k = |t| over its critical value; None where there is no t.

    Examples
    --------
    >>> from analysis.inference.outcome import student
    >>> round(stretch(student("portfolio", -4.73, 248), 0.95), 2)
    2.4
    """
    if outcome.statistic is None or outcome.df is None:
        return None
    return abs(outcome.statistic) / critical_value(level, outcome.df)


def leading(outcomes: Sequence[Outcome], leads: Sequence[str], alpha: float) -> Outcome | None:
    """
    Choose the test that leads.

    Parameters
    ----------
    outcomes : sequence of Outcome
    leads : sequence of str
        Ids, the preferred first.
    alpha : float
        A rank among too few dates to reach it does not lead.

    Returns
    -------
    Outcome or None
    """
    by_test = {outcome.test: outcome for outcome in outcomes}
    usable = (by_test[test] for test in leads if test in by_test)
    return next((outcome for outcome in usable if _can_reject(outcome, alpha)), None)


def group_verdict(
    outcomes: Sequence[Outcome], *, mean: float, down: int, firms: int, level: float = 0.95
) -> Verdict:
    """
    Say whether a group's mean abnormal return is beyond its ordinary days.

    Parameters
    ----------
    outcomes : sequence of Outcome
        From `analysis.inference.group_battery.group_battery`.
    mean : float
        Mean CAR, decimal.
    down, firms : int
        Firms with a negative CAR, and all.
    level : float
        Confidence level.

    Returns
    -------
    Verdict
        The leading test decides. Whether the firms were hit evenly is another question and has no
        vote here.
    """
    lead = leading(outcomes, GROUP_LEADS, 1 - level)
    if lead is None or lead.p is None:
        return Verdict(None, "", f"no verdict at {1 - level:.0%}: no test of the group's mean")
    by_test = {o.test: o for o in outcomes if _can_reject(o, 1 - level)}
    significant = lead.p <= 1 - level
    word = "fall" if mean < 0 else "rise"
    start = (
        f"a {word} beyond the group's ordinary days at {1 - level:.0%}"
        if significant
        else f"within the group's ordinary days at {1 - level:.0%}"
    )
    beside = [by_test[test] for test in GROUP_LEADS[:-1] if test in by_test and test != lead.test]
    parts = [
        f"{start}: {_said(lead)} (null: {TESTS[lead.test].null})",
        *_few(outcomes, lead, GROUP_LEADS[0]),
        *_beside(beside, significant, 1 - level),
        *_stretched(by_test.get("portfolio"), by_test.get("placebo-volatile"), word, level),
        f"{down} of {firms} firms fell" if mean < 0 else f"{firms - down} of {firms} firms rose",
    ]
    return Verdict(significant, lead.test, "; ".join(parts))


def firm_verdict(outcomes: Sequence[Outcome], *, level: float = 0.95) -> Verdict:
    """
    Say whether a firm's abnormal return is beyond its ordinary days.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Any of `FIRM_LEADS`; ``placebo-t`` gives the fair value of a small Student p.
    level : float

    Returns
    -------
    Verdict
        A rank among other dates decides where there is one; where the volatility-scaled and the
        plain rank differ, `Verdict.significant` is None and the text says so.
    """
    alpha = 1 - level
    lead = leading(outcomes, FIRM_LEADS, alpha)
    if lead is None or lead.p is None:
        reasons = [outcome.unavailable for outcome in outcomes if outcome.unavailable]
        return Verdict(None, "", f"untested, for {reasons[-1]}" if reasons else "untested")
    significant: bool | None = lead.p <= alpha
    by_test = {o.test: o for o in outcomes if _can_reject(o, alpha)}
    plain = by_test.get("placebo")
    start = "more than chance explains" if significant else "not more than chance explains"
    if plain is not None and plain.p is not None and (plain.p <= alpha) != significant:
        significant, start = None, "on which the tests disagree"
    beside = [by_test[test] for test in FIRM_LEADS[1:-1] if test in by_test and test != lead.test]
    said = ", ".join(_said(outcome) for outcome in (lead, *beside))
    return Verdict(significant, lead.test, f"{start} ({said}; null: {TESTS[lead.test].null})")


def window_verdict(window: WindowResult, level: float) -> Verdict:
    """
    Say whether one firm's abnormal return of a window is beyond its ordinary days.

    Parameters
    ----------
    window : WindowResult
    level : float

    Returns
    -------
    Verdict
        As `firm_verdict`, by the tests that every cell has.
    """
    return firm_verdict((window.scaled, window.placebo, window.sq, window.t), level=level)


def family_count(family: FirmFamily) -> str:
    """
    Say how many firms moved beyond chance, as everything that counts them does.

    Examples
    --------
    >>> from analysis.results.family import FirmFamily
    >>> ten, p = tuple("ABCDEFGHIJ"), dict.fromkeys("ABCDEFGHIJ", 0.03)
    >>> family_count(FirmFamily("romano-wolf", ten, p, (), (), 99))
    'none of 10 firms moved by more than chance explains'
    >>> family_count(FirmFamily("romano-wolf", ten, p, ten[:3], ten[3:4], 99))
    '3 of 10 firms fell and 1 rose by more than chance explains'
    """
    of, fell, rose = len(family.symbols), len(family.fell), len(family.rose)
    if of == 1:
        moved = "fell" if fell else "rose" if rose else "did not move"
        return f"{family.symbols[0]} {moved} by more than chance explains"
    if not family.tested:
        return f"no test of the {of} firms is at hand"
    if not family.beyond:
        return f"none of {of} firms moved by more than chance explains"
    sides = [(fell, "fell"), (rose, "rose")] if fell >= rose else [(rose, "rose"), (fell, "fell")]
    (most, verb), (rest, other) = sides
    also = f" and {rest} {other}" if rest else ""
    return f"{most} of {of} firms {verb}{also} by more than chance explains"


def family_method(family: FirmFamily) -> str:
    """
    Say how the number of firms is counted in; empty where there is nothing to count.

    Examples
    --------
    >>> from analysis.results.family import FirmFamily
    >>> family_method(FirmFamily("holm", ("A", "B"), {"A": 0.01, "B": 0.5}, ("A",), (), None))
    'all 2 asked at once (Holm on Student p)'
    """
    if not family.adjustment:
        return ""
    ranked = f"Romano-Wolf among {counted(family.draws or 0, 'placebo date')}"
    by = ranked if family.adjustment == "romano-wolf" else "Holm on Student p"
    return f"all {len(family.symbols)} asked at once ({by})"


def _can_reject(outcome: Outcome, alpha: float) -> bool:
    if outcome.p is None:
        return False
    if outcome.draws is None:
        return True
    return TESTS[outcome.test].sides / (outcome.draws + 1) <= alpha


def _said(outcome: Outcome) -> str:
    test = TESTS[outcome.test]
    if outcome.draws is None:
        tail = NORMAL if outcome.test in {"t", "portfolio"} and small(outcome.p) else ""
        return f"{test.title} p {relation(probability(outcome.p))}{tail}"
    p = relation(rank_probability(outcome, test.sides))
    return f"{test.title} p {p} among {outcome.draws:,}"


def _few(outcomes: Sequence[Outcome], lead: Outcome, wanted: str) -> list[str]:
    """Say why the test that should lead does not."""
    first = next((o for o in outcomes if o.test == wanted), None)
    if first is None or lead.test == wanted:
        return []
    if first.unavailable:
        return [f"no rank among other dates: {first.unavailable}"]
    return [f"{counted(first.draws or 0, 'other date')} are too few to rank among"]


def _beside(outcomes: Sequence[Outcome], significant: bool, alpha: float) -> list[str]:
    same = [o for o in outcomes if o.p is not None and (o.p <= alpha) == significant]
    other = [o for o in outcomes if o.p is not None and (o.p <= alpha) != significant]
    said = []
    if same:
        said.append(f"{', '.join(map(_said, same))} {'says' if len(same) == 1 else 'say'} the same")
    if other:
        verb = "does not" if significant else "rejects" if len(other) == 1 else "reject"
        verb = "do not" if significant and len(other) > 1 else verb
        said.append(f"the tests disagree: {', '.join(map(_said, other))} {verb}")
    return said


def _stretched(t: Outcome | None, volatile: Outcome | None, word: str, level: float) -> list[str]:
    k = None if t is None else stretch(t, level)
    if k is None or k <= 1:
        return []
    among = (
        ""
        if volatile is None or volatile.p is None
        else f" (among the most volatile quarter of dates p {relation(rank_probability(volatile))})"
    )
    said = f"for such a {word} to be chance the day's standard deviation would have to be "
    return [f"{said}{k:.1f} times the ordinary{among}"]


def family_text(p: float | None, count: int, level: float) -> str:
    """
    Say what is left of a verdict when several groups or firms are asked at once.

    Examples
    --------
    >>> family_text(0.028, 9, 0.95)
    'among 9 at once (Romano-Wolf) p = 0.0280'
    """
    if p is None:
        return ""
    kept = "" if p <= 1 - level else f", above {percent(1 - level, 0)}"
    return f"among {count} at once (Romano-Wolf) p {relation(probability(p))}{kept}"
