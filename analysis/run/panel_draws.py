"""The linear models on every pseudo-date of every firm, all at once by the panel engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.inference.placebo import pseudo_dates
from analysis.inference.scaled import ScaledPlacebo, volatility_forecasts
from analysis.models.design import industry_index
from analysis.models.spec import INDUSTRY
from analysis.panel.engine import estimate_windows
from analysis.panel.estimates import LinearModel
from analysis.panel.factors import FactorPool
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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

    Of a firm, specification, window and pseudo-date there is one, whichever event asks for it: the
    pseudo-dates before an event are the first of all, and what is given of them is a view.

    Attributes
    ----------
    first : int
        Row of the first pseudo-date.
    scars : mapping of (str, (str, str)) to ndarray of shape (windows, B)
        By symbol and specification: the statistic on the rows from `first` on, NaN where it could
        not be computed.
    cars : mapping of (str, (str, str)) to ndarray of shape (windows + 1, B)
        CARs of the same rows and windows, and last the abnormal return of the row itself; decimal.
    places : mapping of Window to int
        Where each of the windows stands.
    """

    first: int
    scars: Mapping[tuple[str, tuple[str, str]], FloatArray]
    cars: Mapping[tuple[str, tuple[str, str]], FloatArray]
    places: Mapping[Window, int]
    _kept: dict[tuple[tuple[str, ...], tuple[str, str]], tuple[FloatArray, FloatArray]] = field(
        default_factory=dict, repr=False
    )
    _due: dict[tuple[tuple[str, ...], Window], BoolArray | None] = field(
        default_factory=dict, repr=False
    )
    _before: dict[tuple[int, Window], IntArray] = field(default_factory=dict, repr=False)

    def has(self, specification: Specification) -> bool:
        """Say whether a specification is drawn here."""
        return engine_kind(specification.model.estimator) is not None

    def of(self, case: Case, symbol: str) -> dict[Window, FloatArray]:
        """Give a firm's statistics on the pseudo-dates before an event, by window."""
        found = self.scars[symbol, case.specification.key]
        return {
            window: found[
                self.places[case.window(symbol, window)], : len(self._dates(case, window))
            ]
            for window in case.study.windows
        }

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
        names = tuple(sorted(symbols))
        measured = case.window(names[0], window) if len(names) == 1 else window
        means, forecasts = self._means(names, case.specification)
        dates = self._dates(case, window)
        event = np.mean([case.car(symbol, window) for symbol in names])
        ahead = min(window.start, DAY.start)  # made before the event and the window
        due = self._scheduled(case, names, window)
        return ScaledPlacebo(
            car=float(event),
            forecast=float(forecasts[max(case.placed.position - self.first + ahead, 0)]),
            cars=means[self.places[measured], : len(dates)],
            forecasts=_shifted(forecasts, ahead, len(dates)),
            dates=dates,
            scheduled=None if due is None else due[self.first : self.first + len(dates)],
        )

    def _dates(self, case: Case, window: Window) -> IntArray:
        """List the rows of the pseudo-dates before an event, once for all."""
        key = case.placed.position, window
        if key not in self._before:
            self._before[key] = pseudo_dates(key[0], case.study.estimation, window)
        return self._before[key]

    def _scheduled(self, case: Case, names: tuple[str, ...], window: Window) -> BoolArray | None:
        """Say of every row of the data whether results were due, once for all."""
        key = names, window
        if key not in self._due:
            rows = np.arange(len(case.plan.data.levels), dtype=np.int64)
            self._due[key] = scheduled(case, names, rows, window)
        return self._due[key]

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
            self._kept[key] = means, volatility_forecasts(means[-1])
        return self._kept[key]


def _shifted(forecasts: FloatArray, ahead: int, count: int) -> FloatArray:
    """Take the forecasts made some sessions before each of the first pseudo-dates."""
    if not ahead:
        return forecasts[:count]
    return forecasts[np.maximum(np.arange(count) + ahead, 0)]


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
    scars: dict[tuple[str, tuple[str, str]], FloatArray] = {}
    cars: dict[tuple[str, tuple[str, str]], FloatArray] = {}
    for alike, dates in _alike(cases):
        own = [case for case in alike if _own_regressors(case)]
        shared = [case for case in alike if not _own_regressors(case)]
        parts: list[tuple[Sequence[Case], Sequence[str], FloatArray | None]] = [
            (shared, symbols, None) for symbols in _parts(dates, len(shared))
        ]
        if own:
            parts += [(own, symbols, industry) for industry, symbols in _kin(plan, own, dates)]
        for some, symbols, industry in parts:
            for key, scar, car in _drawn(plan, some, symbols, dates, industry):
                scars[key], cars[key] = scar, car
    places = {window: place for place, window in enumerate(plan.windows)}
    return PanelDraws(1 - plan.study.estimation.start, scars, cars, places)


