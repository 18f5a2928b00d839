"""Models for firms that trade at other hours than the market, or seldom."""

from __future__ import annotations

from analysis.models.asynchronous import Dimson, ScholesWilliams
from analysis.models.linear import LeastSquares
from analysis.models.spec import BENCHMARK, BENCHMARK_AFTER, BENCHMARK_BEFORE, ModelSpec

MODELS: tuple[ModelSpec, ...] = (
    ModelSpec(
        id="scholes-williams",
        title="Scholes-Williams",
        family="asynchronous trading",
        regressors=(BENCHMARK, BENCHMARK_BEFORE, BENCHMARK_AFTER),
        estimator=ScholesWilliams(),
        reference="Scholes and Williams (1977), J. Fin. Econ.",
    ),
    ModelSpec(
        id="dimson",
        title="Dimson, lag only",
        family="asynchronous trading",
        regressors=(BENCHMARK, BENCHMARK_BEFORE),
        estimator=LeastSquares(),
        reference="Dimson (1979), J. Fin. Econ.",
    ),
    ModelSpec(
        id="dimson-lead",
        title="Dimson, lag and lead",
        family="asynchronous trading",
        regressors=(BENCHMARK, BENCHMARK_BEFORE, BENCHMARK_AFTER),
        estimator=Dimson(),
        reference="Dimson (1979), J. Fin. Econ.",
    ),
)
"""In the order in which lists show them."""
