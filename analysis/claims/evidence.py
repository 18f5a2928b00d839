"""What claims are held against: prices around the move, share counts, primitives, cells."""

from __future__ import annotations

import datetime as dt
import functools
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis._bundle import bundled_data
from analysis.abnormal import cumulative, cumulative_se
from analysis.benchmarks import benchmark_of
from analysis.claims.expressions import PLAIN_FUNCTIONS, MissingError, Scope
from analysis.claims.ledger import PublishedLoss
from analysis.errors import DataError
from analysis.inference.one_firm import t_test
from analysis.models.catalog import MODELS
from analysis.models.design import ReturnArrays, build_design
from analysis.prices.manifest import read_verified
from analysis.prices.reference import closes_from
from analysis.prices.snapshot import CLOSES
from analysis.run.fit import fit_firm, rows_of
from analysis.run.plan import benchmark_returns
from analysis.run.valuation import OLDEST_COUNT, count_at
from analysis.study import PURGED_SUFFIX, Benchmark
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from analysis._typing import FloatArray
    from analysis.claims.ledger import Ledger
    from analysis.prices.market_data import MarketData
    from analysis.results import StudyResult
    from analysis.study import Study

DAY = Window(0, 0)


@dataclass(frozen=True, slots=True)
class AbnormalReturn:
    """One session's realised and abnormal return (simple, decimal) with its two-sided p."""

    raw: float
    value: float
    p: float


@dataclass(frozen=True, slots=True)
class ResultCell:
    """
    A cell of the results as expressions see it: returns in decimals, dollars as changes.

    What the cell has not (an impact without a share count) is NaN.
    """

    raw: float
    expected: float
    car: float
    car_low: float
    car_high: float
    t: float
    p: float
    impact: float
    impact_raw: float
    impact_low: float
    impact_high: float


def gather(
    ledger: Ledger, result: StudyResult, data: MarketData, folder: Path | None = None
) -> Scope:
    """
    Gather what the expressions of a ledger may name.

    Parameters
    ----------
    ledger : Ledger
    result : StudyResult
        Supplies cells, the chronology and the choices of estimation.
    data : MarketData
        The data that the study ran on.
    folder : pathlib.Path, optional
        The bundle whose printed closes are used.

    Returns
    -------
    Scope
        Names: ``firm``, ``eve``, ``session``, ``losses``, ``firms_beyond`` (the firms of the study
        beyond chance with all of them asked at once), every fact by its id, the ledger's own.
        Functions: those of `PLAIN_FUNCTIONS`, ``share_count(symbol, day)``, ``printed_close(symbol,
        day)``, ``abnormal(symbol, benchmark)``, ``cell(symbol, ...)``, ``date_of(entry)``,
        ``unit(fact)``, ``largest(losses)``.

    Raises
    ------
    DataError
        If a definition of the ledger takes a name that is taken.
    """
    file = ledger.file
    names = {
        "firm": file.firm,
        "eve": file.eve,
        "session": file.session,
        "losses": list(ledger.losses),
        "abroad": _abroad(ledger),
        "firms_beyond": list(result.family.beyond),
        **{fact.id: fact.value for fact in ledger.facts.values()},
    }
    dates = {entry.id: entry.date for entry in result.chronology}
    units = {fact.id: fact.unit for fact in ledger.facts.values()}
    functions: dict[str, Callable[..., Any]] = {
        **PLAIN_FUNCTIONS,
        "share_count": functools.partial(_share_count, data),
        "printed_close": functools.partial(_printed_close, _printed_closes(folder)),
        "abnormal": functools.cache(functools.partial(abnormal, result.study, data, file.session)),
        "cell": functools.partial(_cell, result),
        "family_p": functools.partial(_family_p, result),
        "date_of": functools.partial(_lookup, "entry of the chronology", dates),
        "unit": functools.partial(_lookup, "fact", units),
        "largest": _largest,
    }
    try:
        return Scope(names, functions).within(file.names or {})
    except DataError as error:
        raise DataError(f"{ledger.where}: {error}") from error


