"""Every statistical test of the program by its id."""

from __future__ import annotations

import csv
import functools
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import MarketImpactError, nearest
from analysis.inference.catalog_effects import EFFECTS
from analysis.inference.catalog_many import MANY_FIRMS
from analysis.inference.catalog_one import ONE_FIRM
from analysis.inference.method import TestMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TESTS", "TestMethod", "explain", "simulated_sizes", "unknown_test"]

TESTS: Mapping[str, TestMethod] = {
    method.id: method for method in (*ONE_FIRM, *MANY_FIRMS, *EFFECTS)
}
"""Every test by its id, in the order in which lists show them."""

SIZES = Path(__file__).resolve().parent.parent / "docs" / "simulated_sizes.csv"
"""Rejection rates of true nulls; written by scripts/simulate_size.py."""


def unknown_test(name: str) -> MarketImpactError:
    """Build the error that says which test was probably meant."""
    return MarketImpactError(
        f"test '{name}' is unknown; {nearest(name, TESTS, most=len(TESTS))}; "
        "'market-impact tests' lists them all"
    )


@functools.cache
def simulated_sizes() -> Mapping[str, tuple[tuple[str, float, float], ...]]:
    """
    Read how often each test rejected a true null in simulation.

    Returns
    -------
    mapping of str to tuple of (scenario, share at 5 %, share at 1 %)
        Tests that were not simulated are absent.
    """
    with SIZES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found: dict[str, tuple[tuple[str, float, float], ...]] = {}
    for row in rows:
        entry = (row["scenario"], float(row["at_5"]), float(row["at_1"]))
        found[row["test"]] = (*found.get(row["test"], ()), entry)
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
        lines.append("  simulated     share of true nulls rejected at 5 % (at 1 %)")
        lines += [f"    {five:6.1%} ({one:.1%})  {scenario}" for scenario, five, one in sizes]
    return "\n".join(lines)
