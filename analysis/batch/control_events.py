"""Control portfolios for one event after another, on one table of returns."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from analysis.errors import DataError, WindowError
from analysis.inference.conformal import ConformalSetting, conformal_p
from analysis.inference.controls import PlaceboUnits, placebo_units
from analysis.models.catalog import MODELS
from analysis.models.donors import FEWEST_DONORS, check_memory
from analysis.models.tuning import tuned
from analysis.panel.layout import STATUS_TEXT

if TYPE_CHECKING:
    import numpy.typing as npt

    from analysis._typing import BoolArray, FloatArray, IntArray
    from analysis.batch.inputs import FirmReturns
    from analysis.models.base import Estimator, FittedModel
    from analysis.panel.estimates import ModelKind
    from analysis.windows import Window

OK, TOO_FEW, OUTSIDE, WINDOW_OUTSIDE, MISSING, _, _, _, UNKNOWN = STATUS_TEXT

NO_DONORS = "fewer than two donors with every return"

NUMBERS = (
    *("alpha", "sigma2", "rmse", "rmse_model", "largest_three"),
    *("car", "car_se", "bhar", "p_conformal", "p_space", "low", "high"),
)
"""Columns of figures of an event, method and window; a figure that there is not is NaN."""


class ControlRow(NamedTuple):
    """One row of the results."""

    status: str
    n_estimation: int
    n_window: int
    n_donors: int
    numbers: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ControlPanel:
    """
    Returns of all firms, the firms as columns, and those of the model that fits are held against.

    Attributes
    ----------
    names : tuple of str
    returns : ndarray of shape (T, J)
        Simple, decimal; NaN where missing.
    seen : ndarray of int32, shape (T + 1, J)
        Returns up to each session: those of a run of sessions follow by one difference.
    factors : ndarray of shape (T, k)
        Regressors of that model; NaN where missing.
    kind : {"constant", "origin", "fixed"}
        How it is fitted, see `analysis.batch.inputs.FactorModel`.
    """

    names: tuple[str, ...]
    returns: FloatArray
    seen: npt.NDArray[np.int32]
    factors: FloatArray
    kind: ModelKind

    @classmethod
    def of(cls, data: FirmReturns, factors: FloatArray, kind: ModelKind) -> ControlPanel:
        """
        Lay out a panel.

        Raises
        ------
        DataError
            If it needs more memory than there should be.
        """
        rows, sessions = data.panel.rows, data.panel.n_sessions
        count = data.panel.n_firms
        check_memory(count, sessions)
        returns = np.full((sessions, count), np.nan)
        for firm in range(count):
            values = rows.values[rows.offsets[firm] : rows.offsets[firm + 1]]
            returns[rows.first[firm] : rows.first[firm] + len(values), firm] = values
        seen = np.zeros((sessions + 1, count), dtype=np.int32)
        np.cumsum(np.isfinite(returns), axis=0, out=seen[1:])
        return cls(tuple(data.symbols), returns, seen, factors, kind)

    def whole(self, first: int, end: int) -> BoolArray:
        """Mark the firms with a return on every session from `first` up to and without `end`."""
        found: BoolArray = self.seen[end] - self.seen[first] == end - first
        return found


@dataclass(frozen=True, slots=True)
class ControlOptions:
    """
    How events are estimated.

    Attributes
    ----------
    methods : tuple of str
        Ids of models of donors.
    estimation : Window
    windows : tuple of Window
    min_estimation : int
        Fewest returns of the firm in the estimation window.
    placebos : int
        Donors placed in the firm's stead, at most; 0 for none.
    level : float
        Confidence level of the interval.
    """

    methods: tuple[str, ...]
    estimation: Window
    windows: tuple[Window, ...]
    min_estimation: int
    placebos: int
    level: float = 0.95


@dataclass(slots=True, eq=False)
class _Rows:
    """What the estimation window of an event holds, for one set of donors."""

    y: FloatArray
    x: FloatArray
    names: tuple[str, ...]
    columns: IntArray
    rmse_model: float
    fits: dict[str, tuple[Estimator, FittedModel]] = field(default_factory=dict)

    def fit(self, method: str) -> tuple[Estimator, FittedModel]:
        if method not in self.fits:
            estimator = MODELS[method].estimator
            fit = estimator.fit(self.y, self.x, self.names)
            self.fits[method] = tuned(estimator, fit), fit
        return self.fits[method]


def estimate_event(
    panel: ControlPanel, how: ControlOptions, firm: int, position: int, donors: list[BoolArray]
) -> list[ControlRow]:
    """
    Estimate an event by every method in every window, methods first.

    Parameters
    ----------
    panel : ControlPanel
    how : ControlOptions
    firm, position : int
        Column and session of the event; -1 where there is none.
    donors : list of ndarray of bool, shape (J,)
        Firms that may be donors, one a window; the event's firm is never one.

    Returns
    -------
    list of ControlRow
        Donors without a return on a session of the estimation window on which the firm has one, or
        in the event window, are left out.
    """
    cells: dict[tuple[int, int], ControlRow] = {}
    kept: dict[bytes, _Rows] = {}
    for at, window in enumerate(how.windows):
        found = _rows(panel, how, window, (firm, position), donors[at])
        if isinstance(found, _Rows):
            found = kept.setdefault(found.columns.tobytes(), found)
        for place, method in enumerate(how.methods):
            if isinstance(found, _Rows):
                cells[place, at] = _cell(panel, how, window, (firm, position), found, method)
            else:
                cells[place, at] = found
    return [cells[key] for key in sorted(cells)]


def _rows(
    panel: ControlPanel,
    how: ControlOptions,
    window: Window,
    event: tuple[int, int],
    donors: BoolArray,
) -> _Rows | ControlRow:
    """Take the rows of an event's estimation window, or say why there are none."""
    firm, position = event
    first, last = position + how.estimation.start, position + how.estimation.end + 1
    status = _unplaced(panel, window, firm, position)
    if status:
        return _empty(status)
    use = np.isfinite(panel.returns[max(first, 0) : max(last, 0), firm])
    count = int(use.sum())
    ahead = panel.whole(position + window.start, position + window.end + 1)
    enough = first >= 0 and count >= how.min_estimation
    if not (enough and ahead[firm]):
        return _empty(MISSING if enough else TOO_FEW, count)
    able = donors & ahead
    able[firm] = False
    if use.all():
        able &= panel.whole(first, last)
    else:
        able &= np.isfinite(panel.returns[first:last][use]).all(axis=0)
    columns = np.flatnonzero(able)
    if len(columns) < FEWEST_DONORS:
        return _empty(NO_DONORS, count, len(columns))
    rows = np.arange(first, last)[use]
    y = panel.returns[rows, firm]
    return _Rows(
        y=y,
        x=panel.returns[np.ix_(rows, columns)],
        names=tuple(panel.names[column] for column in columns),
        columns=columns,
        rmse_model=_linear_error(y, panel.factors[rows], panel.kind),
    )


