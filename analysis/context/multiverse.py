"""A headline under every reasonable choice: from a study and its data to specification curves."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.context.curve import CurvePoint, Estimand, Multiverse, Returns, SpecificationCurve
from analysis.context.curve_benchmarks import (
    Holdings,
    curve_benchmarks,
    holdings_of,
)
from analysis.context.curve_cells import (
    CurveCell,
    CurveChoice,
    CurveWindows,
    draw,
    drawn,
    grid,
    measured,
    without_copies,
)
from analysis.context.curve_joint import JointTest, joint_test
from analysis.errors import MarketImpactError
from analysis.models.catalog import MODELS
from analysis.models.linear import LeastSquares, MarketAdjusted
from analysis.models.spec import BENCHMARK, BENCHMARK_EXCESS
from analysis.results import benchmark_name
from analysis.run.case import Case
from analysis.run.plan import benchmark_returns, plan_study, specification_of
from analysis.run.purging import MARKET
from analysis.run.records import Specification
from analysis.study import Benchmark
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis._typing import FloatArray, Progress
    from analysis.models.spec import ModelSpec
    from analysis.prices.market_data import MarketData
    from analysis.results import PlacedEvent
    from analysis.run.records import Plan
    from analysis.study import Study

LENGTHS = (120, 250, 500)
"""Estimation sessions tried, beside the study's own."""
GAPS = (5, 10, 20)
"""Sessions between estimation and event tried, beside the study's own."""

NO_FAMILY, DONORS_FAMILY = "none", "donors"
"""Families of models that take no benchmark: none at all, and control portfolios of donors."""

CONTROLS = ("did", "synthetic", "sdid", "ife")
"""Control portfolios tried where a study lists donors and none of their models."""

ALPHA_0 = "alpha 0"
"""What follows a model's name where its constant is held at 0."""


def multiverse(study: Study, data: MarketData, *, progress: Progress | None = None) -> Multiverse:
    """
    Measure the headline firm under every reasonable choice, one curve an estimand.

    Every model of the study on every benchmark of the study and on those that the data can purge
    further (see `analysis.context.curve_benchmarks`), every estimation length and gap that the data
    allow, simple and log returns; least squares on a benchmark also with alpha 0. A model that is
    another one by a second name is left out. Where the study lists donors, control portfolios are a
    family of their own: those of its models, or `CONTROLS`.

    Parameters
    ----------
    study : Study
    data : MarketData
    progress : callable, optional
        Told ``(label, done, total)`` after each specification.

    Returns
    -------
    Multiverse
        Money in the currency of the firm's market value, in USD too where the rate is known.

    Raises
    ------
    MarketImpactError
        As `analysis.run.plan.plan_study`.

    Notes
    -----
    Fits go through the function of a study's run, window by window, so that the study's own choice
    has its value on the curve to the last bit. The panel engine draws placebo dates.
    """
    head = study.headline
    one = replace(
        study,
        symbols=(head.symbol,),
        groups=(),
        market_values=tuple(v for v in study.market_values if v.symbol == head.symbol),
        events=tuple(event for event in study.events if event.id == head.event),
        windows=(head.window,),
        returns="simple",
    )
    plan, no_controls = _plan(one, data)
    study = replace(study, models=plan.study.models)
    placed, holdings = plan.events[0], holdings_of(head.symbol, plan.data)
    windows, lengths, gaps, left_out = _grids(study, placed, plan)
    wide = replace(plan, span=Window(windows.own.start, windows.all[-1].end))
    kind: Returns = "log" if study.log else "simple"
    choices = [replace(c, returns=kind) for c in _choices(study, wide, placed, holdings)]
    cells = grid(choices, windows, lengths, gaps)
    curves: dict[tuple[Estimand, bool], list[tuple[CurveCell, CurvePoint]]] = defaultdict(list)
    for done, (cell, points) in enumerate(measured(cells, windows), start=1):
        for point in points:
            curves[point.estimand, point.holds_firm].append((cell, point))
        if progress is not None:
            progress("specification curve", done, len(cells))
    return Multiverse(
        symbol=head.symbol,
        event=head.event,
        curves=_ordered(curves, cells, windows, plan),
        left_out=(*left_out, *no_controls),
        inputs=holdings.inputs,
    )


def _plan(study: Study, data: MarketData) -> tuple[Plan, tuple[str, ...]]:
    """Plan with control portfolios where donors are listed, or say why there are none."""
    own = any(MODELS[name].uses_donors for name in study.models)
    if own or not study.donors:
        return plan_study(study, data), ()
    try:
        return plan_study(replace(study, models=(*study.models, *CONTROLS)), data), ()
    except MarketImpactError as error:
        return plan_study(study, data), (f"control portfolios: {error}",)


