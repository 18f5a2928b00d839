"""Many firms or groups asked at once: what is left of each when their number is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.multiplicity import adjust, romano_wolf
from analysis.inference.outcome import NO_SCALE, Outcome
from analysis.inference.rank import FEWEST_DRAWS
from analysis.results import FirmFamily
from analysis.results.verdict import window_verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis.results import FirmResult, GroupResult, WindowResult
    from analysis.windows import Window

FAMILY_PRESENT = 0.9
"""Share of a family that a pseudo-date must have a value of."""

ONE = "one firm is no family"
"""Why nothing is adjusted."""


def joint_ranks(results: Sequence[GroupResult | WindowResult]) -> tuple[Outcome, ...]:
    """
    Adjust the scaled placebo ranks of groups, or of firms, for their number.

    Parameters
    ----------
    results : sequence of GroupResult or WindowResult
        Of one case and window.

    Returns
    -------
    tuple of Outcome
        Romano-Wolf p-values on the pseudo-dates on which at least `FAMILY_PRESENT` of them have a
        value: those that do not exist yet cannot be the largest on a date.
    """
    if len(results) < 2:
        return tuple(Outcome.missing("romano-wolf", ONE) for _ in results)
    scaled = [result.pseudo for result in results if result.pseudo is not None]
    if len(scaled) < len(results):
        return tuple(Outcome.missing("romano-wolf", NO_SCALE) for _ in results)
    statistics = np.array([pseudo.statistic for pseudo in scaled])
    draws = np.column_stack([pseudo.scaled for pseudo in scaled])
    draws = draws[np.isfinite(draws).mean(axis=1) >= FAMILY_PRESENT]
    if len(draws) < FEWEST_DRAWS or not np.isfinite(statistics).any():
        few = f"only {len(draws)} pseudo-dates have a value of nearly all of them"
        return tuple(Outcome.missing("romano-wolf", few) for _ in results)
    found = romano_wolf(statistics, np.where(np.isfinite(draws), draws, 0.0))
    return tuple(
        Outcome("romano-wolf", statistic=float(statistic), p=float(p), draws=len(draws))
        if np.isfinite(p)
        else Outcome.missing("romano-wolf", "no statistic of the event")
        for statistic, p in zip(statistics, found, strict=True)
    )


def asked_at_once(firms: Sequence[FirmResult]) -> tuple[FirmResult, ...]:
    """
    Give every window of the firms of a case its p among all of them.

    Parameters
    ----------
    firms : sequence of FirmResult
        Every firm of an event under one specification.

    Returns
    -------
    tuple of FirmResult
        With `WindowResult.joint`.
    """
    joint: dict[tuple[str, Window], Outcome] = {}
    for window in dict.fromkeys(cell.window for firm in firms for cell in firm.windows):
        cells = {firm.symbol: firm.at(window) for firm in firms if firm.has(window)}
        for symbol, outcome in zip(cells, joint_ranks(list(cells.values())), strict=True):
            joint[symbol, window] = outcome
    return tuple(
        replace(
            firm,
            windows=tuple(
                replace(cell, joint=joint[firm.symbol, cell.window]) for cell in firm.windows
            ),
        )
        for firm in firms
    )


def firm_family(firms: Sequence[FirmResult], window: Window, level: float) -> FirmFamily:
    """
    Say which firms moved beyond chance: the one count that everything else repeats.

    Parameters
    ----------
    firms : sequence of FirmResult
        Of the headline's event under its specification, with `WindowResult.joint`.
    window : Window
    level : float
        Confidence level.

    Returns
    -------
    FirmFamily
        By Romano-Wolf among all firms; by Holm on their Student p where there are no pseudo-dates
        to rank among, or too few to reach the level; a firm alone by its own verdict. A firm whose
        own tests disagree is not beyond chance among all either.
    """
    cells = {firm.symbol: firm.at(window) for firm in firms if firm.has(window)}
    if len(cells) == 1:
        ((symbol, cell),) = cells.items()
        verdict = window_verdict(cell, level)
        return _family("", {}, cells, level, beyond=[symbol] if verdict.significant else [])
    ranked = {s: cell.joint.p for s, cell in cells.items() if cell.joint.p is not None}
    draws = next((cell.joint.draws for cell in cells.values() if cell.joint.draws), 0)
    if ranked and 1 / (draws + 1) <= 1 - level:
        return _family("romano-wolf", ranked, cells, level, draws=draws)
    known = {s: cell.t.p for s, cell in cells.items() if cell.t.p is not None}
    if not known:
        return _family("", {}, cells, level)
    adjusted = adjust(np.array(list(known.values())), "holm")
    return _family("holm", dict(zip(known, map(float, adjusted), strict=True)), cells, level)


def _family(
    adjustment: str,
    p: Mapping[str, float],
    cells: Mapping[str, WindowResult],
    level: float,
    *,
    draws: int | None = None,
    beyond: Sequence[str] | None = None,
) -> FirmFamily:
    if beyond is None:
        told = [s for s, value in p.items() if value <= 1 - level]
        beyond = [s for s in told if window_verdict(cells[s], level).significant]
    return FirmFamily(
        adjustment=adjustment,
        symbols=tuple(cells),
        p=p,
        fell=tuple(s for s in beyond if cells[s].car < 0),
        rose=tuple(s for s in beyond if cells[s].car > 0),
        draws=draws,
    )
