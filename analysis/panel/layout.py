"""The arrays that the kernel reads and writes, as named tuples that numba can take apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from analysis._typing import BoolArray, FloatArray, IntArray

OK = 0
TOO_FEW = 1
EVENT_OUTSIDE = 2
WINDOW_OUTSIDE = 3
MISSING_RETURN = 4
MISSING_FACTOR = 5
COLLINEAR = 6
NO_VARIANCE = 7
UNKNOWN_FIRM = 8

STATUS_TEXT = (
    "ok",
    "too few estimation returns",
    "event outside the data",
    "event window outside the data",
    "missing return in the event window",
    "missing factor in the event window",
    "collinear factors in the estimation window",
    "no residual variance in the estimation window",
    "unknown symbol",
)
"""What each status code means, by its number."""

LARGEST_REGRESSORS = 8
"""Regressors of one model at the most, the constant among them."""

SIGMA2, CONSTANT = range(2)
"""Columns of a fit in `Results.numbers`; the slopes follow."""

CAR, CAR_SE, SCAR, BHAR, PER_WINDOW = range(5)
"""Columns of a window in `Results.numbers`, counted from its own first; and how many there are."""

WITH_CONSTANT, THROUGH_ORIGIN, FIXED = range(3)
"""Kinds of models: with a constant, without one, and with nothing estimated (0 and ones)."""


class Rows(NamedTuple):
    """
    The firms' returns: each from its first to its last session, NaN where a day is missing.

    Attributes
    ----------
    values : ndarray of shape (n_values,)
        Simple returns, firm after firm.
    offsets : ndarray of shape (n_firms + 1,)
        Where each firm's returns begin in `values`.
    first : ndarray of shape (n_firms,)
        Position of each firm's first return among the sessions.
    left_out : ndarray of bool, shape (n_values,) or (0,)
        Returns on which no model is fitted, though windows may hold them; empty for none.
    """

    values: FloatArray
    offsets: IntArray
    first: IntArray
    left_out: BoolArray


class PanelDesign(NamedTuple):
    """
    Regressors and windows.

    Attributes
    ----------
    factors : ndarray of shape (n_sessions, n_factors)
        Factor returns less `mean`; 0 where a session is not usable.
    mean : ndarray of shape (n_factors,)
        Mean of each factor over its usable sessions.
    floor : ndarray of shape (n_factors,)
        Variance below which a factor is constant up to rounding.
    usable : ndarray of shape (n_sessions,)
        Whether every factor has a value.
    columns : ndarray of shape (n_models, n_factors)
        The factors of each model, the first ``sizes[m]`` of row ``m``.
    sizes : ndarray of shape (n_models,)
        How many factors each model has.
    slots : ndarray of shape (n_models,)
        The column of the results into which each model goes.
    kinds : ndarray of shape (n_models,)
        `WITH_CONSTANT`, `THROUGH_ORIGIN` or `FIXED`.
    base : ndarray of shape (n_sessions,)
        Taken off every firm's return before the fit and added to what is expected: the risk-free
        rate of models in excess of it, else 0.
    estimation : tuple of int
        Start and end of the estimation window in sessions from the event; ends included.
    windows : ndarray of shape (n_windows, 2)
        Start and end of each event window, likewise.
    alpha : ndarray of bool, shape (n_windows,)
        Whether the constant of a fit counts in each event window.
    min_estimation : int
        Fewest estimation returns.
    skip : bool
        Whether a window with missing returns is measured on those that it has.
    log : bool
        Whether returns are logarithms, which compound by their sum.
    """

    factors: FloatArray
    mean: FloatArray
    floor: FloatArray
    usable: BoolArray
    columns: IntArray
    sizes: IntArray
    slots: IntArray
    kinds: IntArray
    base: FloatArray
    estimation: tuple[int, int]
    windows: IntArray
    alpha: BoolArray
    min_estimation: int
    skip: bool
    log: bool


class FactorTable(NamedTuple):
    """
    What depends on the factors alone, once for each event session: shared by all complete firms.

    Attributes
    ----------
    usable : ndarray of shape (n_places,)
        Usable sessions in the estimation window.
    centre : ndarray of shape (n_places, n_factors)
        Mean of each factor over them, as in `PanelDesign.factors`.
    total : ndarray of shape (n_places, n_windows, n_factors)
        Sum of each factor over each event window.
    inverse : ndarray of shape (n_places, n_models, n_factors, n_factors)
        Inverse of the centred cross products.
    leverage : ndarray of shape (n_places, n_models, n_windows)
        ``s'(X'X)^-1 s`` of each event window.
    solvable : ndarray of shape (n_places, n_models)
        Whether the inverse can be trusted.
    """

    usable: IntArray
    centre: FloatArray
    total: FloatArray
    inverse: FloatArray
    leverage: FloatArray
    solvable: BoolArray


class Events(NamedTuple):
    """
    Events grouped by firm.

    Attributes
    ----------
    starts : ndarray of shape (n_firms + 1,)
        Where each firm's events begin in `order`.
    order : ndarray of shape (n_events,)
        Rows of the events in the caller's order.
    position : ndarray of shape (n_events,)
        Session of each event, in the order of `order`.
    place : ndarray of shape (n_sessions,)
        Row of each session in `FactorTable`.
    """

    starts: IntArray
    order: IntArray
    position: IntArray
    place: IntArray


class Results(NamedTuple):
    """
    What the kernel writes, in the caller's order of events: all of an event lies together.

    Attributes
    ----------
    numbers : ndarray of shape (n_events, n_models, 1 + 1 + most factors + 4 n_windows)
        Residual variance; the constant; then the slopes in the model's own order, NaN beyond them;
        then of each window CAR, its standard error, SCAR, BHAR.
    counts : ndarray of shape (n_events, n_models, 2 + 2 n_windows)
        The fit's status, a code of `STATUS_TEXT`, and the returns in the estimation window; then of
        each window its status and the returns in it.
    """

    numbers: FloatArray
    counts: npt.NDArray[np.int32]
