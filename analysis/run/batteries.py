"""Every test that applies to the headline: of its firm, and of each group of the study."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import buy_and_hold
from analysis.inference.effects.buy_and_hold import bhar_bootstrap_test
from analysis.inference.effects.variance import (
    SESSIONS_AFTER,
    beaver_test,
    brown_forsythe_test,
    predictive_f_test,
)
from analysis.inference.group_battery import group_battery, group_verdict
from analysis.inference.outcome import Outcome
from analysis.results import Battery
from analysis.run.drift_tests import drift_tests
from analysis.run.fit import NO_COVARIANCE, gap_before, rows_of
from analysis.run.groups import members_of, sample_of
from analysis.run.history_tests import history_tests, losses_before
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis._typing import FloatArray
    from analysis.inference.group import GroupSample
    from analysis.results import FirmResult
    from analysis.run.case import Case
    from analysis.run.fit import FirmFit
    from analysis.run.records import Plan

SEED = 20250127
"""Seed of the resampling tests: the same study gives the same outcomes."""


def group_batteries(case: Case, firms: Sequence[FirmResult]) -> tuple[Battery, ...]:
    """
    Run every test of many firms on each group, for the headline window.

    Parameters
    ----------
    case : Case
        The headline's.
    firms : sequence of FirmResult
        Of the case: their placebo draws move together.

    Returns
    -------
    tuple of Battery
        With the verdict of the tests that survive one common date; groups of one firm are left
        out, as there is no cross-section.
    """
    draws = {firm.symbol: firm.at(case.study.headline.window).draws for firm in firms}
    return tuple(
        _group_battery(case, name, symbols, draws)
        for name, symbols in members_of(case)
        if len(symbols) > 1
    )


def firm_batteries(case: Case, firms: Sequence[FirmResult]) -> tuple[Battery, ...]:
    """
    Run every test of one firm on the headline firm, in the headline window.

    Parameters
    ----------
    case, firms
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

    study, plan, placed = case.study, case.plan, case.placed
    window, symbol = study.headline.window, case.symbol
    design, fit = case.designs[symbol], case.fits[symbol]
    rows, ahead = case.rows, rows_of(placed.position, window)
    between = slice(rows.stop, ahead.start)
    used, gap = design.complete[rows], design.complete[between]
    losses, loss = losses_before(plan, placed, symbol)
    sample = FirmSample(
        estimator=case.specification.model.estimator,
        y=design.y[rows][used],
        x=design.x[rows][used],
        post_y=design.y[ahead],
        post_x=design.x[ahead],
        names=design.names,
        fitted=fit.model,
        gap=gap_before(window, study.estimation),
        gap_y=design.y[between][gap],
        gap_x=design.x[between][gap],
        placebo=next(firm for firm in firms if firm.symbol == symbol).at(window).draws,
        losses=losses,
        loss=loss if len(window) == 1 else None,
    )
    outcomes = (
        *firm_battery(sample, np.random.default_rng(SEED), level=study.level),
        *_variance_tests(plan, fit),
        *history_tests(plan, placed, symbol),
        *drift_tests(plan, placed, case.specification, design, fit),
    )
    return (Battery("firm", symbol, outcomes),)


def _group_battery(
    case: Case, name: str, symbols: tuple[str, ...], draws: Mapping[str, FloatArray]
) -> Battery:
    study, names = case.study, sorted(symbols)
    window = study.headline.window
    placebo = [draws[symbol] for symbol in names]
    sample = replace(
        sample_of(case, symbols, window),
        placebo_scar=np.column_stack(placebo)
        if len({len(draw) for draw in placebo}) == 1 and len(placebo[0])
        else None,
    )
    sample = _with_portfolio(sample, case, names)
    outcomes = group_battery(sample, level=study.level)
    bhar = np.array([buy_and_hold(case.path(symbol, window)) for symbol in names])
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


def _with_portfolio(sample: GroupSample, case: Case, names: Sequence[str]) -> GroupSample:
    """Add the equally weighted portfolio, where its firms share their regressors."""
    designs = [case.designs[name] for name in names]
    if any(not np.array_equal(d.x, designs[0].x, equal_nan=True) for d in designs[1:]):
        return sample
    rows = np.r_[case.rows, rows_of(case.placed.position, case.study.headline.window)]
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
