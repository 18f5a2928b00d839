"""The linear models on every pseudo-date of every firm, all at once by the panel engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.abnormal import cumulative
from analysis.inference.placebo import pseudo_dates
from analysis.inference.scaled import ScaledPlacebo, volatility_forecasts
from analysis.models.catalog import INDUSTRY
from analysis.models.design import industry_index
from analysis.panel.engine import estimate_windows
from analysis.panel.estimates import LinearModel
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis._typing import BoolArray, FloatArray, IntArray
    from analysis.models.base import Estimator, PlaceboDraws
    from analysis.panel.estimates import ModelKind
    from analysis.run.case import Case
    from analysis.run.records import Plan, Specification

DAY = Window(0, 0)

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
    cars : mapping of (str, (str, str)) to ndarray of shape (B, windows + 1)
        CARs of the same rows and windows, and last the abnormal return of the row itself; decimal.
    """

    first: int
    scars: Mapping[tuple[str, tuple[str, str]], FloatArray]
    cars: Mapping[tuple[str, tuple[str, str]], FloatArray]
    _kept: dict[tuple[tuple[str, ...], tuple[str, str]], tuple[FloatArray, FloatArray]] = field(
        default_factory=dict, repr=False
    )

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

    def scaled(self, case: Case, symbols: Sequence[str], window: Window) -> ScaledPlacebo | None:
        """
        Give the mean CAR of firms on the pseudo-dates before an event, with its forecasts.

        Parameters
        ----------
        case : Case
        symbols : sequence of str
        window : Window

        Returns
        -------
        ScaledPlacebo or None
            Of the equally weighted mean of the firms that a row has, where these are half of them
            or more. None where the specification is not drawn here.
        """
        if not self.has(case.specification) or case.study.estimation.end >= DAY.start:
            return None
        names, position = tuple(sorted(symbols)), case.placed.position
        means, forecasts = self._means(names, case.specification)
        place = case.study.windows.index(window)
        dates = pseudo_dates(position, case.study.estimation, window)
        event = np.mean([cumulative(case.path(symbol, window)) for symbol in names])
        ahead = min(window.start, DAY.start) - self.first  # made before the event and the window
        return ScaledPlacebo(
            car=float(event),
            forecast=float(forecasts[max(position + ahead, 0)]),
            cars=means[dates - self.first, place],
            forecasts=forecasts[np.maximum(dates + ahead, 0)],
            dates=dates,
            scheduled=scheduled(case, names, dates, window),
        )

    def _means(
        self, names: tuple[str, ...], specification: Specification
    ) -> tuple[FloatArray, FloatArray]:
        """
        Average the CARs of firms on every row, and forecast the mean's volatility, once for all.

        A forecast reads earlier rows only, so that those before an event are the same whichever
        event asks.
        """
        key = names, specification.key
        if key not in self._kept:
            cars = [self.cars[symbol, specification.key] for symbol in names]
            means = cars[0] if len(cars) == 1 else _mean(cars)
            self._kept[key] = means, volatility_forecasts(means[:, -1])
        return self._kept[key]


def scheduled(
    case: Case, symbols: Sequence[str], dates: IntArray, window: Window
) -> BoolArray | None:
    """
    Say on which pseudo-dates results of the firms were due within the window.

    Returns
    -------
    ndarray of bool, shape (B,), or None
        None where the data have the results days of none of the firms. A pseudo-date before the
        first of the days known is taken for one on which news was due, as nothing says that it was
        not.
    """
    days = case.plan.reference.results_days
    known = [days[symbol] for symbol in symbols if days.get(symbol)]
    if not known:
        return None
    sessions = case.plan.data.levels.index
    rows = np.unique(
        np.concatenate([sessions.get_indexer(pd.DatetimeIndex(each)) for each in known])
    )
    rows = rows[rows >= 0]
    due = np.zeros(len(sessions), dtype=np.bool_)
    due[rows] = True
    begins = max(int(sessions.searchsorted(min(each))) for each in known)
    within = np.zeros(len(dates), dtype=np.bool_)
    for offset in range(window.start, window.end + 1):
        within |= due[np.clip(dates + offset, 0, len(sessions) - 1)]
    return within | (dates < begins)


def _mean(firms: Sequence[FloatArray]) -> FloatArray:
    """Average the firms that each cell has; NaN where these are fewer than half."""
    table = np.stack(firms, axis=-1)
    known = np.isfinite(table)
    present = known.sum(axis=-1)
    mean = np.where(known, table, 0.0).sum(axis=-1) / np.maximum(present, 1)
    return np.where(present >= max(1.0, len(firms) / 2), mean, np.nan)


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
    cars: dict[tuple[str, tuple[str, str]], FloatArray] = {}
    parts: list[tuple[Sequence[Case], Sequence[str], FloatArray | None]] = [
        (shared, symbols, None) for symbols in _parts(dates, len(shared))
    ]
    if own:
        parts += [(own, symbols, industry) for industry, symbols in _industries(plan, dates)]
    for some, symbols, industry in parts:
        found = _drawn(plan, some, symbols, dates, industry)
        scars |= {key: scar for key, (scar, _) in found.items()}
        cars |= {key: car for key, (_, car) in found.items()}
    return PanelDraws(1 - plan.study.estimation.start, scars, cars)


def _dates(plan: Plan) -> dict[str, int]:
    """Count the rows of each firm, from the first pseudo-date to its last event."""
    before = {
        placed.event.id: max(0, placed.position + plan.study.estimation.start)
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
) -> dict[tuple[str, tuple[str, str]], tuple[FloatArray, FloatArray]]:
    """
    Draw all windows of some specifications for some firms in one call: statistics, and CARs.

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
    windows = plan.study.windows
    daily = () if plan.study.estimation.end >= DAY.start else (DAY,)
    counts = [dates[symbol] for symbol in symbols]
    found = estimate_windows(
        np.column_stack([plan.columns[symbol] for symbol in symbols]),
        np.column_stack(factors) if factors else np.zeros((sessions, 1)),
        np.repeat(np.arange(len(symbols)), counts),
        np.concatenate([np.arange(first, first + count) for count in counts]),
        models=models,
        estimation=plan.study.estimation,
        windows=(*windows, *daily),
        min_obs=plan.study.min_estimation,
        base=base,
    )
    ends = np.cumsum(counts)
    return {
        (symbol, case.specification.key): (
            found.scar[end - count : end, place, : len(windows)],
            found.car[end - count : end, place],
        )
        for place, case in enumerate(cases)
        for symbol, end, count in zip(symbols, ends, counts, strict=True)
    }
