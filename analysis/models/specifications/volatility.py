"""Market models whose variance changes."""

from __future__ import annotations

from analysis.models.garch import Garch
from analysis.models.spec import BENCHMARK, ModelSpec

MODELS: tuple[ModelSpec, ...] = (
    ModelSpec(
        id="garch",
        title="market model, GARCH-t",
        family="changing variance",
        regressors=(BENCHMARK,),
        estimator=Garch("garch"),
        reference="Bollerslev (1987), Rev. Econ. Stat.",
    ),
    ModelSpec(
        id="gjr",
        title="market model, GJR-t",
        family="changing variance",
        regressors=(BENCHMARK,),
        estimator=Garch("gjr"),
        reference="Glosten, Jagannathan and Runkle (1993), J. Finance",
    ),
    ModelSpec(
        id="egarch",
        title="market model, EGARCH-t",
        family="changing variance",
        regressors=(BENCHMARK,),
        estimator=Garch("egarch"),
        reference="Nelson (1991), Econometrica",
    ),
)
"""In the order in which lists show them."""
