"""From a plan to the bounds of its headline: its index without one firm, several, and all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.abnormal import cumulative, cumulative_se
from analysis.benchmarks import benchmarks_of
from analysis.errors import DataError
from analysis.inference.one_firm import t_test
from analysis.models.catalog import MODELS
from analysis.models.spec import BENCHMARK, BENCHMARK_EXCESS
from analysis.results.bounds import Bound, Bounds
from analysis.returns import purged_by, taken_out
from analysis.run.case import headline_case
from analysis.run.fit import rows_of
from analysis.run.plan import specification_of
from analysis.run.purging import OLDEST_WEIGHT, index_level, treated_firms, weight_anchors
from analysis.study import PURGED_SUFFIX, Benchmark

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from analysis._typing import FloatArray
    from analysis.run.case import Case
    from analysis.run.records import Plan
    from analysis.windows import Window

WEIGHT_DOUBT = 0.005
"""Half-width of the sensitivity to the purged firm's weight: half a percentage point."""

Anchors = dict[str, "Mapping[pd.Timestamp, float]"]


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Weights at each eve and their parts of the index's return, shape (T, n), by firm."""

    firms: tuple[str, ...]
    weights: FloatArray
    points: FloatArray


def headline_bounds(plan: Plan) -> Bounds | None:
    """
    Measure the headline with ever more firms of the study taken out of its index.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    Bounds or None
        None where no benchmark of the study is purged, or the headline's model takes none.
    """
    study = plan.study
    purged = [
        benchmark for benchmark in benchmarks_of(study, study.headline.symbol) if benchmark.firms
    ]
    regressors = MODELS[study.headline.model].regressors
    if not purged or not regressors or regressors[0] not in {BENCHMARK, BENCHMARK_EXCESS}:
        return None
    benchmark = next((b for b in purged if b.id == study.headline.benchmark), purged[0])
    case = headline_case(plan)
    own = dict(weight_anchors(benchmark, plan.data))
    parts = _parts(case, benchmark, own)
    rows = rows_of(case.placed.position, _window(case))
    order = _order(parts, len(own), rows)
    level = index_level(benchmark.symbol, plan.data).to_numpy(dtype=np.float64)
    returns = np.append(np.nan, level[1:] / level[:-1] - 1)
    steps: list[Bound] = []
    for count in _counts(case, len(own), len(order)):
        taken = order[:count]
        weight = float(parts.weights[rows.start, taken].sum())
        left = purged_by(returns, parts.weights[:, taken], parts.points[:, taken])
        if weight >= 1 or not np.isfinite(left[rows]).all():
            break
        bound = _bound(case, left, tuple(parts.firms[place] for place in taken), weight)
        steps.append(replace(bound, own=count == len(own)))
    raw = float(case.path(case.symbol, _window(case)).raw.sum())
    return Bounds(
        benchmark=benchmark.id,
        index=benchmark.symbol,
        window=study.headline.window,
        raw=raw,
        steps=tuple(steps),
        weights=_weights(case, benchmark),
    )


def _counts(case: Case, own: int, most: int) -> tuple[int, ...]:
    """Say how many firms are taken out at each step; of a model of slow fits only a few."""
    quick = case.specification.model.estimator.capabilities.placebo != "refits"
    steps = range(own, most + 1) if quick else (own, own + 1, most)
    return tuple(sorted({0, *(step for step in steps if step <= most)}))


def _parts(case: Case, benchmark: Benchmark, own: Anchors) -> _Parts:
    plan = case.plan
    others = tuple(
        symbol
        for symbol in treated_firms(case.study)
        if symbol not in own and symbol in plan.data.levels
    )
    anchors = {**own, **_known(case, benchmark, others)}
    weights, points = taken_out(
        [plan.data.levels[symbol] for symbol in anchors],
        index_level(benchmark.symbol, plan.data),
        list(anchors.values()),
    )
    return _Parts(tuple(anchors), weights, points)


