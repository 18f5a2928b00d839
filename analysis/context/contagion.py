"""Whether firms that used to move with the event firm fell more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from analysis.abnormal import cumulative
from analysis.context.absent import Absent
from analysis.run.fit import rows_of

if TYPE_CHECKING:
    from analysis.run.case import Case

FEWEST_FIRMS = 5
"""Other firms needed for a line to mean anything."""


@dataclass(frozen=True, slots=True)
class ContagionPoint:
    """
    One other firm.

    Attributes
    ----------
    symbol, group : str
    correlation : float
        Of its estimation residuals with the event firm's.
    abnormal : float
        Its abnormal return of the headline's window, decimal.
    """

    symbol: str
    group: str
    correlation: float
    abnormal: float


@dataclass(frozen=True, slots=True)
class Contagion:
    """
    Abnormal returns of other firms against their earlier co-movement with the event firm.

    Attributes
    ----------
    symbol : str
        The event firm.
    points : tuple of ContagionPoint
        By correlation.
    intercept, slope : float
        Least squares of the abnormal return on the correlation.
    rank_correlation : float
        Spearman's. All firms share one date, so no p-value goes with it.
    """

    symbol: str
    points: tuple[ContagionPoint, ...]
    intercept: float
    slope: float
    rank_correlation: float

    @property
    def tidy(self) -> pd.DataFrame:
        """One row another firm."""
        return pd.DataFrame(
            [
                {
                    "symbol": point.symbol,
                    "group": point.group,
                    "correlation": point.correlation,
                    "abnormal_return": point.abnormal,
                }
                for point in self.points
            ]
        )


def contagion(case: Case) -> Contagion | Absent:
    """
    Set each firm's abnormal return against its residual correlation with the headline's firm.

    Returns
    -------
    Contagion or Absent
        Absent with fewer than `FEWEST_FIRMS` other firms.
    """
    there = case.whole(case.symbols, case.study.headline.window)
    others = [symbol for symbol in there if symbol != case.symbol]
    if len(others) < FEWEST_FIRMS:
        return Absent(f"needs {FEWEST_FIRMS} other firms, and the study has {len(others)}")
    points = sorted((_point(case, symbol) for symbol in others), key=lambda p: p.correlation)
    x = np.array([point.correlation for point in points])
    y = np.array([point.abnormal for point in points])
    slope, intercept = (float(value) for value in np.polyfit(x, y, 1))
    return Contagion(
        symbol=case.symbol,
        points=tuple(points),
        intercept=intercept,
        slope=slope,
        rank_correlation=float(stats.spearmanr(x, y).statistic),
    )


def _point(case: Case, symbol: str) -> ContagionPoint:
    study = case.study
    rows = rows_of(case.placed.position, study.estimation)
    pair = (symbol, case.symbol)
    both = np.logical_and(*(case.design(name).complete[rows] for name in pair))
    window = study.headline.window
    residuals = [case.fit(name, use=both).model.residuals for name in pair]
    return ContagionPoint(
        symbol=symbol,
        group=study.group_of(symbol),
        correlation=float(stats.pearsonr(*residuals).statistic),
        abnormal=cumulative(case.fit(symbol).path(window)),
    )
