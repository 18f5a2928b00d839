"""Market models that outliers do not move."""

from __future__ import annotations

from analysis.models.robust import Huber
from analysis.models.spec import BENCHMARK, ModelSpec

MODELS: tuple[ModelSpec, ...] = (
    ModelSpec(
        id="huber",
        title="market model, Huber",
        family="outliers",
        regressors=(BENCHMARK,),
        estimator=Huber(),
        reference="Huber (1964), Ann. Math. Stat.",
    ),
)
"""In the order in which lists show them."""
