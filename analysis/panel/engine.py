"""The linear models for a million firm-events at once, on plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import StudyError, WindowError
from analysis.panel.estimates import LinearModel, PanelEstimates, WindowEstimates
from analysis.panel.layout import (
    FIXED,
    LARGEST_REGRESSORS,
    THROUGH_ORIGIN,
    WITH_CONSTANT,
    PanelDesign,
)
from analysis.panel.plan import WindowPlan, usable_processors
from analysis.panel.returns import PanelReturns

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from analysis._typing import BoolArray, FloatArray, IntArray
    from analysis.windows import Window

__all__ = [
    "check_windows",
    "estimate_panel",
    "estimate_windows",
    "plan_windows",
    "usable_processors",
]

_CONSTANT = 1e-13  # spread of a factor, as a share of its size, that is rounding
_KINDS = {"constant": WITH_CONSTANT, "origin": THROUGH_ORIGIN, "fixed": FIXED}


def estimate_panel(
    returns: PanelReturns | FloatArray,
    factors: FloatArray,
    firm: npt.ArrayLike,
    position: npt.ArrayLike,
    *,
    models: Sequence[Sequence[int]],
    estimation: Window,
    window: Window,
    min_estimation: int | None = None,
    threads: int | None = None,
) -> PanelEstimates:
    """
    Estimate linear models for many events of many firms, and their abnormal returns.

    Each event is regressed on its own estimation window by least squares with a constant. The
    rows used are the sessions of the window on which the firm and every factor of the model have
    a value; a missing day is left out, never filled. The result does not depend on how events are
    split over calls, threads or machines.

    Parameters
    ----------
    returns : PanelReturns or ndarray of shape (n_sessions,) or (n_sessions, n_firms)
        Simple returns in decimals, NaN where a firm has none. Anything that is not finite counts
        as missing.
    factors : ndarray of shape (n_sessions, n_factors)
        Factor returns on the same sessions; NaN allowed. Shape ``(n_sessions,)`` is one factor.
    firm : array_like of int, shape (n_events,)
        Column of each event's firm; negative for an unknown one, which gets a status.
    position : array_like of int, shape (n_events,)
        Row of each event's session, 0 the first; outside the sessions gives a status.
    models : sequence of sequence of int
        Factor columns of each model, at most seven; ``()`` is the constant-mean model.
    estimation, window : Window
        Estimation and event window in sessions from the event, as ``Window(-260, -11)``.
    min_estimation : int, optional
        Fewest returns in the estimation window; half its sessions, rounded up, where None. No fit
        has fewer than one residual degree of freedom.
    threads : int, optional
        Threads to use; all processors of this process where None.

    Returns
    -------
    PanelEstimates
        One row an event, one column a model.

    Raises
    ------
    StudyError
        If shapes do not fit together, or a model asks for a factor that is not there or for more
        than seven.
    WindowError
        If the windows overlap.

    Notes
    -----
    METHODS: Patell (1976); Campbell, Lo and MacKinlay (1997, ch. 4) for the forecast-error
    variance; Barber and Lyon (1997) for buy-and-hold returns. See `analysis.panel.kernel` for the
    numerical rules; agreement with QR is better than 1e-9 of the standard errors.

    Examples
    --------
    Hand case: five sessions of estimation, then a fall of 10 % while the market loses 3 %.

    >>> import numpy as np
    >>> from analysis.windows import Window
    >>> market = np.array([1, -1, 2, -2, 0, -3]) / 100
    >>> stock = np.array([2, -1, 3, -3, 0, -10]) / 100
    >>> found = estimate_panel(stock, market, [0], [5], models=[(0,)],
    ...                        estimation=Window(-5, -1), window=Window(0, 0), min_estimation=5)
    >>> found.coefficients[0, 0].round(6).tolist(), int(found.df[0, 0])
    ([0.002, 1.5], 3)
    >>> round(float(found.car[0, 0]), 6), round(float(found.scar[0, 0]), 3)
    (-0.057, -12.438)
    """
    found = estimate_windows(
        returns,
        factors,
        firm,
        position,
        models=models,
        estimation=estimation,
        windows=[window],
        min_estimation=min_estimation,
        threads=threads,
    )
    return found.of_window(0)


def estimate_windows(  # noqa: PLR0913 - keyword-only choices of one numerical call
    returns: PanelReturns | FloatArray,
    factors: FloatArray,
    firm: npt.ArrayLike,
    position: npt.ArrayLike,
    *,
    models: Sequence[LinearModel | Sequence[int]],
    estimation: Window,
    windows: Sequence[Window],
    min_estimation: int | None = None,
    base: FloatArray | None = None,
    skip_missing: bool = False,
    log: bool = False,
    threads: int | None = None,
) -> WindowEstimates:
    """
    Estimate linear models for many events, and their abnormal returns over several windows each.

    Each fit is made once and each window measured by it: a window asked for alone or with others,
    a path of single sessions among them, has the same value to the last bit. A long window
    (`Window.long`) is expected to earn what its regressors earn: the constant of the fit, which is
    mostly the luck of the estimation window, does not count in it, nor does its error.

    Parameters
    ----------
    returns : PanelReturns or ndarray of shape (n_sessions,) or (n_sessions, n_firms)
        As `estimate_panel`; sessions marked by `PanelReturns.leaving_out` are not fitted on.
    factors, firm, position, estimation, min_estimation, threads
        As `estimate_panel`.
    models : sequence of LinearModel or of sequence of int
        Bare factor columns stand for the model with a constant.
    windows : sequence of Window
        Event windows, in sessions from the event.
    base : ndarray of shape (n_sessions,), optional
        The risk-free rate, for models in excess of it: taken off the returns before the fit, added
        to what is expected. NaN takes a session out of these models.
    skip_missing : bool
        Measure a window on the sessions that have a return and every factor, as long as there is
        one; else a window with a gap has a status and no numbers.
    log : bool
        Returns are logarithms: buy-and-hold returns are the exponentials of their sums.

    Returns
    -------
    WindowEstimates

    Raises
    ------
    StudyError, WindowError
        As `estimate_panel`.

    Examples
    --------
    The hand case of `estimate_panel`, market-adjusted beside the market model:

    >>> import numpy as np
    >>> from analysis.windows import Window
    >>> market = np.array([1, -1, 2, -2, 0, -3]) / 100
    >>> stock = np.array([2, -1, 3, -3, 0, -10]) / 100
    >>> found = estimate_windows(
    ...     stock, market, [0], [5], models=[(0,), LinearModel((0,), "fixed")],
    ...     estimation=Window(-5, -1), windows=[Window(0, 0), Window(-1, 0)], min_estimation=4)
    Traceback (most recent call last):
    analysis.errors.WindowError: estimation window -5..-1 overlaps the event window -1..0; \
