"""What is to be known about a statistical test before its p-value is believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["one firm", "many firms", "many events", "multiplicity", "other effects"]


@dataclass(frozen=True, slots=True)
class TestMethod:
    """
    A test, its null and its limits, in words that a reader can check.

    Attributes
    ----------
    id : str
        The name in results and on the command line.
    title : str
        The name in tables and prose.
    family : {"one firm", "many firms", "many events", "multiplicity", "other effects"}
    null : str
        The null hypothesis in words.
    formula : str
        The statistic.
    distribution : str
        What the statistic is judged by, with degrees of freedom.
    assumptions : str
    valid_when, fails_when : str
    reference : str
    """

    __test__ = False  # not a test case, whatever its name suggests to a test runner

    id: str
    title: str
    family: Family
    null: str
    formula: str
    distribution: str
    assumptions: str
    valid_when: str
    fails_when: str
    reference: str
