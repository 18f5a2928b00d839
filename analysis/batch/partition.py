"""The same kernel on several machines: parts of the firms on the workers of a Dask cluster."""

from __future__ import annotations

import contextlib
import importlib
import itertools
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from analysis.errors import SourceError
from analysis.panel.engine import estimate_windows
from analysis.panel.estimates import WindowEstimates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from analysis._typing import FloatArray, IntArray
    from analysis.batch.batch import BatchRequest
    from analysis.batch.inputs import Factors, FirmReturns
    from analysis.panel.returns import PanelReturns


class Cluster(Protocol):
    """What is used of `distributed.Client`."""

    def submit(self, function: Callable[..., object], *given: object, pure: bool) -> object:
        """Start a task and return its future."""
        ...

    def gather(self, futures: list[object]) -> list[WindowEstimates]:
        """Wait for the results of tasks."""
        ...


PART_VALUES = 1 << 20
"""Returns in one part of the firms, at the most about: eight megabytes."""


@contextlib.contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """
    Connect to a Dask scheduler.

    Parameters
    ----------
    address : str
        As ``"tcp://127.0.0.1:8786"``.

    Yields
    ------
    distributed.Client
        Closed at the end.

    Raises
    ------
    SourceError
        If Dask is not installed, no scheduler answers, or the workers keep dying.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise SourceError(
            "--dask needs the packages dask and distributed; "
            "install them with: pip install 'market-impact[dask]'"
        ) from None
    try:
        client = distributed.Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise SourceError(
            f"no Dask scheduler answers at {address}; start one with 'dask scheduler'"
        ) from error
    lost = distributed.KilledWorker, distributed.client.FutureCancelledError
    with client:
        try:
            yield client
        except lost as error:
            raise SourceError(
                f"the Dask cluster at {address} lost its workers again and again: {error}; "
                "look at their memory and their logs, or run without --dask"
            ) from error


def _keep(part: PanelReturns) -> PanelReturns:
    """Return a part of the firms: as a task's result, a lost worker's copy is made again."""
    return part


def _solve(
    part: PanelReturns,
    factors: FloatArray,
    firm: IntArray,
    position: IntArray,
    options: Mapping[str, Any],
) -> WindowEstimates:
    return estimate_windows(part, factors, firm, position, threads=1, **options)


@dataclass(frozen=True, slots=True, eq=False)
class DaskEstimator:
    """
    Estimates events on a cluster; the results are those of one machine, to the last bit.

    Attributes
    ----------
    client : distributed.Client
        The cluster.
    edges : ndarray of shape (n_parts + 1,)
        The firms of each part, from one edge to the next.
    parts : tuple of distributed.Future
        The firms' returns on the workers. Each is a task, so that the scheduler makes a part
        again that was lost with its worker.
    factors : distributed.Future
        The factor returns, likewise.
    options : dict
        Models and windows, as `estimate_windows` takes them.
    """

    client: Cluster
    edges: IntArray
    parts: tuple[object, ...]
    factors: object
    options: dict[str, Any]

    @classmethod
    def over(
        cls, client: Cluster, request: BatchRequest, data: FirmReturns, factors: Factors
    ) -> DaskEstimator:
        """
        Bring the returns to the workers.

        Parameters
        ----------
        client : distributed.Client
            The cluster.
        request : BatchRequest
            Models and windows.
        data : FirmReturns
            The returns.
        factors : Factors
            The factors.
        """
        panel = data.panel
        n_parts = max(1, -(-panel.rows.values.size // PART_VALUES))
        aims = panel.rows.values.size * np.arange(1, n_parts) / n_parts
        cuts = np.searchsorted(panel.rows.offsets, aims)
        edges = np.unique(np.concatenate([[0], cuts, [panel.n_firms]])).astype(np.int64)
        parts = tuple(
            client.submit(_keep, panel.part(int(a), int(b)), pure=False)
            for a, b in itertools.pairwise(edges)
        )
        options = {
            "models": request.panel_models,
            "estimation": request.estimation,
            "windows": request.windows,
            "log": request.log,
            "min_estimation": request.min_estimation,
        }
        held = client.submit(np.asarray, factors.values, pure=False)
        return cls(client, edges, parts, held, options)

    def __call__(self, firm: IntArray, position: IntArray) -> WindowEstimates:
        """Estimate events as `estimate_windows` does."""
        owner = np.searchsorted(self.edges, firm, side="right") - 1
        owner = np.clip(owner, 0, len(self.parts) - 1)  # unknown firms go to the first part
        order = np.argsort(owner, kind="stable")
        bounds = np.searchsorted(owner[order], np.arange(len(self.parts) + 1))
        rows: list[IntArray] = []
        futures: list[object] = []
        for at, part in enumerate(self.parts):
            mine = order[bounds[at] : bounds[at + 1]]
            if mine.size:
                local = np.where(firm[mine] < 0, -1, firm[mine] - self.edges[at])
                rows.append(mine)
                futures.append(
                    self.client.submit(
                        _solve, part, self.factors, local, position[mine], self.options, pure=False
                    )
                )
        return _joined(rows, self.client.gather(futures), firm.size)


def _joined(rows: list[IntArray], found: list[WindowEstimates], n_events: int) -> WindowEstimates:
    """Put the parts' results back into the order of the events."""
    joined: dict[str, Any] = {"models": found[0].models, "windows": found[0].windows}
    for name in (field.name for field in fields(WindowEstimates) if field.name not in joined):
        first = getattr(found[0], name)
        whole = np.empty((n_events, *first.shape[1:]), dtype=first.dtype)
        for mine, part in zip(rows, found, strict=True):
            whole[mine] = getattr(part, name)
        joined[name] = whole
    return WindowEstimates(**joined)
