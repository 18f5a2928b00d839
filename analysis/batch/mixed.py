"""Events with choices of their own: benchmark, windows and exchange of each, in one run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from analysis.batch.batch import (
    MOST_RESULTS,
    BatchRequest,
    BatchSummary,
    LocalEstimator,
    Located,
    locate,
    result_rows,
    result_schema,
    symbol_type_of,
)
from analysis.batch.inputs import Factors, FirmReturns, read_factors, read_returns
from analysis.batch.securities import Security, read_securities
from analysis.batch.statuses import status_texts, tally, window_statuses
from analysis.batch.writing import writing
from analysis.columns import as_date
from analysis.errors import StudyError, WindowError
from analysis.panel.engine import check_windows
from analysis.panel.returns import PanelReturns
from analysis.pieces import Problems
from analysis.sessions import sessions_between
from analysis.tabular import read_pieces, table_file
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from analysis._typing import IntArray
    from analysis.batch.batch import EventEstimator
    from analysis.pieces import Piece

BENCHMARK = "benchmark"
"""In a model the benchmark of the event: a column of the factors."""


@dataclass(frozen=True, slots=True)
class MixedRequest:
    """
    A batch whose events choose for themselves.

    Attributes
    ----------
    batch : BatchRequest
        Everything else; what an event leaves empty is as here.
    benchmark_column, window_column, estimation_column : str or None
        Columns of the events: the factor that stands for `BENCHMARK`; event and estimation window.
    securities : pathlib.Path or None
        As `analysis.batch.securities.read_securities`: exchanges whose sessions count for a symbol,
        and its local index.
    """

    batch: BatchRequest
    benchmark_column: str | None = None
    window_column: str | None = None
    estimation_column: str | None = None
    securities: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.window_column is not None and self.batch.more_windows:
            raise StudyError("events with windows of their own have one each; drop other windows")
        local = self.benchmark_column is not None or self.securities is not None
        if BENCHMARK in self.batch.factor_names and not local:
            raise StudyError(
                f"a model on '{BENCHMARK}' needs --benchmark-column or --securities to name it"
            )

    @property
    def wanted(self) -> bool:
        """Whether events choose anything."""
        return self != MixedRequest(self.batch)

    @property
    def named(self) -> bool:
        """Whether models are on each event's benchmark."""
        return BENCHMARK in self.batch.factor_names

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the events beside symbol and date."""
        known = (self.benchmark_column, self.window_column, self.estimation_column)
        return tuple(name for name in known if name is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Exchange:
    """
    Returns and factors on the sessions of one exchange.

    Attributes
    ----------
    data : FirmReturns
        Of its firms alone.
    factors : Factors
        Every column that an event could name.
    """

    data: FirmReturns
    factors: Factors

    def chosen(self, names: Sequence[str], benchmark: str) -> Factors:
        """Take the factors of the models, the benchmark of some events among them."""
        at = [self.factors.names.index(benchmark if n == BENCHMARK else n) for n in names]
        return replace(self.factors, names=tuple(names), values=self.factors.values[:, at])


def run_mixed_batch(
    request: MixedRequest,
    *,
    estimator: Callable[[BatchRequest, FirmReturns, Factors], EventEstimator] = LocalEstimator,
    progress: Callable[[int], None] | None = None,
) -> BatchSummary:
    """
    Estimate events with choices of their own, one row each in the file's order.

    Every row is what `analysis.batch.batch.run_batch` gives for its event alone.

    Parameters
    ----------
    request : MixedRequest
    estimator, progress
        As `run_batch`.

    Returns
    -------
    BatchSummary

    Raises
    ------
    DataError, OutputError
        As `run_batch`.
    """
    batch = request.batch
    problems = Problems()
    local = {} if request.securities is None else read_securities(request.securities)
    exchanges = _exchanges(request, local, problems)
    columns = [batch.symbol_column, batch.event_date_column, *request.columns]
    pieces = read_pieces(batch.events, columns)
    first = next(pieces, None)
    schema = _schema(request, symbol_type_of(first))
    size = max(1, MOST_RESULTS // (len(batch.models) * len(batch.windows)))
    statuses: Counter[str] = Counter()
    n_events = 0
    with writing(batch.out, schema) as writer:
        for piece in _slices(first, pieces, size):
            tables, rows = [], []
            for located, choice, own in _alike(piece, request, local, exchanges, problems):
                exchange = exchanges[choice.calendar]
                sub, factors = choice.request(batch), exchange.factors
                if choice.benchmark in factors.names or not request.named:
                    factors = exchange.chosen(batch.factor_names, choice.benchmark)
                    found = estimator(sub, exchange.data, factors)(located.firm, located.position)
                else:  # nothing to regress on: the events keep their rows
                    factors = exchange.chosen(batch.factor_names, factors.names[0])
                    none = np.full(len(located.day), -1)
                    found = LocalEstimator(sub, exchange.data, factors)(none, located.position)
                codes, words = status_texts(window_statuses(found), located.faults)
                table = result_rows(located, sub, found, words.take(codes))
                tables.append(_with_choice(table, choice, schema))
                rows.append(np.repeat(own, table.num_rows // max(len(own), 1)))
                statuses += tally(codes, words)
                n_events += len(own)
            if tables:
                order = np.argsort(np.concatenate(rows), kind="stable")
                writer.write_table(pa.concat_tables(tables).take(pa.array(order)))
            if progress is not None:
                progress(n_events)
    return BatchSummary(n_events, dict(sorted(statuses.items())), problems)


@dataclass(frozen=True, slots=True)
class Choice:
    """
    What some events have in common.

    Attributes
    ----------
    calendar, benchmark : str
    window, estimation : Window
    fault : str
        Why there are no numbers; empty for none.
    """

    calendar: str
    benchmark: str
    window: Window
    estimation: Window
    fault: str = ""

    def request(self, batch: BatchRequest) -> BatchRequest:
        """Give the batch of these events."""
        if self.window == batch.window:
            return replace(batch, estimation=self.estimation)
        return replace(batch, estimation=self.estimation, window=self.window)


def _slices(first: Piece | None, others: Iterator[Piece], size: int) -> Iterator[Piece]:
    for piece in (*(() if first is None else (first,)), *others):
        for start in range(0, piece.table.num_rows, size):
            yield replace(piece, first=piece.first + start, table=piece.table.slice(start, size))


def _exchanges(
    request: MixedRequest, local: dict[str, Security], problems: Problems
) -> dict[str, Exchange]:
    """Lay returns and factors out on the sessions of every exchange, by its code."""
    batch = request.batch
    known = table_file(batch.factors).names
    date = "session" if batch.date_column not in known else batch.date_column
    names = [n for n in known if n != date] if request.named else list(batch.factor_names)
    read = read_factors(
        batch.factors, names, date_column=batch.date_column, calendar=None, problems=problems
    )
    default = batch.calendar or ""
    codes = sorted({default, *(one.calendar or default for one in local.values())})
    spans = {code: _sessions(code, read) for code in codes}
    union = np.unique(np.concatenate(list(spans.values())))
    data = read_returns(
        batch.returns,
        union,
        symbol_column=batch.symbol_column,
        date_column=batch.date_column,
        return_column=batch.return_column,
        problems=problems,
    )
    found = {}
    for code, sessions in spans.items():
        symbols = [
            name
            for name in data.symbols
            if (local.get(name, Security()).calendar or default) == code
        ]
        if len(codes) == 1 and np.array_equal(sessions, union):
            own = data
        else:
            place = np.searchsorted(union, sessions)
            own = FirmReturns(
                {name: at for at, name in enumerate(symbols)},
                _on_sessions(data, symbols, place, union.size),
            )
        there = np.searchsorted(read.sessions, sessions)
        there[there == read.sessions.size] = 0
        same = read.sessions[there] == sessions
        values = np.where(same[:, None], read.values[there], np.nan)
        found[code] = Exchange(own, Factors(sessions, read.names, values, code or None))
    return found


def _sessions(code: str, factors: Factors) -> npt.NDArray[np.int32]:
    if not code:
        return factors.sessions
    first, last = as_date(factors.sessions[0]), as_date(factors.sessions[-1])
    index = sessions_between(code, first, last)
    return index.to_numpy().astype("datetime64[D]").astype(np.int32)


def _on_sessions(
    data: FirmReturns, symbols: Sequence[str], place: IntArray, union: int
) -> PanelReturns:
    """Take the returns of some firms on the sessions of their exchange."""
    rows = data.panel.rows
    matrix = np.full((place.size, len(symbols)), np.nan)
    for at, symbol in enumerate(symbols):
        firm = data.symbols[symbol]
        whole = np.full(union, np.nan)
        own = rows.values[rows.offsets[firm] : rows.offsets[firm + 1]]
        whole[rows.first[firm] : rows.first[firm] + len(own)] = own
        matrix[:, at] = whole[place]
    return PanelReturns.from_matrix(matrix)


def _alike(
    piece: Piece,
    request: MixedRequest,
    local: dict[str, Security],
    exchanges: dict[str, Exchange],
    problems: Problems,
) -> Iterator[tuple[Located, Choice, IntArray]]:
    """Yield the events that are to be estimated together, with their rows in the piece."""
    batch = request.batch
    codes, words = piece.texts(0)
    default = batch.calendar or ""
    calendars = list(exchanges)
    of_word = [calendars.index(local.get(w, Security()).calendar or default) for w in words]
    own = np.array([*of_word, calendars.index(default)], dtype=np.int64)[codes]
    texts = {name: piece.texts(2 + at) for at, name in enumerate(request.columns)}
    keys = np.stack([own, *(text[0] for text in texts.values())], axis=1)
    if request.named:
        keys = np.concatenate([keys, codes[:, None]], axis=1)  # a local index is its symbol's
    kinds, kind = np.unique(keys, axis=0, return_inverse=True)
    choices: dict[Choice, list[int]] = {}
    for at, row in enumerate(kinds):
        cells = {
            name: text[1][code] if code >= 0 else ""
            for (name, text), code in zip(texts.items(), row[1:].tolist(), strict=False)
        }
        symbol = words[int(row[-1])] if request.named and row[-1] >= 0 else ""
        choice = _choice(request, cells, calendars[int(row[0])], symbol, local, exchanges)
        choices.setdefault(choice, []).append(at)
    located = {
        code: locate(piece, exchanges[code].data, exchanges[code].factors, Problems())
        for code in {choice.calendar for choice in choices}
    }
    kind = kind.ravel()
    for choice, members in choices.items():
        rows = np.flatnonzero(np.isin(kind, members))
        part = located[choice.calendar].take(rows)
        if choice.fault:
            faults = dict.fromkeys(range(len(rows)), choice.fault) | part.faults
            part = replace(part, firm=np.full(len(rows), -1), faults=faults)
        _note(piece, part, rows, problems)
        yield part, choice, rows


def _note(piece: Piece, part: Located, rows: IntArray, problems: Problems) -> None:
    wrong = np.array([rows[at] for at in sorted(part.faults)], dtype=np.int64)
    texts = {int(rows[at]): text for at, text in part.faults.items()}
    problems.add_rows(piece, wrong, lambda row: f"{texts[row]}; kept with that status")


def _choice(
    request: MixedRequest,
    cells: dict[str, str],
    calendar: str,
    symbol: str,
    local: dict[str, Security],
    exchanges: dict[str, Exchange],
) -> Choice:
    batch = request.batch
    benchmark = ""
    if request.named:
        benchmark = cells.get(request.benchmark_column or "", "")
        benchmark = benchmark or local.get(symbol, Security()).benchmark
    window, estimation, fault = batch.window, batch.estimation, ""
    try:
        if text := cells.get(request.window_column or "", ""):
            window = Window.parse(text)
        if text := cells.get(request.estimation_column or "", ""):
            estimation = Window.parse(text)
        check_windows(estimation, window)
    except WindowError as error:
        window, estimation, fault = batch.window, batch.estimation, str(error).partition(";")[0]
    if request.named and benchmark not in exchanges[calendar].factors.names:
        fault = f"no benchmark '{benchmark}'" if benchmark else "no benchmark"
    return Choice(calendar, benchmark, window, estimation, fault)


def _schema(request: MixedRequest, symbol_type: pa.DataType) -> pa.Schema:
    fields = list(result_schema(request.batch, symbol_type))
    at = 1 + [field.name for field in fields].index("model")
    named = [BENCHMARK] * request.named
    named += ["estimation"] * (request.estimation_column is not None)
    named += ["window"] * (request.window_column is not None)
    return pa.schema([*fields[:at], *(pa.field(n, pa.string()) for n in named), *fields[at:]])


def _with_choice(table: pa.Table, choice: Choice, schema: pa.Schema) -> pa.Table:
    texts = {
        BENCHMARK: choice.benchmark,
        "estimation": str(choice.estimation),
        "window": str(choice.window),
    }
    for name in schema.names:
        if name not in table.column_names:
            column = pa.array([texts[name]] * table.num_rows, pa.string())
            table = table.append_column(name, column)
    return table.select(schema.names).cast(schema)