def abnormal(
    study: Study, data: MarketData, session: dt.date, symbol: str, benchmark: str
) -> AbnormalReturn:
    """
    Abnormal return of one session by the market model on the study's estimation window.

    Parameters
    ----------
    study : Study
        Says how its benchmarks are purged, and the estimation window.
    data : MarketData
    session : datetime.date
    symbol : str
        Any security of the data; a fund followed by ``-ex`` is taken without the event firm, by the
        weights of the data.
    benchmark : str
        One of the study's, by id, or any security of the data.

    Raises
    ------
    MissingError
        If the data lack a symbol, the session or the sessions before it.
    """
    market = benchmark_of(study, benchmark, symbol)
    if market is None and benchmark.endswith(PURGED_SUFFIX):
        raise MissingError(f"the study as run has no benchmark {benchmark}")
    market = market or Benchmark(benchmark)
    levels = data.levels
    itself = Benchmark(symbol)
    if symbol.endswith(PURGED_SUFFIX):
        itself = Benchmark(symbol, purged_of=study.event_firm)
    for name in (itself.symbol, *itself.firms, market.symbol, *market.firms):
        if name not in levels:
            raise MissingError(f"{data.name} has no {name}")
    position = int(levels.index.searchsorted(pd.Timestamp(session)))
    estimated = study.estimation
    if position >= len(levels) or levels.index[position].date() != session:
        raise MissingError(f"{data.name} has no session {session}")
    if position + estimated.start < 1:
        raise MissingError(f"{data.name} has too few sessions before {session}")
    estimation, day = np.zeros((2, len(levels)), dtype=np.bool_)
    estimation[rows_of(position, estimated)] = True
    day[rows_of(position, DAY)] = True
    model = MODELS["market"]
    returns = ReturnArrays(
        symbol=symbol,
        firm=_returns(itself, data),
        benchmark=_returns(market, data),
    )
    fit = fit_firm(
        build_design(model, returns, estimation, day),
        model.estimator,
        position,
        estimation=estimated,
    )
    path = fit.path(DAY)
    value, se = cumulative(path), cumulative_se(path)
    outcome = t_test(value, se or float("nan"), fit.model.df)
    p = float("nan") if outcome.p is None else outcome.p
    return AbnormalReturn(float(path.raw[0]), value, p)


def _returns(fund: Benchmark, data: MarketData) -> FloatArray:
    try:
        return benchmark_returns(fund, data).to_numpy(dtype=np.float64)
    except DataError as error:
        raise MissingError(str(error)) from None


def _family_p(result: StudyResult, symbol: str) -> float:
    """Give a firm's p among all firms of the study at the headline."""
    if symbol not in result.family.p:
        raise MissingError(f"{symbol} was not asked among several firms")
    return result.family.p[symbol]


def _abroad(ledger: Ledger) -> list[PublishedLoss]:
    """Take published moves on other exchanges as records without money."""
    rows = [] if ledger.abroad is None else ledger.abroad.to_dict("records")
    return [
        PublishedLoss(
            company=str(row["name"]),
            date=dt.date.fromisoformat(str(row["session_date"])),
            loss=None,
            percent=float(row["move_pct"]),
            source=str(row["source"]),
            note=str(row["note"]),
        )
        for row in rows
    ]


def _share_count(data: MarketData, symbol: str, day: dt.date) -> float:
    count = count_at(data.reference.shares.get(symbol, ()), day)
    if count is None or abs((count.as_of - day).days) > OLDEST_COUNT:
        raise MissingError(f"no share count of {symbol} around {day} is at hand")
    return count.shares


def _printed_closes(folder: Path | None) -> pd.DataFrame:
    content, _ = read_verified(folder or bundled_data(), CLOSES)
    return pd.read_csv(io.BytesIO(content), keep_default_na=False)


def _printed_close(table: pd.DataFrame, symbol: str, day: dt.date) -> float:
    for close in closes_from(table, where=CLOSES).get(symbol, ()):
        if close.session.date() == day:
            return close.close
    raise MissingError(f"no printed close of {symbol} on {day} is at hand")


def _cell(
    result: StudyResult,
    symbol: str = "",
    event: str = "",
    model: str = "",
    benchmark: str = "",
    window: str = "",
) -> ResultCell:
    """Take a cell of the results; what is left out is the headline's."""
    head = result.study.headline
    chosen = (
        event or head.event,
        symbol or head.symbol,
        model or head.model,
        benchmark or result.headline.benchmark,
    )
    try:
        found = result.firm(*chosen).at(Window.parse(window) if window else head.window)
    except KeyError:
        raise MissingError(f"the study as run has no cell {', '.join(chosen)} {window}") from None
    impact = found.impact

    def number(value: float | None) -> float:
        return float("nan") if value is None else value

    return ResultCell(
        raw=found.raw,
        expected=found.expected,
        car=found.car,
        car_low=number(found.t.low),
        car_high=number(found.t.high),
        t=number(found.t.statistic),
        p=number(found.t.p),
        impact=number(None if impact is None else impact.abnormal),
        impact_raw=number(None if impact is None else impact.raw),
        impact_low=number(None if impact is None else impact.low),
        impact_high=number(None if impact is None else impact.high),
    )


def _lookup(what: str, known: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - dates or texts
    if name not in known:
        raise MissingError(f"there is no {what} '{name}'")
    return known[name]


def _largest(losses: Sequence[PublishedLoss]) -> PublishedLoss:
    """Take the first of the largest losses of a list."""
    if not losses:
        raise MissingError("no published loss fits")
    return max(losses, key=lambda row: row.loss or 0.0)
