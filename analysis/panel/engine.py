"""The linear models for a million firm-events at once, on plain arrays."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import StudyError, WindowError
from analysis.panel.layout import (
    BHAR,
    CAR,
    CAR_SE,
    CONSTANT,
    EVENT_OUTSIDE,
    LARGEST_REGRESSORS,
    OK,
    SCAR,
    SIGMA2,
    STATUS_TEXT,
    UNKNOWN_FIRM,
    Design,
    Events,
    Results,
    Table,
)
from analysis.panel.returns import PanelReturns

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from analysis._typing import BoolArray, FloatArray, IntArray
    from analysis.windows import Window

_TASKS_PER_THREAD = 8
_LEAST_WORK = 200_000  # sessions of a run of firms below which a thread costs more than it does
_CONSTANT = 1e-13  # spread of a factor, as a share of its size, that is rounding


@dataclass(frozen=True, slots=True, eq=False)
class PanelEstimates:
    """
    Results of `estimate_panel`, one row an event in the caller's order, one column a model.

    A number that could not be computed is NaN and its `status` says why. Returns are simple and in
    decimals.

    Attributes
    ----------
    models : tuple of tuple of int
        The factor columns of each model.
    status : ndarray of shape (n_events, n_models)
        0 where all is well; else a code whose meaning `status_text` gives.
    n_estimation : ndarray of shape (n_events, n_models)
        Returns in the estimation window, missing days left out.
    n_window : ndarray of shape (n_events,)
        Returns in the event window.
    coefficients : ndarray of shape (n_events, n_models, 1 + most factors)
        The constant, then the slopes in the order of the model's factors; NaN beyond them.
    sigma2 : ndarray of shape (n_events, n_models)
        Residual sum of squares over `df`.
    car : ndarray of shape (n_events, n_models)
        Cumulative abnormal return: the sum over the event window.
    car_se : ndarray of shape (n_events, n_models)
        Its standard error with the error of the estimated coefficients,
        ``sqrt(sigma2 (L2 + s'(X'X)^-1 s))``, s the sum of the regressors over the event window.
    scar : ndarray of shape (n_events, n_models)
        ``car / car_se``; Student t with `df` degrees of freedom under the null.
    bhar : ndarray of shape (n_events, n_models)
        Buy-and-hold abnormal return, ``prod(1 + R) - prod(1 + E[R])``.
    """

    models: tuple[tuple[int, ...], ...]
    status: npt.NDArray[np.int32]
    n_estimation: npt.NDArray[np.int32]
    n_window: npt.NDArray[np.int32]
    coefficients: FloatArray
    sigma2: FloatArray
    car: FloatArray
    car_se: FloatArray
    scar: FloatArray
    bhar: FloatArray

    @property
    def ok(self) -> BoolArray:
        """Whether each event and model was computed; shape (n_events, n_models)."""
        return np.equal(self.status, OK)

    @property
    def df(self) -> IntArray:
        """Residual degrees of freedom, `n_estimation` less the regressors."""
        regressors = np.array([1 + len(model) for model in self.models])
        return np.asarray(self.n_estimation - regressors, dtype=np.int64)

    def status_text(self) -> npt.NDArray[np.object_]:
        """Say in words what became of each event and model; shape (n_events, n_models)."""
        return np.array(STATUS_TEXT, dtype=object)[self.status]


def estimate_panel(
    returns: PanelReturns | FloatArray,
    factors: FloatArray,
    firm: npt.ArrayLike,
    position: npt.ArrayLike,
    *,
    models: Sequence[Sequence[int]],
    estimation: Window,
    window: Window,
    min_obs: int | None = None,
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
    min_obs : int, optional
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
    ...                        estimation=Window(-5, -1), window=Window(0, 0), min_obs=5)
    >>> found.coefficients[0, 0].round(6).tolist(), int(found.df[0, 0])
    ([0.002, 1.5], 3)
    >>> round(float(found.car[0, 0]), 6), round(float(found.scar[0, 0]), 3)
    (-0.057, -12.438)
    """
    if not isinstance(returns, PanelReturns):
        returns = PanelReturns.from_matrix(returns)
    factors = np.asarray(factors, dtype=np.float64)
    if factors.ndim == 1:
        factors = factors[:, None]
    chosen = tuple(tuple(int(column) for column in model) for model in models)
    _check(returns, factors, chosen, estimation, window)
    firm = np.ascontiguousarray(firm, dtype=np.int64)
    position = np.ascontiguousarray(position, dtype=np.int64)
    if firm.ndim != 1 or firm.shape != position.shape:
        raise StudyError(
            f"events need one firm and one position each; got {firm.shape} and {position.shape}"
        )
    n_models = len(chosen)
    results = _empty_results(firm.size, n_models, max(map(len, chosen)) + 1)
    active = _screen(firm, position, returns.n_firms, len(factors), results)
    windows = (estimation.start, estimation.end, window.start, window.end)
    least = (len(estimation) + 1) // 2 if min_obs is None else int(min_obs)
    events = _grouped(firm, position, active, returns.n_firms, len(factors))
    for slots, columns in _alike(factors, chosen):
        design = _design(factors, chosen, slots, columns, windows, least)
        _run(returns, design, events, results, threads or usable_processors())
    return _packed(chosen, results)


