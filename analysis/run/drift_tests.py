"""How far the headline firm drifted from its expected path, to 250 sessions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.effects.buy_and_hold import drift
from analysis.models.linear import LeastSquares
from analysis.panel.engine import estimate_panel
from analysis.run.fit import gap_before
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.inference.outcome import Outcome
    from analysis.models.design import Design
    from analysis.results import PlacedEvent
    from analysis.run.fit import FirmFit
    from analysis.run.records import Plan, Specification

HORIZONS = (20, 60, 120, 250)
"""Sessions from the event on."""


def drift_tests(
    plan: Plan, placed: PlacedEvent, specification: Specification, design: Design, fit: FirmFit
) -> tuple[Outcome, ...]:
    """
    Rank the buy-and-hold abnormal return from the event on among earlier windows as long.

    From the event on the expected return is that of the event's own fit, frozen; before it, that
    of the model estimated anew for every session on its own earlier window, so that no placebo
    session was known to the model that judges it.

    Parameters
    ----------
    plan : Plan
    placed : PlacedEvent
    specification : Specification
    design : Design
        Of the firm.
    fit : FirmFit
        Of the event.

    Returns
    -------
    tuple of Outcome
        One a horizon of `HORIZONS`, which its warning names; none for a model that is not fitted
        by least squares.
    """
    if not isinstance(specification.model.estimator, LeastSquares):
        return ()
    realised = design.y + design.base
    expected = _expected_before(plan, placed, design)
    expected[placed.position :] = (
        fit.model.predict(
            design.x[placed.position :], gap=gap_before(Window(0, 0), fit.estimation)
        ).expected
        + design.base[placed.position :]
    )
    return tuple(
        replace(
            point.outcome,
            warning="; ".join(filter(None, [f"{point.sessions} sessions", point.outcome.warning])),
        )
        for point in drift(realised, expected, placed.position, HORIZONS)
    )


def _expected_before(plan: Plan, placed: PlacedEvent, design: Design) -> FloatArray:
    expected = np.full(len(design.y), np.nan)
    first = 1 - plan.study.estimation.start
    rows = np.arange(first, placed.position)
    if not len(rows):
        return expected
    k = design.x.shape[1]
    estimates = estimate_panel(
        design.y,
        design.x if k else np.zeros((len(design.y), 1)),
        np.zeros(len(rows), dtype=np.int64),
        rows,
        models=[tuple(range(k))],
        estimation=plan.study.estimation,
        window=Window(0, 0),
        min_obs=plan.study.min_estimation,
    )
    abnormal = estimates.car[:, 0]
    expected[rows] = design.y[rows] - abnormal + design.base[rows]
    return expected
