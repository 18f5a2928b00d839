"""Events in, estimates out: the panel engine over a file of events, piece by piece."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from analysis.batch.inputs import FactorModel, Factors, FirmReturns, read_factors, read_returns
from analysis.batch.statuses import (
    NO_CLOSES,
    NO_DATE,
    NO_SYMBOL,
    NO_ZONE,
    status_texts,
    tally,
    window_statuses,
)
from analysis.batch.writing import writing
from analysis.columns import NO_DAY, NO_INSTANT
from analysis.errors import StudyError, WindowError
from analysis.outputs import refuse_target
from analysis.panel.engine import check_windows, estimate_windows
from analysis.panel.estimates import LinearModel
from analysis.panel.layout import OK
from analysis.pieces import Piece, Problems
from analysis.tabular import read_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from analysis._typing import FloatArray, IntArray
    from analysis.panel.estimates import WindowEstimates
    from analysis.windows import Window

MOST_RESULTS = 1 << 20
"""Rows of the results that are held at a time."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """
    What `run_batch` is to do.

    Attributes
    ----------
    returns, factors, events, out : pathlib.Path
        CSV or Parquet files, by their names.
    models : tuple of FactorModel
        The models, each estimated for every event.
    estimation, window : Window
        In sessions from the event.
    more_windows : tuple of Window
        Further event windows; results then have a column ``window`` and one row each.
    min_estimation : int or None
        Fewest estimation returns; half the estimation window where None.
    symbol_column, date_column, return_column, event_date_column : str
        Columns of the returns (the first three) and of the events (the first and the last).
    calendar : str or None
        Exchange whose sessions count; the factor file's dates where None.
    log : bool
        Whether returns and factors are logarithms.
    """

    returns: Path
    factors: Path
    events: Path
    out: Path
    models: tuple[FactorModel, ...]
    estimation: Window
    window: Window
    min_estimation: int | None = None
    symbol_column: str = "symbol"
    date_column: str = "session"
    return_column: str = "return"
    event_date_column: str = "event_date"
    calendar: str | None = None
    more_windows: tuple[Window, ...] = ()
    log: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be before any file is read."""
        names = [model.name for model in self.models]
        if not names:
            raise StudyError("no model given; name one, as in ff3=mktrf+smb+hml")
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise StudyError(f"two models are called '{min(twice)}'; give each its own name")
        if self.min_estimation is not None and self.min_estimation < 1:
            raise StudyError(
                f"--min-estimation {self.min_estimation} is no number of sessions; give 1 or more"
            )
        for window in self.windows:
            check_windows(self.estimation, window)
        if len(set(self.windows)) < len(self.windows):
            raise WindowError("an event window is given twice; keep one")
        refuse_target(self.out, inputs=(self.returns, self.factors, self.events))

    @property
    def windows(self) -> tuple[Window, ...]:
        """Every event window, in order."""
        return (self.window, *self.more_windows)

    @property
    def factor_names(self) -> tuple[str, ...]:
        """The factors of all models, each once, in order of appearance."""
        return tuple(dict.fromkeys(name for model in self.models for name in model.factors))

    @property
    def panel_models(self) -> tuple[LinearModel, ...]:
        """The models as the panel engine takes them."""
        place = {name: at for at, name in enumerate(self.factor_names)}
        return tuple(
            LinearModel(tuple(place[name] for name in model.factors), model.kind)
            for model in self.models
        )


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """
    What became of a batch.

    Attributes
    ----------
    n_events : int
        Events read.
    statuses : dict of str to int
        Rows of the results by status.
    problems : Problems
        Rows of the input that could not be used.
    """

    n_events: int
    statuses: dict[str, int]
    problems: Problems


