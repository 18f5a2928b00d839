"""Every test of many firms, led by the one that survives, and what together they allow to say."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from analysis.inference.catalog import TESTS
from analysis.inference.cross_section import (
    cross_sectional_test,
    generalised_sign_test,
    patell_test,
    skewness_adjusted_test,
    wilcoxon_test,
)
from analysis.inference.many_firms import (
    bmp_test,
    kolari_pynnonen_patell_test,
    kolari_pynnonen_test,
)
from analysis.inference.outcome import Outcome
from analysis.inference.placebo_dates import placebo_bmp_test, placebo_mean_test
from analysis.inference.portfolio import (
    NO_PREDICTION_ERROR,
    calendar_time_test,
    crude_dependence_test,
    portfolio_test,
)
from analysis.inference.rank_tests import corrado_test, corrado_zivney_test, grank_test

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from analysis.inference.group import GroupSample

REQUIRED = ("kp", "grank-t", "placebo-bmp")
"""The tests that must agree before an effect on one common date is called significant."""

ROBUST = (
    *REQUIRED,
    "placebo-mean",
    "kp-patell",
    "portfolio",
    "crude",
    "calendar-time",
    "corrado-zivney",
    "corrado",
)
"""Tests that survive correlation across firms, in the order in which results list them."""

INDEPENDENT = ("bmp", "patell", "cross-t", "hall", "johnson", "grank-z", "sign", "wilcoxon")
"""Tests that take the firms for independent."""

STEADY_VARIANCE = (
    "placebo-mean",
    "kp-patell",
    "portfolio",
    "crude",
    "calendar-time",
    "corrado",
    "patell",
)
"""Tests that take the event's variance for that of other days."""

FEW_FIRMS = 8
"""With fewer firms the required tests, which divide by the firms' spread, have little power."""

WORST_SIZE = 0.075
"""A nominal 5 % test whose true size is computed to lie above this carries a warning."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    Whether the tests that survive one common date agree.

    Attributes
    ----------
    significant : bool
        True only if every test of `REQUIRED` is available and rejects.
    rejecting, keeping, missing : tuple of str
        Ids of the required tests that reject the null, keep it, or give nothing.
    text : str
        One sentence for a reader.
    """

    significant: bool
    rejecting: tuple[str, ...]
    keeping: tuple[str, ...]
    missing: tuple[str, ...]
    text: str


def group_battery(
    sample: GroupSample, *, common_date: bool = True, level: float = 0.95
) -> tuple[Outcome, ...]:
    """
    Run every test of many firms.

    Parameters
    ----------
    sample : GroupSample
        Firms without a complete event window are left out.
    common_date : bool
        Whether all firms share the event date. If so, and their residuals are correlated, the tests
        that survive lead and the others carry a warning with their true size.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    tuple of Outcome
        One a test, the leading one first; unavailable ones keep their place and say why.
    """
    usable = sample.complete()
    if usable.firms == 0:
        reason = "no firm has a complete event window"
        return tuple(Outcome.missing(test, reason) for test in (*ROBUST, *INDEPENDENT))
    outcomes = _each(usable, level)
    clustered = common_date and inflation(usable) > 1 and true_size(inflation(usable)) > WORST_SIZE
    order = (*ROBUST, *INDEPENDENT) if clustered else (*INDEPENDENT, *ROBUST)
    return tuple(
        _warned(outcomes[test], usable, clustered=clustered, wide=spread_ratio(usable))
        for test in order
    )


def group_verdict(outcomes: Sequence[Outcome], *, alpha: float = 0.05) -> Verdict:
    """
    Say whether KP-BMP, GRANK-T and the placebo BMP ratio agree.

    Parameters
    ----------
    outcomes : sequence of Outcome
        From `group_battery`.
    alpha : float
        Significance level of each.

    Returns
    -------
    Verdict
        No test from one date can tell a mean effect from a common shock that is only more volatile
        that day; the text says so where the tests reject.
    """
    by_test = {outcome.test: outcome for outcome in outcomes}
    p = {t: by_test[t].p for t in REQUIRED if t in by_test and by_test[t].p is not None}
    rejecting = tuple(t for t in REQUIRED if (value := p.get(t)) is not None and value <= alpha)
    keeping = tuple(t for t in REQUIRED if t in p and t not in rejecting)
    missing = tuple(t for t in REQUIRED if t not in p)
    level = f"{alpha:.0%}"
    if not keeping and not missing:
        text = (
            f"significant at {level}: KP-adjusted BMP, GRANK-T and the placebo BMP ratio agree "
            "(none of them can exclude a common shock that was merely more volatile that day)"
        )
    elif missing:
        text = f"no verdict at {level}: {_titles(missing)} not available"
    elif rejecting:
        text = f"not established at {level}: {_titles(rejecting)} reject, {_titles(keeping)} not"
    else:
        text = f"not significant at {level}: none of the three required tests rejects"
    spread = by_test.get("kp")
    if keeping and spread is not None and spread.df is not None and spread.df + 1 < FEW_FIRMS:
        text += (
            f"; the group has {spread.df + 1:.0f} firms, too few for tests that rest on their "
            "spread: read the portfolio and the placebo mean"
        )
    return Verdict(not keeping and not missing, rejecting, keeping, missing, text)


