"""Placebo dates of a study's firms under one specification."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import cumulative
from analysis.inference.placebo import (
    RECENT,
    market_adjusted_scars,
    placebo_scars,
    pseudo_dates,
)
from analysis.models.linear import LeastSquares, MarketAdjusted
from analysis.run.fit import fit_firm, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import FloatArray, IntArray
    from analysis.models.design import Design
    from analysis.results import PlacedEvent
    from analysis.run.plan import Plan, Specification
    from analysis.windows import Window

MOST_REFITS = 99
"""Pseudo-dates for a model that is refitted one by one; evenly thinned where there are more."""


def placebo_draws(
    plan: Plan,
    placed: PlacedEvent,
    specification: Specification,
    designs: Mapping[str, Design],
) -> dict[str, dict[Window, FloatArray]]:
    """
    Compute the statistic of each firm and window on pseudo-dates before the event.

    Least-squares models give their t statistic on every pseudo-date. A model without an error
    covariance gives its CAR on at most `MOST_REFITS` of them. Models that bring a law of their own
    (GARCH, moving betas) are not drawn: their t statistic is their test.

    Parameters
    ----------
    plan : Plan
    placed : PlacedEvent
    specification : Specification
    designs : mapping of str to Design

    Returns
    -------
    dict of str to dict of Window to ndarray of shape (B,)
        By firm and window; empty arrays where nothing was drawn.
    """
    study, estimator = plan.study, specification.model.estimator
    dates = {
        window: pseudo_dates(placed.position, study.estimation, window, most=RECENT)
        for window in study.windows
    }
    if isinstance(estimator, LeastSquares | MarketAdjusted):
        return _by_least_squares(
            plan, dates, designs, adjusted=isinstance(estimator, MarketAdjusted)
        )
    return {
        symbol: {
            window: _by_refits(plan, specification, design, window, dates[window])
            for window in study.windows
        }
        for symbol, design in designs.items()
    }


def _by_least_squares(
    plan: Plan,
    dates: Mapping[Window, IntArray],
    designs: Mapping[str, Design],
    *,
    adjusted: bool,
) -> dict[str, dict[Window, FloatArray]]:
    """Firms with the same regressors are drawn at once."""
    study = plan.study
    found: dict[str, dict[Window, FloatArray]] = {symbol: {} for symbol in designs}
    batches: dict[bytes, list[str]] = {}
    for symbol, design in designs.items():
        batches.setdefault(design.x.tobytes(), []).append(symbol)
    for symbols in batches.values():
        x = designs[symbols[0]].x
        y = np.column_stack([designs[symbol].y for symbol in symbols])
        for window in study.windows:
            draw = (
                partial(market_adjusted_scars, y - x[:, :1])
                if adjusted
                else partial(placebo_scars, y, x)
            )
            scars = draw(
                dates[window],
                estimation=study.estimation,
                window=window,
                fewest=study.min_estimation,
            )
            for place, symbol in enumerate(symbols):
                found[symbol][window] = scars[:, place]
    return found


def _by_refits(
    plan: Plan, specification: Specification, design: Design, window: Window, dates: IntArray
) -> FloatArray:
    cars: list[float] = []
    step = -(-len(dates) // MOST_REFITS) if len(dates) else 1
    for date in dates[::-step]:
        complete = design.complete[rows_of(int(date), plan.study.estimation)]
        if int(complete.sum()) < plan.study.min_estimation:
            continue
        if not design.complete[rows_of(int(date), window)].all():
            continue
        fit = fit_firm(
            design,
            specification.model.estimator,
            int(date),
            estimation=plan.study.estimation,
            span=window,
        )
        if fit.path.covariance is not None:
            return np.empty(0)
        cars.append(cumulative(fit.path))
    return np.array(cars)
