"""The specifications of a headline: their fits, and the same on placebo dates."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import cumulative, cumulative_se
from analysis.context.curve import CurvePoint, Estimand, Returns, equal_by_family
from analysis.context.curve_joint import CurveDraws
from analysis.errors import DataError, WindowError
from analysis.inference.conformal import ConformalSetting, conformal_p
from analysis.inference.one_firm import t_test
from analysis.inference.placebo import pseudo_dates
from analysis.models.design import Design
from analysis.models.linear import LeastSquares
from analysis.models.tuning import tuned
from analysis.panel.engine import estimate_windows, usable_processors
from analysis.panel.estimates import LinearModel
from analysis.panel.factors import FactorPool
from analysis.run.fit import fit_firm, rows_of
from analysis.run.panel_draws import engine_kind
from analysis.run.valuation import value_of
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analysis._typing import FloatArray, IntArray
    from analysis.abnormal import AbnormalPath
    from analysis.inference.outcome import Outcome
    from analysis.models.base import Estimator
    from analysis.panel.estimates import ModelKind, WindowEstimates
    from analysis.run.case import Case
    from analysis.run.fit import FirmFit
    from analysis.run.valuation import Valuation

COMPLETE = 0.8
"""Share of the estimation sessions that must be complete."""

ENOUGH_DATES = 99
"""Placebo dates below which specifications of long estimation windows are not drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class CurveChoice:
    """
    A model on a benchmark, as a specification curve takes it.

    Attributes
    ----------
    case : Case
        Whose specification and design it has.
    model : str
        Name on the curve.
    estimator : Estimator
    family : str
        The index that the benchmark is made of.
    relative : bool
        Whether it measures against a sector or factors.
    holds_firm : bool
        Whether the benchmark holds the firm itself.
    fixed : bool
        Whether nothing is estimated, so that lengths, gaps and logarithms give no other answers.
    returns : {"simple", "log"}
        What the study itself measures; the case is in simple returns.
    """

    case: Case
    model: str
    estimator: Estimator
    family: str
    relative: bool
    holds_firm: bool
    fixed: bool
    returns: Returns

    @property
    def controls(self) -> bool:
        """Whether it is a mix of donors, which is one of simple returns."""
        return self.estimator.capabilities.controls

    @property
    def kind(self) -> ModelKind | None:
        """How the panel engine fits it; None where it does not."""
        origin = self.estimator == LeastSquares(constant=False)
        return "origin" if origin else engine_kind(self.estimator)


@dataclass(frozen=True, slots=True, eq=False)
class CurveCell:
    """A choice with its estimation window, its kind of return, and its design in that kind."""

    choice: CurveChoice
    returns: Returns
    length: int
    gap: int
    design: Design

    @property
    def estimation(self) -> Window:
        """The estimation window, in event time."""
        return Window(-self.gap - self.length, -self.gap - 1)


@dataclass(frozen=True, slots=True)
class CurveWindows:
    """
    What is measured: the headline's window and the one with the session after it.

    Attributes
    ----------
    own : Window
    wider : Window or None
        None where the data end before.
    """

    own: Window
    wider: Window | None

    @property
    def all(self) -> tuple[Window, ...]:
        """Those that there are."""
        return (self.own,) if self.wider is None else (self.own, self.wider)

    def estimand(self, window: Window, choice: CurveChoice) -> Estimand | None:
        """Say what a choice estimates over a window; None where that is no question of its own."""
        if window == self.own:
            return "relative" if choice.relative else "total"
        return None if choice.relative else "wider"


def measured(
    cells: Sequence[CurveCell], windows: CurveWindows
) -> Iterator[tuple[CurveCell, Sequence[CurvePoint]]]:
    """
    Fit cells and measure them over the windows; a cell that the data do not carry has no point.

    Yields
    ------
    cell : CurveCell
    points : sequence of CurvePoint
    """
    if not cells:
        return
    case = cells[0].choice.case
    worths = {window: _worth(case, window) for window in windows.all}
    for cell in cells:
        fit = _fit(cell)
        points = []
        for window in windows.all if fit is not None else ():
            estimand = windows.estimand(window, cell.choice)
            whole = cell.design.complete[rows_of(case.placed.position, window)].all()
            if estimand is not None and whole and fit is not None:
                points.append(_point(cell, fit, window, estimand, worths[window]))
        yield cell, points


