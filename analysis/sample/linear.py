"""The models that a sample can be measured by: of the catalogue, or factors by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.batch.inputs import FactorModel
from analysis.errors import StudyError, nearest
from analysis.models.catalog import MODELS
from analysis.models.linear import LeastSquares, MarketAdjusted
from analysis.models.spec import BENCHMARK, BENCHMARK_EXCESS, ModelSpec

if TYPE_CHECKING:
    from analysis.models.base import AlphaUsed
    from analysis.panel.estimates import ModelKind


@dataclass(frozen=True, slots=True)
class SampleModel:
    """
    A linear model of every pair.

    Attributes
    ----------
    name : str
    regressors : tuple of str
        `BENCHMARK`, `BENCHMARK_EXCESS`, or columns of the daily factors.
    kind : {"constant", "origin", "fixed"}
        As `analysis.panel.estimates.LinearModel.kind`.
    excess : bool
        Whether it is fitted to returns in excess of the risk-free rate.
    """

    name: str
    regressors: tuple[str, ...]
    kind: ModelKind
    excess: bool = False

    @property
    def takes_benchmark(self) -> bool:
        """Whether a benchmark is among the regressors."""
        return not {BENCHMARK, BENCHMARK_EXCESS}.isdisjoint(self.regressors)

    def alpha_used(self, *, long: bool) -> AlphaUsed:
        """Say what a session of a window earns beyond the regressors; as `alpha_used` of models."""
        if self.kind != "constant":
            return "none"
        return "zero" if long else "estimated"


def panel_models() -> dict[str, ModelSpec]:
    """List the models of the catalogue that a sample can be measured by."""
    own = {BENCHMARK, BENCHMARK_EXCESS}
    return {
        name: model
        for name, model in MODELS.items()
        if isinstance(model.estimator, LeastSquares | MarketAdjusted)
        and all(r in own or r in model.factors for r in model.regressors)
    }


def sample_model(text: str) -> SampleModel:
    """
    Understand the model of a sample.

    Parameters
    ----------
    text : str
        One of `panel_models`; or ``NAME=FACTOR+FACTOR`` as `analysis.batch.inputs.FactorModel`
        reads it, ``benchmark`` being each pair's own.

    Raises
    ------
    StudyError
        If it is neither.

    Examples
    --------
    >>> sample_model("own=benchmark+oil").regressors
    ('benchmark', 'oil')
    >>> sample_model("market-adjusted").kind
    'fixed'
    """
    if "=" in text:
        model = FactorModel.parse(text)
        return SampleModel(model.name, model.factors, model.kind)
    known = panel_models()
    if text not in known:
        hint = (
            f"it is fitted pair by pair, samples take {', '.join(known)}"
            if text in MODELS
            else f"{nearest(text, known)}; or name factors, as own=benchmark+oil"
        )
        raise StudyError(f"model '{text}' cannot measure a sample; {hint}")
    spec = known[text]
    kind: ModelKind = "fixed" if isinstance(spec.estimator, MarketAdjusted) else "constant"
    return SampleModel(text, tuple(spec.regressors), kind, spec.excess)