class EventEstimator(Protocol):
    """Anything that estimates events: this process, or several."""

    def __call__(self, firm: IntArray, position: IntArray) -> WindowEstimates:
        """Estimate events as `estimate_windows` does."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class LocalEstimator:
    """
    Estimates events in this process.

    Attributes
    ----------
    request : BatchRequest
        Models and windows.
    data : FirmReturns
        The returns.
    factors : Factors
        The factors.
    threads : int or None
        See `estimate_panel`.
    """

    request: BatchRequest
    data: FirmReturns
    factors: Factors
    threads: int | None = None

    def __call__(self, firm: IntArray, position: IntArray) -> WindowEstimates:
        """Estimate events as `estimate_windows` does."""
        return estimate_windows(
            self.data.panel,
            self.factors.values,
            firm,
            position,
            models=self.request.panel_models,
            estimation=self.request.estimation,
            windows=self.request.windows,
            min_estimation=self.request.min_estimation,
            log=self.request.log,
            threads=self.threads,
        )


def read_panel(request: BatchRequest, problems: Problems) -> tuple[Factors, FirmReturns]:
    """
    Read the factors of a batch, and the returns on their sessions.

    Raises
    ------
    DataError
        If either cannot be read.
    """
    factors = read_factors(
        request.factors,
        request.factor_names,
        date_column=request.date_column,
        calendar=request.calendar,
        problems=problems,
    )
    data = read_returns(
        request.returns,
        factors.sessions,
        symbol_column=request.symbol_column,
        date_column=request.date_column,
        return_column=request.return_column,
        problems=problems,
    )
    return factors, data


def run_batch(
    request: BatchRequest,
    *,
    estimator: Callable[[BatchRequest, FirmReturns, Factors], EventEstimator] = LocalEstimator,
    progress: Callable[[int], None] | None = None,
) -> BatchSummary:
    """
    Estimate every event of a file under every model and write one row each, in the file's order.

    Events are read, estimated and written piece by piece: memory holds the returns and one piece.
    The output file appears when it is whole.

    Parameters
    ----------
    request : BatchRequest
        What to do.
    estimator : callable, optional
        Makes what estimates from request, returns and factors; this process where not given.
    progress : callable, optional
        Called with the number of events done.

    Returns
    -------
    BatchSummary
        Counts, and the input's rows with problems.

    Raises
    ------
    DataError
        If an input cannot be read.
    OutputError
        If the output cannot be written.
    """
    problems = Problems()
    factors, data = read_panel(request, problems)
    estimate = estimator(request, data, factors)
    n_events = 0
    statuses: Counter[str] = Counter()
    pieces = read_pieces(request.events, [request.symbol_column, request.event_date_column])
    first = next(pieces, None)
    symbol_type = symbol_type_of(first)
    schema = result_schema(request, symbol_type)
    with writing(request.out, schema) as writer:
        for piece in itertools.chain(() if first is None else (first,), pieces):
            for located in locate(piece, data, factors, problems).parts(request):
                found = estimate(located.firm, located.position)
                codes, words = status_texts(window_statuses(found), located.faults)
                writer.write_table(
                    result_rows(located, request, found, words.take(codes)).cast(schema)
                )
                statuses += tally(codes, words)
                n_events += len(located.day)
                if progress is not None:
                    progress(n_events)
    return BatchSummary(n_events, dict(sorted(statuses.items())), problems)


def result_schema(request: BatchRequest, symbol_type: pa.DataType) -> pa.Schema:
    """
    Give the columns of the results.

    Parameters
    ----------
    request : BatchRequest
        Its models' factors have a column each.
    symbol_type : pyarrow.DataType
        Symbols keep the type that they have in the events.
    """
    numbers = ["alpha", *(f"beta_{name}" for name in request.factor_names)]
    numbers += ["sigma2", "car", "car_se", "scar", "bhar"]
    return rows_schema(request, symbol_type, ("n_estimation", "n_window"), numbers)


def rows_schema(
    request: BatchRequest, symbol_type: pa.DataType, counts: Sequence[str], numbers: Sequence[str]
) -> pa.Schema:
    """Give the columns of a row an event, model and window, with its counts and numbers."""
    return pa.schema(
        [
            ("symbol", symbol_type),
            ("event_date", pa.date32()),
            ("event_session", pa.date32()),
            ("model", pa.string()),
            *((("window", pa.string()),) if request.more_windows else ()),
            *((name, pa.int32()) for name in counts),
            *((name, pa.float64()) for name in numbers),
            ("status", pa.string()),
        ]
    )


def symbol_type_of(piece: Piece | None) -> pa.DataType:
    """Give the type in which results hold the symbols of the events."""
    kind = pa.string() if piece is None else piece.table.column(0).type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Events with their firms and sessions; `faults` says what is wrong with some rows."""

    symbol: pa.Array
    day: npt.NDArray[np.int32]
    session: npt.NDArray[np.int32]
    firm: IntArray
    position: IntArray
    faults: dict[int, str]

    def parts(self, request: BatchRequest) -> Iterator[Located]:
        """Cut the events up, so that no part makes more than `MOST_RESULTS` rows."""
        return self.split(max(1, MOST_RESULTS // (len(request.models) * len(request.windows))))

    def take(self, rows: IntArray) -> Located:
        """Take some of the events."""
        places = {row: at for at, row in enumerate(rows.tolist())}
        return Located(
            symbol=self.symbol.take(pa.array(rows)),
            day=self.day[rows],
            session=self.session[rows],
            firm=self.firm[rows],
            position=self.position[rows],
            faults={places[row]: text for row, text in self.faults.items() if row in places},
        )

    def split(self, size: int) -> Iterator[Located]:
        """Cut the events up into parts of `size`; the last may be smaller."""
        if size >= len(self.day):
            yield self
            return
        for first in range(0, len(self.day), size):
            some = slice(first, first + size)
            yield Located(
                symbol=self.symbol[some],
                day=self.day[some],
                session=self.session[some],
                firm=self.firm[some],
                position=self.position[some],
                faults={
                    row - first: fault
                    for row, fault in self.faults.items()
                    if first <= row < first + size
                },
            )


def locate(piece: Piece, data: FirmReturns, factors: Factors, problems: Problems) -> Located:
    """Find the firm and the session of each event of a piece, and what is wrong with some."""
    codes, words = piece.texts(0)
    moments = piece.moments(1)
    day = moments.day
    timed = moments.instant != NO_INSTANT
    position = factors.sessions_of(moments)
    hidden = moments.naive | (timed if factors.calendar is None else False)
    position[hidden] = -1
    faults: dict[int, str] = {}
    for row in map(int, np.flatnonzero((codes < 0) | (day == NO_DAY) | hidden)):
        if codes[row] < 0:
            faults[row] = NO_SYMBOL
        elif moments.naive[row]:
            faults[row] = f"{NO_ZONE} '{piece.shown(1, row)}'"
        elif day[row] != NO_DAY:
            faults[row] = NO_CLOSES
        else:
            given = piece.table.column(1)[row].is_valid
            faults[row] = f"{NO_DATE} '{piece.shown(1, row)}'" if given else NO_DATE
    problems.add_rows(
        piece, np.array(list(faults), np.int64), lambda row: f"{faults[row]}; kept with that status"
    )
    return Located(
        symbol=piece.table.column(0),
        day=day,
        session=np.where(position < 0, NO_DAY, factors.sessions[position]).astype(np.int32),
        firm=np.array([*(data.symbols.get(word, -1) for word in words), -1], np.int64)[codes],
        position=position,
        faults=faults,
    )


def result_rows(
    located: Located, request: BatchRequest, found: WindowEstimates, status: pa.Array
) -> pa.Table:
    """Lay estimates out as rows: one an event, model and window, as `result_schema` has them."""
    n_events, n_models, n_windows = len(located.day), len(request.models), len(request.windows)
    repeat = pa.array(np.repeat(np.arange(n_events), n_models * n_windows))
    names = pa.array([model.name for model in request.models], pa.string())
    windows = pa.array([str(window) for window in request.windows], pa.string())
    model = np.tile(np.repeat(np.arange(n_models), n_windows), n_events)
    window = np.tile(np.arange(n_windows), n_events * n_models)
    return pa.table(
        {
            "symbol": located.symbol.take(repeat),
            "event_date": as_dates(located.day).take(repeat),
            "event_session": as_dates(located.session).take(repeat),
            "model": names.take(pa.array(model)),
            **({"window": windows.take(pa.array(window))} if request.more_windows else {}),
            **_estimate_columns(found, request),
            "status": status,
        }
    )


def as_dates(day: npt.NDArray[np.int32]) -> pa.Array:
    """Turn days since 1970 into dates, `NO_DAY` into null."""
    return pa.array(day, pa.int32(), mask=day == NO_DAY).cast(pa.date32())


def _estimate_columns(found: WindowEstimates, request: BatchRequest) -> dict[str, pa.Array]:
    n_models = len(request.models)
    whole = found.window_status == OK

    def each_window(values: FloatArray) -> FloatArray:
        """Repeat what a fit gives for each of its windows that has numbers."""
        return np.where(whole, values[..., None], np.nan)

    floats: dict[str, FloatArray] = {"alpha": each_window(found.coefficients[..., 0])}
    for name in request.factor_names:
        beta = np.full(found.status.shape, np.nan)
        for m, model in enumerate(request.models):
            if name in model.factors:
                beta[:, m] = found.coefficients[:, m, 1 + model.factors.index(name)]
        floats[f"beta_{name}"] = each_window(beta)
    floats["sigma2"] = each_window(found.sigma2)
    for name in ("car", "car_se", "scar", "bhar"):
        floats[name] = getattr(found, name)
    n_estimation = np.broadcast_to(found.n_estimation[..., None], whole.shape)
    n_window = np.broadcast_to(found.n_window[:, :1], (len(whole), n_models, whole.shape[2]))
    return {
        "n_estimation": pa.array(n_estimation.ravel()),
        "n_window": pa.array(n_window.ravel()),
        **{name: pa.array(np.ravel(x), from_pandas=True) for name, x in floats.items()},
    }