def usable_processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check(
    returns: PanelReturns,
    factors: FloatArray,
    models: tuple[tuple[int, ...], ...],
    estimation: Window,
    window: Window,
) -> None:
    if factors.ndim != 2 or len(factors) != returns.n_sessions:
        raise StudyError(
            f"factors of shape {factors.shape} do not fit {returns.n_sessions} sessions; "
            "give one row a session"
        )
    if not models:
        raise StudyError("no model given; name at least one, () for the constant mean")
    for model in models:
        if len(model) >= LARGEST_REGRESSORS:
            raise StudyError(
                f"a model of {len(model)} factors is too large for the panel engine; "
                f"it takes {LARGEST_REGRESSORS - 1} besides the constant"
            )
        if len(set(model)) < len(model):
            raise StudyError(f"model {model} names a factor twice; name each once")
        if any(not 0 <= column < factors.shape[1] for column in model):
            raise StudyError(f"model {model} names a factor column that is not there")
    check_windows(estimation, window)


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


def _empty_results(n_events: int, n_models: int, width: int) -> Results:
    return Results(
        numbers=np.empty((n_events, n_models, width + CONSTANT)),
        counts=np.zeros((n_events, 1 + 2 * n_models), np.int32),
    )


def _screen(
    firm: IntArray, position: IntArray, n_firms: int, n_sessions: int, results: Results
) -> BoolArray:
    known = (firm >= 0) & (firm < n_firms)
    inside = (position >= 0) & (position < n_sessions)
    results.numbers[~(known & inside)] = np.nan
    results.counts[~inside, 1::2] = EVENT_OUTSIDE
    results.counts[~known, 1::2] = UNKNOWN_FIRM
    return np.asarray(known & inside)


def _grouped(
    firm: IntArray, position: IntArray, active: BoolArray, n_firms: int, n_sessions: int
) -> Events:
    from analysis.panel.kernel import group_by_firm  # noqa: PLC0415 - numba loads at first use

    starts, order, grouped = group_by_firm(firm, position, active, n_firms)
    fallen_on = np.zeros(n_sessions, dtype=np.bool_)
    fallen_on[position[active]] = True
    place = np.cumsum(fallen_on, dtype=np.int64) - 1
    return Events(starts, order, grouped, np.where(fallen_on, place, -1))


def _alike(
    factors: FloatArray, models: tuple[tuple[int, ...], ...]
) -> list[tuple[list[int], list[int]]]:
    """Group the models that use the same sessions, so that none costs another its rows."""
    finite = np.isfinite(factors)
    groups: dict[bytes, tuple[list[int], set[int]]] = {}
    for slot, model in enumerate(models):
        rows = finite[:, list(model)].all(axis=1)
        slots, columns = groups.setdefault(rows.tobytes(), ([], set()))
        slots.append(slot)
        columns.update(model)
    return [(slots, sorted(columns)) for slots, columns in groups.values()]