def drawn(
    pairs: Sequence[tuple[CurveCell, CurvePoint]], found: dict[tuple[int, Window], DrawnCell]
) -> CurveDraws | None:
    """
    Gather the specifications of one curve on the placebo dates; None where none is drawn.

    Parameters
    ----------
    pairs : sequence of (CurveCell, CurvePoint)
        Of one estimand.
    found : mapping of (int, Window) to DrawnCell
        As `draw` gives it.
    """
    columns, families = [], []
    for cell, point in pairs:
        column = found.get((id(cell), point.window))
        if column is not None:
            columns.append(column)
            families.append(point.family)
    if not columns:
        return None
    return CurveDraws(
        abnormal=np.column_stack([column.abnormal for column in columns]),
        t=np.column_stack([column.t for column in columns]),
        df=np.column_stack([column.df for column in columns]),
        weights=equal_by_family(families),
    )


@dataclass(frozen=True, slots=True, eq=False)
class DrawnCell:
    """
    One specification on the placebo dates and, last, at the event; arrays of shape (B + 1,).

    Abnormal returns are simple; of logarithms over several sessions the buy-and-hold ones.
    """

    abnormal: FloatArray
    t: FloatArray
    df: FloatArray


def draw(cells: Sequence[CurveCell], windows: CurveWindows) -> dict[tuple[int, Window], DrawnCell]:
    """
    Measure the linear cells on every placebo date, by the panel engine.

    Those whose benchmark holds the firm are left out: a rank of what is biased says nothing. The
    dates are those on which all of them have their estimation window and the widest event window;
    where fewer than `ENOUGH_DATES` leave the longest ones room, shorter ones alone are drawn.

    Parameters
    ----------
    cells : sequence of CurveCell
        Of one firm and event.
    windows : CurveWindows

    Returns
    -------
    dict of (int, Window) to DrawnCell
        By the identity of the cell.
    """
    linear = [c for c in cells if c.choice.kind is not None and not c.choice.holds_firm]
    if not linear:
        return {}
    case = linear[0].choice.case
    dates, longest = _dates(case, linear, windows.all[-1])
    batches: dict[tuple[Returns, int, int, bytes], list[CurveCell]] = defaultdict(list)
    for cell in linear:
        if cell.length + cell.gap <= longest:
            # one benchmark a call: the engine keeps a matrix of all factors of a call by date
            market = cell.design.x[:, :1].tobytes()
            batches[cell.returns, cell.length, cell.gap, market].append(cell)
    at = np.append(dates, case.placed.position)
    columns: dict[tuple[int, Window], DrawnCell] = {}
    with ThreadPoolExecutor(usable_processors()) as pool:  # a call of one firm keeps one busy
        estimates = pool.map(lambda batch: _estimates(batch, at, windows), batches.values())
    for batch, found in zip(batches.values(), estimates, strict=True):
        for place, cell in enumerate(batch):
            for w, window in enumerate(windows.all):
                held = found.bhar if cell.returns == "log" else found.car
                columns[id(cell), window] = DrawnCell(
                    abnormal=held[:, place, w],
                    t=found.scar[:, place, w],
                    df=found.df[:, place].astype(np.float64),
                )
    return columns


def _dates(case: Case, cells: Sequence[CurveCell], window: Window) -> tuple[IntArray, int]:
    """Choose the placebo dates, and how far before them an estimation window may begin."""
    reaches = sorted({cell.length + cell.gap for cell in cells}, reverse=True)
    for reach in reaches:
        ends = Window(-reach, case.study.estimation.end)
        dates = pseudo_dates(case.placed.position, ends, window)
        if len(dates) >= ENOUGH_DATES:
            break
    return dates, reach


def _estimates(batch: Sequence[CurveCell], at: IntArray, windows: CurveWindows) -> WindowEstimates:
    case, first = batch[0].choice.case, batch[0]
    returns = case.returns(case.symbol)
    pool = FactorPool(len(returns))
    models, base = [], None
    for cell in batch:
        spec = cell.choice.case.specification.model
        models.append(
            LinearModel(pool.add(cell.design.x.T), cell.choice.kind or "constant", spec.excess)
        )
        base = np.array(cell.design.base) if spec.excess else base  # one layout: compiled once
    return estimate_windows(
        np.log1p(returns) if first.returns == "log" else returns,
        pool.table(),
        np.zeros(len(at), dtype=np.int64),
        at,
        models=models,
        estimation=first.estimation,
        windows=windows.all,
        min_estimation=math.ceil(COMPLETE * first.length),
        base=base,
        log=first.returns == "log",
    )


def _logarithmic(design: Design) -> Design:
    base = np.log1p(design.base)
    return Design(
        y=np.log1p(design.y + design.base) - base,
        x=np.log1p(design.x),
        names=design.names,
        base=base,
    )