def _grids(
    study: Study, placed: PlacedEvent, plan: Plan
) -> tuple[CurveWindows, list[int], list[int], tuple[str, ...]]:
    head, before = study.headline, placed.position - 1
    after = int(np.flatnonzero(np.isfinite(plan.columns[head.symbol]))[-1]) - placed.position
    own = plan.coverage[head.symbol, head.event].windows[head.window]
    length = len(study.estimation)
    wider = Window(own.start, own.end + 1)
    lengths, gaps = sorted({*LENGTHS, length}), sorted({*GAPS, -study.estimation.end - 1})
    left_out = [] if wider.end <= after else [f"window {wider}: outside the data"]
    left_out += [
        f"{length} sessions with a gap of {gap}: the data begin {before} returns before the event"
        for length in lengths
        for gap in gaps
        if length + gap > before
    ]
    return CurveWindows(own, wider if wider.end <= after else None), lengths, gaps, tuple(left_out)


def _choices(
    study: Study, plan: Plan, placed: PlacedEvent, holdings: Holdings
) -> Iterator[CurveChoice]:
    benchmarks = tuple(
        (benchmark, benchmark_returns(benchmark, plan.data).to_numpy(dtype=np.float64))
        for benchmark in curve_benchmarks(study, placed, plan.data, holdings)
    )
    for name in study.models:
        spec = MODELS[name]
        if _copies_market(spec, study):
            continue
        if spec.uses_donors:
            yield _choice(plan, placed, specification_of(spec, None, plan.data), DONORS_FAMILY)
        elif not spec.uses_benchmark and spec.factors:
            yield from _on_factors(plan, placed, spec, benchmarks, holdings)
        elif not spec.uses_benchmark:
            yield _choice(plan, placed, specification_of(spec, None, plan.data), NO_FAMILY)
        else:
            for benchmark, market in benchmarks:
                named = Specification(spec, benchmark_name(spec, benchmark.id), market)
                yield from _on_benchmark(plan, placed, named, benchmark, holdings)


def _copies_market(spec: ModelSpec, study: Study) -> bool:
    """Say whether a model is the market model but for the risk-free rate."""
    return spec.regressors == (BENCHMARK_EXCESS,) and "market" in study.models


def _on_benchmark(
    plan: Plan,
    placed: PlacedEvent,
    specification: Specification,
    benchmark: Benchmark,
    holdings: Holdings,
) -> Iterator[CurveChoice]:
    spec = specification.model
    choice = _choice(plan, placed, specification, benchmark.symbol)
    choice = replace(
        choice,
        relative=benchmark.sector or spec.uses_industry,
        holds_firm=holdings.in_benchmark(benchmark),
    )
    yield choice
    if spec.regressors == (BENCHMARK,) and isinstance(spec.estimator, LeastSquares):
        yield replace(choice, model=f"{spec.id}, {ALPHA_0}", estimator=LeastSquares(constant=False))


def _on_factors(
    plan: Plan,
    placed: PlacedEvent,
    spec: ModelSpec,
    benchmarks: tuple[tuple[Benchmark, FloatArray], ...],
    holdings: Holdings,
) -> Iterator[CurveChoice]:
    """Take a model of factors with the market factor as published, and purged where it can be."""
    whole = specification_of(spec, None, plan.data)
    held = holdings.in_benchmark(Benchmark(MARKET))
    yield replace(_choice(plan, placed, whole, MARKET), relative=True, holds_firm=held)
    for benchmark, market in benchmarks:
        if benchmark.symbol != MARKET or not benchmark.firms:
            continue
        factors = {**plan.factors, "mkt_rf": market - plan.factors["rf"]}
        named = replace(whole, benchmark=benchmark.id)
        yield replace(
            _choice(replace(plan, factors=factors), placed, named, MARKET),
            relative=True,
            holds_firm=holdings.in_benchmark(benchmark),
        )


def _choice(
    plan: Plan, placed: PlacedEvent, specification: Specification, family: str
) -> CurveChoice:
    spec = specification.model
    return CurveChoice(
        case=Case(plan, placed, specification),
        model=spec.id,
        estimator=spec.estimator,
        family=family,
        relative=False,
        holds_firm=False,
        fixed=isinstance(spec.estimator, MarketAdjusted),
        returns="simple",
    )


def _ordered(
    curves: dict[tuple[Estimand, bool], list[tuple[CurveCell, CurvePoint]]],
    cells: list[CurveCell],
    windows: CurveWindows,
    plan: Plan,
) -> tuple[SpecificationCurve, ...]:
    """Rank each curve among placebo dates; the headline's own first, its benchmarks clean."""
    leading = next(
        (point.estimand for pairs in curves.values() for _, point in pairs if point.headline),
        "total",
    )
    columns = draw(cells, windows)
    level, found = plan.study.level, []
    order = sorted(curves, key=lambda key: (key[1], key[0] != leading))
    for estimand, holds_firm in order:
        pairs = without_copies(curves[estimand, holds_firm])
        draws = drawn(pairs, columns)
        joint = (
            JointTest.missing(
                "its benchmarks hold the firm"
                if holds_firm
                else "none of its models is fitted anew on every date"
            )
            if draws is None
            else joint_test(draws, level=level)
        )
        points = tuple(sorted((point for _, point in pairs), key=lambda point: point.answer))
        found.append(SpecificationCurve(estimand, holds_firm, points, level, joint))
    return tuple(found)
