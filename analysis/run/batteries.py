"""Every test that applies to the headline: of its firm, and of each group of the study."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import buy_and_hold
from analysis.inference.firm_battery import firm_battery
from analysis.inference.group_battery import group_battery, group_verdict
from analysis.inference.registry import Settings
from analysis.results import Battery
from analysis.run.firm_sample import whole_sample
from analysis.run.fit import rows_of
from analysis.run.groups import members_of, sample_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis._typing import FloatArray
    from analysis.inference.group import GroupSample
    from analysis.results import FirmResult
    from analysis.run.case import Case


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
    window, symbol = case.study.headline.window, case.symbol
    draws = next(firm for firm in firms if firm.symbol == symbol).at(window).draws
    outcomes = firm_battery(
        whole_sample(case, symbol, window, draws), Settings(level=case.study.level)
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
        bhar=np.array([buy_and_hold(case.path(symbol, window)) for symbol in names]),
    )
    sample = _with_portfolio(sample, case, names)
    outcomes = group_battery(sample, Settings(level=study.level))
    verdict = group_verdict(outcomes, alpha=1 - study.level)
    return Battery(
        kind="group",
        subject=name,
        outcomes=outcomes,
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
