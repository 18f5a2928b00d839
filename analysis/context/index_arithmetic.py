"""Index arithmetic: how much of an index's move was single firms' own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.benchmarks import benchmark_of, every_benchmark
from analysis.returns import drifted_weight
from analysis.run.flags import LEAST_WEIGHT

if TYPE_CHECKING:
    import datetime as dt

    from analysis.run.case import Case

FARTHEST = 150
"""Days that a weight may be carried; beyond, rebalancing makes it guesswork."""


REST = "rest"
"""Stands in a tidy row for all members without a known weight."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """
    One firm's part in an index's move.

    Attributes
    ----------
    symbol : str
    weight : float
        In the index at the eve's close, decimal.
    anchor : datetime.date
        The date for which the weight was published; carried by relative returns.
    move : float
        The firm's return, simple, decimal.
    """

    symbol: str
    weight: float
    anchor: dt.date
    move: float

    @property
    def points(self) -> float:
        """Weight times return: the firm's part in the index's return, decimal."""
        return self.weight * self.move


@dataclass(frozen=True, slots=True)
class IndexShare:
    """
    An index's return of the event session and its known parts.

    Attributes
    ----------
    index : str
        The fund that follows it.
    move : float
        Its return, simple, decimal.
    parts : tuple of Contribution
        Firms whose weight is known; the headline's firm first.
    """

    index: str
    move: float
    parts: tuple[Contribution, ...]

    @property
    def others(self) -> float:
        """What the firms of known weight but the first contributed together, decimal."""
        return sum(part.points for part in self.parts[1:])

    @property
    def rest(self) -> float:
        """What the firms without a known weight contributed together, decimal."""
        return self.move - sum(part.points for part in self.parts)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One tidy row a firm with a known weight, and one of the rest: they sum to the move."""
        weight = 1 - sum(part.weight for part in self.parts)
        rest = {
            "index": self.index,
            "symbol": REST,
            "weight": weight,
            "weight_published_for": None,
            "firm_return": self.rest / weight if weight > 0 else None,
            "contribution": self.rest,
            "index_return": self.move,
        }
        return [
            {
                "index": self.index,
                "symbol": part.symbol,
                "weight": part.weight,
                "weight_published_for": str(part.anchor),
                "firm_return": part.move,
                "contribution": part.points,
                "index_return": self.move,
            }
            for part in self.parts
        ] + [rest]


def index_shares(case: Case) -> tuple[IndexShare, ...]:
    """
    Split the event session's return of every fund in which the headline's firm has a known weight.

    Returns
    -------
    tuple of IndexShare
        The headline's index first; empty where no weight lies within `FARTHEST` days of the event.
    """
    levels, eve = case.plan.data.levels, case.placed.position - 1
    anchors = _anchors(case)
    found = []
    head = benchmark_of(case.study, case.study.headline.benchmark, case.symbol)
    leading = "" if head is None else head.symbol
    for index in sorted({fund for fund, _ in anchors}, key=lambda fund: (fund != leading, fund)):
        if (index, case.symbol) not in anchors:
            continue
        names = sorted(symbol for fund, symbol in anchors if fund == index)
        names.sort(key=lambda symbol: symbol != case.symbol)
        parts = []
        for symbol in names:
            weight, day = anchors[index, symbol]
            carried = drifted_weight(levels[symbol], levels[index], weight, pd.Timestamp(day))
            move = float(levels[symbol].iloc[eve + 1] / levels[symbol].iloc[eve] - 1)
            parts.append(Contribution(symbol, float(carried.iloc[eve]), day, move))
        move = float(levels[index].iloc[eve + 1] / levels[index].iloc[eve] - 1)
        found.append(IndexShare(index, move, tuple(parts)))
    return tuple(found)


def _anchors(case: Case) -> dict[tuple[str, str], tuple[float, dt.date]]:
    """Map fund and firm to the published weight nearest to the eve, where its date is a session."""
    levels = case.plan.data.levels
    eve = levels.index[case.placed.position - 1].date()
    known = [
        (weight.index.split(" ")[0], weight.symbol, weight.weight, weight.as_of)
        for weight in case.plan.data.reference.weights
    ]
    known += [
        (b.symbol, b.firms[0], b.weight, b.weight_session)
        for b in every_benchmark(case.study)
        if b.weight_session
    ]
    nearest: dict[tuple[str, str], tuple[float, dt.date]] = {}
    for fund, symbol, weight, day in known:
        if (
            weight < LEAST_WEIGHT
            or abs((day - eve).days) > FARTHEST
            or not {fund, symbol} <= set(levels)
        ):
            continue
        if pd.Timestamp(day) not in levels.index:
            continue
        best = nearest.get((fund, symbol))
        if best is None or abs((day - eve).days) < abs((best[1] - eve).days):
            nearest[fund, symbol] = (weight, day)
    return nearest
