"""The expected-return models that a study can name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.models.asynchronous import Dimson, ScholesWilliams
from analysis.models.completion import MatrixCompletion
from analysis.models.differences import DifferenceInDifferences, SyntheticDifference
from analysis.models.donors import ElasticNet, RidgeAugmented, SyntheticControl
from analysis.models.garch import Garch
from analysis.models.latent import InteractiveEffects
from analysis.models.linear import LeastSquares, MarketAdjusted
from analysis.models.moving import Ewma, KalmanBeta, Rolling
from analysis.models.robust import Huber
from analysis.models.structural import StructuralTimeSeries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.models.base import Estimator

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
    regressors : tuple of str
        `BENCHMARK`, `BENCHMARK_EXCESS`, `BENCHMARK_BEFORE`, `BENCHMARK_AFTER`, `INDUSTRY`,
        `DONORS`, or factor columns such as ``mkt_rf``; the first stands for the market, and its
        coefficient is the beta that results show (`DONORS` has none).
        `analysis.models.design.build_design` makes the columns.
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
        ModelSpec(
            "market-industry",
            "market + industry",
            (BENCHMARK, INDUSTRY),
            False,
            _OLS,
            "Sharpe (1970), Portfolio Theory and Capital Markets; Frisch and Waugh (1933)",
        ),
        ModelSpec(
            "scholes-williams",
            "Scholes-Williams",
            (BENCHMARK, BENCHMARK_BEFORE, BENCHMARK_AFTER),
            False,
            ScholesWilliams(),
            "Scholes and Williams (1977), J. Fin. Econ.",
        ),
        ModelSpec(
            "dimson",
            "Dimson, lag only",
            (BENCHMARK, BENCHMARK_BEFORE),
            False,
            _OLS,
            "Dimson (1979), J. Fin. Econ.",
        ),
        ModelSpec(
            "dimson-lead",
            "Dimson, lag and lead",
            (BENCHMARK, BENCHMARK_BEFORE, BENCHMARK_AFTER),
            False,
            Dimson(),
            "Dimson (1979), J. Fin. Econ.",
        ),
        ModelSpec(
            "garch",
            "market model, GARCH-t",
            (BENCHMARK,),
            False,
            Garch("garch"),
            "Bollerslev (1987), Rev. Econ. Stat.",
        ),
        ModelSpec(
            "gjr",
            "market model, GJR-t",
            (BENCHMARK,),
            False,
            Garch("gjr"),
            "Glosten, Jagannathan and Runkle (1993), J. Finance",
        ),
        ModelSpec(
            "egarch",
            "market model, EGARCH-t",
            (BENCHMARK,),
            False,
            Garch("egarch"),
            "Nelson (1991), Econometrica",
        ),
        ModelSpec(
            "huber",
            "market model, Huber",
            (BENCHMARK,),
            False,
            Huber(),
            "Huber (1964), Ann. Math. Stat.",
        ),
        ModelSpec(
            "ewma",
            "market model, fading weights",
            (BENCHMARK,),
            False,
            Ewma(),
            "J.P. Morgan (1996), RiskMetrics Technical Document (the weights; the decay is 0.97)",
        ),
        ModelSpec(
            "rolling",
            "market model, last 60 sessions",
            (BENCHMARK,),
            False,
            Rolling(),
            "Fama and MacBeth (1973), J. Pol. Econ.",
        ),
        ModelSpec(
            "kalman",
            "market model, random-walk beta",
            (BENCHMARK,),
            False,
            KalmanBeta(),
            "Durbin and Koopman (2012), Time Series Analysis by State Space Methods",
        ),
        ModelSpec(
            "structural",
            "structural time series",
            (BENCHMARK,),
            False,
            StructuralTimeSeries(),
            "Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter",
        ),
        ModelSpec(
            "did",
            "difference in differences",
            (DONORS,),
            False,
            DifferenceInDifferences(),
            "Ashenfelter and Card (1985), Rev. Econ. Stat.",
        ),
        ModelSpec(
            "synthetic",
            "synthetic control",
            (DONORS,),
            False,
            SyntheticControl(),
            "Abadie, Diamond and Hainmueller (2010), JASA",
        ),
        ModelSpec(
            "synthetic-ridge",
            "ridge-augmented synthetic control",
            (DONORS,),
            False,
            RidgeAugmented(),
            "Ben-Michael, Feller and Rothstein (2021), JASA",
        ),
        ModelSpec(
            "sdid",
            "synthetic difference in differences",
            (DONORS,),
            False,
            SyntheticDifference(),
            "Arkhangelsky et al. (2021), Am. Econ. Review",
        ),
        ModelSpec(
            "ife",
            "interactive fixed effects",
            (DONORS,),
            False,
            InteractiveEffects(),
            "Bai (2009), Econometrica; Xu (2017), Political Analysis",
        ),
        ModelSpec(
            "matrix-completion",
            "matrix completion",
            (DONORS,),
            False,
            MatrixCompletion(),
            "Athey et al. (2021), JASA",
        ),
        ModelSpec(
            "elastic-net",
            "elastic-net control",
            (DONORS,),
            False,
            ElasticNet(),
            "Doudchenko and Imbens (2016), NBER working paper 22791",
        ),
    )
}
"""Every model by its id, in the order in which results list them."""
