"""A user's own figures: levels or returns of several exchanges, factors, returns on delisting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.batch.inputs import read_factors
from analysis.batch.prices import LongPrices, lay_out, read_long
from analysis.batch.securities import Security, read_securities
from analysis.columns import as_date
from analysis.errors import DataError
from analysis.panel.returns import PanelReturns
from analysis.plausible import impossible_returns, why_impossible
from analysis.prices.files import read_table
from analysis.returns import simple_returns
from analysis.sample.data import SampleData, SessionBlock
from analysis.sessions import sessions_between
from analysis.tabular import table_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from analysis._typing import FloatArray, IntArray
    from analysis.pieces import Problems


VALUES = ("levels", "returns")
"""What a wide file of figures can hold."""


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """
    Files beside the events and the figures.

    Attributes
    ----------
    securities : pathlib.Path or None
        ``symbol`` with ``calendar``, ``benchmark`` or both, as
        `analysis.batch.securities.read_securities` takes them.
    factors : pathlib.Path or None
        Daily factors in decimals, one column each beside ``session``.
    delistings : pathlib.Path or None
        ``symbol, session, return``: what was last paid for a share that left its exchange.
    returns : bool
        Whether a wide file of figures holds simple returns, not levels.
    """

    securities: Path | None = None
    factors: Path | None = None
    delistings: Path | None = None
    returns: bool = False

    @property
    def any(self) -> bool:
        """Whether any of them is asked for."""
        return self != OwnFiles()


def own_sample_data(
    path: Path,
    files: OwnFiles,
    *,
    calendar: str,
    benchmarks: Sequence[str],
    problems: Problems,
    factors: pd.DataFrame | None = None,
) -> SampleData:
    """
    Read the figures of a sample, of one exchange or of many.

    Parameters
    ----------
    path : pathlib.Path
        Levels or returns in a layout of `analysis.prices.files.load_levels_file`.
    files : OwnFiles
    calendar : str
        Exchange of the securities that `files` name none for.
    benchmarks : sequence of str
        Beside the local ones: securities that stand for a market, whatever the firm's exchange. On
        the sessions of another exchange than its own each has a return where both days have a
        level.
    problems : Problems
        What is left out is noted here.
    factors : pandas.DataFrame, optional
        Daily factors by session, where `files` have none.

    Returns
    -------
    SampleData
        Of simple returns; delistings are not in it yet.

    Raises
    ------
    DataError, SessionError
        If a file cannot be read, or figures cannot be.
    """
    table = read_table(path)
    returns = table.returns or files.returns
    values = _checked(table.values, path, returns=returns)
    securities = {} if files.securities is None else read_securities(files.securities)
    codes = {
        str(symbol): securities.get(str(symbol), Security()).calendar or calendar
        for symbol in values.columns
    }
    calendars = sorted(set(codes.values()), key=lambda code: (code != calendar, code))
    first, last = values.index[0].date(), values.index[-1].date()
    spans = [sessions_between(code, first, last) for code in calendars]
    closed = [code for code, span in zip(calendars, spans, strict=True) if not len(span)]
    if closed:
        raise DataError(f"{path}: {closed[0]} has no session from {first} to {last}")
    parts = [
        _of_exchange(
            values[[symbol for symbol in values.columns if codes[str(symbol)] == code]],
            span,
            returns=returns,
            code=code,
            path=path,
            problems=problems,
        )
        for code, span in zip(calendars, spans, strict=True)
    ]
    names = [str(symbol) for part in parts for symbol in part.columns]
    sessions = np.concatenate([_days(span) for span in spans])
    own: Mapping[str, FloatArray] = {}
    if files.factors is not None:
        own = factors_on(files.factors, sessions, problems)
    elif factors is not None:
        own = _new_york(factors, spans, calendars)
    blocks = _blocks(calendars, spans)
    local = {symbol: one.benchmark for symbol, one in securities.items() if one.benchmark}
    return SampleData(
        name=path.name,
        calendar=calendar,
        sessions=sessions,
        symbols={name: at for at, name in enumerate(names)},
        panel=_stacked(
            [PanelReturns.from_matrix(part.to_numpy(dtype=np.float64)) for part in parts], blocks
        ),
        factors=own,
        markets={
            name: _everywhere(values[name], spans, returns=returns)
            for name in dict.fromkeys([*benchmarks, *local.values()])
            if name in codes and len(calendars) > 1
        },
        blocks=blocks,
        local=local,
    )


def own_panel_data(
    path: Path,
    files: OwnFiles,
    *,
    calendar: str,
    benchmarks: Sequence[str],
    problems: Problems,
) -> SampleData:
    """
    Read one long table of prices of any size, whose securities trade on several exchanges.

    Parameters
    ----------
    path : pathlib.Path
        Columns ``symbol``, ``session`` and ``close``, adjusted for what was paid.
    files : OwnFiles
        With securities; the sessions of each exchange are those of its calendar.
    calendar, benchmarks, problems
        As `own_sample_data`.

    Returns
    -------
    SampleData
        As `own_sample_data`.

    Raises
    ------
    DataError, SessionError
        As `own_sample_data`.
    """
    securities = {} if files.securities is None else read_securities(files.securities)
    rows = read_long(path, ("symbol", "session", "close"), problems)
    if not rows.day.size:
        raise DataError(f"{path}: no row has a close above zero")
    of_firm = [securities.get(name, Security()).calendar or calendar for name in rows.symbols]
    calendars = sorted(set(of_firm), key=lambda code: (code != calendar, code))
    first, last = (as_date(day) for day in (rows.day.min(), rows.day.max()))
    spans = [sessions_between(code, first, last) for code in calendars]
    place = np.array([calendars.index(code) for code in of_firm])
    panels: list[PanelReturns] = []
    names: list[str] = []
    given: dict[str, pd.Series] = {}
    for at, (code, span) in enumerate(zip(calendars, spans, strict=True)):
        if not len(span):
            raise DataError(f"{path}: {code} has no session from {first} to {last}")
        own = np.flatnonzero(place == at)
        part = _of_firms(rows, own)
        stray = int((~np.isin(part.day, _days(span))).sum())
        if stray:
            problems.add(
                str(path), f"{stray:,} figures on days that are no sessions of {code}; left out"
            )
        panels.append(lay_out(path, part, _days(span)).returns)
        names += part.symbols
        for name in {*benchmarks, *(one.benchmark for one in securities.values())}:
            if name in part.symbols:
                chosen = part.firm == part.symbols.index(name)
                index = pd.DatetimeIndex(part.day[chosen].astype("datetime64[D]"))
                given[name] = pd.Series(part.close[chosen], index=index).sort_index()
    blocks = _blocks(calendars, spans)
    sessions = np.concatenate([_days(span) for span in spans])
    return SampleData(
        name=path.name,
        calendar=calendar,
        sessions=sessions,
        symbols={name: at for at, name in enumerate(names)},
        panel=_stacked(panels, blocks),
        factors={} if files.factors is None else factors_on(files.factors, sessions, problems),
        markets={name: _everywhere(series, spans, returns=False) for name, series in given.items()},
        blocks=blocks,
        local={symbol: one.benchmark for symbol, one in securities.items() if one.benchmark},
    )


def _of_firms(rows: LongPrices, firms: IntArray) -> LongPrices:
    """Take the rows of some securities, which are numbered anew."""
    number = np.full(len(rows.symbols), -1, dtype=np.int32)
    number[firms] = np.arange(firms.size)
    part = rows.of(number[rows.firm] >= 0)
    symbols = tuple(rows.symbols[at] for at in firms.tolist())
    return replace(part, symbols=symbols, firm=number[part.firm])


def _checked(values: pd.DataFrame, path: Path, *, returns: bool) -> pd.DataFrame:
    """Refuse what no level or return can be."""
    if not len(values):
        raise DataError(f"{path}: no figures in it")
    if not values.index.is_monotonic_increasing or not values.index.is_unique:
        raise DataError(f"{path}: sessions are not in order, or one is there twice; sort them")
    array = values.to_numpy(dtype=np.float64)
    wrong = impossible_returns(array) if returns else array <= 0
    if wrong.any():
        row, column = divmod(int(np.argmax(wrong)), array.shape[1])
        value = float(array[row, column])
        what = why_impossible(value).partition(";")[0] if returns else f"level {value:g} is not > 0"
        raise DataError(f"{path}: {values.columns[column]} on {values.index[row].date()}: {what}")
    return values


def _days(span: pd.DatetimeIndex) -> npt.NDArray[np.int32]:
    return span.to_numpy().astype("datetime64[D]").astype(np.int32)


def _of_exchange(
    values: pd.DataFrame,
    span: pd.DatetimeIndex,
    *,
    returns: bool,
    code: str,
    path: Path,
    problems: Problems,
) -> pd.DataFrame:
    """Lay the figures of one exchange out on its sessions, as returns."""
    stray = values.loc[~values.index.isin(span)].notna().to_numpy()
    if stray.any():
        problems.add(
            str(path),
            f"{int(stray.sum()):,} figures on days that are no sessions of {code}; left out",
        )
    laid = values.reindex(span)
    return laid if returns else simple_returns(laid)


def _blocks(
    calendars: Sequence[str], spans: Sequence[pd.DatetimeIndex]
) -> tuple[SessionBlock, ...]:
    edges = np.concatenate([[0], np.cumsum([len(span) for span in spans])]).tolist()
    return tuple(SessionBlock(code, edges[at], edges[at + 1]) for at, code in enumerate(calendars))


def _stacked(panels: Sequence[PanelReturns], blocks: Sequence[SessionBlock]) -> PanelReturns:
    """Put the firms of all exchanges into one panel, each on the sessions of its own."""
    sizes = np.concatenate([np.diff(panel.rows.offsets) for panel in panels])
    first = [panel.rows.first + block.start for panel, block in zip(panels, blocks, strict=True)]
    rows = panels[0].rows._replace(
        values=np.concatenate([panel.rows.values for panel in panels]),
        offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        first=np.concatenate(first),
    )
    return PanelReturns(rows, blocks[-1].stop)


def _everywhere(
    values: pd.Series, spans: Sequence[pd.DatetimeIndex], *, returns: bool
) -> FloatArray:
    """Give the returns of a benchmark on the sessions of every exchange."""
    laid = [values.reindex(span) for span in spans]
    found = [part if returns else part / part.shift(1) - 1 for part in laid]
    return np.concatenate([part.to_numpy(dtype=np.float64) for part in found])


def factors_on(
    path: Path, sessions: npt.NDArray[np.int32], problems: Problems
) -> dict[str, FloatArray]:
    """
    Read daily factors onto sessions.

    Parameters
    ----------
    path : pathlib.Path
        A column ``session`` (or ``date``) and one a factor, in decimals.
    sessions : ndarray of shape (T,)
        Days since 1970.
    problems : Problems
        Cells that cannot be used are noted here.

    Returns
    -------
    dict of str to ndarray of shape (T,)
        NaN where a factor has no value.

    Raises
    ------
    DataError
        As `analysis.batch.inputs.read_factors`.
    """
    known = table_file(path).names
    read = read_factors(
        path,
        [name for name in known if name not in {"session", "date"}],
        date_column="date" if "date" in known and "session" not in known else "session",
        calendar=None,
        problems=problems,
    )
    place = np.searchsorted(read.sessions, sessions)
    place[place == read.sessions.size] = 0
    there = read.sessions[place] == sessions
    return {
        name: np.where(there, read.values[place, at], np.nan) for at, name in enumerate(read.names)
    }


def _new_york(
    factors: pd.DataFrame, spans: Sequence[pd.DatetimeIndex], calendars: Sequence[str]
) -> dict[str, FloatArray]:
    """Give the factors of New York on its own sessions; NaN on those of other exchanges."""
    laid = [
        factors.reindex(span if code == "XNYS" else span[:0]).reindex(span)
        for code, span in zip(calendars, spans, strict=True)
    ]
    return {
        str(name): np.concatenate([part[name].to_numpy(dtype=np.float64) for part in laid])
        for name in factors.columns
    }