def inflation(sample: GroupSample) -> float:
    """
    Compute how many times the mean's variance exceeds that of independent firms.

    Returns
    -------
    float
        ``1 + (N - 1) r`` with r the mean residual correlation; 1 where there is none.
    """
    correlation = sample.correlation
    return 1.0 if math.isnan(correlation) else 1 + (sample.firms - 1) * correlation


def true_size(variance: float, *, alpha: float = 0.05) -> float:
    """
    Compute how often a two-sided normal test rejects a true null if its variance is misjudged.

    Parameters
    ----------
    variance : float
        True variance of the statistic that the test takes for 1.
    alpha : float
        Nominal size.

    Examples
    --------
    >>> round(true_size(6.8), 3)
    0.452
    """
    return float(2 * special.ndtr(special.ndtri(alpha / 2) / math.sqrt(variance)))


def spread_ratio(sample: GroupSample) -> float:
    """
    Compare the firms' spread on the event with that of other days.

    Returns
    -------
    float
        Cross-sectional standard deviation of the SCARs over the one expected,
        ``sqrt(1 - r)``; 1 unless it is beyond the 99.9 % point of its chi-squared law.
    """
    count = sample.firms
    if count < 2 or not np.isfinite(sample.scar).all():
        return 1.0
    correlation = sample.correlation
    expected = 1 - (0.0 if math.isnan(correlation) else max(correlation, 0.0))
    ratio = float(sample.scar.var(ddof=1)) / max(expected, 1e-6)
    limit = float(special.chdtri(count - 1, 0.001)) / (count - 1)
    return math.sqrt(ratio) if ratio > limit else 1.0


def bmp_of(sample: GroupSample) -> Outcome:
    """Run `bmp_test` on a sample; unavailable where the model has no prediction error."""
    if np.isnan(sample.scar).all():
        return Outcome.missing("bmp", NO_PREDICTION_ERROR)
    return bmp_test(sample.scar)


def kolari_pynnonen_of(sample: GroupSample) -> Outcome:
    """Run `kolari_pynnonen_test` on a sample; unavailable as `bmp_of`."""
    if np.isnan(sample.scar).all():
        return Outcome.missing("kp", NO_PREDICTION_ERROR)
    return kolari_pynnonen_test(sample.scar, sample.correlation)


def _each(sample: GroupSample, level: float) -> Mapping[str, Outcome]:
    scar, car, residuals = sample.scar, sample.car, sample.residuals
    tests: tuple[Callable[[], Outcome], ...] = (
        lambda: kolari_pynnonen_of(sample),
        lambda: grank_test(sample.sar, scar, "grank-t"),
        lambda: placebo_bmp_test(sample),
        lambda: placebo_mean_test(sample),
        lambda: kolari_pynnonen_patell_test(scar, sample.df, sample.correlation),
        lambda: portfolio_test(sample, level=level),
        lambda: crude_dependence_test(sample),
        lambda: _calendar_time(sample, level),
        lambda: corrado_zivney_test(sample.sar, sample.event_sar),
        lambda: corrado_test(residuals, sample.ar),
        lambda: bmp_of(sample),
        lambda: patell_test(scar, sample.df),
        lambda: cross_sectional_test(car),
        lambda: skewness_adjusted_test(car, "hall"),
        lambda: skewness_adjusted_test(car, "johnson"),
        lambda: grank_test(sample.sar, scar, "grank-z"),
        lambda: generalised_sign_test(car, residuals),
        lambda: wilcoxon_test(car),
    )
    outcomes = [test() for test in tests]
    return {outcome.test: outcome for outcome in outcomes}


def _calendar_time(sample: GroupSample, level: float) -> Outcome:
    if sample.portfolio is None or sample.factors is None:
        return Outcome.missing("calendar-time", "the portfolio's factor rows were not given")
    event = np.arange(len(sample.portfolio)) >= len(sample.portfolio) - sample.length
    return calendar_time_test(sample.portfolio, sample.factors, event, level=level)


def _warned(outcome: Outcome, sample: GroupSample, *, clustered: bool, wide: float) -> Outcome:
    if not outcome.available:
        return outcome
    notes = [outcome.warning] if outcome.warning else []
    if clustered and outcome.test in INDEPENDENT:
        factor = inflation(sample)
        notes.append(
            f"takes the {sample.firms} firms for independent, but their mean residual correlation "
            f"is {sample.correlation:.2f}: the variance is {factor:.1f} times what it assumes, and "
            f"at 5 % it rejects a true null in about {true_size(factor):.0%} of cases"
        )
    if wide > 1 and outcome.test in STEADY_VARIANCE:
        notes.append(
            f"takes the event's variance for that of other days, but the firms spread {wide:.1f} "
            "times as wide"
        )
    if outcome.test in {"hall", "johnson"} and sample.firms < 30:
        notes.append(f"needs about 30 firms to adjust for skewness, there are {sample.firms}")
    return replace(outcome, warning="; ".join(notes)) if notes else outcome


def _titles(tests: Sequence[str]) -> str:
    return " and ".join(TESTS[test].title for test in tests)
