"""Placebo dates of a study's firms under one specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import cumulative
from analysis.inference.placebo import pseudo_dates
from analysis.run.fit import fit_firm, rows_of

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray
    from analysis.models.design import Design
    from analysis.run.case import Case
    from analysis.run.panel_draws import PanelDraws
    from analysis.windows import Window

MOST_REFITS = 99
"""Pseudo-dates for a model that is refitted one by one; evenly thinned where there are more."""


def placebo_draws(case: Case, panel: PanelDraws) -> dict[str, dict[Window, FloatArray]]:
    """
    Take the statistic of each firm and window on pseudo-dates before the event.

    Linear models give their t statistic on every pseudo-date. A model without an error
    covariance gives its CAR on at most `MOST_REFITS` of them. Models that bring a law of their own
    (GARCH, moving betas) are not drawn: their t statistic is their test.

    Parameters
    ----------
    case : Case
    panel : PanelDraws
        Of the linear models of the plan.

    Returns
    -------
    dict of str to dict of Window to ndarray of shape (B,)
        By firm and window; empty arrays where nothing was drawn.
    """
    if panel.has(case.specification):
        return {symbol: panel.of(case, symbol) for symbol in case.symbols}
    study, position = case.study, case.placed.position
    return {
        symbol: {
            window: _by_refits(
                case, design, window, pseudo_dates(position, study.estimation, window)
            )
            for window in study.windows
        }
        for symbol, design in case.designs.items()
    }


def _by_refits(case: Case, design: Design, window: Window, dates: IntArray) -> FloatArray:
    cars: list[float] = []
    step = -(-len(dates) // MOST_REFITS) if len(dates) else 1
    for date in dates[::-step]:
        complete = design.complete[rows_of(int(date), case.study.estimation)]
        if int(complete.sum()) < case.study.min_estimation:
            continue
        if not design.complete[rows_of(int(date), window)].all():
            continue
        fit = fit_firm(
            design,
            case.specification.model.estimator,
            int(date),
            estimation=case.study.estimation,
        )
        path = fit.path(window)
        if path.covariance is not None:
            return np.empty(0)
        cars.append(cumulative(path))
    return np.array(cars)
