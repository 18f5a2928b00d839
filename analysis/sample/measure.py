"""Every pair measured: the panel engine over blocks of pairs, whatever their number."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.models.spec import BENCHMARK, BENCHMARK_EXCESS
from analysis.panel import layout
from analysis.panel.engine import estimate_windows, plan_windows, usable_processors
from analysis.panel.estimates import LinearModel
from analysis.sample import pairs as codes
from analysis.sample.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from analysis._typing import FloatArray, IntArray
    from analysis.batch.partition import Cluster
    from analysis.panel.estimates import WindowEstimates
    from analysis.panel.returns import PanelReturns
    from analysis.sample.data import SampleData
    from analysis.sample.linear import SampleModel
    from analysis.sample.pairs import Pairs
    from analysis.sample.spec import SampleSpec
    from analysis.windows import Window

BLOCK = 1 << 13
"""Pairs that are estimated together here: what is written of them stays in a processor's cache."""

TASK = 1 << 16
"""Pairs that a worker of a cluster estimates together."""

_FIT_STATUS = {
    layout.TOO_FEW: codes.TOO_FEW,
    layout.EVENT_OUTSIDE: codes.NOT_LISTED,
    layout.COLLINEAR: codes.COLLINEAR,
    layout.NO_VARIANCE: codes.NO_VARIANCE,
    layout.UNKNOWN_FIRM: codes.UNKNOWN,
}
_WINDOW_STATUS = {
    layout.OK: codes.OK,
    layout.EVENT_OUTSIDE: codes.NOT_LISTED,
    layout.WINDOW_OUTSIDE: codes.NO_RETURN,
    layout.MISSING_RETURN: codes.GAP,
    layout.MISSING_FACTOR: codes.NO_FACTOR,
}


