"""A sample on the workers of a Dask cluster: the results are those of one machine."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from analysis.batch.partition import Cluster
    from analysis.panel.returns import PanelReturns

AT_ONCE = 8
"""Tasks whose results are waited for together: what they return is held here."""


@dataclass(frozen=True, slots=True, eq=False)
class Workers:
    """
    Workers that hold the returns.

    Attributes
    ----------
    client : distributed.Client
    panel : distributed.Future
        The returns, as the result of a task: the scheduler makes a copy again that was lost with
        its worker.
    """

    client: Cluster
    panel: object

    @classmethod
    def over(cls, client: Cluster, panel: PanelReturns) -> Workers:
        """Bring the returns to the workers."""
        return cls(client, client.submit(_keep, panel, pure=False))

    def run(
        self, function: Callable[..., Any], tasks: Iterable[tuple[object, ...]]
    ) -> Iterator[Any]:
        """
        Run a function of the returns and of a task's own arguments.

        Parameters
        ----------
        function : callable
            Importable on the workers.
        tasks : iterable of tuple

        Yields
        ------
        object
            Results, in the order of the tasks.
        """
        waiting = iter(tasks)
        while some := list(itertools.islice(waiting, AT_ONCE)):
            futures = [self.client.submit(function, self.panel, *task, pure=False) for task in some]
            yield from self.client.gather(futures)


def _keep(panel: PanelReturns) -> PanelReturns:
    """Return the returns: as a task's result, a lost worker's copy is made again."""
    return panel
