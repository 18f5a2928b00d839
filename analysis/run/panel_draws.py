"""The linear models on every pseudo-date of every firm, all at once by the panel engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.placebo import pseudo_dates
from analysis.models.catalog import INDUSTRY
from analysis.models.design import industry_index
from analysis.panel.engine import estimate_windows
from analysis.panel.estimates import LinearModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis._typing import FloatArray
    from analysis.models.base import Estimator, PlaceboDraws
    from analysis.panel.estimates import ModelKind
    from analysis.run.case import Case
    from analysis.run.records import Plan, Specification
    from analysis.windows import Window

MOST_CELLS = 2**19
"""Pseudo-dates times models of one call of the engine: what it holds in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class PanelDraws:
    """
    Standardised CARs of the linear models on the pseudo-dates of a study's firms.

    Of a firm, specification, window and pseudo-date there is one, whichever event asks for it.

    Attributes
    ----------
    first : int
        Row of the first pseudo-date.
    scars : mapping of (str, (str, str)) to ndarray of shape (B, windows)
        By symbol and specification: the statistic on the rows from `first` on, NaN where it could
        not be computed.
    """

    first: int
    scars: Mapping[tuple[str, tuple[str, str]], FloatArray]

    def has(self, specification: Specification) -> bool:
        """Say whether a specification is drawn here."""
        return engine_kind(specification.model.estimator) is not None

    def of(self, case: Case, symbol: str) -> dict[Window, FloatArray]:
        """Give a firm's statistics on the pseudo-dates before an event, by window."""
        study, draws = case.study, {}
        found = self.scars[symbol, case.specification.key]
        for place, window in enumerate(study.windows):
            dates = pseudo_dates(case.placed.position, study.estimation, window)
            draws[window] = found[dates - self.first, place]
        return draws


def engine_kind(estimator: Estimator) -> ModelKind | None:
    """Say how the panel engine fits what an estimator fits; None where it does not."""
    kinds: dict[PlaceboDraws, ModelKind] = {"engine": "constant", "differences": "fixed"}
    return kinds.get(estimator.capabilities.placebo)


def panel_draws(cases: Sequence[Case]) -> PanelDraws:
    """
    Compute the statistics of the linear models on all pseudo-dates that some event asks for.

    Parameters
    ----------
    cases : sequence of Case
        Of one plan.

    Returns
    -------
    PanelDraws
    """
    plan = cases[0].plan
    drawn = {c.specification.key: c for c in cases if engine_kind(c.specification.model.estimator)}
    shared = [case for case in drawn.values() if not case.specification.model.uses_industry]
    own = [case for case in drawn.values() if case.specification.model.uses_industry]
    dates = _dates(plan)
    scars: dict[tuple[str, tuple[str, str]], FloatArray] = {}
    for symbols in _parts(dates, len(shared)):
        scars |= _drawn(plan, shared, symbols, dates, None)
    if own:
        for industry, symbols in _industries(plan, dates):
            scars |= _drawn(plan, own, symbols, dates, industry)
    return PanelDraws(1 - plan.study.estimation.start, scars)


def _dates(plan: Plan) -> dict[str, int]:
    """Count the pseudo-dates of each firm: those of its last event, the window ending first."""
    study = plan.study
    shortest = min(study.windows, key=lambda window: window.end)
    before = {
        placed.event.id: len(pseudo_dates(placed.position, study.estimation, shortest))
        for placed in plan.events
    }
    counts: dict[str, int] = {}
    for pair in plan.pairs:
        counts[pair.symbol] = max(counts.get(pair.symbol, 0), before[pair.event])
    return counts


def _parts(dates: Mapping[str, int], models: int) -> list[list[str]]:
    """Cut the firms into calls of at most about `MOST_CELLS` cells."""
    if not models:
        return []
    parts: list[list[str]] = [[]]
    cells = 0
    for symbol, count in dates.items():
        cells += count * models
        if parts[-1] and cells > MOST_CELLS:
            parts.append([])
            cells = count * models
        parts[-1].append(symbol)
    return parts


def _industries(plan: Plan, dates: Mapping[str, int]) -> list[tuple[FloatArray, list[str]]]:
    """Group the firms by the industry that they are set against: a member's leaves itself out."""
    members = {name: plan.columns[name] for name in plan.study.industry}
    groups: dict[bytes, tuple[FloatArray, list[str]]] = {}
    for symbol in dates:
        industry = industry_index(members, symbol)
        groups.setdefault(industry.tobytes(), (industry, []))[1].append(symbol)
    return list(groups.values())


def _drawn(
    plan: Plan,
    cases: Sequence[Case],
    symbols: Sequence[str],
    dates: Mapping[str, int],
    industry: FloatArray | None,
) -> dict[tuple[str, tuple[str, str]], FloatArray]:
    """
    Draw all windows of some specifications for some firms in one call.

    The industry's return stands as it is: less its own market model it spans the same space, but
    would depend on the estimation window of one event.
    """
    pool: dict[bytes, tuple[int, FloatArray]] = {}
    models, base = [], None
    for case in cases:
        spec, design = case.specification.model, case.designs[case.symbols[0]]
        columns = [
            industry if token == INDUSTRY and industry is not None else design.x[:, column]
            for column, token in enumerate(spec.regressors)
        ]
        places = [pool.setdefault(c.tobytes(), (len(pool), c))[0] for c in columns]
        models.append(
            LinearModel(tuple(places), engine_kind(spec.estimator) or "constant", spec.excess)
        )
        base = design.base if spec.excess else base
    factors = [column for _, column in pool.values()]
    first, sessions = 1 - plan.study.estimation.start, len(plan.data.levels)
    counts = [dates[symbol] for symbol in symbols]
    found = estimate_windows(
        np.column_stack([plan.columns[symbol] for symbol in symbols]),
        np.column_stack(factors) if factors else np.zeros((sessions, 1)),
        np.repeat(np.arange(len(symbols)), counts),
        np.concatenate([np.arange(first, first + count) for count in counts]),
        models=models,
        estimation=plan.study.estimation,
        windows=plan.study.windows,
        min_obs=plan.study.min_estimation,
        base=base,
    )
    ends = np.cumsum(counts)
    return {
        (symbol, case.specification.key): found.scar[end - count : end, place]
        for place, case in enumerate(cases)
        for symbol, end, count in zip(symbols, ends, counts, strict=True)
    }
