"""Running the tests of a registry on a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from analysis.errors import MarketImpactError
from analysis.inference.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analysis.inference.registry import Settings, StatisticalTest


class Sample(Protocol):
    """What tests work on."""

    def lacks(self, need: str) -> str:
        """Say why the sample does not have what a test needs; empty where it has."""


def run_tests(
    tests: Iterable[StatisticalTest], sample: Sample, settings: Settings
) -> tuple[Outcome, ...]:
    """
    Run tests in their order.

    Parameters
    ----------
    tests : iterable of StatisticalTest
        Of the sample's subject.
    sample : Sample
    settings : Settings

    Returns
    -------
    tuple of Outcome
        One a test, or as many as it gives; unavailable ones keep their place and say why: what the
        sample lacks, or what the test itself cannot do with it.
    """
    outcomes: list[Outcome] = []
    for test in tests:
        reason = next(filter(None, map(sample.lacks, test.needs)), "")
        if reason or test.run is None:
            outcomes.append(Outcome.missing(test.id, reason))
            continue
        try:
            found = test.run(sample, settings)
        except MarketImpactError as error:
            found = Outcome.missing(test.id, str(error))
        outcomes += [found] if isinstance(found, Outcome) else found
    return tuple(outcomes)
