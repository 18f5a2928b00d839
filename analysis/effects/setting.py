"""The headline's own specification, ready to be asked other questions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.models.catalog import MODELS
from analysis.run.designs import design_of
from analysis.run.fit import fit_firm
from analysis.run.plan import plan_study

if TYPE_CHECKING:
    from analysis._typing import BoolArray, FloatArray
    from analysis.models.design import Design
    from analysis.prices.market_data import MarketData
    from analysis.results import PlacedEvent
    from analysis.run.fit import FirmFit
    from analysis.run.plan import Plan, Specification
    from analysis.study import Study


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """
    The headline's event and specification with the returns of every security.

    Attributes
    ----------
    study : Study
    plan : Plan
    placed : PlacedEvent
    specification : Specification
    """

    study: Study
    plan: Plan
    placed: PlacedEvent
    specification: Specification

    @property
    def symbol(self) -> str:
        """The headline's firm."""
        return self.study.headline.symbol

    @property
    def sessions_after(self) -> int:
        """Sessions of the data after the event's."""
        return len(self.plan.data.levels) - 1 - self.placed.position

    def returns(self, symbol: str) -> FloatArray:
        """Give the simple returns of a security over all sessions, shape (T,)."""
        return self.plan.columns[symbol]

    def design(self, symbol: str) -> Design:
        """Lay out a firm's returns and regressors over all sessions."""
        return design_of(self.plan, self.placed, self.specification, symbol)

    def fit(self, symbol: str, *, use: BoolArray | None = None) -> FirmFit:
        """
        Fit a firm.

        Parameters
        ----------
        symbol : str
        use : ndarray of bool, shape (M,), optional
            Estimation sessions to use; all that are complete by default.
        """
        return fit_firm(
            self.design(symbol),
            self.specification.model.estimator,
            self.placed.position,
            estimation=self.study.estimation,
            use=use,
        )


def headline_setting(study: Study, data: MarketData) -> Setting:
    """
    Plan the headline's event and specification alone.

    Raises
    ------
    MarketImpactError
        As `analysis.run.plan.plan_study`.
    """
    head = study.headline
    events = tuple(event for event in study.events if event.id == head.event)
    plan = plan_study(
        replace(study, events=events, models=(head.model,), windows=(head.window,)), data
    )
    specification = next(
        s
        for s in plan.specifications
        if s.benchmark == head.benchmark or not MODELS[head.model].uses_benchmark
    )
    return Setting(study, plan, plan.events[0], specification)
