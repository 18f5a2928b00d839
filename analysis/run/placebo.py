"""Placebo dates of a study's firms under one specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import cumulative, cumulative_se
from analysis.inference.placebo import pseudo_dates
from analysis.models.tuning import tuned
from analysis.run.fit import FirmFit, fit_firm, rows_of

if TYPE_CHECKING:
    from analysis._typing import BoolArray, FloatArray
    from analysis.abnormal import AbnormalPath
    from analysis.run.case import Case
    from analysis.run.panel_draws import PanelDraws
    from analysis.windows import Window

MOST_REFITS = 99
"""Pseudo-dates for a model that is refitted one by one; evenly thinned where there are more."""


def placebo_draws(case: Case, panel: PanelDraws) -> dict[str, dict[Window, FloatArray]]:
    """
    Take the statistic of each firm and window on pseudo-dates before the event.

    Models fitted by least squares give it on every pseudo-date, by the panel engine. Others are
    refitted on at most `MOST_REFITS` of them: their t statistic, or their CAR where they have no
    error covariance. Those whose estimator says so are not drawn.

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
    if case.specification.model.estimator.capabilities.placebo == "none":
        return {symbol: dict.fromkeys(case.study.windows, np.empty(0)) for symbol in case.symbols}
    return {symbol: _by_refits(case, symbol) for symbol in case.symbols}


def _by_refits(case: Case, symbol: str) -> dict[Window, FloatArray]:
    """
    Draw all windows; of a pseudo-date there is one fit, whichever windows ask for it.

    Penalties and numbers of factors are those of the fit before the event.
    """
    design, study, fits = case.designs[symbol], case.study, dict[int, FirmFit]()
    known = design.complete
    estimator = tuned(case.specification.model.estimator, case.fits[symbol].model)
    drawn = {}
    for window in study.windows:
        dates = pseudo_dates(case.placed.position, study.estimation, window)
        usable = [date for date in map(int, dates[::-1]) if _usable(known, date, case, window)]
        step = max(-(-len(usable) // MOST_REFITS), 1)
        found = []
        for date in usable[::step]:
            if date not in fits:
                fits[date] = fit_firm(
                    design,
                    estimator,
                    date,
                    estimation=study.estimation,
                )
            found.append(_statistic(fits[date].path(case.window(symbol, window))))
        drawn[window] = np.array(found)
    return drawn


def _usable(known: BoolArray, date: int, case: Case, window: Window) -> bool:
    """Say whether a pseudo-date has its estimation sessions and its window."""
    count = int(known[rows_of(date, case.study.estimation)].sum())
    return count >= case.study.min_estimation and bool(known[rows_of(date, window)].all())


def _statistic(path: AbnormalPath) -> float:
    se = cumulative_se(path)
    return cumulative(path) / se if se else cumulative(path)
