"""Models of factors, and of the firm's industry."""

from __future__ import annotations

from analysis.models.linear import LeastSquares
from analysis.models.spec import BENCHMARK, INDUSTRY, ModelSpec

_FF3 = ("mkt_rf", "smb", "hml")
_FF5 = (*_FF3, "rmw", "cma")

MODELS: tuple[ModelSpec, ...] = (
    ModelSpec(
        id="ff3",
        title="Fama-French 3",
        family="factors and industry",
        regressors=_FF3,
        estimator=LeastSquares(),
        reference="Fama and French (1993), J. Fin. Econ.",
        excess=True,
    ),
    ModelSpec(
        id="carhart",
        title="Carhart",
        family="factors and industry",
        regressors=(*_FF3, "mom"),
        estimator=LeastSquares(),
        reference="Carhart (1997), J. Finance",
        excess=True,
    ),
    ModelSpec(
        id="ff5",
        title="Fama-French 5",
        family="factors and industry",
        regressors=_FF5,
        estimator=LeastSquares(),
        reference="Fama and French (2015), J. Fin. Econ.",
        excess=True,
    ),
    ModelSpec(
        id="ff6",
        title="Fama-French 5 + momentum",
        family="factors and industry",
        regressors=(*_FF5, "mom"),
        estimator=LeastSquares(),
        reference="Fama and French (2018), J. Fin. Econ.",
        excess=True,
    ),
    ModelSpec(
        id="market-industry",
        title="market + industry",
        family="factors and industry",
        regressors=(BENCHMARK, INDUSTRY),
        estimator=LeastSquares(),
        reference="Sharpe (1970), Portfolio Theory and Capital Markets; Frisch and Waugh (1933)",
    ),
)
"""In the order in which lists show them."""
