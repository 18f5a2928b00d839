"""What a study found: frozen results that turn into tidy frames."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from analysis.models.catalog import MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import FloatArray
    from analysis.abnormal import AbnormalPath
    from analysis.impact import Impact
    from analysis.inference.outcome import Outcome
    from analysis.prices.manifest import InputFile
    from analysis.prices.reference import ChronologyEntry, PrintedClose, ShareCount
    from analysis.study import Event, Study
    from analysis.windows import Window


NO_BENCHMARK = "none"
"""The benchmark of a model that has none."""

FACTOR_MARKET = "Mkt-RF"
"""The benchmark of a factor model: the library's own market factor."""


TEST_COLUMNS = (
    *("event", "kind", "subject", "model", "benchmark", "window", "test", "title"),
    *("statistic", "distribution", "df", "draws", "p", "low", "high", "null"),
    *("warning", "unavailable"),
)
"""Columns of `StudyResult.tidy_tests`."""

GROUP_COLUMNS = (
    *("event", "session", "group", "model", "benchmark", "estimation", "window", "n_firms"),
    *("symbols", "n_estimation", "caar", "se", "t", "df", "p", "caar_low", "caar_high"),
    *("mean_correlation", "variance_inflation", "t_bmp", "p_bmp", "t_kp", "p_kp"),
    *("symbols_valued", "market_value_usd", "impact_raw_usd", "impact_expected_usd"),
    *("impact_usd", "impact_low_usd", "impact_high_usd", "flags"),
)
"""Columns of `StudyResult.tidy_groups`."""


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


@dataclass(frozen=True, slots=True)
class PlacedWindow:
    """
    An event window with its place in the calendar.

    Attributes
    ----------
    window : Window
    eve, first, last : pandas.Timestamp
        The session before the window, its first and its last.
    confounders : tuple of ChronologyEntry
        What else could have moved the firms within it.
    """

    window: Window
    eve: pd.Timestamp
    first: pd.Timestamp
    last: pd.Timestamp
    confounders: tuple[ChronologyEntry, ...]

    @property
    def flags(self) -> tuple[str, ...]:
        """The confounders as flags: ``confounded:SESSION:ID``."""
        return tuple(f"confounded:{entry.session.date()}:{entry.id}" for entry in self.confounders)


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """
    An event with its place in the data.

    Attributes
    ----------
    event : Event
    session : pandas.Timestamp
        The first session that could react: event time 0.
    position : int
        Its row in the levels.
    windows : tuple of PlacedWindow
    """

    event: Event
    session: pd.Timestamp
    position: int
    windows: tuple[PlacedWindow, ...]


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
    t, sq, placebo : Outcome
        Student t; sample quantile (one-session windows); placebo-in-time rank of the t statistic.
    draws : ndarray of shape (B,)
        The t statistic on the pseudo-dates, NaN where it could not be computed.
    impact : Impact or None
        In USD; None where the firm has no share count.
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
    draws: FloatArray
    impact: Impact | None
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
        The sessions of all windows.
    band : ndarray of shape (L,) or None
        Half-width of the interval of each session's abnormal return.
    windows : tuple of WindowResult
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

    def at(self, window: Window) -> WindowResult:
        """
        Find a window.

        Raises
        ------
        KeyError
            If the study has no such window.
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
    caar : float
        Mean CAR, decimal.
    se : float or None
    t : Outcome
        Of the portfolio.
    mean_correlation : float
        Mean off-diagonal correlation of the firms' estimation residuals.
    bmp, kp : Outcome
        Boehmer-Musumeci-Poulsen, and as adjusted by Kolari and Pynnonen.
    valued : tuple of str
        Firms with a share count, whose dollars are summed.
    impact : Impact or None
        Total of the valued firms, USD.
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
    caar: float
    se: float | None
    t: Outcome
    mean_correlation: float
    bmp: Outcome
    kp: Outcome
    valued: tuple[str, ...]
    impact: Impact | None
    flags: tuple[str, ...]

    @property
    def variance_inflation(self) -> float:
        """How much larger correlation makes the variance of the mean: 1 + (N - 1) r."""
        return 1 + (len(self.symbols) - 1) * self.mean_correlation


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
        The test that survives what is visibly broken comes first.
    verdict : str
        For a group: whether the tests that survive one common date agree, in words; else empty.
    significant : bool or None
        For a group: whether all of those tests reject; else None.
    """

    kind: Literal["firm", "group"]
    subject: str
    outcomes: tuple[Outcome, ...]
    verdict: str = ""
    significant: bool | None = None

    def outcome(self, test: str) -> Outcome | None:
        """Find the outcome of a test; None where the battery has none of that name."""
        return next((o for o in self.outcomes if o.test == test), None)


