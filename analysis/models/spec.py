"""What a named expected-return model is: its regressors and how it is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from analysis.models.base import Estimator

Family = Literal[
    "one market",
    "factors and industry",
    "asynchronous trading",
    "changing variance",
    "outliers",
    "changing parameters",
    "control portfolios",
]

BENCHMARK = "benchmark"
"""Regressor: the return of the study's benchmark."""

BENCHMARK_EXCESS = "benchmark - rf"
"""Regressor: the return of the study's benchmark less the risk-free rate."""

BENCHMARK_BEFORE = "benchmark[-1]"
"""Regressor: the benchmark's return of the session before."""

BENCHMARK_AFTER = "benchmark[+1]"
"""Regressor: the benchmark's return of the session after; for fits only, see `design`."""

INDUSTRY = "industry"
"""Regressor: the industry's return without the firm, less its own market model."""

DONORS = "donors"
"""Regressors: one column a donor of the control portfolio."""

_NO_FACTORS = (
    BENCHMARK,
    BENCHMARK_EXCESS,
    BENCHMARK_BEFORE,
    BENCHMARK_AFTER,
    INDUSTRY,
    DONORS,
)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """
    A model by name: which regressors it takes and how it is fitted.

    Attributes
    ----------
    id : str
        The name in study files and results.
    title : str
        The name in figures and prose.
    family : str
        What it is for; lists show the families in the order of `Family`.
    regressors : tuple of str
        `BENCHMARK`, `BENCHMARK_EXCESS`, `BENCHMARK_BEFORE`, `BENCHMARK_AFTER`, `INDUSTRY`,
        `DONORS`, or factor columns such as ``mkt_rf``; the first stands for the market, and its
        coefficient is the beta that results show (`DONORS` has none).
        `analysis.models.design.build_design` makes the columns.
    estimator : Estimator
        How it is fitted; its capabilities say what inference may do with it.
    reference : str
        Where it is from.
    excess : bool
        Whether the firm's return less the risk-free rate is modelled; the rate is added back to
        the expected return.
    """

    id: str
    title: str
    family: Family
    regressors: tuple[str, ...]
    estimator: Estimator
    reference: str
    excess: bool = False

    @property
    def uses_benchmark(self) -> bool:
        """Whether the model depends on the study's choice of benchmark."""
        own = {BENCHMARK, BENCHMARK_EXCESS, BENCHMARK_BEFORE, BENCHMARK_AFTER, INDUSTRY}
        return not own.isdisjoint(self.regressors)

    @property
    def uses_industry(self) -> bool:
        """Whether the model needs the returns of the firm's industry."""
        return INDUSTRY in self.regressors

    @property
    def uses_donors(self) -> bool:
        """Whether the model needs donors for a control portfolio."""
        return DONORS in self.regressors

    @property
    def factors(self) -> tuple[str, ...]:
        """The factor columns that the model needs, ``rf`` included where returns are in excess."""
        named = tuple(r for r in self.regressors if r not in _NO_FACTORS)
        return (*named, "rf") if self.excess else named