def _alike(cases: Sequence[Case]) -> list[tuple[list[Case], dict[str, int]]]:
    """
    Group the specifications that are drawn for the same firms on the same rows.

    Returns
    -------
    list of (list of Case, dict of str to int)
        One case of each specification, and the rows of each firm: from the first pseudo-date to the
        last event that asks.
    """
    drawn: dict[tuple[str, str], tuple[Case, dict[str, int]]] = {}
    for case in cases:
        if engine_kind(case.specification.model.estimator) is None:
            continue
        _, counts = drawn.setdefault(case.specification.key, (case, {}))
        before = max(0, case.placed.position + case.study.estimation.start)
        for symbol in case.symbols:
            counts[symbol] = max(counts.get(symbol, 0), before)
    groups: dict[tuple[tuple[str, int], ...], list[Case]] = {}
    for case, counts in drawn.values():
        groups.setdefault(tuple(counts.items()), []).append(case)
    return [(alike, dict(counts)) for counts, alike in groups.items()]


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


def _own_regressors(case: Case) -> bool:
    """Say whether a specification has regressors that are not the same for all firms."""
    return case.specification.model.uses_industry or bool(case.specification.own)


def _kin(
    plan: Plan, cases: Sequence[Case], dates: Mapping[str, int]
) -> list[tuple[FloatArray | None, list[str]]]:
    """Group the firms by industry (a member's leaves itself out) and index of their own."""
    names = plan.study.industry if any(c.specification.model.uses_industry for c in cases) else ()
    members = {name: plan.columns[name] for name in names}
    groups: dict[tuple[bytes, ...], tuple[FloatArray | None, list[str]]] = {}
    for symbol in dates:
        industry = industry_index(members, symbol) if members else None
        markets = [case.specification.market_of(symbol) for case in cases]
        alike = tuple(b"" if part is None else part.tobytes() for part in (industry, *markets))
        groups.setdefault(alike, (industry, []))[1].append(symbol)
    return list(groups.values())


def _drawn(
    plan: Plan,
    cases: Sequence[Case],
    symbols: Sequence[str],
    dates: Mapping[str, int],
    industry: FloatArray | None,
) -> Iterator[tuple[tuple[str, tuple[str, str]], FloatArray, FloatArray]]:
    """
    Draw all windows of some specifications for some firms in one call: statistics, and CARs.

    The industry's return stands as it is: less its own market model it spans the same space, but
    would depend on the estimation window of one event.
    """
    pool = FactorPool(len(plan.data.levels))
    models, base = [], None
    for case in cases:
        spec, design = case.specification.model, case.designs[symbols[0]]
        places = pool.add(
            industry if token == INDUSTRY and industry is not None else design.x[:, column]
            for column, token in enumerate(spec.regressors)
        )
        models.append(LinearModel(places, engine_kind(spec.estimator) or "constant", spec.excess))
        base = design.base if spec.excess else base
    first = 1 - plan.study.estimation.start
    windows = plan.windows
    daily = () if plan.study.estimation.end >= DAY.start else (DAY,)
    counts = [dates[symbol] for symbol in symbols]
    found = estimate_windows(
        np.column_stack([plan.columns[symbol] for symbol in symbols]),
        pool.table(),
        np.repeat(np.arange(len(symbols)), counts),
        np.concatenate([np.arange(first, first + count) for count in counts]),
        models=models,
        estimation=plan.study.estimation,
        windows=(*windows, *daily),
        min_estimation=plan.study.min_estimation,
        base=base,
    )
    ends = np.cumsum(counts)
    for place, case in enumerate(cases):
        for symbol, end, count in zip(symbols, ends, counts, strict=True):
            rows = slice(end - count, end)
            yield (
                (symbol, case.specification.key),
                np.ascontiguousarray(found.scar[rows, place, : len(windows)].T),
                np.ascontiguousarray(found.car[rows, place].T),
            )
