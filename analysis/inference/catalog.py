"""Every statistical test of the program by its id."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from analysis._discovery import in_families
from analysis.errors import MarketImpactError, nearest
from analysis.inference import methods
from analysis.inference.registry import Family, Registry, StatisticalTest

if TYPE_CHECKING:
    from collections.abc import Mapping


def registered() -> Registry:
    """
    Collect the tests of every module of `analysis.inference.methods`, family by family.

    Raises
    ------
    MarketImpactError
        As `Registry`.
    TypeError
        If a module there has no ``TESTS``, or something else is among them.
    """
    return Registry(*in_families(methods, "TESTS", StatisticalTest, get_args(Family)))


TESTS = registered()
"""Every test by its id, in the order in which lists show them."""

SIZES = Path(__file__).resolve().with_name("simulated_sizes.csv")
"""Rejection rates of true nulls; written by scripts/simulate_size.py."""

GROUP_SIZES = SIZES.with_name("simulated_group_sizes.csv")
"""Of the tests that lead groups on one date; by scripts/simulate_size_of_groups.py."""

SAMPLE_SIZES = SIZES.with_name("simulated_sample_sizes.csv")
"""The same for samples of firm-events; written by scripts/simulate_sample_size.py."""


def find(name: str, tests: Registry = TESTS) -> StatisticalTest:
    """
    Find a test by its id.

    Raises
    ------
    MarketImpactError
        If there is none; the message names the nearest.

    Examples
    --------
    >>> find("kp").distribution
    'Student t, N - 1 degrees of freedom'
    """
    if name not in tests:
        raise MarketImpactError(
            f"test '{name}' is unknown; {nearest(name, tests, most=len(tests))}; "
            "'market-impact tests' lists them all"
        )
    return tests[name]


def listing(tests: Registry = TESTS) -> str:
    """List the tests by family, an id and a title a line."""
    width = max(map(len, tests))
    parts = []
    for family in dict.fromkeys(test.family for test in tests.values()):
        rows = [t for t in tests.values() if t.family == family]
        parts.append("\n".join([family, *(f"  {t.id:<{width}}  {t.title}" for t in rows)]))
    return "\n\n".join(parts)


@dataclass(frozen=True, slots=True)
class SimulatedSize:
    """
    How often a test rejected in simulation.

    Attributes
    ----------
    scenario : str
    at_5, at_1 : float
        Share of replications with p at or below 5 % and 1 %.
    replications : int
    """

    scenario: str
    at_5: float
    at_1: float
    replications: int


@functools.cache
def simulated_sizes() -> Mapping[str, tuple[SimulatedSize, ...]]:
    """
    Read how often each test rejected in simulation.

    Returns
    -------
    mapping of str to tuple of SimulatedSize
        By test; those that were not simulated are absent.
    """
    rows: list[dict[str, str]] = []
    for path in (SIZES, SAMPLE_SIZES):
        with path.open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
    found: dict[str, tuple[SimulatedSize, ...]] = {}
    for row in rows:
        rates = float(row["at_5"]), float(row["at_1"])
        size = SimulatedSize(row["scenario"], *rates, int(row["replications"]))
        found[row["test"]] = (*found.get(row["test"], ()), size)
    return found


@dataclass(frozen=True, slots=True)
class GroupRate:
    """
    How often a test of a group on one date rejected at 5 % in simulation.

    Attributes
    ----------
    market : str
    firms : int
    effect : float
        Mean of the firms' effects on the event session, decimal; 0 is a true null.
    evenly : bool
        Whether all firms have it; else theirs spread by 0.7 of it.
    test : str
    share : float
    trials : int
    """

    market: str
    firms: int
    effect: float
    evenly: bool
    test: str
    share: float
    trials: int


@functools.cache
def group_rates() -> tuple[GroupRate, ...]:
    """Read how often the tests that lead groups on one date rejected, in the table's order."""
    with GROUP_SIZES.open(encoding="utf-8", newline="") as file:
        return tuple(
            GroupRate(
                row["market"],
                int(row["firms"]),
                float(row["effect"]),
                row["evenly"] == "yes",
                row["test"],
                float(row["at_5"]),
                int(row["trials"]),
            )
            for row in csv.DictReader(file)
        )


def explain(name: str, tests: Registry = TESTS) -> str:
    """
    Say what a test assumes, when it fails, and where it comes from.

    Parameters
    ----------
    name : str
        Id of the test.
    tests : Registry

    Returns
    -------
    str
        Lines of plain text.

    Raises
    ------
    MarketImpactError
        If there is no such test; the message names the nearest.

    Examples
    --------
    >>> print(explain("kp").splitlines()[0])
    kp: KP-adjusted BMP (many firms)
    """
    method = find(name, tests)
    lines = [
        f"{method.id}: {method.title} ({method.family})",
        f"  null          {method.null}",
        f"  statistic     {method.formula}",
        f"  judged by     {method.distribution}",
        f"  assumes       {method.assumptions}",
        f"  valid when    {method.valid_when}",
        f"  fails when    {method.fails_when}",
        f"  source        {method.reference}",
    ]
    sizes = simulated_sizes().get(name)
    if sizes:
        lines.append(
            "  simulated     rejects at 5 % (at 1 %), the null true except where POWER is said"
        )
        lines += [f"    {size.at_5:6.1%} ({size.at_1:5.1%})  {size.scenario}" for size in sizes]
    return "\n".join(lines)
