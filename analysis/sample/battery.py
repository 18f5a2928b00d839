"""Every test of the mean of one window, and which of them leads."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.errors import MarketImpactError
from analysis.inference.catalog import TESTS
from analysis.inference.clustered import FEWEST_CLUSTERS
from analysis.inference.cross_section import (
    cross_sectional_of,
    patell_of,
    sign_of,
    skewness_adjusted_of,
    wilcoxon_test,
)
from analysis.inference.group_battery import WORST_SIZE, true_size
from analysis.inference.many_firms import adjusted_bmp, adjusted_patell, bmp_of
from analysis.inference.outcome import Outcome, normal, student
from analysis.inference.portfolio import FEWEST_ROWS
from analysis.inference.rank_tests import grank_of_daily, rank_z
from analysis.inference.registry import Settings
from analysis.inference.student import critical_value
from analysis.sample.column import PairColumn, WindowOverlap, measure_overlap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis._typing import FloatArray

MANY_DATES = 20
"""With so many effective dates, clusters by date carry a test by themselves."""


@dataclass(frozen=True, slots=True)
class Lead:
    """
    The test that leads, and why.

    Attributes
    ----------
    test : str
    reason : str
    clustered : bool
        Whether dates cluster or windows overlap so much that independence would mislead.
    """

    test: str
    reason: str
    clustered: bool


def choose_lead(overlap: WindowOverlap, reach: int) -> Lead:
    """
    Choose the test that leads by what the dates are.

    Parameters
    ----------
    overlap : WindowOverlap
    reach : int
        Length of the window.

    Returns
    -------
    Lead
        BMP on independent dates; clustered by date where at least `MANY_DATES` effective dates
        carry it; else the BMP adjusted for the measured correlation of overlapping pairs.

    Examples
    --------
    >>> choose_lead(WindowOverlap(50, 50, 50.0, 0.0, 0.0, 0.0, 1.0), 3).test
    'bmp'
    >>> choose_lead(WindowOverlap(50, 1, 1.0, 1.0, 0.0, 0.2, 10.8), 1).test
    'kp'
    """
    if overlap.pairs < 2:
        return Lead("t", "one pair: its own forecast error is all there is", clustered=False)
    size = true_size(max(overlap.inflation, 1e-6))
    if (size <= WORST_SIZE and overlap.inflation >= 1) or overlap.share == 0:
        if overlap.share == 0:
            return Lead("bmp", "no two windows of the sample share a session", clustered=False)
        return Lead(
            "bmp",
            f"dates are as good as independent: {overlap.share:.0%} of the pairs overlap with "
            f"another, which makes the variance {overlap.inflation:.2f} times that of independent "
            "ones",
            clustered=False,
        )
    effect = (
        f"{overlap.share:.0%} of the pairs overlap with another; their correlation of "
        f"{overlap.correlation:.2f} makes the variance {overlap.inflation:.1f} times that of "
        f"independent pairs, whose tests would reject a true null in {size:.0%} of cases"
        if overlap.inflation > 1
        else f"{overlap.share:.0%} of the pairs overlap with another; their correlation is "
        f"{overlap.correlation:.2f}"
    )
    if overlap.dates == 1:
        return Lead(
            "kp",
            f"{effect}; all share one date, from which no test can tell a mean effect from a "
            "common shock: judge it by placebo dates",
            clustered=True,
        )
    if overlap.effective_dates >= MANY_DATES * max(1, reach // 3):
        return Lead(
            "date-cluster",
            f"{effect}; {overlap.effective_dates:.0f} effective dates carry clusters by date",
            clustered=True,
        )
    return Lead(
        "kp",
        f"{effect}; only {overlap.effective_dates:.1f} effective dates carry clusters by date",
        clustered=True,
    )


@dataclass(frozen=True, slots=True)
class SampleBattery:
    """
    All tests of one window of some pairs.

    Attributes
    ----------
    overlap : WindowOverlap
    lead : Lead
    outcomes : tuple of Outcome
        The leading one first; those that give nothing say why.
    se, low, high : float
        Standard error and interval of the mean: by date where dates cluster, else the pairs' own
        spread; NaN where neither can be.
    """

    overlap: WindowOverlap
    lead: Lead
    outcomes: tuple[Outcome, ...]
    se: float
    low: float
    high: float


def run_battery(
    column: PairColumn, *, seed: int, draws: int, level: float, resample: bool = True
) -> SampleBattery:
    """
    Run every test of a mean on one window.

    Parameters
    ----------
    column : PairColumn
    seed, draws : int
        Of the redraws: the same for every window, so that none depends on which others are asked.
    level : float
    resample : bool
        Whether the bootstraps run too.

    Returns
    -------
    SampleBattery
    """
    overlap = measure_overlap(column)
    lead = choose_lead(overlap, column.reach)
    settings = Settings(level=level, draws=draws, seed=seed)
    outcomes = [_warned(outcome, overlap, lead) for outcome in _tests(column, overlap, settings)]
    if resample:
        outcomes += [_registered(test, column, settings) for test in RESAMPLED]
    if column.place >= 0:
        outcomes += [_warned(outcome, overlap, lead) for outcome in _rank_tests(column)]
    outcomes.sort(key=lambda outcome: outcome.test != lead.test)
    se, low, high = _interval(column, outcomes, lead, level)
    return SampleBattery(overlap, lead, tuple(outcomes), se, low, high)


RESAMPLED = "wild-cluster", "date-bootstrap"
"""Tests of the registry that draw: of windows, not of every session of a path."""


def _registered(test: str, column: PairColumn, settings: Settings) -> Outcome:
    run = TESTS[test].run
    if run is None:
        raise MarketImpactError(f"test '{test}' is not one of a single window's returns")
    found = run(column, settings)
    return found if isinstance(found, Outcome) else found[0]


def _tests(column: PairColumn, overlap: WindowOverlap, settings: Settings) -> list[Outcome]:
    n, sums, correlation = column.n, column.gathered, overlap.mean_correlation
    few = "" if n > 1 else f"needs two pairs or more, there is {n}"
    bmp = (
        Outcome.missing("bmp", few)
        if few
        else bmp_of(sums.scar_mean, math.sqrt(sums.scar_square / (n - 1)), n)
    )
    patell = (
        patell_of(n * sums.scar_mean, sums.patell)
        if sums.patell > 0
        else Outcome.missing("patell", "a pair has too few estimation sessions")
    )
    single = [student("t", float(column.scar[0]), float(column.df[0]))] if n == 1 else []
    return [
        *single,
        bmp,
        adjusted_bmp(bmp, correlation),
        _registered("date-cluster", column, settings),
        _registered("two-way-cluster", column, settings),
        _registered("date-portfolio", column, settings),
        *_of_spread(column, few),
        patell,
        adjusted_patell(patell, n, correlation),
        _crude(sums.mean, column.histories.mean_residual, column.reach),
        sign_of(sums.positive, n, sums.expected)
        if math.isfinite(sums.expected)
        else Outcome.missing("sign", "no pair has estimation residuals"),
        sign_of(sums.positive, n, 0.5, "binomial-sign"),
    ]


def _of_spread(column: PairColumn, few: str) -> Iterator[Outcome]:
    """Test the mean by the pairs' own spread, as it is and adjusted for its skewness."""
    n, sums = column.n, column.gathered
    reason = few or ("" if sums.square > 0 else "all pairs have the same abnormal return")
    if reason:
        yield Outcome.missing("cross-t", reason)
    else:
        yield cross_sectional_of(sums.mean / column.spread, n)
    reason = reason or ("needs three pairs or more" if n < 3 else "")
    mean, second, third = (
        np.array(x) for x in (sums.mean / sums.size, sums.square / n, sums.cube / n)
    )
    kinds: tuple[Literal["hall", "johnson"], ...] = ("hall", "johnson")
    for kind in kinds:
        if reason:
            yield Outcome.missing(kind, reason)
        else:
            statistic = float(skewness_adjusted_of(mean, second, third, n, kind))
            yield student(kind, statistic, n - 1)


