"""Market models whose parameters change."""

from __future__ import annotations

from analysis.models.moving import Ewma, KalmanBeta, Rolling
from analysis.models.spec import BENCHMARK, ModelSpec
from analysis.models.structural import StructuralTimeSeries

MODELS: tuple[ModelSpec, ...] = (
    ModelSpec(
        id="ewma",
        title="market model, fading weights",
        family="changing parameters",
        regressors=(BENCHMARK,),
        estimator=Ewma(),
        reference="J.P. Morgan (1996), RiskMetrics Technical Document (the weights; the decay is "
        "0.97)",
    ),
    ModelSpec(
        id="rolling",
        title="market model, last 60 sessions",
        family="changing parameters",
        regressors=(BENCHMARK,),
        estimator=Rolling(),
        reference="Fama and MacBeth (1973), J. Pol. Econ.",
    ),
    ModelSpec(
        id="kalman",
        title="market model, random-walk beta",
        family="changing parameters",
        regressors=(BENCHMARK,),
        estimator=KalmanBeta(),
        reference="Durbin and Koopman (2012), Time Series Analysis by State Space Methods",
    ),
    ModelSpec(
        id="structural",
        title="structural time series",
        family="changing parameters",
        regressors=(BENCHMARK,),
        estimator=StructuralTimeSeries(),
        reference="Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter",
    ),
)
"""In the order in which lists show them."""
