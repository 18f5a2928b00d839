"""Every test of many firms, led by the ones that suit the dates."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from analysis.inference.battery import run_tests
from analysis.inference.catalog import TESTS
from analysis.inference.outcome import Outcome
from analysis.inference.registry import Settings

if TYPE_CHECKING:
    from analysis.inference.group import GroupSample
    from analysis.inference.registry import Registry, StatisticalTest

WORST_SIZE = 0.075
"""A nominal 5 % test whose true size is computed to lie above this carries a warning."""


def group_battery(
    sample: GroupSample,
    settings: Settings | None = None,
    *,
    tests: Registry = TESTS,
) -> tuple[Outcome, ...]:
    """
    Run every test of many firms.

    Parameters
    ----------
    sample : GroupSample
        Of firms that share the event's date; those without a complete event window are left out.
        Where residuals are correlated the tests that survive it come first, and the others carry
        a warning with their true size.
    settings : Settings, optional
    tests : Registry

    Returns
    -------
    tuple of Outcome
        In the order of the registry, the tests that suit the sample's dates first; unavailable ones
        keep their place and say why.
    """
    usable = sample.complete()
    if usable.firms == 0:
        reason = "no firm has a complete event window"
        return tuple(Outcome.missing(test.id, reason) for test in tests.of("group"))
    clustered = inflation(usable) > 1 and true_size(inflation(usable)) > WORST_SIZE
    order = sorted(tests.of("group"), key=lambda test: _place(test, clustered=clustered))
    wide = spread_ratio(usable)
    return tuple(
        _warned(outcome, tests[outcome.test], usable, clustered=clustered, wide=wide)
        for outcome in run_tests(order, usable, settings or Settings())
    )


def _place(test: StatisticalTest, *, clustered: bool) -> tuple[bool, bool]:
    """Other effects come last; of the tests of the mean those that suit the dates come first."""
    return test.family != "many firms", ("independent firms" in test.assumes) == clustered


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


def _warned(
    outcome: Outcome,
    test: StatisticalTest,
    sample: GroupSample,
    *,
    clustered: bool,
    wide: float,
) -> Outcome:
    if not outcome.available:
        return outcome
    notes = [outcome.warning] if outcome.warning else []
    if clustered and "independent firms" in test.assumes:
        factor = inflation(sample)
        notes.append(
            f"takes the {sample.firms} firms for independent, but their mean residual correlation "
            f"is {sample.correlation:.2f}: the variance is {factor:.1f} times what it assumes, and "
            f"at 5 % it rejects a true null in about {true_size(factor):.0%} of cases"
        )
    if wide > 1 and "steady variance" in test.assumes:
        notes.append(
            f"takes the event's variance for that of other days, but the firms spread {wide:.1f} "
            "times as wide"
        )
    if sample.firms < test.firms_wanted:
        notes.append(f"needs about {test.firms_wanted} firms, there are {sample.firms}")
    return replace(outcome, warning="; ".join(notes)) if notes else outcome
