"""Every test of one firm at one event, with a warning where an assumption is visibly broken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.inference.battery import run_tests
from analysis.inference.catalog import TESTS
from analysis.inference.diagnostics import broken_assumptions
from analysis.inference.registry import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.inference.firm import FirmSample
    from analysis.inference.outcome import Outcome
    from analysis.inference.registry import Assumption, Registry, StatisticalTest


def firm_battery(
    sample: FirmSample,
    settings: Settings | None = None,
    *,
    every: bool = True,
    tests: Registry = TESTS,
) -> tuple[Outcome, ...]:
    """
    Run the tests of one firm.

    Parameters
    ----------
    sample : FirmSample
    settings : Settings, optional
    every : bool
        Every test, or only those that run unasked, see `StatisticalTest.always`.
    tests : Registry

    Returns
    -------
    tuple of Outcome
        In the order of the registry; unavailable ones keep their place and say why.
    """
    chosen = [test for test in tests.of("firm") if every or test.always]
    outcomes = run_tests(chosen, sample, settings or Settings())
    broken = broken_assumptions(sample.fit.residuals, sample.window)
    return tuple(_warned(outcome, tests[outcome.test], broken) for outcome in outcomes)


def _warned(outcome: Outcome, test: StatisticalTest, broken: Mapping[Assumption, str]) -> Outcome:
    notes = [note for assumption, note in broken.items() if assumption in test.assumes]
    if not outcome.available or not notes:
        return outcome
    return replace(outcome, warning="; ".join(filter(None, [outcome.warning, *notes])))