@dataclass(frozen=True, slots=True, eq=False)
class Regressors:
    """
    A model of the panel engine on the sessions of the data, for one benchmark.

    Attributes
    ----------
    model : LinearModel
    factors : ndarray of shape (T, k)
    base : ndarray of shape (T,) or None
        The risk-free rate of models in excess of it.
    names : tuple of str
        Of the slopes.
    """

    model: LinearModel
    factors: FloatArray
    base: FloatArray | None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """
    What was estimated of each pair.

    Attributes
    ----------
    n_estimation : ndarray of shape (n,)
    coefficients : ndarray of shape (n, 1 + k)
        Constant and slopes.
    sigma2 : ndarray of shape (n,)
        Residual variance.
    df : ndarray of shape (n,)
        Residual degrees of freedom.
    """

    n_estimation: npt.NDArray[np.int32]
    coefficients: FloatArray
    sigma2: FloatArray
    df: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """
    Windows of all pairs, one row a window; NaN where a pair has none.

    Attributes
    ----------
    windows : tuple of Window
    car, se : ndarray of shape (w, n)
    bhar : ndarray of shape (v, n)
        Of the first v windows: of single sessions it is the abnormal return.
    n_window : ndarray of shape (w, n)
        Sessions with a return.
    status : ndarray of shape (w, n)
        Codes of `analysis.sample.pairs.STATUS_WORDS`.
    """

    windows: tuple[Window, ...]
    car: FloatArray
    se: FloatArray
    bhar: FloatArray
    n_window: npt.NDArray[np.int16]
    status: npt.NDArray[np.int8]

    def split(self, first: int) -> tuple[Measures, Measures]:
        """Take the first windows and the others apart; nothing is copied."""
        return self._part(slice(None, first)), self._part(slice(first, None))

    def _part(self, some: slice) -> Measures:
        return Measures(
            self.windows[some],
            self.car[some],
            self.se[some],
            self.bhar[some],
            self.n_window[some],
            self.status[some],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Measurer:
    """
    Measures the windows of a sample.

    Attributes
    ----------
    data : SampleData
    pairs : Pairs
    spec : SampleSpec
    panel : PanelReturns
        With the sessions around other events marked, where the policies say so.
    regressors : tuple of Regressors
        One a benchmark of the pairs.
    threads : int or None
        All processors where None.
    workers : Workers or None
        Of a cluster; None measures here.
    """

    data: SampleData
    pairs: Pairs
    spec: SampleSpec
    panel: PanelReturns
    regressors: tuple[Regressors | None, ...]
    threads: int | None = None
    workers: Workers | None = None

    @classmethod
    def of(
        cls,
        data: SampleData,
        pairs: Pairs,
        spec: SampleSpec,
        *,
        threads: int | None = None,
        client: Cluster | None = None,
    ) -> Measurer:
        """Lay out regressors, and the sessions that no fit may use."""
        panel = data.panel
        if spec.policies.other_events == "leave-out":
            placed = pairs.position >= 0
            panel = panel.leaving_out(
                pairs.firm[placed], pairs.position[placed], spec.policies.around
            )
        model = spec.linear
        known = tuple(
            regressors_of(model, name, data, block)
            if name in data.symbols or name in data.markets or not model.takes_benchmark
            else None
            for name, block in zip(pairs.benchmarks, pairs.benchmark_blocks, strict=True)
        )
        workers = None if client is None else Workers.over(client, panel)
        return cls(data, pairs, spec, panel, known, threads, workers)

    @property
    def takes_benchmark(self) -> bool:
        """Whether the model takes a benchmark."""
        return self.spec.linear.takes_benchmark

    def by_benchmark(self) -> Iterator[tuple[Regressors, IntArray]]:
        """Yield the pairs that can be measured, those of one benchmark together, in order."""
        usable = self.pairs.usable
        for place, regressors in enumerate(self.regressors):
            if regressors is not None:
                yield regressors, np.flatnonzero(usable & (self.pairs.benchmark == place))

    def measure(
        self, windows: Sequence[Window], *, held: int = 0, fits: bool = True
    ) -> tuple[Measures, Fits]:
        """
        Measure some windows of all pairs.

        Parameters
        ----------
        windows : sequence of Window
        held : int
            Of how many of them, the first, buy-and-hold returns are wanted.
        fits : bool
            Whether the fits are wanted too; else those returned are empty.
        """
        n, w = len(self.pairs), len(windows)
        k = next(len(r.names) for r in self.regressors if r is not None)
        found = Measures(
            windows=tuple(windows),
            car=np.empty((w, n)),  # filled block by block: each thread touches its own memory first
            se=np.empty((w, n)),
            bhar=np.empty((held, n)),
            n_window=np.zeros((w, n), dtype=np.int16),
            status=np.empty((w, n), dtype=np.int8),
        )
        of_fits = n if fits else 0
        fit = Fits(
            n_estimation=np.zeros(of_fits, dtype=np.int32),
            coefficients=np.full((of_fits, 1 + k), np.nan),
            sigma2=np.full(of_fits, np.nan),
            df=np.full(of_fits, np.nan),
        )
        left = np.ones(n, dtype=bool)
        for regressors, rows in self.by_benchmark():
            left[rows] = False
            if self.workers is None:
                self._measure_here(regressors, rows, found, fit if fits else None)
            else:
                self._measure_there(self.workers, regressors, rows, found, fit if fits else None)
        rows = np.flatnonzero(left)
        for numbers in (found.car, found.se, found.bhar):
            numbers[:, rows] = np.nan
        found.status[:, rows] = self.pairs.status[rows]
        return found, fit

    def _measure_here(
        self, regressors: Regressors, rows: IntArray, found: Measures, fits: Fits | None
    ) -> None:
        """Measure some pairs block by block, as many at a time as there are threads."""
        pairs = self.pairs
        options = self._options(regressors, found.windows)
        plan = plan_windows(self.panel, regressors.factors, pairs.position[rows], **options)

        def solve(first: int) -> None:
            some = rows[first : first + BLOCK]
            got = plan.estimate(pairs.firm[some], pairs.position[some], threads=1)
            _store(got, some, found, fits)

        with ThreadPoolExecutor(self.threads or usable_processors()) as pool:
            list(pool.map(solve, range(0, rows.size, BLOCK)))

    def _measure_there(
        self,
        workers: Workers,
        regressors: Regressors,
        rows: IntArray,
        found: Measures,
        fits: Fits | None,
    ) -> None:
        """Measure some pairs on the workers of a cluster."""
        pairs, options = self.pairs, self._options(regressors, found.windows)
        parts = [rows[first : first + TASK] for first in range(0, rows.size, TASK)]
        tasks = ((regressors.factors, pairs.firm[x], pairs.position[x], options) for x in parts)
        for some, got in zip(parts, workers.run(estimate_block, tasks), strict=True):
            _store(got, some, found, fits)

    def _options(self, regressors: Regressors, windows: Sequence[Window]) -> dict[str, Any]:
        return {
            "models": [regressors.model],
            "estimation": self.spec.estimation,
            "windows": windows,
            "min_estimation": self.spec.fewest,
            "base": regressors.base,
            "skip_missing": self.spec.policies.missing == "traded",
            "log": self.data.log,
        }

    def measure_rows(
        self, regressors: Regressors, rows: IntArray, windows: Sequence[Window]
    ) -> tuple[FloatArray, FloatArray]:
        """
        Measure some windows of some pairs.

        Parameters
        ----------
        regressors : Regressors
            Of these pairs.
        rows : ndarray of shape (m,)
        windows : sequence of Window

        Returns
        -------
        car, se : ndarray of shape (m, w)
            As `measure` has them; NaN where there is none.
        """
        got = estimate_windows(
            self.panel,
            regressors.factors,
            self.pairs.firm[rows],
            self.pairs.position[rows],
            threads=1,
            **self._options(regressors, windows),
        )
        refused = _status(got.status[:, 0], got.window_status[:, 0].T).T != codes.OK
        return tuple(  # type: ignore[return-value]
            np.where(refused, np.nan, numbers[:, 0]) for numbers in (got.car, got.car_se)
        )


def estimate_block(
    panel: PanelReturns,
    factors: FloatArray,
    firm: IntArray,
    position: IntArray,
    options: Mapping[str, Any],
) -> WindowEstimates:
    """Estimate a block of pairs in one thread: a task of a worker."""
    return estimate_windows(panel, factors, firm, position, threads=1, **options)


def _store(got: WindowEstimates, rows: IntArray, found: Measures, fits: Fits | None) -> None:
    """Put the estimates of a block in their places."""
    where: slice | IntArray = rows
    if rows.size and rows[-1] - rows[0] + 1 == rows.size:
        where = slice(int(rows[0]), int(rows[-1]) + 1)
    found.car[:, where] = got.car[:, 0].T
    found.se[:, where] = got.car_se[:, 0].T
    held = len(found.bhar)
    found.bhar[:, where] = got.bhar[:, 0, :held].T
    found.n_window[:, where] = got.n_window[:, 0].T
    status = _status(got.status[:, 0], got.window_status[:, 0].T)
    found.status[:, where] = status
    refused = status != codes.OK
    if refused.any():
        for numbers in (found.car, found.se, found.bhar):
            part = numbers[:, where]
            part[refused[: len(part)]] = np.nan
            numbers[:, where] = part
    if fits is not None:
        fits.n_estimation[where] = got.n_estimation[:, 0]
        fits.coefficients[where] = got.coefficients[:, 0]
        fits.sigma2[where] = got.sigma2[:, 0]
        fits.df[where] = got.df[:, 0]


def regressors_of(
    model: SampleModel, benchmark: str, data: SampleData, block: int = 0
) -> Regressors:
    """
    Lay out the regressors of a model.

    Parameters
    ----------
    model : SampleModel
    benchmark : str
    data : SampleData
    block : int
        Exchange of the firms, as `SampleData.exchanges` numbers them; NaN on the others' sessions.

    Raises
    ------
    DataError
        If the benchmark or a factor is not in the data.
    """
    columns, names = [], []
    for regressor in model.regressors:
        if regressor == BENCHMARK:
            columns.append(data.market(benchmark, block))
        elif regressor == BENCHMARK_EXCESS:
            columns.append(data.market(benchmark, block) - data.factor("rf", block))
        else:
            columns.append(data.factor(regressor, block))
        names.append(benchmark if regressor in {BENCHMARK, BENCHMARK_EXCESS} else regressor)
    return Regressors(
        model=LinearModel(tuple(range(len(columns))), model.kind, model.excess),
        factors=np.column_stack(columns) if columns else np.zeros((len(data.sessions), 0)),
        base=data.factor("rf", block) if model.excess else None,
        names=tuple(names),
    )


def _status(fit: npt.NDArray[np.int32], windows: npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
    table = np.zeros(len(layout.STATUS_TEXT), dtype=np.int8)
    for engine, own in _WINDOW_STATUS.items():
        table[engine] = own
    fit_table = np.zeros(len(layout.STATUS_TEXT), dtype=np.int8)
    for engine, own in _FIT_STATUS.items():
        fit_table[engine] = own
    found = table[windows]
    by_fit = fit_table[fit]
    status: npt.NDArray[np.int8] = np.where(by_fit[None, :] != codes.OK, by_fit[None, :], found)
    return status
