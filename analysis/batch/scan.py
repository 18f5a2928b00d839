"""Every security of a file on one date: who moved, by how much, and how rare that is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.batch.prices import PricePanel, at_session, read_prices, session_at, window_of
from analysis.columns import EPOCH, as_date
from analysis.errors import DataError, StudyError, WindowError
from analysis.panel.engine import check_windows, estimate_panel
from analysis.pieces import Problems
from analysis.sessions import reaction_session
from analysis.tabular import read_pieces
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from analysis._typing import BoolArray, FloatArray, IntArray

EQUAL = "equal"
"""Benchmark that is the mean return of the securities kept."""

SHORTEST = 3
"""Sessions that a line and its residual variance need."""

EVENT_DAY = Window(0, 0)
PLACEBO_BLOCK = 100


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """
    What `run_scan` is to do.

    Attributes
    ----------
    data : pathlib.Path
        Long prices: symbol, session, close, volume.
    date : datetime.date or timezone-aware datetime.datetime
        A session of the data, never moved; an instant stands for the first session of `calendar`
        that could react to it.
    benchmark : str
        The market: a symbol of the file, or ``"equal"``.
    estimation : Window
        Of the market model, in sessions from the date.
    placebos : int
        Earlier sessions to repeat the whole scan on, at the most.
    min_price : float
        Least close before the date.
    min_volume : float
        Least median volume of the estimation window, in the file's units.
    min_estimation : int
        Fewest returns in the estimation window.
    groups : pathlib.Path or None
        Table of symbol and group.
    columns : tuple of str
        Names of the columns of symbol, session, close and volume.
    calendar : str
        Exchange whose closes say which session an instant falls on.
    """

    data: Path
    date: dt.date | dt.datetime
    benchmark: str = "SPY"
    estimation: Window = field(default_factory=lambda: Window(-260, -11))
    placebos: int = 500
    min_price: float = 5.0
    min_volume: float = 1000.0
    min_estimation: int = 125
    groups: Path | None = None
    columns: tuple[str, ...] = ("symbol", "session", "close", "volume")
    calendar: str = "XNYS"

    def __post_init__(self) -> None:
        """Refuse what cannot be before the file is read."""
        check_windows(self.estimation, EVENT_DAY)
        if self.estimation.end >= 0:
            raise WindowError(
                f"estimation window {self.estimation} does not end before the date; "
                "write it as -260..-11"
            )
        if len(self.estimation) < SHORTEST:
            raise WindowError(
                f"estimation window {self.estimation} has {len(self.estimation)} sessions; "
                f"a market model needs {SHORTEST} or more, 250 are usual (-260..-11)"
            )
        if self.placebos < 1:
            raise StudyError("a scan needs placebo dates; give --placebos 1 or more")


@dataclass(frozen=True, slots=True, eq=False)
class ScanResult:
    """
    What a scan found.

    Attributes
    ----------
    session : datetime.date
        The session scanned.
    benchmark : str
        The market of the market model.
    benchmark_return : float
        Its simple return on the session.
    n_placebos : int
        Placebo dates used.
    securities : pandas.DataFrame
        One row a security kept, the largest fall first: ``rank``, ``symbol``, ``return``, ``beta``,
        ``abnormal_return``, ``t`` (over its forecast error), ``p`` (rank of ``|t|`` among the
        security's own placebo dates), ``p_max`` (rank of ``|t|`` among the placebo dates' largest
        ``|t|`` of any security: what it takes to stand out from so many), ``n_estimation``,
        ``n_placebo``, and ``group`` where groups were given.
    left_out : dict of str to int
        Securities that were not kept, by reason.
    market_wide : dict of str to float
        The cross-section as one: mean abnormal return, mean t, share that fell, the ratio of mean
        t to its cross-sectional standard error (Boehmer, Musumeci and Poulsen), and the rank p of
        that ratio among placebo dates, on each of which all securities move together.
    groups : pandas.DataFrame or None
        The same by group, with the rank p of the group's mean t.
    problems : Problems
        Rows that could not be used.
    """

    session: dt.date
    benchmark: str
    benchmark_return: float
    n_placebos: int
    securities: pd.DataFrame
    left_out: dict[str, int]
    market_wide: dict[str, float]
    groups: pd.DataFrame | None
    problems: Problems


def run_scan(
    request: ScanRequest, *, progress: Callable[[str, int, int], None] | None = None
) -> ScanResult:
    """
    Find the abnormal return of every security on a date, and how rare it is.

    A market model is fitted to each security on its own estimation window. The same scan is then
    repeated on each of the sessions before the date, with windows moved along: these placebo dates
    say how often a security, and the whole cross-section, moves so much on any day. A p-value is
    ``(1 + exceedances) / (1 + placebo dates)`` and never 0.

    Parameters
    ----------
    request : ScanRequest
        What to do.
    progress : callable, optional
        Called with a label, steps done and steps in all.

    Returns
    -------
    ScanResult
        Securities, groups and the cross-section as one.

    Raises
    ------
    DataError, SessionError
        If the file cannot be read, or does not reach the date with enough sessions before it.
    """
    problems = Problems()
    when = request.date
    day = when if not isinstance(when, dt.datetime) else reaction_session(request.calendar, when)
    benchmark = None if request.benchmark == EQUAL else request.benchmark
    prices = read_prices(
        request.data, columns=request.columns, benchmark=benchmark, problems=problems
    )
    event = session_at(prices.sessions, (dt.date(day.year, day.month, day.day) - EPOCH).days)
    if event + request.estimation.start < 1:
        raise DataError(
            f"{request.data}: only {event} sessions before {as_date(prices.sessions[event])}; "
            f"the estimation window {request.estimation} needs {1 - request.estimation.start}"
        )
    kept, left_out = _screen(prices, event, request)
    _refuse_nobody(request, kept, left_out)
    market = _market(prices, kept, benchmark)
    earliest = max(1 - request.estimation.start, event - request.placebos)
    placebos = np.arange(earliest, event)
    estimate = _Estimator(prices, market, request)
    now = estimate.on(kept, np.array([event]))
    computed = np.isfinite(now.t[0])
    if not computed.all():
        left_out["no residual variance"] = int((~computed).sum())
        kept = kept[computed]
        _refuse_nobody(request, kept, left_out)
    against = estimate.placebo_t(kept, placebos, progress)
    return _result(
        request,
        prices,
        event,
        kept,
        now.of(computed),
        against,
        float(market[event]),
        left_out,
        problems,
    )


def _refuse_nobody(request: ScanRequest, kept: IntArray, left_out: dict[str, int]) -> None:
    if not kept.size:
        raise DataError(
            f"{request.data}: no security is left ("
            + "; ".join(f"{count} {reason}" for reason, count in left_out.items())
            + "); loosen the filters"
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Day:
    """Estimates of some securities (columns) on some sessions (rows)."""

    abnormal: FloatArray
    t: FloatArray
    beta: FloatArray
    n: IntArray

    def of(self, chosen: BoolArray) -> _Day:
        return _Day(
            self.abnormal[:, chosen], self.t[:, chosen], self.beta[:, chosen], self.n[:, chosen]
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Estimator:
    prices: PricePanel
    market: FloatArray
    request: ScanRequest

    def on(self, firms: IntArray, positions: IntArray) -> _Day:
        found = estimate_panel(
            self.prices.returns,
            self.market,
            np.tile(firms, positions.size),
            np.repeat(positions, firms.size),
            models=[(0,)],
            estimation=self.request.estimation,
            window=EVENT_DAY,
            min_estimation=self.request.min_estimation,
        )
        shape = (positions.size, firms.size)
        return _Day(
            found.car.reshape(shape),
            found.scar.reshape(shape),
            found.coefficients[:, 0, 1].reshape(shape),
            found.n_estimation.reshape(shape).astype(np.int64),
        )

    def placebo_t(
        self,
        firms: IntArray,
        positions: IntArray,
        progress: Callable[[str, int, int], None] | None,
    ) -> FloatArray:
        """Return t of shape (n_placebos, n_firms); NaN where a security had none."""
        t = np.empty((positions.size, firms.size))
        for start in range(0, positions.size, PLACEBO_BLOCK):
            block = slice(start, start + PLACEBO_BLOCK)
            t[block] = self.on(firms, positions[block]).t
            if progress is not None:
                progress("placebo dates", min(block.stop, positions.size), positions.size)
        return t


def _screen(
    prices: PricePanel, event: int, request: ScanRequest
) -> tuple[IntArray, dict[str, int]]:
    """Say which securities to keep, and how many were left out for which reason, in this order."""
    estimation = event + request.estimation.start, event + request.estimation.end
    close = at_session(prices.closes, event - 1)
    volumes = np.sort(window_of(prices.volumes, *estimation), axis=1)  # NaN last
    seen = np.isfinite(volumes).sum(axis=1)
    middle = np.maximum(seen - 1, 0) // 2  # the lower median
    median = np.where(seen > 0, volumes[np.arange(len(volumes)), middle], 0.0)
    known = np.isfinite(window_of(prices.returns, *estimation)).sum(axis=1)
    fewest, name = request.min_estimation, as_date(prices.sessions[event])
    tests = {
        "the benchmark itself": np.array(prices.symbols) != request.benchmark,
        f"without a return on {name}": np.isfinite(at_session(prices.returns, event)),
        f"with fewer than {fewest} estimation returns": known >= fewest,
        f"below a price of {request.min_price:g}": close >= request.min_price,
        f"below a median volume of {request.min_volume:g}": median >= request.min_volume,
    }
    kept = np.ones(len(prices.symbols), dtype=np.bool_)
    left_out = {}
    for reason, passed in tests.items():
        count = int((kept & ~passed).sum())
        if count:
            left_out[reason] = count
        kept &= passed
    return np.flatnonzero(kept), left_out


def _market(prices: PricePanel, kept: IntArray, benchmark: str | None) -> FloatArray:
    last = prices.sessions.size - 1
    if benchmark is not None:
        firm = prices.symbols.index(benchmark)
        return np.asarray(window_of(prices.returns.part(firm, firm + 1), 0, last)[0])
    total = np.zeros(last + 1)
    count = np.zeros(last + 1)
    for firm in kept:
        part = prices.returns.part(int(firm), int(firm) + 1).rows
        seen = np.isfinite(part.values)
        days = part.first[0] + np.flatnonzero(seen)
        total[days] += part.values[seen]
        count[days] += 1
    mean = np.divide(total, count, out=np.full(last + 1, np.nan), where=count > 0)
    return np.asarray(mean)


def rank_p(value: FloatArray | float, draws: FloatArray) -> FloatArray:
    """
    Rank a statistic among its placebo draws, two-sided.

    Parameters
    ----------
    value : float or ndarray of shape (n,)
        The statistic.
    draws : ndarray of shape (n_placebos,) or (n_placebos, n)
        The same on placebo dates; NaN is no draw.

    Returns
    -------
    ndarray
        ``(1 + #{|draw| >= |value|}) / (1 + draws)``.

    Examples
    --------
    >>> import numpy as np
    >>> float(rank_p(-3.0, np.array([1.0, -3.5, 0.2, np.nan])))
    0.5
    """
    exceeding = (np.abs(draws) >= np.abs(value)).sum(axis=0)
    return np.asarray((1 + exceeding) / (1 + np.isfinite(draws).sum(axis=0)))


def _bmp(t: FloatArray) -> FloatArray:
    """Ratio of the mean t of each row to its cross-sectional standard error."""
    n = np.isfinite(t).sum(axis=1)
    mean = np.nansum(t, axis=1) / np.maximum(n, 1)
    spread = np.nansum((t - mean[:, None]) ** 2, axis=1)
    few = n < 2
    error = np.sqrt(spread / np.where(few, 1, (n - 1) * n))
    ratio = mean / np.where(error == 0, 1.0, error)
    return np.asarray(np.where(few | (error == 0), np.nan, ratio))


def _result(
    request: ScanRequest,
    prices: PricePanel,
    event: int,
    kept: IntArray,
    now: _Day,
    against: FloatArray,
    benchmark_return: float,
    left_out: dict[str, int],
    problems: Problems,
) -> ScanResult:
    t = now.t[0]
    largest = np.max(np.abs(against), axis=1, where=np.isfinite(against), initial=0.0)
    above = largest.size - np.searchsorted(np.sort(largest), np.abs(t), side="left")
    frame = pd.DataFrame(
        {
            "symbol": np.array(prices.symbols, dtype=object)[kept],
            "return": at_session(prices.returns, event)[kept],
            "beta": now.beta[0],
            "abnormal_return": now.abnormal[0],
            "t": t,
            "p": rank_p(t, against),
            "p_max": (1 + above) / (1 + largest.size),
            "n_estimation": now.n[0],
            "n_placebo": np.isfinite(against).sum(axis=0),
        }
    )
    groups = None
    if request.groups is not None:
        frame["group"] = frame["symbol"].map(_read_groups(request.groups, request.columns[0]))
        if frame["group"].isna().all():
            raise DataError(
                f"{request.groups}: names none of the {len(frame)} securities kept; "
                "are the symbols written as in the prices?"
            )
        groups = _by_group(frame, against)
    frame = frame.sort_values(["abnormal_return", "symbol"], ignore_index=True)
    frame.insert(0, "rank", np.arange(1, len(frame) + 1))
    return ScanResult(
        session=as_date(prices.sessions[event]),
        benchmark=request.benchmark,
        benchmark_return=benchmark_return,
        n_placebos=len(against),
        securities=frame,
        left_out=left_out,
        market_wide=_summary(now.abnormal[0], t, against),
        groups=groups,
        problems=problems,
    )


def _summary(abnormal: FloatArray, t: FloatArray, against: FloatArray) -> dict[str, float]:
    ratio = _bmp(t[None, :])[0]
    return {
        "n": int(t.size),
        "mean_abnormal_return": float(abnormal.mean()),
        "median_abnormal_return": float(np.median(abnormal)),
        "share_down": float((abnormal < 0).mean()),
        "mean_t": float(t.mean()),
        "bmp": float(ratio),
        "p": float(rank_p(ratio, _bmp(against))),
    }


def _read_groups(path: Path, symbol_column: str) -> dict[str, str]:
    groups: dict[str, str] = {}
    for piece in read_pieces(path, [symbol_column, "group"]):
        columns = [piece.texts(0), piece.texts(1)]
        for row, (symbol, group) in enumerate(zip(columns[0][0], columns[1][0], strict=True)):
            if symbol < 0 or group < 0:
                raise DataError(f"{piece.where(row)}: symbol or group is empty; fill it in")
            groups[columns[0][1][symbol]] = columns[1][1][group]
    return groups


def _by_group(frame: pd.DataFrame, against: FloatArray) -> pd.DataFrame:
    rows = []
    for group, members in frame.groupby("group", sort=True):
        mine = against[:, members.index.to_numpy()]
        seen = np.isfinite(mine).sum(axis=1)
        means = np.where(seen > 0, np.nansum(mine, axis=1) / np.maximum(seen, 1), np.nan)
        rows.append(
            {
                "group": group,
                "n": len(members),
                "mean_return": members["return"].mean(),
                "mean_abnormal_return": members["abnormal_return"].mean(),
                "median_abnormal_return": members["abnormal_return"].median(),
                "share_down": (members["abnormal_return"] < 0).mean(),
                "mean_t": members["t"].mean(),
                "p": float(rank_p(members["t"].mean(), means)),
            }
        )
    return pd.DataFrame(rows).sort_values("mean_abnormal_return", ignore_index=True)
