"""The event session of every firm in halves, with its volume and its range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.context.absent import Absent
from analysis.inference.effects.halves import Halves, half_test
from analysis.inference.effects.volume import abnormal_volume_test, log_turnover
from analysis.inference.outcome import Outcome
from analysis.models.linear import LeastSquares
from analysis.run.halves import daily_bars, halves_of, market_halves, split_benchmark

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray
    from analysis.inference.effects.halves import Half
    from analysis.prices.manifest import InputFile
    from analysis.run.case import Case


@dataclass(frozen=True, slots=True)
class FirmHalves:
    """
    One firm's event session.

    Attributes
    ----------
    symbol : str
    overnight, intraday : float
        Simple returns, decimal: close to open and open to close; with the full return R,
        ``1 + R = (1 + overnight) (1 + intraday)``.
    overnight_test, intraday_test : Outcome
        Of the abnormal return, by the market model with the benchmark's own half.
    volume_ratio : float
        Shares traded over the median of the estimation window; NaN where volume is not known.
    volume_test : Outcome
        Of abnormal log turnover, with first-order autocorrelated errors.
    range_volatility : float
        Of the session from its high and low (Parkinson 1980), decimal; NaN, as what follows from
        it, where these are not known.
    range_ratio : float
        That over the root mean square of the estimation window.
    range_p : float
        Share of sessions, the event's included, with as large a range.
    """

    symbol: str
    overnight: float
    intraday: float
    overnight_test: Outcome
    intraday_test: Outcome
    volume_ratio: float
    volume_test: Outcome
    range_volatility: float
    range_ratio: float
    range_p: float

    @staticmethod
    def abnormal(outcome: Outcome) -> float:
        """Give the abnormal return of a half: the middle of its interval; NaN where none."""
        if outcome.low is None or outcome.high is None:
            return math.nan
        return (outcome.low + outcome.high) / 2


@dataclass(frozen=True, slots=True)
class SessionHalves:
    """
    The event session of every firm that has daily bars.

    Attributes
    ----------
    benchmark : str
        Whose halves are taken for the market's.
    session : pandas.Timestamp
    firms : tuple of FirmHalves
        By abnormal return overnight, lowest first.
    without : tuple of str
        Firms without bars.
    inputs : tuple of InputFile
    """

    benchmark: str
    session: pd.Timestamp
    firms: tuple[FirmHalves, ...]
    without: tuple[str, ...]
    inputs: tuple[InputFile, ...]

    @property
    def tidy(self) -> pd.DataFrame:
        """One row a firm; returns in decimals, volume in log units."""
        return pd.DataFrame(
            [
                {
                    "symbol": firm.symbol,
                    **_half("overnight", firm.overnight, firm.overnight_test),
                    **_half("intraday", firm.intraday, firm.intraday_test),
                    "volume_ratio": firm.volume_ratio,
                    "abnormal_log_volume": firm.abnormal(firm.volume_test),
                    "t_volume": firm.volume_test.statistic,
                    "p_volume": firm.volume_test.p,
                    "range_volatility": firm.range_volatility,
                    "range_ratio": firm.range_ratio,
                    "p_range": firm.range_p,
                }
                for firm in self.firms
            ]
        )


def _half(name: str, realised: float, outcome: Outcome) -> dict[str, float | None]:
    return {
        name: realised,
        f"{name}_abnormal": FirmHalves.abnormal(outcome),
        f"{name}_low": outcome.low,
        f"{name}_high": outcome.high,
        f"{name}_p": outcome.p,
    }


def session_halves(case: Case) -> SessionHalves | Absent:
    """
    Take the event session of every firm apart.

    A firm's intraday return is that of its bar, whatever its basis; the overnight return is what
    the total return leaves, so that a dividend counts overnight. The benchmark's halves are made in
    the same way; a purged one is purged in each half by the weights at its beginning.

    Returns
    -------
    SessionHalves or Absent
        Absent where the data hold no bars of the headline firm's benchmark that cover the windows.
    """
    benchmarks = {symbol: split_benchmark(case, symbol) for symbol in case.symbols}
    lead = benchmarks.get(case.symbol)
    if lead is None:
        return Absent("needs daily bars of a benchmark")
    indices = [name for b in benchmarks.values() if b is not None for name in (b.symbol, *b.firms)]
    bars, inputs = daily_bars(case.plan.data, list(dict.fromkeys([*case.symbols, *indices])))
    if not bars:
        return Absent("the data hold no daily bars")
    markets = {b: market_halves(case, b, bars) for b in benchmarks.values() if b is not None}
    rows, day = case.rows, case.placed.position
    if not _covered(markets[lead], day):
        return Absent(f"no daily bars of {lead.symbol} cover the event")
    firms: list[FirmHalves] = []
    without: list[str] = []
    for symbol, benchmark in benchmarks.items():
        frame, market = bars.get(symbol), None if benchmark is None else markets[benchmark]
        found = None
        if frame is not None and market is not None:
            found = _firm(case, symbol, frame, market, rows, day)
        if found is None:
            without.append(symbol)
        else:
            firms.append(found)
    if not firms:
        return Absent("no firm of the study has daily bars that cover the windows")
    firms.sort(key=lambda firm: firm.abnormal(firm.overnight_test))
    return SessionHalves(lead.id, case.placed.session, tuple(firms), tuple(without), inputs)


def _covered(market: Halves | None, day: int) -> bool:
    return market is not None and bool(np.isfinite(market.overnight[day]))


def _tested(
    half: Half, own: FloatArray, market: FloatArray, use: IntArray, day: int, case: Case
) -> Outcome:
    ahead = slice(day, day + 1)
    return half_test(
        half,
        LeastSquares(),
        (own[use], market[use, None]),
        (own[ahead], market[ahead, None]),
        ("market",),
        gap=-case.study.estimation.end - 1,
        level=case.study.level,
    )


def _firm(
    case: Case, symbol: str, frame: pd.DataFrame, market: Halves, rows: slice, day: int
) -> FirmHalves | None:
    halves = halves_of(case.plan.columns[symbol], frame)
    volume = frame["volume"].to_numpy(dtype=np.float64)
    spread = (frame["high"] / frame["low"]).to_numpy(dtype=np.float64)
    volatility = np.log(spread) / (2 * math.sqrt(math.log(2)))
    own = [halves.overnight, market.overnight, halves.intraday, market.intraday]
    others = [series for series in (volume, volatility) if np.isfinite(series[rows]).any()]
    complete = np.isfinite(np.column_stack([*own, *others])).all(axis=1)
    use = np.flatnonzero(complete[rows]) + rows.start
    if len(use) < case.study.min_estimation or not complete[day]:
        return None
    ratio, test = _volume(case, symbol, volume, use, day)
    before = volatility[use]
    ranged = bool(np.isfinite(before).all())
    return FirmHalves(
        symbol=symbol,
        overnight=float(halves.overnight[day]),
        intraday=float(halves.intraday[day]),
        overnight_test=_tested("overnight", halves.overnight, market.overnight, use, day, case),
        intraday_test=_tested("intraday", halves.intraday, market.intraday, use, day, case),
        volume_ratio=ratio,
        volume_test=test,
        range_volatility=float(volatility[day]),
        range_ratio=float(volatility[day] / math.sqrt(float(np.mean(before**2)))),
        range_p=float((1 + (before >= volatility[day]).sum()) / (len(before) + 1))
        if ranged
        else math.nan,
    )


def _volume(
    case: Case, symbol: str, volume: FloatArray, use: IntArray, day: int
) -> tuple[float, Outcome]:
    """Hold the event session's volume against that of the estimation sessions."""
    if not np.isfinite(volume[use]).all():
        return math.nan, Outcome.missing("volume", f"no volume of {symbol} is at hand")
    count = case.value(symbol, case.placed.windows[0].eve).count
    turnover = log_turnover(volume, 1.0 if count is None else count.shares)
    test = abnormal_volume_test(
        turnover[use],
        np.empty((len(use), 0)),
        turnover[day : day + 1],
        np.empty((1, 0)),
        level=case.study.level,
    )
    return float(volume[day] / np.median(volume[use])), test