@dataclass(frozen=True, slots=True)
class PurgeSensitivity:
    """
    The headline under another weight of the firm in the purged benchmark.

    Attributes
    ----------
    weight : float
        Decimal, at the session for which the study states it.
    car : float
    impact : float or None
        USD.
    """

    weight: float
    car: float
    impact: float | None


@dataclass(frozen=True, eq=False)
class StudyResult:
    """
    All that a study found, and what it rests on.

    Attributes
    ----------
    study : Study
        As it ran.
    data_name : str
    inputs : tuple of InputFile
    events : tuple of PlacedEvent
    firms : tuple of FirmResult
    groups : tuple of GroupResult
    recoveries : tuple of Recovery
    batteries : tuple of Battery
        Of the groups; of the headline firm too where all tests were asked for.
    purge_sensitivity : tuple of PurgeSensitivity
        Of the headline; empty where its benchmark is not purged.
    levels : pandas.DataFrame of shape (T, symbols)
        Levels of the firms and benchmarks of the study.
    shares : mapping of str to ShareCount
    closes : mapping of str to PrintedClose
    chronology : tuple of ChronologyEntry
    """

    study: Study
    data_name: str
    inputs: tuple[InputFile, ...]
    events: tuple[PlacedEvent, ...]
    firms: tuple[FirmResult, ...]
    groups: tuple[GroupResult, ...]
    recoveries: tuple[Recovery, ...]
    batteries: tuple[Battery, ...]
    purge_sensitivity: tuple[PurgeSensitivity, ...]
    levels: pd.DataFrame
    shares: Mapping[str, ShareCount]
    closes: Mapping[str, PrintedClose]
    chronology: tuple[ChronologyEntry, ...]

    @cached_property
    def _by_key(self) -> dict[tuple[str, str, str, str], FirmResult]:
        return {(f.event, f.symbol, f.model, f.benchmark): f for f in self.firms}

    def firm(self, event: str, symbol: str, model: str, benchmark: str) -> FirmResult:
        """
        Find one firm's result.

        Raises
        ------
        KeyError
            If the study has no such result.
        """
        return self._by_key[event, symbol, model, benchmark]

    def placed(self, event: str, window: Window) -> PlacedWindow:
        """
        Find the sessions of a window of an event.

        Raises
        ------
        KeyError
            If the study has no such event or window.
        """
        for placed in self.events:
            for candidate in placed.windows:
                if placed.event.id == event and candidate.window == window:
                    return candidate
        raise KeyError((event, str(window)))

    @property
    def headline(self) -> FirmResult:
        """The result that the study leads with."""
        head = self.study.headline
        return next(
            firm
            for firm in self.firms
            if (firm.event, firm.symbol, firm.model) == (head.event, head.symbol, head.model)
            and firm.benchmark in {head.benchmark, NO_BENCHMARK, FACTOR_MARKET}
        )

    @property
    def headline_window(self) -> WindowResult:
        """The window that the study leads with."""
        return self.headline.at(self.study.headline.window)

    @cached_property
    def _lines(self) -> dict[tuple[str, str, str, str, str], int]:
        keys = (
            (firm.event, firm.symbol, firm.model, firm.benchmark, str(window.window))
            for firm in self.firms
            for window in firm.windows
        )
        return {key: line for line, key in enumerate(keys, start=2)}

    def place(self, firm: FirmResult, window: Window, column: str) -> Place:
        """Say where a firm's number stands in ``results.csv``, the file of `tidy`."""
        key = (firm.event, firm.symbol, firm.model, firm.benchmark, str(window))
        return Place("results.csv", self._lines[key], column)

    @cached_property
    def tidy(self) -> pd.DataFrame:
        """
        One row an event, firm, model, benchmark and window.

        Returns are simple and in decimals, dollars are changes (a loss is negative), windows are
        written ``-1..1``; a value that there is not is missing, never filled.
        """
        rows = [
            _tidy_row(firm, window, self.study) for firm in self.firms for window in firm.windows
        ]
        return pd.DataFrame(rows)

    @cached_property
    def tidy_groups(self) -> pd.DataFrame:
        """One row an event, group, model, benchmark and window; units as in `tidy`."""
        rows = [_group_row(group, self.study) for group in self.groups]
        return pd.DataFrame(rows, columns=list(GROUP_COLUMNS))

    @cached_property
    def tidy_tests(self) -> pd.DataFrame:
        """One row a test of `batteries`; units of the interval are those of the effect."""
        head = self.study.headline
        return pd.DataFrame(
            columns=list(TEST_COLUMNS),
            data=[
                {
                    "event": head.event,
                    "kind": battery.kind,
                    "subject": battery.subject,
                    "model": head.model,
                    "benchmark": self.headline.benchmark,
                    "window": str(head.window),
                    "test": outcome.test,
                    "title": outcome.method.title,
                    "statistic": outcome.statistic,
                    "distribution": outcome.method.distribution,
                    "df": outcome.df,
                    "draws": outcome.draws,
                    "p": outcome.p,
                    "low": outcome.low,
                    "high": outcome.high,
                    "null": outcome.method.null,
                    "warning": outcome.warning,
                    "unavailable": outcome.unavailable,
                }
                for battery in self.batteries
                for outcome in battery.outcomes
            ],
        )

    @cached_property
    def tidy_recoveries(self) -> pd.DataFrame:
        """One row an event and firm."""
        return pd.DataFrame(
            [
                {
                    "event": r.event,
                    "symbol": r.symbol,
                    "eve": _day(r.eve),
                    "fell": r.fell,
                    "recovered": None if r.session is None else _day(r.session),
                    "sessions": r.sessions,
                    "data_end": _day(r.last),
                }
                for r in self.recoveries
            ]
        )