def _design(
    factors: FloatArray,
    models: tuple[tuple[int, ...], ...],
    slots: list[int],
    used: list[int],
    windows: tuple[int, int, int, int],
    min_obs: int,
) -> Design:
    chosen = factors[:, used]
    usable = np.asarray(np.isfinite(chosen).all(axis=1))
    seen = chosen[usable]
    mean = np.array([_mean(seen[:, column]) for column in range(len(used))])
    scale = np.abs(seen).max(axis=0, initial=0.0)
    sizes = np.array([len(models[slot]) for slot in slots], dtype=np.int64)
    columns = np.zeros((len(slots), len(used)), dtype=np.int64)
    for row, slot in enumerate(slots):
        columns[row, : sizes[row]] = [used.index(column) for column in models[slot]]
    return Design(
        factors=np.ascontiguousarray(np.where(usable[:, None], chosen - mean, 0.0)),
        mean=mean,
        floor=(_CONSTANT * scale) ** 2,
        usable=usable,
        columns=columns,
        sizes=sizes,
        slots=np.array(slots, dtype=np.int64),
        windows=windows,
        min_obs=min_obs,
    )


def _mean(column: FloatArray) -> float:
    """Mean of one factor by itself: summed beside others, its last bit would depend on them."""
    return float(np.ascontiguousarray(column).mean()) if len(column) else 0.0


def _run(
    returns: PanelReturns, design: Design, events: Events, results: Results, threads: int
) -> None:
    from analysis.panel.kernel import solve_firms, tabulate  # noqa: PLC0415 - as above

    positions = np.flatnonzero(events.place >= 0)
    n_places, n_models, k = positions.size, design.sizes.size, design.mean.size
    table = Table(
        usable=np.zeros(n_places, np.int64),
        centre=np.zeros((n_places, k)),
        total=np.zeros((n_places, k)),
        inverse=np.zeros((n_places, n_models, k, k)),
        leverage=np.zeros((n_places, n_models)),
        solvable=np.zeros((n_places, n_models), np.bool_),
    )
    tabulate(design, positions, table)
    runs = _runs(returns, events, threads)

    def solve(firms: tuple[int, int]) -> None:
        solve_firms(firms, returns.rows, design, table, events, results)

    if threads == 1 or len(runs) == 1:
        for run in runs:
            solve(run)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(solve, runs))


def _runs(returns: PanelReturns, events: Events, threads: int) -> list[tuple[int, int]]:
    """Cut the firms into runs of about the same work."""
    per_firm = np.diff(events.starts)
    work = np.cumsum(np.where(per_firm > 0, np.diff(returns.rows.offsets) + 10 * per_firm, 0))
    if not work.size or work[-1] == 0:
        return []
    most = int(work[-1]) // _LEAST_WORK + 1
    n_runs = 1 if threads == 1 else min(threads * _TASKS_PER_THREAD, most)
    cuts = np.searchsorted(work, work[-1] * np.arange(1, n_runs) / n_runs, side="left") + 1
    edges = np.unique(np.concatenate([[0], cuts, [per_firm.size]]))
    return [(int(a), int(b)) for a, b in itertools.pairwise(edges)]


def _packed(models: tuple[tuple[int, ...], ...], results: Results) -> PanelEstimates:
    return PanelEstimates(
        models=models,
        status=results.counts[:, 1::2],
        n_estimation=results.counts[:, 2::2],
        n_window=results.counts[:, 0],
        coefficients=results.numbers[..., CONSTANT:],
        sigma2=results.numbers[..., SIGMA2],
        car=results.numbers[..., CAR],
        car_se=results.numbers[..., CAR_SE],
        scar=results.numbers[..., SCAR],
        bhar=results.numbers[..., BHAR],
    )
