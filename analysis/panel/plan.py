"""What many blocks of events share: designs and tables of factors, laid out once."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import StudyError
from analysis.panel.estimates import WindowEstimates
from analysis.panel.layout import (
    EVENT_OUTSIDE,
    PER_WINDOW,
    UNKNOWN_FIRM,
    Events,
    FactorTable,
    PanelDesign,
    Results,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from analysis._typing import BoolArray, IntArray
    from analysis.panel.estimates import LinearModel
    from analysis.panel.returns import PanelReturns
    from analysis.windows import Window

_TASKS_PER_THREAD = 8
_LEAST_WORK = 200_000  # sessions of a run of firms below which a thread costs more than it does


@dataclass(frozen=True, slots=True, eq=False)
class WindowPlan:
    """
    Models and windows on the sessions of a panel; any events on planned sessions follow it.

    The estimates of an event are the same to the last bit in whatever block it comes.

    Attributes
    ----------
    returns : PanelReturns
    models : tuple of LinearModel
    windows : tuple of Window
    place : ndarray of shape (n_sessions,)
        Row of each session in the tables; -1 of those on which no event was to fall.
    designs : tuple of (PanelDesign, FactorTable)
        One for the models that use the same sessions.
    """

    returns: PanelReturns
    models: tuple[LinearModel, ...]
    windows: tuple[Window, ...]
    place: IntArray
    designs: tuple[tuple[PanelDesign, FactorTable], ...]

    @classmethod
    def of(
        cls,
        returns: PanelReturns,
        models: tuple[LinearModel, ...],
        windows: tuple[Window, ...],
        fallen_on: BoolArray,
        designs: Sequence[PanelDesign],
    ) -> WindowPlan:
        """
        Tabulate what depends on the factors alone.

        Parameters
        ----------
        returns, models, windows
            As the attributes.
        fallen_on : ndarray of bool, shape (n_sessions,)
            Sessions on which events fall.
        designs : sequence of PanelDesign
        """
        place = np.where(fallen_on, np.cumsum(fallen_on, dtype=np.int64) - 1, -1)
        tables = tuple((design, _table(design, np.flatnonzero(fallen_on))) for design in designs)
        return cls(returns, models, windows, place, tables)

    def estimate(
        self, firm: npt.ArrayLike, position: npt.ArrayLike, *, threads: int | None = None
    ) -> WindowEstimates:
        """
        Estimate some events.

        Parameters
        ----------
        firm, position : array_like of int, shape (n_events,)
            Of each event, its session among those planned for.
        threads : int, optional
            Threads to use; all processors of this process where None.

        Raises
        ------
        StudyError
            If firms and positions do not fit together, or a session was not planned for.
        """
        firm = np.ascontiguousarray(firm, dtype=np.int64)
        position = np.ascontiguousarray(position, dtype=np.int64)
        if firm.ndim != 1 or firm.shape != position.shape:
            raise StudyError(
                f"events need one firm and one position each; got {firm.shape} and {position.shape}"
            )
        n_sessions = self.place.size
        results = _empty_results(firm.size, self.models, len(self.windows))
        active = _screen(firm, position, self.returns.n_firms, n_sessions, results)
        if (self.place[position[active]] < 0).any():
            raise StudyError("an event falls on a session that was not planned for")
        events = _grouped(firm, position, active, self.returns.n_firms, self.place)
        for design, table in self.designs:
            _run(self.returns, design, table, events, results, threads or usable_processors())
        return WindowEstimates.of(self.models, self.windows, results)


def usable_processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _empty_results(n_events: int, models: tuple[LinearModel, ...], n_windows: int) -> Results:
    width = 2 + max(len(model.factors) for model in models) + PER_WINDOW * n_windows
    return Results(
        numbers=np.empty((n_events, len(models), width)),
        counts=np.zeros((n_events, len(models), 2 + 2 * n_windows), np.int32),
    )


def _screen(
    firm: IntArray, position: IntArray, n_firms: int, n_sessions: int, results: Results
) -> BoolArray:
    known = (firm >= 0) & (firm < n_firms)
    inside = (position >= 0) & (position < n_sessions)
    results.numbers[~(known & inside)] = np.nan
    results.counts[~inside, :, 0::2] = EVENT_OUTSIDE
    results.counts[~known, :, 0::2] = UNKNOWN_FIRM
    return np.asarray(known & inside)


def _grouped(
    firm: IntArray, position: IntArray, active: BoolArray, n_firms: int, place: IntArray
) -> Events:
    from analysis.panel.kernel import group_by_firm  # noqa: PLC0415 - numba loads at first use

    starts, order, grouped = group_by_firm(firm, position, active, n_firms)
    return Events(starts, order, grouped, place)


def _table(design: PanelDesign, positions: IntArray) -> FactorTable:
    from analysis.panel.kernel import tabulate  # noqa: PLC0415 - as above

    n_places, n_models, k = positions.size, design.sizes.size, design.mean.size
    n_windows = len(design.windows)
    table = FactorTable(
        usable=np.zeros(n_places, np.int64),
        centre=np.zeros((n_places, k)),
        total=np.zeros((n_places, n_windows, k)),
        inverse=np.zeros((n_places, n_models, k, k)),
        leverage=np.zeros((n_places, n_models, n_windows)),
        solvable=np.zeros((n_places, n_models), np.bool_),
    )
    tabulate(design, positions, table)
    return table


def _run(
    returns: PanelReturns,
    design: PanelDesign,
    table: FactorTable,
    events: Events,
    results: Results,
    threads: int,
) -> None:
    from analysis.panel.kernel import solve_firms  # noqa: PLC0415 - as above

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
