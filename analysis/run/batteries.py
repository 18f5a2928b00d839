"""Every test that applies to the headline: of its firm, and of each group of the study."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.effects.buy_and_hold import bhar_bootstrap_test
from analysis.inference.effects.variance import (
    SESSIONS_AFTER,
    beaver_test,
    brown_forsythe_test,
    predictive_f_test,
)
from analysis.inference.group import group_sample
from analysis.inference.group_battery import group_battery, group_verdict
from analysis.inference.outcome import Outcome
from analysis.models.base import Prediction
from analysis.results import Battery
from analysis.run.designs import design_of
from analysis.run.drift_tests import drift_tests
from analysis.run.firms import fit_design
from analysis.run.fit import NO_COVARIANCE, gap_before, rows_of
from analysis.run.groups import members_of
from analysis.run.history_tests import history_tests, losses_before
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis._typing import FloatArray
    from analysis.inference.group import GroupSample
    from analysis.models.design import Design
    from analysis.results import FirmResult, PlacedEvent
    from analysis.run.fit import FirmFit
    from analysis.run.plan import Plan, Specification
    from analysis.study import Study

SEED = 20250127
"""Seed of the resampling tests: the same study gives the same outcomes."""


def group_batteries(
    plan: Plan, placed: PlacedEvent, specification: Specification, firms: Sequence[FirmResult]
) -> tuple[Battery, ...]:
    """
    Run every test of many firms on each group, for the headline window.

    Parameters
    ----------
    plan : Plan
    placed : PlacedEvent
    specification : Specification
    firms : sequence of FirmResult
        Of this event and specification: their placebo draws move together.

    Returns
    -------
    tuple of Battery
        With the verdict of the tests that survive one common date; groups of one firm are left
        out, as there is no cross-section.
    """
    designs = {
        symbol: design_of(plan, placed, specification, symbol) for symbol in plan.study.symbols
    }
    fits = {
        symbol: fit_design(plan, placed, specification, symbol, design)
        for symbol, design in designs.items()
    }
    draws = {firm.symbol: firm.at(plan.study.headline.window).draws for firm in firms}
    return tuple(
        _group_battery(plan, placed, name, symbols, designs, fits, draws)
        for name, symbols in members_of(plan.study)
        if len(symbols) > 1
    )


def firm_batteries(
    plan: Plan, placed: PlacedEvent, specification: Specification, firms: Sequence[FirmResult]
) -> tuple[Battery, ...]:
    """
    Run every test of one firm on the headline firm, in the headline window.

    Parameters
    ----------
    plan, placed, specification, firms
        As `group_batteries`.

    Returns
    -------
    tuple of Battery
        One.
    """
    from analysis.inference.firm_battery import (  # noqa: PLC0415 - slow to import
        FirmSample,
        firm_battery,
    )

    study = plan.study
    window, symbol = study.headline.window, study.headline.symbol
    design = design_of(plan, placed, specification, symbol)
    fit = fit_design(plan, placed, specification, symbol, design)
    rows, ahead = rows_of(placed.position, study.estimation), rows_of(placed.position, window)
    between = slice(rows.stop, ahead.start)
    used, gap = design.complete[rows], design.complete[between]
    draws = next(firm for firm in firms if firm.symbol == symbol).at(window).draws
    losses, loss = losses_before(plan, placed, symbol)
    sample = FirmSample(
        estimator=specification.model.estimator,
        y=design.y[rows][used],
        x=design.x[rows][used],
        post_y=design.y[ahead],
        post_x=design.x[ahead],
        names=design.names,
        gap=gap_before(window, study.estimation),
        gap_y=design.y[between][gap],
        gap_x=design.x[between][gap],
        placebo=draws,
        losses=losses,
        loss=loss if len(window) == 1 else None,
    )
    outcomes = (
        *firm_battery(sample, np.random.default_rng(SEED), level=study.level),
        *_variance_tests(plan, fit),
        *history_tests(plan, placed, symbol),
        *drift_tests(plan, placed, specification, design, fit),
    )
    return (Battery("firm", symbol, outcomes),)


def _group_battery(
    plan: Plan,
    placed: PlacedEvent,
    name: str,
    symbols: tuple[str, ...],
    designs: Mapping[str, Design],
    fits: Mapping[str, FirmFit],
    draws: Mapping[str, FloatArray],
) -> Battery:
    study = plan.study
    window = study.headline.window
    rows = rows_of(placed.position, study.estimation)
    paths = [fits[symbol].path(window) for symbol in symbols]
    used = np.column_stack([designs[symbol].complete[rows] for symbol in symbols])
    placebo = [draws[symbol] for symbol in symbols]
    sample = group_sample(
        [fits[symbol].model for symbol in symbols],
        used,
        [Prediction(path.expected, path.covariance) for path in paths],
        np.column_stack([path.raw for path in paths]),
        placebo_scar=np.column_stack(placebo)
        if len({len(draw) for draw in placebo}) == 1 and len(placebo[0])
        else None,
    )
    sample = _with_portfolio(sample, [designs[symbol] for symbol in symbols], placed, study)
    outcomes = group_battery(sample)
    bhar = np.array([float(np.prod(1 + path.raw) - np.prod(1 + path.expected)) for path in paths])
    verdict = group_verdict(outcomes, alpha=1 - study.level)
    return Battery(
        kind="group",
        subject=name,
        outcomes=(
            *outcomes,
            beaver_test(sample),
            bhar_bootstrap_test(bhar, np.random.default_rng(SEED)),
        ),
        verdict=verdict.text,
        significant=verdict.significant,
    )


def _with_portfolio(
    sample: GroupSample, designs: Sequence[Design], placed: PlacedEvent, study: Study
) -> GroupSample:
    """Add the equally weighted portfolio, where its firms share their regressors."""
    if any(not np.array_equal(d.x, designs[0].x, equal_nan=True) for d in designs[1:]):
        return sample
    rows = np.r_[
        rows_of(placed.position, study.estimation),
        rows_of(placed.position, study.headline.window),
    ]
    returns = np.column_stack([design.y for design in designs])
    return replace(sample, portfolio=returns[rows].mean(axis=1), factors=designs[0].x[rows])


def _variance_tests(plan: Plan, fit: FirmFit) -> tuple[Outcome, ...]:
    window = plan.study.headline.window
    path = fit.path(window)
    return (
        Outcome.missing("variance-f", NO_COVARIANCE)
        if path.covariance is None
        else predictive_f_test(path.abnormal, path.covariance, fit.model.df),
        brown_forsythe_test(fit.model.residuals, _after(fit, window)),
    )


def _after(fit: FirmFit, window: Window) -> FloatArray:
    """Abnormal returns of the sessions that follow a window, those without a return left out."""
    end = min(window.end + SESSIONS_AFTER, len(fit.design.y) - 1 - fit.position)
    if end <= window.end:
        return np.empty(0)
    abnormal = fit.path(Window(window.end + 1, end)).abnormal
    return abnormal[np.isfinite(abnormal)]
