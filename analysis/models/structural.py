"""
Structural time series: a level that wanders, and regressors with constant slopes.

References
----------
Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter; Brodersen,
Gallusser, Koehler, Remy and Scott (2015), Annals of Applied Statistics 9.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from analysis.errors import DataError, WindowError
from analysis.models.base import Capabilities, with_alpha
from analysis.models.gls import WeightedFit
from analysis.models.linear import decomposed, is_exact, with_constant

if TYPE_CHECKING:
    from analysis._typing import FloatArray

FEWEST_ROWS = 30
"""Fewer sessions do not tell a level that wanders from noise."""


@dataclass(frozen=True, slots=True)
class StructuralTimeSeries:
    """
    Local level plus regression, by maximum likelihood and the Kalman filter of statsmodels.

    The level's last state is frozen over the event window; its variance grows from there.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(
        placebo="none",
        not_drawn="not drawn: each pseudo-date would take a fit by maximum likelihood",
    )

    def fit(self, y: FloatArray, x: FloatArray, names: tuple[str, ...]) -> WeightedFit:
        """
        Fit variances, then the state of the last session.

        Raises
        ------
        WindowError
            If fewer than `FEWEST_ROWS` sessions are given.
        DataError
            If the regressors are collinear or leave nothing of the returns, or the likelihood has
            no maximum with a positive variance of the errors.
        """
        from statsmodels.tsa.statespace.structural import (  # noqa: PLC0415 - slow to import
            UnobservedComponents,
        )

        if len(y) < FEWEST_ROWS:
            raise WindowError(
                f"a structural time series needs {FEWEST_ROWS} sessions or more, there are "
                f"{len(y)}; lengthen the estimation window"
            )
        design = with_constant(x)
        decomposed(design, names)
        if is_exact(y, design):
            raise DataError(
                "a structural time series needs errors that vary, and the estimation window has "
                "none; choose another model or estimation window"
            )
        scale = float(y.std())
        model = UnobservedComponents(
            y / scale,
            level="local level",
            exog=x / scale if x.shape[1] else None,
            mle_regression=False,
        )
        result = model.fit(disp=False)
        named = dict(zip(model.param_names, map(float, result.params), strict=True))
        noise, drift = named["sigma2.irregular"], named["sigma2.level"]
        if not 0 < noise < math.inf:
            raise DataError(
                "the structural time series does not converge on this estimation window"
            )
        last = np.asarray(result.filter_results.predicted_state[:, -1], dtype=np.float64)
        # the state that is predicted for the next session holds one step of the level already
        spread = np.array(result.filter_results.predicted_state_cov[:, :, -1], dtype=np.float64)
        spread[0, 0] -= drift
        unit = np.append(scale, np.ones(x.shape[1]))  # slopes have no unit, the level has
        values = last * unit
        moves = np.zeros_like(spread)
        moves[0, 0] = drift
        turn = np.outer(unit, unit) / (noise * scale**2)
        return WeightedFit(
            coefficients=with_alpha(values, names),
            residuals=y - design @ values,
            df=len(y) - len(values),
            sigma=math.sqrt(noise) * scale,
            leverage=np.zeros(len(y)),
            spread=spread * turn,
            drift=moves * turn,
        )