def _unplaced(panel: ControlPanel, window: Window, firm: int, position: int) -> str:
    """Say why an event has no window in the data; empty where it has one."""
    if firm < 0:
        return UNKNOWN
    if position < 0:
        return OUTSIDE
    inside = position + window.start >= 0 and position + window.end < len(panel.returns)
    return "" if inside else WINDOW_OUTSIDE


def _cell(
    panel: ControlPanel,
    how: ControlOptions,
    window: Window,
    event: tuple[int, int],
    rows: _Rows,
    method: str,
) -> ControlRow:
    firm, position = event
    span = slice(position + window.start, position + window.end + 1)
    post_y, post_x = panel.returns[span, firm], panel.returns[span][:, rows.columns]
    gap = window.start - how.estimation.end - 1
    counts = (len(rows.y), len(post_y), len(rows.columns))
    try:
        estimator, fit = rows.fit(method)
        predicted = fit.predict(post_x, gap=gap)
        unset = _numbers(post_y, predicted.expected, predicted.covariance, fit, rows)
        setting = ConformalSetting(
            estimator,
            np.append(rows.y, post_y),
            np.concatenate([rows.x, post_x]),
            rows.names,
            len(post_y),
        )
        if MODELS[method].estimator.capabilities.order_free:
            unset["p_conformal"] = conformal_p(setting)
        if how.placebos:
            units = placebo_units(estimator, rows.x, post_x, rows.names, gap=gap, most=how.placebos)
            unset |= _in_space(units, unset, how.level)
    except (WindowError, DataError, np.linalg.LinAlgError) as error:
        return ControlRow(str(error), *counts, np.full(len(NUMBERS), np.nan))
    return ControlRow(OK, *counts, np.array([unset.get(name, math.nan) for name in NUMBERS]))


def _numbers(
    post_y: FloatArray,
    expected: FloatArray,
    covariance: FloatArray | None,
    fit: FittedModel,
    rows: _Rows,
) -> dict[str, float]:
    named = fit.coefficients
    weights = np.array([abs(named[name]) for name in rows.names if name in named])
    total = float(weights.sum())
    return {
        "alpha": named["alpha"],
        "sigma2": fit.sigma**2,
        "rmse": math.sqrt(float(np.square(fit.residuals).mean())),
        "rmse_model": rows.rmse_model,
        "largest_three": float(np.sort(weights)[-3:].sum()) / total if total else math.nan,
        "car": float((post_y - expected).sum()),
        "car_se": math.nan if covariance is None else math.sqrt(float(covariance.sum())),
        "bhar": float(np.prod(1 + post_y) - np.prod(1 + expected)),
    }


def _in_space(units: PlaceboUnits, found: dict[str, float], level: float) -> dict[str, float]:
    outcome = units.outcome(found["car"], found["rmse"], level=level)
    figures = {"p_space": outcome.p, "low": outcome.low, "high": outcome.high}
    return {name: value for name, value in figures.items() if value is not None}


def _linear_error(y: FloatArray, x: FloatArray, kind: ModelKind) -> float:
    """Root mean squared residual of a linear model; NaN where it cannot be fitted."""
    if not np.isfinite(x).all():
        return math.nan
    if kind == "fixed":
        residuals = y - x.sum(axis=1)
    else:
        design = np.column_stack([np.ones(len(y)), x]) if kind == "constant" else x
        residuals = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return math.sqrt(float(np.square(residuals).mean()))


def _empty(status: str, count: int = 0, donors: int = 0) -> ControlRow:
    return ControlRow(status, count, 0, donors, np.full(len(NUMBERS), np.nan))