end it before -1
    >>> found = estimate_windows(
    ...     stock, market, [0], [5], models=[(0,), LinearModel((0,), "fixed")],
    ...     estimation=Window(-5, -2), windows=[Window(0, 0), Window(-1, 0)], min_estimation=4)
    >>> found.car[0].round(4).tolist(), found.df[0].tolist()
    ([[-0.0575, -0.06], [-0.07, -0.07]], [2, 4])
    """
    position = np.ascontiguousarray(position, dtype=np.int64)
    plan = plan_windows(
        returns,
        factors,
        position,
        models=models,
        estimation=estimation,
        windows=windows,
        min_estimation=min_estimation,
        base=base,
        skip_missing=skip_missing,
        log=log,
    )
    return plan.estimate(firm, position, threads=threads)


def plan_windows(
    returns: PanelReturns | FloatArray,
    factors: FloatArray,
    position: npt.ArrayLike,
    *,
    models: Sequence[LinearModel | Sequence[int]],
    estimation: Window,
    windows: Sequence[Window],
    min_estimation: int | None = None,
    base: FloatArray | None = None,
    skip_missing: bool = False,
    log: bool = False,
) -> WindowPlan:
    """
    Lay out once what is the same for all events of `estimate_windows`, which come in blocks.

    Parameters
    ----------
    position : array_like of int, shape (n,)
        Sessions of all events to come; those outside the sessions are passed over.
    returns, factors, models, estimation, windows, min_estimation, base, skip_missing, log
        As `estimate_windows`.

    Returns
    -------
    WindowPlan

    Raises
    ------
    StudyError, WindowError
        As `estimate_panel`.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis.windows import Window
    >>> market = np.array([1, -1, 2, -2, 0, -3]) / 100
    >>> stock = np.array([2, -1, 3, -3, 0, -10]) / 100
    >>> plan = plan_windows(stock, market, [5], models=[(0,)], estimation=Window(-5, -1),
    ...                     windows=[Window(0, 0)], min_estimation=5)
    >>> plan.estimate([0], [5]).car[0, 0].round(6).tolist()
    [-0.057]
    """
    if not isinstance(returns, PanelReturns):
        returns = PanelReturns.from_matrix(returns)
    factors = np.asarray(factors, dtype=np.float64)
    if factors.ndim == 1:
        factors = factors[:, None]
    chosen = tuple(_linear(model) for model in models)
    _check(returns, factors, chosen, base)
    if not windows:
        raise WindowError("no event window given; name at least one, as 0..0")
    for window in windows:
        check_windows(estimation, window)
    how = _How(
        estimation=(estimation.start, estimation.end),
        windows=np.array([(window.start, window.end) for window in windows], dtype=np.int64),
        alpha=np.array([not window.long for window in windows], dtype=np.bool_),
        min_estimation=(len(estimation) + 1) // 2
        if min_estimation is None
        else int(min_estimation),
        skip=skip_missing,
        log=log,
    )
    position = np.asarray(position, dtype=np.int64).ravel()
    fallen_on = np.zeros(len(factors), dtype=np.bool_)
    fallen_on[position[(position >= 0) & (position < len(factors))]] = True
    nothing = np.zeros(len(factors))
    designs = []
    for slots, columns in _alike(factors, chosen):
        rate = base if base is not None and chosen[slots[0]].excess else nothing
        designs.append(_design(factors, chosen, slots, columns, rate, how))
    return WindowPlan.of(returns, chosen, tuple(windows), fallen_on, designs)


def _linear(model: LinearModel | Sequence[int]) -> LinearModel:
    if isinstance(model, LinearModel):
        return model
    return LinearModel(tuple(int(column) for column in model))


@dataclass(frozen=True, slots=True, eq=False)
class _How:
    """Windows and rules that are the same for all models; see `PanelDesign`."""

    estimation: tuple[int, int]
    windows: IntArray
    alpha: BoolArray
    min_estimation: int
    skip: bool
    log: bool


def _check(
    returns: PanelReturns,
    factors: FloatArray,
    models: tuple[LinearModel, ...],
    base: FloatArray | None,
) -> None:
    if factors.ndim != 2 or len(factors) != returns.n_sessions:
        raise StudyError(
            f"factors of shape {factors.shape} do not fit {returns.n_sessions} sessions; "
            "give one row a session"
        )
    if not models:
        raise StudyError("no model given; name at least one, () for the constant mean")
    for model in models:
        if len(model.factors) >= LARGEST_REGRESSORS:
            raise StudyError(
                f"a model of {len(model.factors)} factors is too large for the panel engine; "
                f"it takes {LARGEST_REGRESSORS - 1} besides the constant"
            )
        if len(set(model.factors)) < len(model.factors):
            raise StudyError(f"model {model.factors} names a factor twice; name each once")
        if any(not 0 <= column < factors.shape[1] for column in model.factors):
            raise StudyError(f"model {model.factors} names a factor column that is not there")
        if not model.factors and model.kind != "constant":
            raise StudyError("a model without a constant needs a factor; name one")
        if model.excess and (base is None or base.shape != (len(factors),)):
            raise StudyError(
                "a model in excess of the risk-free rate needs the rate of every session"
            )


def check_windows(estimation: Window, window: Window) -> None:
    """
    Refuse an estimation window that shares a session with the event window.

    Raises
    ------
    WindowError
        If they overlap.
    """
    if estimation.overlaps(window):
        raise WindowError(
            f"estimation window {estimation} overlaps the event window {window}; "
            f"end it before {window.start}"
        )


def _alike(
    factors: FloatArray, models: tuple[LinearModel, ...]
) -> list[tuple[list[int], list[int]]]:
    """Group the models that use the same sessions, so that none costs another its rows."""
    finite = np.isfinite(factors)
    groups: dict[tuple[bytes, bool], tuple[list[int], set[int]]] = {}
    for slot, model in enumerate(models):
        rows = finite[:, list(model.factors)].all(axis=1)
        slots, columns = groups.setdefault((rows.tobytes(), model.excess), ([], set()))
        slots.append(slot)
        columns.update(model.factors)
    return [(slots, sorted(columns)) for slots, columns in groups.values()]


def _design(
    factors: FloatArray,
    models: tuple[LinearModel, ...],
    slots: list[int],
    used: list[int],
    base: FloatArray,
    how: _How,
) -> PanelDesign:
    chosen = factors[:, used]
    usable = np.asarray(np.isfinite(chosen).all(axis=1) & np.isfinite(base))
    seen = chosen[usable]
    # column by column: the mean of several at once is summed in another order, to other bits
    mean = np.array([np.ascontiguousarray(x).mean() if len(x) else 0.0 for x in seen.T])
    scale = np.abs(seen).max(axis=0, initial=0.0)
    sizes = np.array([len(models[slot].factors) for slot in slots], dtype=np.int64)
    columns = np.zeros((len(slots), len(used)), dtype=np.int64)
    for row, slot in enumerate(slots):
        columns[row, : sizes[row]] = [used.index(column) for column in models[slot].factors]
    return PanelDesign(
        factors=np.ascontiguousarray(np.where(usable[:, None], chosen - mean, 0.0)),
        mean=mean,
        floor=(_CONSTANT * scale) ** 2,
        usable=usable,
        columns=columns,
        sizes=sizes,
        slots=np.array(slots, dtype=np.int64),
        kinds=np.array([_KINDS[models[slot].kind] for slot in slots], dtype=np.int64),
        base=np.array(base, dtype=np.float64),  # read-only arrays would be compiled for anew
        estimation=how.estimation,
        windows=how.windows,
        alpha=how.alpha,
        min_estimation=how.min_estimation,
        skip=how.skip,
        log=how.log,
    )
