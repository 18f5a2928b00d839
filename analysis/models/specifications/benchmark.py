"""Models of one market, or of none."""

from __future__ import annotations

from analysis.models.linear import LeastSquares, MarketAdjusted
from analysis.models.spec import BENCHMARK, BENCHMARK_EXCESS, ModelSpec

MODELS: tuple[ModelSpec, ...] = (
    ModelSpec(
        id="mean",
        title="constant mean",
        family="one market",
        regressors=(),
        estimator=LeastSquares(),
        reference="Brown and Warner (1980, 1985), J. Fin. Econ.",
    ),
    ModelSpec(
        id="market-adjusted",
        title="market-adjusted",
        family="one market",
        regressors=(BENCHMARK,),
        estimator=MarketAdjusted(),
        reference="Brown and Warner (1980, 1985), J. Fin. Econ.",
    ),
    ModelSpec(
        id="market",
        title="market model",
        family="one market",
        regressors=(BENCHMARK,),
        estimator=LeastSquares(),
        reference="Fama, Fisher, Jensen and Roll (1969), Int. Econ. Review",
    ),
    ModelSpec(
        id="capm",
        title="CAPM",
        family="one market",
        regressors=(BENCHMARK_EXCESS,),
        estimator=LeastSquares(),
        reference="Sharpe (1964), J. Finance",
        excess=True,
    ),
)
"""In the order in which lists show them."""