def _crude(mean: float, mean_residual: FloatArray, length: int) -> Outcome:
    """Brown and Warner's: the mean CAR over the spread of the mean residual in event time."""
    if len(mean_residual) < FEWEST_ROWS:
        return Outcome.missing("crude", "too few sessions of the estimation window have a residual")
    spread = float(mean_residual.std(ddof=1)) * float(np.sqrt(length))
    if not spread > 0:
        return Outcome.missing("crude", "the mean residual does not move")
    return student("crude", mean / spread, len(mean_residual) - 1)


def _rank_tests(column: PairColumn) -> list[Outcome]:
    sums, w = column.histories.sums, column.place
    length = int(column.histories.windows[w, 1] - column.histories.windows[w, 0]) + 1
    n = column.n
    if n < 2:
        reason = "needs two pairs or more"
        tests = ("corrado", "modified-rank", "corrado-sign", "corrado-zivney", "grank-t", "grank-z")
        return [Outcome.missing(test, reason) for test in tests]
    history = sums.pairs[sums.pairs > 0]
    events = sums.event_count[w, :length]

    def daily(rows: FloatArray, event: FloatArray, *, weighted: bool) -> FloatArray:
        both = np.concatenate([rows[sums.pairs > 0], event[:length][events > 0]])
        count = np.concatenate([history, events[events > 0]])
        mean: FloatArray = both / count * (np.sqrt(count / n) if weighted else 1.0)
        return mean

    measured = int((events > 0).sum())
    if not measured:
        return []
    single = length == 1  # then the window's ranks are those of its session
    rows = sums.standard[w] if single else sums.general[w]
    event = sums.event_standard[w, 0] if single else sums.event_general[w, 0]
    general = np.concatenate([rows[sums.pairs > 0], [event]])
    count = np.concatenate([history, [n]])
    variance = float(sums.event_general[w, 1])
    plain = daily(sums.rank[w], sums.event_rank[w], weighted=False)
    weighted = daily(sums.rank[w], sums.event_rank[w], weighted=True)
    sign = daily(sums.sign[w], sums.event_sign[w], weighted=True)
    standard = daily(sums.standard[w], sums.event_standard[w], weighted=True)
    ranked = bool(np.any(sums.event_standard[w]))
    flat = "all pairs have the same standardised abnormal return"
    return [
        rank_z("corrado", plain, measured),
        rank_z("modified-rank", weighted, measured),
        rank_z("corrado-sign", sign, measured),
        rank_z("corrado-zivney", standard, measured)
        if ranked
        else Outcome.missing("corrado-zivney", flat),
        grank_of_daily(general / count * np.sqrt(count / n))
        if variance > 0
        else Outcome.missing("grank-t", flat),
        normal("grank-z", float(event) / float(np.sqrt(variance)))
        if variance > 0
        else Outcome.missing("grank-z", flat),
        wilcoxon_test(column.car),
    ]


