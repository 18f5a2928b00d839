"""The mean of all firms without each in turn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.inference.portfolio import portfolio_test
from analysis.run.case import headline_case
from analysis.run.groups import sample_of
from analysis.run.plan import plan_study

if TYPE_CHECKING:
    from analysis.prices.market_data import MarketData
    from analysis.study import Study


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Mean abnormal return of all firms but one, decimal, with its interval."""

    symbol: str
    mean: float
    low: float
    high: float

    @property
    def row(self) -> dict[str, str | float]:
        """As a tidy row."""
        return {"without": self.symbol, "mean": self.mean, "low": self.low, "high": self.high}


def leave_one_out(study: Study, data: MarketData) -> tuple[LeftOut, ...]:
    """
    Measure the mean of all firms in the headline's window without each firm in turn.

    Parameters
    ----------
    study : Study
    data : MarketData

    Returns
    -------
    tuple of LeftOut
        The interval is that of the group's mean, see `analysis.run.groups`. Empty where the study
        has fewer than three firms, or `portfolio_test` gives no interval.
    """
    head = study.headline
    if len(study.symbols) < 3:
        return ()
    events = tuple(event for event in study.events if event.id == head.event)
    plan = plan_study(replace(study, events=events, windows=(head.window,)), data)
    case = headline_case(plan)
    out = []
    there = case.whole(case.symbols, head.window)
    if len(there) < 3:
        return ()
    for symbol in there:
        rest = [other for other in there if other != symbol]
        sample = sample_of(case, rest, head.window)
        t = portfolio_test(sample, level=study.level)
        if t.low is None or t.high is None:
            return ()
        out.append(LeftOut(symbol, float(sample.car.mean()), t.low, t.high))
    return tuple(out)
