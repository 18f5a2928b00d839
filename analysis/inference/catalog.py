"""Every statistical test of the program by its id."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import MarketImpactError, nearest
from analysis.inference.catalog_effects import EFFECTS
from analysis.inference.catalog_events import MANY_EVENTS
from analysis.inference.catalog_many import MANY_FIRMS
from analysis.inference.catalog_one import ONE_FIRM
from analysis.inference.method import TestMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "TESTS",
    "SimulatedSize",
    "TestMethod",
    "explain",
    "simulated_sizes",
    "unknown_test",
]

TESTS: Mapping[str, TestMethod] = {
    method.id: method for method in (*ONE_FIRM, *MANY_FIRMS, *MANY_EVENTS, *EFFECTS)
}
"""Every test by its id, in the order in which lists show them."""

SIZES = Path(__file__).resolve().with_name("simulated_sizes.csv")
"""Rejection rates of true nulls; written by scripts/simulate_size.py."""


def unknown_test(name: str) -> MarketImpactError:
    """Build the error that says which test was probably meant."""
    return MarketImpactError(
        f"test '{name}' is unknown; {nearest(name, TESTS, most=len(TESTS))}; "
        "'market-impact tests' lists them all"
    )


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
    with SIZES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found: dict[str, tuple[SimulatedSize, ...]] = {}
    for row in rows:
        rates = float(row["at_5"]), float(row["at_1"])
        size = SimulatedSize(row["scenario"], *rates, int(row["replications"]))
        found[row["test"]] = (*found.get(row["test"], ()), size)
    return found


def explain(name: str) -> str:
    """
    Say what a test assumes, when it fails, and where it comes from.

    Parameters
    ----------
    name : str
        Id of the test.

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
    if name not in TESTS:
        raise unknown_test(name)
    method = TESTS[name]
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