def _fit(cell: CurveCell) -> FirmFit | None:
    position = cell.choice.case.placed.position
    rows = cell.design.complete[rows_of(position, cell.estimation)]
    if int(rows.sum()) < COMPLETE * cell.length:
        return None
    try:
        return fit_firm(
            cell.design,
            cell.choice.estimator,
            position,
            estimation=cell.estimation,
            log=cell.returns == "log",
        )
    except (WindowError, DataError):
        return None


def _worth(case: Case, window: Window) -> Valuation:
    plan = case.plan
    eve = plan.data.levels.index[case.placed.position + window.start - 1]
    return value_of(case.study, case.symbol, eve, plan.data.quoted_levels, plan.reference)


def _point(
    cell: CurveCell, fit: FirmFit, window: Window, estimand: Estimand, worth: Valuation
) -> CurvePoint:
    choice, case = cell.choice, cell.choice.case
    study, plan = case.study, case.plan
    path = fit.path(window)
    held = path.simple()
    car, df = cumulative(held), fit.model.df
    test, ends = (_tested(one, df, study.level) for one in (path, held))
    leading = plan.headline_specification.key == case.specification.key
    return CurvePoint(
        estimand=estimand,
        holds_firm=choice.holds_firm,
        family=choice.family,
        model=choice.model,
        benchmark=case.specification.benchmark,
        length=cell.length,
        gap=cell.gap,
        window=window,
        returns=cell.returns,
        abnormal=car,
        low=ends.low if ends else None,
        high=ends.high if ends else None,
        p=test.p if test else _ranked(cell, fit, path),
        impact=worth.impact(path, df=df, level=study.level),
        headline=leading
        and choice.model == study.headline.model
        and (cell.returns, cell.estimation) == (choice.returns, study.estimation)
        and window == study.headline.window,
    )


def _ranked(cell: CurveCell, fit: FirmFit, path: AbnormalPath) -> float | None:
    """Rank a control's window among cyclic shifts of refitted residuals; None where it cannot."""
    estimator = tuned(cell.choice.estimator, fit.model)
    if not (cell.choice.controls and estimator.capabilities.order_free):
        return None
    ahead = rows_of(fit.position, Window(path.first, path.first + len(path.raw) - 1))
    rows = (
        np.concatenate([fit.y, fit.design.y[ahead]]),
        np.concatenate([fit.x, fit.design.x[ahead]]),
    )
    return conformal_p(ConformalSetting(estimator, *rows, fit.design.names, len(path.raw)))


def _tested(path: AbnormalPath, df: float, level: float) -> Outcome | None:
    """Judge a path's CAR by Student's t; None where the model has no standard error."""
    se = cumulative_se(path)
    return t_test(cumulative(path), se, df, level=level) if se else None


def without_copies(
    pairs: Sequence[tuple[CurveCell, CurvePoint]],
) -> list[tuple[CurveCell, CurvePoint]]:
    """
    Leave out specifications that are another one by a second name: same answer, interval and p.

    The study's own choice is kept before others, else the first.
    """
    ordered = sorted(pairs, key=lambda pair: not pair[1].headline)
    seen: dict[tuple[object, ...], CurvePoint] = {}
    kept = []
    for pair in ordered:
        point = pair[1]
        content = (point.abnormal, point.low, point.p, point.family)
        if content not in seen:
            seen[content] = point
            kept.append(pair)
    return kept


def grid(
    choices: Sequence[CurveChoice],
    windows: CurveWindows,
    lengths: Sequence[int],
    gaps: Sequence[int],
) -> list[CurveCell]:
    """
    Cross choices with estimation windows and kinds of return, as far as the data reach back.

    Parameters
    ----------
    choices : sequence of CurveChoice
        One that estimates nothing takes the study's own estimation window and returns alone.
    windows : CurveWindows
        What an estimation window must end before.
    lengths, gaps : sequence of int
        Sessions.
    """
    if not choices:
        return []
    case = choices[0].case
    before, own = case.placed.position - 1, case.study.estimation
    mine = (len(own), -own.end - 1)
    spans = [
        (length, gap)
        for length, gap in itertools.product(lengths, gaps)
        if length + gap <= before and -gap - 1 < windows.own.start
    ]
    cells = []
    for choice in choices:
        simple = choice.case.design(choice.case.symbol)
        designs: tuple[tuple[Returns, Design], ...] = (
            ("simple", simple),
            ("log", _logarithmic(simple)),
        )
        cells += [
            CurveCell(choice, returns, length, gap, design)
            for returns, design in designs
            for length, gap in spans
            if (not choice.fixed or (length, gap, returns) == (*mine, choice.returns))
            and (not choice.controls or returns == choice.returns)
        ]
    return cells
