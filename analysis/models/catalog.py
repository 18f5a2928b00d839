"""The expected-return models that a study can name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.models.linear import LeastSquares, MarketAdjusted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.models.base import Estimator

BENCHMARK = "benchmark"
"""Regressor: the return of the study's benchmark."""

BENCHMARK_EXCESS = "benchmark - rf"
"""Regressor: the return of the study's benchmark less the risk-free rate."""


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
    regressors : tuple of str
        `BENCHMARK`, `BENCHMARK_EXCESS`, or factor columns such as ``mkt_rf``; the first stands for
        the market, and its coefficient is the beta that results show.
    excess : bool
        Whether the firm's return less the risk-free rate is modelled; the rate is added back to
        the expected return.
    estimator : Estimator
    reference : str
    """

    id: str
    title: str
    regressors: tuple[str, ...]
    excess: bool
    estimator: Estimator
    reference: str

    @property
    def uses_benchmark(self) -> bool:
        """Whether the model depends on the study's choice of benchmark."""
        return BENCHMARK in self.regressors or BENCHMARK_EXCESS in self.regressors

    @property
    def factors(self) -> tuple[str, ...]:
        """The factor columns that the model needs, ``rf`` included where returns are in excess."""
        named = tuple(r for r in self.regressors if r not in {BENCHMARK, BENCHMARK_EXCESS})
        return (*named, "rf") if self.excess else named


_FF3 = ("mkt_rf", "smb", "hml")
_FF5 = (*_FF3, "rmw", "cma")
_OLS = LeastSquares()

MODELS: Mapping[str, ModelSpec] = {
    spec.id: spec
    for spec in (
        ModelSpec(
            "mean", "constant mean", (), False, _OLS, "Brown and Warner (1980, 1985), J. Fin. Econ."
        ),
        ModelSpec(
            "market-adjusted",
            "market-adjusted",
            (BENCHMARK,),
            False,
            MarketAdjusted(),
            "Brown and Warner (1980, 1985), J. Fin. Econ.",
        ),
        ModelSpec(
            "market",
            "market model",
            (BENCHMARK,),
            False,
            _OLS,
            "Fama, Fisher, Jensen and Roll (1969), Int. Econ. Review",
        ),
        ModelSpec("capm", "CAPM", (BENCHMARK_EXCESS,), True, _OLS, "Sharpe (1964), J. Finance"),
        ModelSpec(
            "ff3", "Fama-French 3", _FF3, True, _OLS, "Fama and French (1993), J. Fin. Econ."
        ),
        ModelSpec("carhart", "Carhart", (*_FF3, "mom"), True, _OLS, "Carhart (1997), J. Finance"),
        ModelSpec(
            "ff5", "Fama-French 5", _FF5, True, _OLS, "Fama and French (2015), J. Fin. Econ."
        ),
        ModelSpec(
            "ff6",
            "Fama-French 5 + momentum",
            (*_FF5, "mom"),
            True,
            _OLS,
            "Fama and French (2018), J. Fin. Econ.",
        ),
    )
}
"""Every model by its id, in the order in which results list them."""
