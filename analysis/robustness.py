"""
Robustness: the headline under every reasonable choice, and without any one firm.

Fits go through the function of a study's run, window by window, so that the study's own choice has
its value on the curve to the last bit. The dollars of a window of several sessions need the whole
covariance of their errors, which the panel engine does not keep.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from analysis.abnormal import cumulative, cumulative_se
from analysis.currency import USD
from analysis.errors import DataError, WindowError
from analysis.impact import impact
from analysis.inference.one_firm import t_test
from analysis.inference.portfolio import portfolio_test
from analysis.models.design import Design
from analysis.run.case import Case, headline_case
from analysis.run.fit import fit_firm, rows_of
from analysis.run.groups import sample_of
from analysis.run.plan import plan_study
from analysis.run.valuation import value_of
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis._typing import Progress
    from analysis.prices.market_data import MarketData
    from analysis.results import PlacedEvent
    from analysis.run.fit import FirmFit
    from analysis.run.records import Plan, Specification
    from analysis.study import Study

Returns = Literal["simple", "log"]

LENGTHS = (120, 250, 500)
"""Estimation sessions tried, beside the study's own."""
GAPS = (5, 10, 20)
"""Sessions between estimation and event tried, beside the study's own."""
WINDOWS = (Window(0, 0), Window(0, 1), Window(-1, 1))
"""Event windows tried, beside the headline's own."""
COMPLETE = 0.8
"""Share of the estimation sessions that must be complete."""
CHOICES = ("model", "benchmark", "length", "gap", "window", "returns")
"""The choices that make a specification, as columns of the curve."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """
    The headline firm's answer under one full choice.

    Attributes
    ----------
    model, benchmark : str
    length, gap : int
        Sessions of the estimation window, and between it and the event session.
    window : Window
    returns : {"simple", "log"}
    abnormal : float
        Abnormal return of the window, simple, decimal; a log CAR is exponentiated.
    low, high : float or None
        Its interval.
    p : float or None
        Two-sided Student t.
    impact, impact_low, impact_high : float or None
        In `currency`.
    currency : str
        ISO 4217 code.
    headline : bool
        Whether this is the study's own choice.
    """

    model: str
    benchmark: str
    length: int
    gap: int
    window: Window
    returns: Returns
    abnormal: float
    low: float | None
    high: float | None
    p: float | None
    impact: float | None
    impact_low: float | None
    impact_high: float | None
    currency: str
    headline: bool

    @property
    def answer(self) -> float:
        """What the curve is sorted by: dollars, or the abnormal return where there are none."""
        return self.abnormal if self.impact is None else self.impact

    def choice(self, name: str) -> str:
        """Write one of the `CHOICES`."""
        return str(getattr(self, name))


@dataclass(frozen=True, eq=False)
class SpecificationCurve:
    """
    Every reasonable answer, sorted from the lowest to the highest.

    Attributes
    ----------
    symbol, event : str
    points : tuple of CurvePoint
        Sorted by `CurvePoint.answer`.
    level : float
    left_out : tuple of str
        Choices that the data do not allow, and why.
    """

    symbol: str
    event: str
    points: tuple[CurvePoint, ...]
    level: float
    left_out: tuple[str, ...]

    @cached_property
    def tidy(self) -> pd.DataFrame:
        """One row a specification, sorted; returns in decimals, dollars as changes."""
        return pd.DataFrame(
            [
                {
                    "rank": rank,
                    **{name: point.choice(name) for name in CHOICES},
                    "abnormal_return": point.abnormal,
                    "low": point.low,
                    "high": point.high,
                    "p": point.p,
                    **_money(point),
                    "headline": point.headline,
                }
                for rank, point in enumerate(self.points, start=1)
            ]
        )

    @property
    def middle(self) -> CurvePoint:
        """The median specification; of an even number the lower of the two in the middle."""
        return self.points[self.middle_place]

    @property
    def middle_place(self) -> int:
        """Its place among the points, from 0."""
        return (len(self.points) - 1) // 2

    @property
    def range(self) -> tuple[CurvePoint, CurvePoint]:
        """The lowest and the highest answer."""
        return self.points[0], self.points[-1]

    @property
    def share_significant(self) -> float:
        """Share of specifications whose t rejects at 1 - `level`."""
        rejected = [point.p is not None and point.p < 1 - self.level for point in self.points]
        return sum(rejected) / len(rejected)

    @property
    def headline_rank(self) -> int | None:
        """Place of the study's own choice, from 1; None where it is not among the points."""
        return next(
            (rank for rank, point in enumerate(self.points, start=1) if point.headline), None
        )

    @cached_property
    def variance_shares(self) -> dict[str, float]:
        """
        Share of the answers' sum of squares that lies between the values of each choice.

        Each is the main effect of one choice alone (eta squared). Models and benchmarks are not
        crossed in full, so the shares overlap and need not sum to one. The largest first.
        """
        values = pd.Series([point.answer for point in self.points])
        total = float(((values - values.mean()) ** 2).sum())
        shares = {}
        for name in CHOICES:
            labels = pd.Series([point.choice(name) for point in self.points])
            fitted = values.groupby(labels).transform("mean")
            between = float(((fitted - values.mean()) ** 2).sum())
            shares[name] = between / total if total else 0.0
        return dict(sorted(shares.items(), key=lambda item: -item[1]))