def _known(case: Case, benchmark: Benchmark, others: tuple[str, ...]) -> Anchors:
    """Find the weights of other firms that are near enough to the event."""
    if not others:
        return {}
    wanted = Benchmark(
        f"{benchmark.symbol}{PURGED_SUFFIX}", symbol=benchmark.symbol, purged_of=",".join(others)
    )
    try:
        found = weight_anchors(wanted, case.plan.data)
    except DataError:
        return {}
    session = case.placed.session
    return {
        symbol: anchors
        for symbol, anchors in found.items()
        if min(abs((day - session).days) for day in anchors) <= OLDEST_WEIGHT
    }


def _order(parts: _Parts, own: int, rows: slice) -> list[int]:
    """Put the study's own firms first, then the others by the size of their contribution."""
    sizes = np.abs(parts.points[rows].sum(axis=0))
    others = [place for place in range(own, len(parts.firms)) if np.isfinite(sizes[place])]
    return [*range(own), *sorted(others, key=lambda place: -sizes[place])]


def _weights(case: Case, benchmark: Benchmark) -> tuple[Bound, ...]:
    """Try weights beside that of the study, and those that the data know of other days."""
    if len(benchmark.firms) != 1:
        return ()
    stated: list[tuple[float, dt.date]] = []
    if benchmark.weight and benchmark.weight_session is not None:
        day = benchmark.weight_session
        doubts = (-WEIGHT_DOUBT, WEIGHT_DOUBT)
        stated += [(benchmark.weight + d, day) for d in doubts if benchmark.weight + d > 0]
    known = _known(case, benchmark, benchmark.firms).get(benchmark.firms[0], {})
    stated += [
        (weight, day.date())
        for day, weight in known.items()
        if day.date() != benchmark.weight_session
        and abs((day - case.placed.session).days) <= OLDEST_WEIGHT
    ]
    found = []
    for weight, day in stated:
        other = replace(benchmark, weight=weight, weight_session=day)
        market = specification_of(case.specification.model, other, case.plan.data).market
        if market is None:
            continue
        weights, _ = taken_out(
            [case.plan.data.levels[benchmark.firms[0]]],
            index_level(benchmark.symbol, case.plan.data),
            [{pd.Timestamp(day): weight}],
        )
        rows = rows_of(case.placed.position, _window(case))
        bound = _bound(case, market, benchmark.firms, float(weights[rows.start].sum()))
        found.append(replace(bound, kind="weight", stated=weight, anchor=day))
    return tuple(found)


def _bound(case: Case, market: FloatArray, without: tuple[str, ...], weight: float) -> Bound:
    """Measure the headline on the simple returns of a benchmark without firms of some weight."""
    study, window = case.study, _window(case)
    measured = np.log1p(market) if study.log else market
    other = case.under(replace(case.specification, market=measured))
    fit = other.fit(case.symbol)
    path = fit.path(window)
    car, se = cumulative(path), cumulative_se(path)
    test = t_test(car, se, fit.model.df, level=study.level) if se else None
    value = case.value(case.symbol, _eve(case))
    rows = rows_of(case.placed.position, window)
    return Bound(
        kind="firms",
        without=without,
        weight=weight,
        stated=None,
        anchor=None,
        index_return=float(measured[rows].sum()),
        beta=fit.model.coefficients[case.specification.model.regressors[0]],
        expected=float(path.expected.sum()),
        car=car,
        low=None if test is None else test.low,
        high=None if test is None else test.high,
        impact=value.impact(path, df=fit.model.df, level=study.level),
    )


def _window(case: Case) -> Window:
    """Take what there is of the headline's window."""
    return case.window(case.symbol, case.study.headline.window)


def _eve(case: Case) -> pd.Timestamp:
    window = case.study.headline.window
    return next(placed.eve for placed in case.placed.windows if placed.window == window)
