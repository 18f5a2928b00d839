"""Every test that applies to the headline: of its firm, and of each group of the study."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import buy_and_hold
from analysis.inference.firm_battery import firm_battery
from analysis.inference.group_battery import group_battery
from analysis.inference.registry import Settings
from analysis.results import Battery
from analysis.results.verdict import family_text, firm_verdict, group_verdict
from analysis.run.family import joint_ranks
from analysis.run.firm_sample import whole_sample
from analysis.run.fit import rows_of
from analysis.run.groups import sample_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis._typing import FloatArray
    from analysis.inference.group import GroupSample
    from analysis.inference.outcome import Outcome
    from analysis.results import FirmResult, GroupResult
    from analysis.run.case import Case


def group_batteries(
    case: Case, firms: Sequence[FirmResult], groups: Sequence[GroupResult]
) -> tuple[Battery, ...]:
    """
    Run every test of many firms on each group, for the headline window.

    Parameters
    ----------
    case : Case
        The headline's.
    firms : sequence of FirmResult
        Of the case: their placebo draws move together.
    groups : sequence of GroupResult
        Of the case.

    Returns
    -------
    tuple of Battery
        With the verdict of the test that leads on one common date, and what is left of it where
        all groups are asked at once; groups of one firm are left out, as there is no
        cross-section.
    """
    window = case.study.headline.window
    draws = {firm.symbol: firm.at(window).draws for firm in firms if firm.has(window)}
    several = [group for group in groups if len(group.symbols) > 1 and group.window == window]
    adjusted = joint_ranks(several)
    return tuple(
        _group_battery(case, group, draws, outcome, len(several))
        for group, outcome in zip(several, adjusted, strict=True)
    )


def firm_batteries(case: Case, firms: Sequence[FirmResult], *, every: bool) -> tuple[Battery, ...]:
    """
    Run the tests of one firm on the headline firm, in the headline window.

    Parameters
    ----------
    case, firms
        As `group_batteries`.
    every : bool
        All of them, or those that run unasked.

    Returns
    -------
    tuple of Battery
        One.
    """
    window, symbol, level = case.study.headline.window, case.symbol, case.study.level
    cell = next(firm for firm in firms if firm.symbol == symbol).at(window)
    sample = whole_sample(case, symbol, window, cell.draws, cell.pseudo)
    outcomes = firm_battery(sample, Settings(level=level), every=every)
    verdict = firm_verdict(outcomes, level=level)
    return (Battery("firm", symbol, outcomes, verdict.text, verdict.significant),)


def _group_battery(
    case: Case,
    group: GroupResult,
    draws: Mapping[str, FloatArray],
    adjusted: Outcome,
    groups: int,
) -> Battery:
    study, names = case.study, sorted(group.symbols)
    window = study.headline.window
    placebo = [draws[symbol] for symbol in names]
    sample = replace(
        sample_of(case, group.symbols, window),
        scaled=group.pseudo,
        placebo_scar=np.column_stack(placebo)
        if len({len(draw) for draw in placebo}) == 1 and len(placebo[0])
        else None,
        bhar=np.array([buy_and_hold(case.path(symbol, window)) for symbol in names]),
    )
    sample = _with_portfolio(sample, case, names)
    outcomes = group_battery(sample, Settings(level=study.level))
    verdict = group_verdict(
        outcomes,
        mean=group.caar,
        down=group.down,
        firms=len(group.symbols),
        level=study.level,
    )
    return Battery(
        kind="group",
        subject=group.group,
        outcomes=(*outcomes, adjusted) if groups > 1 else outcomes,
        verdict="; ".join(
            filter(None, [verdict.text, family_text(adjusted.p, groups, study.level)])
        ),
        significant=verdict.significant,
    )


def _with_portfolio(sample: GroupSample, case: Case, names: Sequence[str]) -> GroupSample:
    """Add the equally weighted portfolio, where its firms share their regressors."""
    designs = [case.designs[name] for name in names]
    if any(not np.array_equal(d.x, designs[0].x, equal_nan=True) for d in designs[1:]):
        return sample
    ahead = rows_of(case.placed.position, case.study.headline.window)
    rows = np.r_[case.rows, ahead]
    gap = slice(case.rows.stop, ahead.start)
    returns = np.column_stack([design.y for design in designs])
    return replace(
        sample,
        portfolio=returns[rows].mean(axis=1),
        factors=designs[0].x[rows],
        between=(returns[gap].mean(axis=1), designs[0].x[gap]),
    )