def specification_curve(
    study: Study, data: MarketData, *, progress: Progress | None = None
) -> SpecificationCurve:
    """
    Measure the headline firm under every reasonable choice.

    Every model of the study on every benchmark of the study (purged ones included), every
    estimation length and gap that the data allow, the event windows, and simple and log returns.

    Parameters
    ----------
    study : Study
    data : MarketData
    progress : callable, optional
        Told ``(label, done, total)`` after each model and benchmark.

    Returns
    -------
    SpecificationCurve

    Raises
    ------
    MarketImpactError
        As `analysis.run.plan.plan_study`.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4; Steegen, Tuerlinckx, Gelman and
    Vanpaemel (2016), Perspectives on Psychological Science 11.
    """
    head = study.headline
    plan = plan_study(
        replace(
            study,
            symbols=(head.symbol,),
            groups=(),
            events=tuple(event for event in study.events if event.id == head.event),
            windows=(head.window,),
        ),
        data,
    )
    placed = plan.events[0]
    windows, lengths, gaps, left_out = _grids(study, placed, plan)
    points: list[CurvePoint] = []
    kinds: tuple[Returns, ...] = ("simple", "log")
    wide = replace(plan, span=_span(windows))
    cells = [(kind, Case(wide, placed, s)) for s in plan.specifications for kind in kinds]
    for done, (kind, case) in enumerate(cells, start=1):
        points += _points(case, kind, windows, lengths, gaps)
        if progress is not None:
            progress("specification curve", done, len(cells))
    return SpecificationCurve(
        symbol=head.symbol,
        event=head.event,
        points=tuple(sorted(points, key=lambda point: point.answer)),
        level=study.level,
        left_out=left_out,
    )


def _grids(
    study: Study, placed: PlacedEvent, plan: Plan
) -> tuple[list[Window], list[int], list[int], tuple[str, ...]]:
    before = placed.position - 1
    head = plan.coverage[study.headline.symbol, placed.event.id].windows[study.headline.window]
    known = np.flatnonzero(np.isfinite(plan.columns[study.headline.symbol]))
    after = int(known[-1]) - placed.position
    windows = sorted({*WINDOWS, head}, key=lambda w: (len(w), w))
    kept = [w for w in windows if w.end <= after and -w.start < before]
    own = len(study.estimation)
    lengths = [length for length in sorted({*LENGTHS, own}) if length + min(GAPS) <= before]
    gaps = sorted({*GAPS, -study.estimation.end - 1})
    left_out = [f"window {w}: outside the data" for w in windows if w not in kept]
    left_out += [
        f"{length} sessions with a gap of {gap}: the data begin {before} returns before the event"
        for length in sorted({*LENGTHS, own})
        for gap in gaps
        if length + gap > before
    ]
    return kept, lengths, gaps, tuple(left_out)


def _span(windows: list[Window]) -> Window:
    return Window(min(w.start for w in windows), max(w.end for w in windows))


def _points(
    case: Case,
    kind: Returns,
    windows: list[Window],
    lengths: list[int],
    gaps: list[int],
) -> Iterator[CurvePoint]:
    design, position = case.design(case.symbol), case.placed.position
    if kind == "log":
        design = _logarithmic(design)
    span = _span(windows)
    if not design.complete[rows_of(position, span)].all():
        return
    for length in lengths:
        for gap in gaps:
            estimation = Window(-gap - length, -gap - 1)
            if -estimation.start > position - 1 or estimation.end >= span.start:
                continue
            fit = _fit(design, case.specification, position, estimation)
            if fit is None:
                continue
            for window in windows:
                yield _point(case, kind, estimation, window, fit)


