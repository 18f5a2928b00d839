"""Whether firms that used to move with the event firm fell more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from analysis.abnormal import cumulative
from analysis.run.fit import rows_of

if TYPE_CHECKING:
    from analysis.effects.setting import Setting

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


def contagion(setting: Setting) -> Contagion | None:
    """
    Set each firm's abnormal return against its residual correlation with the headline's firm.

    Returns
    -------
    Contagion or None
        None with fewer than `FEWEST_FIRMS` other firms.
    """
    others = [symbol for symbol in setting.study.symbols if symbol != setting.symbol]
    if len(others) < FEWEST_FIRMS:
        return None
    points = sorted((_point(setting, symbol) for symbol in others), key=lambda p: p.correlation)
    x = np.array([point.correlation for point in points])
    y = np.array([point.abnormal for point in points])
    slope, intercept = (float(value) for value in np.polyfit(x, y, 1))
    return Contagion(
        symbol=setting.symbol,
        points=tuple(points),
        intercept=intercept,
        slope=slope,
        rank_correlation=float(stats.spearmanr(x, y).statistic),
    )


def _point(setting: Setting, symbol: str) -> ContagionPoint:
    study = setting.study
    rows = rows_of(setting.placed.position, study.estimation)
    pair = (symbol, setting.symbol)
    both = np.logical_and(*(setting.design(name).complete[rows] for name in pair))
    window = study.headline.window
    residuals = [setting.fit(name, window, use=both).model.residuals for name in pair]
    return ContagionPoint(
        symbol=symbol,
        group=study.group_of(symbol),
        correlation=float(stats.pearsonr(*residuals).statistic),
        abnormal=cumulative(setting.fit(symbol, window).path),
    )