def _interval(
    column: PairColumn, outcomes: list[Outcome], lead: Lead, level: float
) -> tuple[float, float, float]:
    mean = column.gathered.mean
    if column.n == 1:
        half = critical_value(level, float(column.df[0])) * float(column.se[0])
        return float(column.se[0]), mean - half, mean + half
    by_date = next(outcome for outcome in outcomes if outcome.test == "date-cluster")
    if lead.clustered and by_date.statistic:
        return mean / by_date.statistic, float(by_date.low or 0), float(by_date.high or 0)
    se = column.spread / math.sqrt(column.n)
    if lead.clustered:  # one date or few: the pairs' spread, widened by their measured correlation
        se *= float(np.sqrt(max(measure_overlap(column).inflation, 1.0)))
    half = critical_value(level, column.n - 1) * se
    return se, mean - half, mean + half


def _warned(outcome: Outcome, overlap: WindowOverlap, lead: Lead) -> Outcome:
    if not outcome.available:
        return outcome
    independent = "independent firms" in TESTS[outcome.test].assumes
    if lead.clustered and independent and overlap.inflation > 1:
        text = (
            f"takes {overlap.pairs} overlapping pairs for independent: at 5 % it rejects a true "
            f"null in about {true_size(overlap.inflation):.0%} of cases"
        )
        return replace(outcome, warning="; ".join(filter(None, [outcome.warning, text])))
    if outcome.test in {"hall", "johnson"} and overlap.pairs < 30:
        text = f"needs about 30 pairs to adjust for skewness, there are {overlap.pairs}"
        return replace(outcome, warning=text)
    if outcome.test == "date-cluster" and overlap.effective_dates < 2 * FEWEST_CLUSTERS:
        text = f"only {overlap.effective_dates:.1f} effective dates carry it"
        return replace(outcome, warning=text)
    return outcome
