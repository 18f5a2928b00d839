"""What a statistical test is, and the collection that lists, batteries and documents loop over."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from analysis.errors import MarketImpactError

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.inference.outcome import Outcome

Family = Literal["one firm", "many firms", "many events", "multiplicity", "other effects"]
Subject = Literal["firm", "group", "events", "p-values"]
Assumption = Literal[
    "independent firms",
    "steady variance",
    "normal errors",
    "independent sessions",
    "constant volatility",
]


@dataclass(frozen=True, slots=True)
class Settings:
    """
    How a battery runs.

    Attributes
    ----------
    level : float
        Confidence level of the intervals.
    draws : int
        Resamples and permutations of the tests that draw.
    seed : int
        The same seed gives the same outcomes.
    """

    level: float = 0.95
    draws: int = 19_999
    seed: int = 20250127

    def rng(self, test: str) -> np.random.Generator:
        """Give a test its own generator, so that no other test changes what it draws."""
        return np.random.default_rng([self.seed, zlib.crc32(test.encode())])


@dataclass(frozen=True, slots=True)
class StatisticalTest:
    """
    A test: its function, what it needs, its null and its limits, in words that can be checked.

    Attributes
    ----------
    id : str
        The name in results and on the command line.
    title : str
        The name in tables and prose.
    family : {"one firm", "many firms", "many events", "multiplicity", "other effects"}
    subject : {"firm", "group", "events", "p-values"}
        What it tests: the sample of a firm or of a group; firm-events on many dates, which
        `analysis.sample` runs itself; or the p-values of other tests.
    null, formula, distribution, assumptions, valid_when, fails_when, reference : str
        The null hypothesis in words; the statistic; what it is judged by, with degrees of freedom;
        and so on.
    run : callable or None
        From a `FirmSample`, `GroupSample` or, of events, an `analysis.inference.events.EventSample`
        and `Settings` to an outcome, or to several of the same test. None of p-values, and of tests
        of events that need more than one window's returns: ranks, a path, other dates.
    needs : tuple of str
        What the sample must have, see its `lacks`; checked before `run`.
    assumes : frozenset of str
        Assumptions that the battery checks on the estimation residuals: where one is visibly
        broken, the outcome carries a warning.
    always : bool
        Whether it runs on a study's headline without being asked for.
    of_return : bool
        Whether its interval, where it has one, is of a return.
    sides : int
        1 where the smallest p of B draws is 1 / (B + 1), 2 where it is twice that.
    firms_wanted : int
        With fewer firms an outcome carries a warning.
    slow : bool
        Whether one run takes a maximum-likelihood fit of many parameters; simulations run it only
        where it has something to say.
    """

    id: str
    title: str
    family: Family
    subject: Subject
    null: str
    formula: str
    distribution: str
    assumptions: str
    valid_when: str
    fails_when: str
    reference: str
    run: Callable[[Any, Settings], Outcome | tuple[Outcome, ...]] | None
    needs: tuple[str, ...] = ()
    assumes: frozenset[Assumption] = field(default_factory=frozenset)
    always: bool = False
    of_return: bool = True
    sides: int = 1
    firms_wanted: int = 0
    slow: bool = False


class Registry(Mapping[str, StatisticalTest]):
    """
    Tests by id, in the order in which lists show them; never changed, only extended into another.

    Parameters
    ----------
    *tests : StatisticalTest

    Raises
    ------
    MarketImpactError
        If two tests have one id, one of a firm or group has no function, or one of p-values has.
    """

    __slots__ = ("_tests",)

    def __init__(self, *tests: StatisticalTest) -> None:
        self._tests = {test.id: test for test in tests}
        if len(self._tests) < len(tests):
            ids = [test.id for test in tests]
            twice = next(name for name in ids if ids.count(name) > 1)
            raise MarketImpactError(f"test '{twice}' is registered twice; rename one of the two")
        for test in tests:
            wanted, barred = test.subject in {"firm", "group"}, test.subject == "p-values"
            if (test.run is None and wanted) or (test.run is not None and barred):
                raise MarketImpactError(
                    f"test '{test.id}': a test of a firm or of a group needs a function, one of "
                    "p-values has none"
                )

    def __getitem__(self, name: str) -> StatisticalTest:
        return self._tests[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tests)

    def __len__(self) -> int:
        return len(self._tests)

    def with_(self, *tests: StatisticalTest) -> Registry:
        """Add tests at the end."""
        return Registry(*self._tests.values(), *tests)

    def of(self, subject: Subject) -> tuple[StatisticalTest, ...]:
        """List the tests of a firm, of a group or of p-values."""
        return tuple(test for test in self._tests.values() if test.subject == subject)
