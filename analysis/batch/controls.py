"""Control portfolios for a file of events: block by block, on one machine or on several."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from analysis.batch.batch import (
    Located,
    as_dates,
    locate,
    read_panel,
    rows_schema,
    symbol_type_of,
)
from analysis.batch.checkpoint import Checkpoint, fingerprint
from analysis.batch.control_events import (
    NUMBERS,
    OK,
    ControlOptions,
    ControlPanel,
    ControlRow,
    estimate_event,
)
from analysis.batch.donor_lists import ALL_UNTREATED, EventDays, read_donors
from analysis.batch.writing import writing
from analysis.errors import StudyError, nearest
from analysis.models.catalog import MODELS
from analysis.models.donors import FEWEST_ROWS
from analysis.pieces import Problems
from analysis.tabular import read_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from analysis._typing import BoolArray, IntArray
    from analysis.batch.batch import BatchRequest
    from analysis.batch.donor_lists import DonorLists

BLOCK = 64
"""Events of a block: what a checkpoint keeps at a time, and a task of a cluster."""

AHEAD = 32
"""Blocks that are under way at once, at most."""


@dataclass(frozen=True, slots=True)
class ControlRequest:
    """
    What `run_controls` is to do.

    Attributes
    ----------
    batch : BatchRequest
        Files, columns and windows; its one model is what the fit of controls is held against.
    methods : tuple of str
        Ids of models of donors.
    donors : str
        ``"all-untreated"``, or a file, see `analysis.batch.donor_lists.read_donors`.
    placebos : int
        Donors placed in the firm's stead, at most; 0 for none.
    force_donors : bool
        Whether a firm with an event of its own at the time may be a donor.
    checkpoint : pathlib.Path or None
        Folder for finished blocks.
    """

    batch: BatchRequest
    methods: tuple[str, ...]
    donors: str = ALL_UNTREATED
    placebos: int = 0
    force_donors: bool = False
    checkpoint: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be before any file is read."""
        able = [name for name, spec in MODELS.items() if spec.uses_donors]
        for method in self.methods:
            if method not in able:
                raise StudyError(
                    f"--method {method} is no control portfolio; {nearest(method, able)}"
                )
        if len(set(self.methods)) < len(self.methods):
            raise StudyError("a method is given twice; keep one")
        if len(self.batch.models) > 1:
            raise StudyError(
                "with --method give one --model, the one that fits are held against; estimate "
                "others in a run of their own"
            )
        if self.batch.log:
            raise StudyError(
                "a control portfolio is a mix of simple returns; give those, without --log"
            )

    @property
    def options(self) -> ControlOptions:
        """How each event is estimated."""
        asked = self.batch.min_estimation
        least = (len(self.batch.estimation) + 1) // 2 if asked is None else asked
        return ControlOptions(
            self.methods,
            self.batch.estimation,
            self.batch.windows,
            max(least, FEWEST_ROWS),
            self.placebos,
        )

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files that are read."""
        files = (self.batch.returns, self.batch.factors, self.batch.events)
        own = () if self.donors == ALL_UNTREATED else (Path(self.donors),)
        return (*files, *own)

    def identity(self) -> dict[str, str]:
        """All that the results depend on, as text."""
        batch = self.batch
        files = fingerprint(self.inputs)
        return {
            "version": version("market-impact"),
            "returns": files[str(batch.returns)],
            "factors": files[str(batch.factors)],
            "events": files[str(batch.events)],
            "donors": files.get(self.donors, self.donors),
            "model": repr(batch.models),
            "methods": " ".join(self.methods),
            "options": repr(self.options),
            "columns": f"{batch.symbol_column} {batch.date_column} {batch.return_column} "
            f"{batch.event_date_column}",
            "calendar": str(batch.calendar),
            "force": str(self.force_donors),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """
    Consecutive events with what may be their donors.

    Attributes
    ----------
    located : Located
    lists : DonorLists
    days : EventDays or None
        Of all events; None where a firm with an event of its own may be a donor.
    """

    located: Located
    lists: DonorLists
    days: EventDays | None

    def donors(self, row: int, window_reach: Iterable[int], count: int) -> list[BoolArray]:
        """Mark the firms that may be donors of an event, one array a window."""
        listed = np.zeros(count, dtype=np.bool_)
        listed[self.lists.of(int(self.located.firm[row]), int(self.located.day[row]))] = True
        position = int(self.located.position[row])
        if self.days is None or position < 0:
            return [listed for _ in window_reach]
        return [listed & ~self.days.touched(position, reach, count) for reach in window_reach]


class BlockRunner(Protocol):
    """Whatever runs blocks: the threads of this process, or a cluster."""

    def __call__(
        self, panel: ControlPanel, how: ControlOptions, blocks: Iterable[Block]
    ) -> Iterator[list[ControlRow]]:
        """Give the cells of each block, in order."""
        ...


def run_block(panel: ControlPanel, how: ControlOptions, block: Block) -> list[ControlRow]:
    """
    Estimate the events of a block: event by event, methods, then windows.

    Parameters
    ----------
    panel : ControlPanel
    how : ControlOptions
    block : Block
    """
    located, cells = block.located, list[ControlRow]()
    reach = [len(window) - 1 for window in how.windows]
    for row in range(len(located.day)):
        if row in located.faults:
            fault = ControlRow(located.faults[row], 0, 0, 0, np.full(len(NUMBERS), np.nan))
            cells += [fault] * (len(how.methods) * len(how.windows))
            continue
        event = int(located.firm[row]), int(located.position[row])
        donors = block.donors(row, reach, len(panel.names))
        cells += estimate_event(panel, how, *event, donors)
    return cells


def by_threads(threads: int) -> BlockRunner:
    """Run blocks on threads of this process; any number of them gives the same cells."""

    def run(
        panel: ControlPanel, how: ControlOptions, blocks: Iterable[Block]
    ) -> Iterator[list[ControlRow]]:
        if threads == 1:
            yield from (run_block(panel, how, block) for block in blocks)
            return
        with ThreadPoolExecutor(threads) as pool:
            yield from _in_order(
                blocks,
                lambda block: pool.submit(run_block, panel, how, block),
                lambda future: future.result(),
                2 * threads,
            )

    return run


def by_cluster(client: Any) -> BlockRunner:  # noqa: ANN401 - distributed.Client, which may be absent
    """Run blocks on the workers of a Dask cluster; the cells are those of one machine."""

    def run(
        panel: ControlPanel, how: ControlOptions, blocks: Iterable[Block]
    ) -> Iterator[list[ControlRow]]:
        held = client.submit(_keep, panel, pure=False)
        yield from _in_order(
            blocks,
            lambda block: client.submit(run_block, held, how, block, pure=False),
            lambda future: client.gather([future])[0],
            AHEAD,
        )

    return run


def _keep(panel: ControlPanel) -> ControlPanel:
    """Return the panel: as a task's result, a lost worker's copy is made again."""
    return panel


def _in_order(
    blocks: Iterable[Block],
    begin: Callable[[Block], Any],
    end: Callable[[Any], list[ControlRow]],
    most: int,
) -> Iterator[list[ControlRow]]:
    """Begin blocks ahead of the one that is waited for, at most so many."""
    waiting: deque[Any] = deque()
    for block in blocks:
        waiting.append(begin(block))
        if len(waiting) >= most:
            yield end(waiting.popleft())
    while waiting:
        yield end(waiting.popleft())


@dataclass(frozen=True, slots=True)
class ControlSummary:
    """
    What became of a batch of controls.

    Attributes
    ----------
    n_events : int
    statuses : dict of str to int
        Rows of the results by status.
    problems : Problems
        Rows of the input that could not be used.
    fits, worse : int
        Rows with figures, and those of them whose fit is worse than that of the model.
    resumed : int
        Events whose results a checkpoint held.
    """

    n_events: int
    statuses: dict[str, int]
    problems: Problems
    fits: int
    worse: int
    resumed: int


def run_controls(
    request: ControlRequest,
    *,
    runner: BlockRunner | None = None,
    progress: Callable[[int], None] | None = None,
) -> ControlSummary:
    """
    Set a control portfolio beside every event of a file and write one row each.

    Parameters
    ----------
    request : ControlRequest
    runner : BlockRunner, optional
        This process, one thread, where not given.
    progress : callable, optional
        Called with the number of events done.

    Returns
    -------
    ControlSummary

    Raises
    ------
    DataError
        If an input cannot be read, or all returns need more memory than there should be.
    StudyError
        If a firm is listed as its own donor.
    OutputError
        If the output or the checkpoint cannot be written.
    """
    batch, problems, how = request.batch, Problems(), request.options
    factors, data = read_panel(batch, problems)
    lists = read_donors(request.donors, batch, data.symbols)
    pieces = list(read_pieces(batch.events, [batch.symbol_column, batch.event_date_column]))
    events = [locate(piece, data, factors, problems) for piece in pieces]
    symbol_type = symbol_type_of(pieces[0] if pieces else None)
    counts = ("n_estimation", "n_window", "n_donors")
    schema = rows_schema(request.batch, symbol_type, counts, NUMBERS)
    panel = ControlPanel.of(data, factors.values, batch.models[0].kind)
    kept = (
        None
        if request.checkpoint is None
        else Checkpoint.opened(request.checkpoint, request.identity())
    )
    days = EventDays.of(_joined([e.firm for e in events]), _joined([e.position for e in events]))
    blocks = [
        Block(part, lists, None if request.force_donors else days)
        for located in events
        for part in located.split(BLOCK)
    ]
    run = runner or by_threads(1)
    done = [None if kept is None else kept.read(at, schema) for at in range(len(blocks))]
    fresh = run(panel, how, (block for block, had in zip(blocks, done, strict=True) if had is None))
    statuses: Counter[str] = Counter()
    n_events = resumed = fits = worse = 0
    with writing(batch.out, schema) as writer:
        for at, (block, had) in enumerate(zip(blocks, done, strict=True)):
            count = len(block.located.day)
            if had is None:
                table = _table(block.located, request, next(fresh)).cast(schema)
                if kept is not None:
                    kept.write(at, table)
            else:
                table, resumed = had, resumed + count
            writer.write_table(table)
            statuses.update(table.column("status").to_pylist())
            found, fell = _worse(table)
            fits, worse, n_events = fits + found, worse + fell, n_events + count
            if progress is not None:
                progress(n_events)
    return ControlSummary(n_events, dict(sorted(statuses.items())), problems, fits, worse, resumed)


def _table(located: Located, request: ControlRequest, cells: list[ControlRow]) -> pa.Table:
    windows = [str(window) for window in request.batch.windows]
    keys = list(itertools.product(range(len(located.day)), request.methods, windows))
    repeat = pa.array([row for row, _, _ in keys], pa.int64())
    numbers = np.array([cell.numbers for cell in cells]).reshape(len(cells), len(NUMBERS))
    return pa.table(
        {
            "symbol": located.symbol.take(repeat),
            "event_date": as_dates(located.day).take(repeat),
            "event_session": as_dates(located.session).take(repeat),
            "model": pa.array([method for _, method, _ in keys], pa.string()),
            **(
                {"window": pa.array([window for _, _, window in keys], pa.string())}
                if request.batch.more_windows
                else {}
            ),
            "n_estimation": pa.array([cell.n_estimation for cell in cells], pa.int32()),
            "n_window": pa.array([cell.n_window for cell in cells], pa.int32()),
            "n_donors": pa.array([cell.n_donors for cell in cells], pa.int32()),
            **{name: pa.array(numbers[:, at], from_pandas=True) for at, name in enumerate(NUMBERS)},
            "status": pa.array([cell.status for cell in cells], pa.string()),
        }
    )


def _worse(table: pa.Table) -> tuple[int, int]:
    """Count rows with figures, and those whose fit is worse than that of the model."""
    usable = sum(status == OK for status in table.column("status").to_pylist())
    own = np.asarray(table.column("rmse").to_numpy(), dtype=np.float64)
    model = np.asarray(table.column("rmse_model").to_numpy(), dtype=np.float64)
    return usable, int(np.count_nonzero(own > model))


def _joined(parts: list[IntArray]) -> IntArray:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
