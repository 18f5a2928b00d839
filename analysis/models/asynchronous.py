"""
Betas of shares that trade thinly, or in other hours than their benchmark.

Regressors come in the order: benchmark today, the session before, the session after. The session
after enters the fit only; `analysis.models.design` keeps it from reaching into the event window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from analysis.errors import DataError, WindowError
from analysis.models.base import Capabilities
from analysis.models.gls import WeightedFit, hat_leverage
from analysis.models.linear import LeastSquares, decomposed, with_constant

if TYPE_CHECKING:
    from analysis._typing import FloatArray

FEWEST_ROWS = 10
"""Fewer sessions determine no beta with leads and lags."""


@dataclass(frozen=True, slots=True)
class ScholesWilliams:
    """
    Scholes and Williams's beta: (b_-1 + b_0 + b_+1) / (1 + 2 rho_m), from three simple regressions.

    The prediction error follows from its form as an instrumental variable, the sum of the three
    market returns.

    References
    ----------
    Scholes and Williams (1977), Journal of Financial Economics 5.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(order_free=True, reads_ahead=True)

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> WeightedFit:
        """
        Fit from the benchmark's return today, before and after.

        Raises
        ------
        WindowError
            If fewer than `FEWEST_ROWS` rows are given.
        DataError
            If the benchmark does not vary, or the instrument is not correlated with it.
        """
        _check(y, x)
        for at in range(x.shape[1]):
            decomposed(with_constant(x[:, [at]]), names[at : at + 1])
        market = x[:, 0]
        slopes = [_slope(column, y) for column in (x[:, 1], market, x[:, 2])]
        rho = float(np.corrcoef(x[:, 1], market)[0, 1])
        if 1 + 2 * rho < 0.1:
            raise DataError(
                f"the benchmark's autocorrelation {rho:.2f} leaves Scholes-Williams no beta; "
                "use the market model"
            )
        beta = sum(slopes) / (1 + 2 * rho)
        alpha = float(y.mean() - beta * market.mean())
        design, instrument = with_constant(market[:, None]), with_constant(x.sum(axis=1)[:, None])
        inverse = np.linalg.inv(instrument.T @ design)
        residuals = y - alpha - beta * market
        df = len(y) - 2
        return WeightedFit(
            coefficients={"alpha": alpha, names[0]: beta},
            residuals=residuals,
            df=df,
            sigma=math.sqrt(float(residuals @ residuals) / df),
            leverage=hat_leverage(design @ inverse @ instrument.T),
            spread=inverse @ instrument.T @ instrument @ inverse.T,
            drift=np.zeros((2, 2)),
        )


@dataclass(frozen=True, slots=True)
class Dimson:
    """
    Dimson's beta: the sum of the coefficients on the benchmark today, before and after.

    The window is predicted with that sum and the benchmark's return of the day.

    References
    ----------
    Dimson (1979), Journal of Financial Economics 7.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(order_free=True, reads_ahead=True)

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> WeightedFit:
        """
        Fit one regression on all columns and add up.

        Raises
        ------
        WindowError
            If fewer than `FEWEST_ROWS` rows are given.
        DataError
            If the columns are collinear.
        """
        _check(y, x)
        full = LeastSquares().fit(y, x, names)
        beta = sum(full.coefficients[name] for name in names)
        market = x[:, 0]
        mean = float(market.mean())
        alpha = float(y.mean() - beta * mean)
        residuals = y - alpha - beta * market
        variance = float(residuals @ residuals) / full.df
        inverse = np.linalg.inv(full.triangle)
        total = inverse.T @ np.append(0.0, np.ones(len(names)))
        share = full.sigma**2 / variance if variance else 1.0
        slope = share * float(total @ total)
        spread = np.array([[1 / len(y) + mean**2 * slope, -mean * slope], [-mean * slope, slope]])
        return WeightedFit(
            coefficients={"alpha": alpha, names[0]: beta},
            residuals=residuals,
            df=full.df,
            sigma=math.sqrt(variance),
            leverage=np.full(len(y), 1 / len(y)),
            spread=spread,
            drift=np.zeros((2, 2)),
        )


def _slope(regressor: FloatArray, y: FloatArray) -> float:
    centred = regressor - regressor.mean()
    return float(centred @ y / (centred @ centred))


def _check(y: FloatArray, x: FloatArray) -> None:
    if len(y) < FEWEST_ROWS:
        raise WindowError(
            f"{len(y)} estimation sessions carry no beta with leads and lags "
            f"({FEWEST_ROWS} needed); lengthen the estimation window"
        )
    if x.shape[1] < 2:
        raise DataError("leads and lags of the benchmark are missing among the regressors")