def _logarithmic(design: Design) -> Design:
    base = np.log1p(design.base)
    return Design(
        y=np.log1p(design.y + design.base) - base,
        x=np.log1p(design.x),
        names=design.names,
        base=base,
    )


def _fit(
    design: Design,
    specification: Specification,
    position: int,
    estimation: Window,
) -> FirmFit | None:
    rows = design.complete[rows_of(position, estimation)]
    if int(rows.sum()) < COMPLETE * len(estimation):
        return None
    try:
        return fit_firm(design, specification.model.estimator, position, estimation=estimation)
    except (WindowError, DataError):
        return None


def _point(
    case: Case, kind: Returns, estimation: Window, window: Window, fit: FirmFit
) -> CurvePoint:
    study, plan, specification = case.study, case.plan, case.specification
    head = study.headline
    path = fit.path(window)
    car, se = cumulative(path), cumulative_se(path)
    test = t_test(car, se, fit.model.df, level=study.level) if se else None
    ends = (car, test.low if test else None, test.high if test else None)
    eve = plan.data.levels.index[case.placed.position + window.start - 1]
    worth = value_of(study, head.symbol, eve, plan.data.levels, plan.reference)
    value = worth.amount
    dollars: tuple[float | None, ...]
    if kind == "log":
        ends = tuple(None if end is None else math.expm1(end) for end in ends)  # type: ignore[assignment]
        dollars = tuple(None if end is None or value is None else value * end for end in ends)
    elif value is None:
        dollars = (None, None, None)
    else:
        usd = impact(path, value, df=fit.model.df, level=study.level)
        dollars = (usd.abnormal, usd.low, usd.high)
    return CurvePoint(
        model=specification.model.id,
        benchmark=specification.benchmark,
        length=len(estimation),
        gap=-estimation.end - 1,
        window=window,
        returns=kind,
        abnormal=ends[0],
        low=ends[1],
        high=ends[2],
        p=test.p if test else None,
        impact=dollars[0],
        impact_low=dollars[1],
        impact_high=dollars[2],
        currency=worth.currency,
        headline=specification.key == plan.headline_specification.key
        and (kind, estimation, window)
        == ("simple", study.estimation, case.window(head.symbol, head.window)),
    )


def _money(point: CurvePoint) -> dict[str, float | str | None]:
    own = {
        "impact": point.impact,
        "impact_low": point.impact_low,
        "impact_high": point.impact_high,
    }
    dollars = point.currency == USD
    return {
        **{f"{name}_usd": value if dollars else None for name, value in own.items()},
        "currency": None if point.impact is None else point.currency,
        **own,
    }


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Mean abnormal return of all firms but one, decimal, with its interval."""

    symbol: str
    mean: float
    low: float
    high: float

    @property
    def row(self) -> dict[str, str | float]:
        """As a tidy row."""
        return {"without": self.symbol, "mean": self.mean, "low": self.low, "high": self.high}


def leave_one_out(study: Study, data: MarketData) -> tuple[LeftOut, ...]:
    """
    Measure the mean of all firms in the headline's window without each firm in turn.

    Parameters
    ----------
    study : Study
    data : MarketData

    Returns
    -------
    tuple of LeftOut
        The interval is that of the group's mean, see `analysis.run.groups`. Empty where the study
        has fewer than three firms, or `portfolio_test` gives no interval.
    """
    head = study.headline
    if len(study.symbols) < 3:
        return ()
    events = tuple(event for event in study.events if event.id == head.event)
    plan = plan_study(replace(study, events=events, windows=(head.window,)), data)
    case = headline_case(plan)
    out = []
    there = case.whole(case.symbols, head.window)
    if len(there) < 3:
        return ()
    for symbol in there:
        rest = [other for other in there if other != symbol]
        sample = sample_of(case, rest, head.window)
        t = portfolio_test(sample, level=study.level)
        if t.low is None or t.high is None:
            return ()
        out.append(LeftOut(symbol, float(sample.car.mean()), t.low, t.high))
    return tuple(out)
