"""The parts of a study's results: frozen records."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from analysis.models.catalog import MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from analysis._typing import FloatArray
    from analysis.abnormal import AbnormalPath
    from analysis.impact import Impact
    from analysis.inference.outcome import Outcome
    from analysis.inference.scaled import ScaledPlacebo
    from analysis.models.base import AlphaUsed
    from analysis.models.spec import ModelSpec
    from analysis.windows import Window

NO_BENCHMARK = "none"
"""The benchmark of a model that has none."""

FACTOR_MARKET = "Mkt-RF"
"""The benchmark of a factor model: the library's own market factor."""


def benchmark_name(model: ModelSpec, benchmark: str) -> str:
    """
    Name the benchmark of a model as results do.

    Parameters
    ----------
    model : ModelSpec
    benchmark : str
        Id of a benchmark of the study.

    Returns
    -------
    str
        `benchmark` where the model takes one, `FACTOR_MARKET` for a factor model, else
        `NO_BENCHMARK`.
    """
    if model.uses_benchmark:
        return benchmark
    return FACTOR_MARKET if model.factors else NO_BENCHMARK


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a number stands in the files of a study's results.

    Attributes
    ----------
    file : str
    line : int
        Of the file, its header being line 1.
    column : str
    """

    file: str
    line: int
    column: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, {self.column}"


@dataclass(frozen=True, slots=True, eq=False)
class WindowResult:
    """
    One firm, one event, one specification, one window.

    Attributes
    ----------
    window : Window
    raw, expected : float
        Sums of the daily simple returns of the window, decimal; `car` is their difference.
    car : float
    se : float or None
        Prediction standard error of the CAR; None where the model has none.
    bhar : float
        Compounded realised less compounded expected return.
    t, sq, placebo, scaled : Outcome
        Student t; sample quantile (one-session windows); placebo-in-time rank of the t statistic,
        and of the CAR in units of the volatility forecast before each date.
    joint : Outcome
        `scaled` when every firm of the event is asked at once (Romano-Wolf); of the headline's
        specification only.
    draws : ndarray of shape (B,)
        The t statistic on the pseudo-dates, NaN where it could not be computed.
    pseudo : ScaledPlacebo or None
        The CARs of the pseudo-dates with their forecasts; None where the model is not drawn so.
    impact : Impact or None
        None where the firm has no market value.
    alpha : {"estimated", "zero", "none"}
        What a session is expected to earn beyond its regressors: the fit's alpha; nothing, in a
        long window (`Window.long`), into which no alpha is carried; or nothing by the model.
    flags : tuple of str
        What a reader must know about this row.
    """

    window: Window
    raw: float
    expected: float
    car: float
    se: float | None
    bhar: float
    t: Outcome
    sq: Outcome
    placebo: Outcome
    scaled: Outcome
    joint: Outcome
    draws: FloatArray
    pseudo: ScaledPlacebo | None
    impact: Impact | None
    alpha: AlphaUsed
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FirmResult:
    """
    One firm, one event, one specification.

    Attributes
    ----------
    event, symbol, group, model, benchmark : str
        Ids; `group` is empty where the firm is in none.
    session : pandas.Timestamp
        Event time 0.
    n_estimation : int
        Complete sessions that the fit used.
    coefficients : mapping of str to float
        ``alpha`` first, then one a regressor; the first regressor stands for the market.
    sigma : float
        Residual standard deviation, decimal a session.
    df : float
        Residual degrees of freedom.
    path : AbnormalPath
        The sessions of all windows, each as a window of its own.
    unlevelled : AbnormalPath
        The same without the alpha, as parts of a long window.
    band : ndarray of shape (L,) or None
        Half-width of the interval of each session's abnormal return.
    windows : tuple of WindowResult
        Those that could be measured.
    """

    event: str
    symbol: str
    group: str
    model: str
    benchmark: str
    session: pd.Timestamp
    n_estimation: int
    coefficients: Mapping[str, float]
    sigma: float
    df: float
    path: AbnormalPath
    unlevelled: AbnormalPath
    band: FloatArray | None
    windows: tuple[WindowResult, ...]

    @property
    def alpha(self) -> float:
        """Intercept, decimal a session; NaN for a model without one."""
        return self.coefficients.get("alpha", math.nan)

    @property
    def beta(self) -> float:
        """Coefficient of the regressor that stands for the market; NaN where there is none."""
        if MODELS[self.model].uses_donors:
            return math.nan
        slopes = [value for name, value in self.coefficients.items() if name != "alpha"]
        return slopes[0] if slopes else math.nan

    def has(self, window: Window) -> bool:
        """Say whether a window of the study was measured."""
        return any(result.window == window for result in self.windows)

    def at(self, window: Window) -> WindowResult:
        """
        Find a window.

        Raises
        ------
        KeyError
            If the study has no such window, or it was not measured.
        """
        for result in self.windows:
            if result.window == window:
                return result
        raise KeyError(str(window))


@dataclass(frozen=True, slots=True)
class GroupResult:
    """
    Firms of a group together: one event, one specification, one window.

    The standard error, t and interval are those of the equally weighted portfolio, which carry the
    correlation of the firms' errors; so does the interval of the dollar total.

    Attributes
    ----------
    event, group, model, benchmark : str
    session : pandas.Timestamp
    window : Window
    symbols : tuple of str
        Firms in the average.
    n_estimation : int
        Sessions on which all of them have a return.
    alpha : {"estimated", "zero", "none"}
        As `WindowResult.alpha`.
    caar : float
        Mean CAR, decimal.
    se : float or None
    t : Outcome
        Of the portfolio.
    mean_correlation : float
        Mean off-diagonal correlation of the firms' estimation residuals.
    bmp, kp : Outcome
        Boehmer-Musumeci-Poulsen, and as adjusted by Kolari and Pynnonen: were the firms hit evenly?
    scaled, volatile : Outcome
        Rank of the mean CAR, in units of the portfolio's volatility forecast before each date,
        among pseudo-dates; and as it is among the most volatile quarter of them.
    k : float or None
        How many times the ordinary the day's standard deviation would have to be for the mean CAR
        to be chance: |t| over its critical value.
    down : int
        Firms with a negative CAR.
    pseudo : ScaledPlacebo or None
        Mean CARs of the pseudo-dates with their forecasts.
    valued : tuple of str
        Firms with a share count, whose dollars are summed.
    impact : Impact or None
        Total of the valued firms; None where there is none, or their currencies differ.
    flags : tuple of str
    """

    event: str
    group: str
    model: str
    benchmark: str
    session: pd.Timestamp
    window: Window
    symbols: tuple[str, ...]
    n_estimation: int
    alpha: AlphaUsed
    caar: float
    se: float | None
    t: Outcome
    mean_correlation: float
    bmp: Outcome
    kp: Outcome
    scaled: Outcome
    volatile: Outcome
    k: float | None
    down: int
    pseudo: ScaledPlacebo | None
    valued: tuple[str, ...]
    impact: Impact | None
    flags: tuple[str, ...]

    @property
    def variance_inflation(self) -> float:
        """How much larger correlation makes the variance of the mean: 1 + (N - 1) r."""
        return 1 + (len(self.symbols) - 1) * self.mean_correlation


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """
    What of a firm could not be measured around an event, and why.

    Attributes
    ----------
    event, symbol : str
    window : Window or None
        None for all windows.
    reason : str
    """

    event: str
    symbol: str
    window: Window | None
    reason: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """
    When a firm's total-return level first closed at or above that of the eve of the event.

    Attributes
    ----------
    event, symbol : str
    eve : pandas.Timestamp
        The session before the event's.
    fell : bool
        Whether the event session closed below the eve.
    session : pandas.Timestamp or None
        First later close at or above the eve's; None where the data end before.
    sessions : int
        Sessions from the event's to that one, or to the last of the data.
    last : pandas.Timestamp
        Last session with a level.
    """

    event: str
    symbol: str
    eve: pd.Timestamp
    fell: bool
    session: pd.Timestamp | None
    sessions: int
    last: pd.Timestamp


@dataclass(frozen=True, slots=True)
class Battery:
    """
    Every test of one subject at the headline event, specification and window.

    Attributes
    ----------
    kind : {"firm", "group"}
    subject : str
        Symbol of the firm, or id of the group.
    outcomes : tuple of Outcome
        In the order of the registry.
    verdict : str
        Whether the abnormal return is beyond ordinary days, by the test that leads and its null.
    significant : bool or None
        Whether that test rejects; None where there is none, or those that lead differ.
    """

    kind: Literal["firm", "group"]
    subject: str
    outcomes: tuple[Outcome, ...]
    verdict: str = ""
    significant: bool | None = None

    def outcome(self, test: str) -> Outcome | None:
        """Find the outcome of a test; None where the battery has none of that name."""
        return next((o for o in self.outcomes if o.test == test), None)