def _tidy_row(firm: FirmResult, result: WindowResult, study: Study) -> dict[str, Any]:
    return {
        "event": firm.event,
        "session": _day(firm.session),
        "symbol": firm.symbol,
        "group": firm.group,
        "model": firm.model,
        "benchmark": firm.benchmark,
        "estimation": str(study.estimation),
        "window": str(result.window),
        "n_estimation": firm.n_estimation,
        "alpha": firm.alpha,
        "beta": firm.beta,
        "sigma": firm.sigma,
        "raw_return": result.raw,
        "expected_return": result.expected,
        "car": result.car,
        "se": result.se,
        "t": result.t.statistic,
        "df": result.t.df,
        "p": result.t.p,
        "car_low": result.t.low,
        "car_high": result.t.high,
        "p_sq": result.sq.p,
        "p_placebo": result.placebo.p,
        "n_placebo": result.placebo.draws,
        "bhar": result.bhar,
        **_dollars(result.impact),
        "flags": ";".join(result.flags),
    }


def _group_row(group: GroupResult, study: Study) -> dict[str, Any]:
    return {
        "event": group.event,
        "session": _day(group.session),
        "group": group.group,
        "model": group.model,
        "benchmark": group.benchmark,
        "estimation": str(study.estimation),
        "window": str(group.window),
        "n_firms": len(group.symbols),
        "symbols": " ".join(group.symbols),
        "n_estimation": group.n_estimation,
        "caar": group.caar,
        "se": group.se,
        "t": group.t.statistic,
        "df": group.t.df,
        "p": group.t.p,
        "caar_low": group.t.low,
        "caar_high": group.t.high,
        "mean_correlation": group.mean_correlation,
        "variance_inflation": group.variance_inflation,
        "t_bmp": group.bmp.statistic,
        "p_bmp": group.bmp.p,
        "t_kp": group.kp.statistic,
        "p_kp": group.kp.p,
        "symbols_valued": " ".join(group.valued),
        **_dollars(group.impact),
        "flags": ";".join(group.flags),
    }


def _dollars(impact: Impact | None) -> dict[str, float | None]:
    names = ("market_value", "impact_raw", "impact_expected", "impact", "impact_low", "impact_high")
    values: tuple[float | None, ...] = (
        (None,) * len(names)
        if impact is None
        else (
            impact.market_value,
            impact.raw,
            impact.expected,
            impact.abnormal,
            impact.low,
            impact.high,
        )
    )
    return {f"{name}_usd": value for name, value in zip(names, values, strict=True)}


def _day(session: pd.Timestamp) -> str:
    return str(session.date())
