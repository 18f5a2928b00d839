"""A study of many firm-events, whole: its averages, its pairs, and their rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.columns import NO_DAY, NO_INSTANT
from analysis.inference.student import two_sided_p
from analysis.sample.judging import running_sums
from analysis.sample.pairs import NOTE_WORDS, OK, STATUS_WORDS
from analysis.windows import SHORT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from analysis.inference.outcome import Outcome
    from analysis.sample.average import Average
    from analysis.sample.data import SampleData
    from analysis.sample.days import Days
    from analysis.sample.events import FirmEvents
    from analysis.sample.measure import Fits, Measurer, Measures
    from analysis.sample.pairs import Pairs
    from analysis.sample.placebo import Placebo
    from analysis.sample.spec import SampleSpec
    from analysis.windows import Window

AVERAGE_COLUMNS = (
    *("group", "kind", "start", "end", "n", "mean", "median", "positive", "se", "low", "high"),
    *("test", "statistic", "df", "p"),
)
"""Columns of the averages: one row a group, session or window, and test."""

FIRM_EVENT_COLUMNS = (
    *("id", "symbol", "when", "session", "group", "model", "benchmark", "estimation", "window"),
    *("n_estimation", "alpha", "beta", "sigma", "car", "se", "scar", "t", "df", "p", "bhar"),
    *("impact_usd", "status", "alpha_used"),
)
"""Columns of the pairs: one row a pair and window."""

MOST_NAMED = 3
"""Benchmarks that are named one by one; of more their number is said."""

PATH_COLUMNS = (
    *("id", "symbol", "day", "session", "raw_return", "expected_return", "ar", "car"),
    "alpha_used",
)
"""Columns of the paths: one row a pair and session."""


@dataclass(frozen=True, eq=False)
class SampleResult:
    """
    What a study of many firm-events found.

    Attributes
    ----------
    spec : SampleSpec
    events : FirmEvents
    measurer : Measurer
    fits : Fits
    windows : Measures
        Of the event windows.
    daily : Days
        The single sessions.
    notes : ndarray of shape (w, n)
        Flags of each window of each pair.
    averages : tuple of Average
    placebos : tuple of Placebo
        One an event window; empty where none was asked for.
    impacts : ndarray of shape (w, n) or None
        USD of each window of each pair, NaN where unknown; None where nothing is known.
    names : mapping of str to str
        What a reader calls firms and benchmarks, by symbol or id; others stand for themselves.
    """

    spec: SampleSpec
    events: FirmEvents
    measurer: Measurer
    fits: Fits
    windows: Measures
    daily: Days
    notes: npt.NDArray[np.int8]
    averages: tuple[Average, ...]
    placebos: tuple[Placebo, ...] = ()
    impacts: npt.NDArray[np.float64] | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def pairs(self) -> Pairs:
        """The pairs on their sessions."""
        return self.measurer.pairs

    @property
    def days(self) -> Measures:
        """Measures of the single sessions, all at once."""
        return self.daily.whole

    @property
    def model_words(self) -> str:
        """Say what the pairs were measured by: the model, its benchmarks, and kinds of returns."""
        names = sorted(set(self.pairs.benchmarks))
        listed = ", ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} benchmarks"
        benchmark = f" on {listed}" if self.measurer.takes_benchmark else ""
        return f"{self.spec.linear.name} model{benchmark}{self._kinds}"

    @property
    def measured_words(self) -> str:
        """Say the same with the benchmark by its name, for figures and pages."""
        against = f" against {self.benchmark_words}" if self.measurer.takes_benchmark else ""
        return f"{self.spec.linear.name} model{against}{self._kinds}"

    @property
    def _kinds(self) -> str:
        kind = ", log returns" if self.data.log else ""
        exchanges = len(self.data.exchanges)
        return kind + (f", sessions of {exchanges} exchanges" if exchanges > 1 else "")

    def name_of(self, symbol: str) -> str:
        """Name a firm or a benchmark; one without a known name stands for itself."""
        return self.names.get(symbol, symbol)

    @property
    def benchmark_words(self) -> str:
        """Say in words what the expected returns rest on, as in ``the S&P 500``."""
        if not self.measurer.takes_benchmark:
            return "its own past"
        symbols = set(self.pairs.benchmarks)
        if len(symbols) > 1:
            return "the benchmark of each"
        (symbol,) = symbols
        name = self.name_of(symbol)
        return name if name == symbol or name.startswith("the ") else f"the {name}"

    @property
    def data(self) -> SampleData:
        """The returns."""
        return self.measurer.data

    def of(self, group: str, window: Window, kind: str = "window") -> Average:
        """
        Find an average.

        Raises
        ------
        KeyError
            If there is none.
        """
        for average in self.averages:
            if (average.group, average.window, average.kind) == (group, window, kind):
                return average
        raise KeyError(f"no average of {group} over {window}")

    @cached_property
    def statuses(self) -> dict[str, int]:
        """Count the pairs by what became of them over the first window, the commonest first."""
        words = self.status_texts(0)
        counts = Counter(words.tolist())
        return dict(sorted(counts.items(), key=lambda item: (item[0] != "ok", -item[1], item[0])))

    def status_texts(self, window: int) -> npt.NDArray[np.object_]:
        """Say what became of each pair over a window; shape (n,), in the order of the pairs."""
        words = np.array(STATUS_WORDS, dtype=object)[self.windows.status[window]]
        notes = self.notes[window]
        for flags in np.unique(notes[self.windows.status[window] == OK]):
            said = "; ".join(word for flag, word in NOTE_WORDS.items() if flags & flag)
            if said:
                here = (notes == flags) & (self.windows.status[window] == OK)
                words[here] = f"ok: {said}"
        found: npt.NDArray[np.object_] = words
        return found

    @cached_property
    def tidy(self) -> pd.DataFrame:
        """The averages, long: columns as `AVERAGE_COLUMNS`."""
        rows = [row for average in self.averages for row in self._average_rows(average)]
        return pd.DataFrame(rows, columns=list(AVERAGE_COLUMNS))

    def _average_rows(self, average: Average) -> Iterator[dict[str, Any]]:
        head = {
            "group": average.group,
            "kind": average.kind,
            "start": average.window.start,
            "end": average.window.end,
            "n": average.n,
            "mean": average.mean,
            "median": average.median,
            "positive": average.positive,
        }
        if average.battery is not None:
            inner = average.battery
            interval = {"se": inner.se, "low": inner.low, "high": inner.high}
            for outcome in inner.outcomes:
                if outcome.available:
                    yield {**head, **interval, **_test(outcome)}
        for mean, outcome in average.extra:
            if outcome.available:
                se = (
                    mean / outcome.statistic
                    if outcome.low is not None and outcome.statistic
                    else None
                )
                yield {
                    **head,
                    "mean": mean,
                    "se": se,
                    "low": outcome.low,
                    "high": outcome.high,
                    **_test(outcome),
                }

    @cached_property
    def firm_events(self) -> pd.DataFrame:
        """Every pair of the list in its order, one row a window: `FIRM_EVENT_COLUMNS`."""
        frames = [self._firm_event_rows(at) for at in range(len(self.spec.windows))]
        stacked = pd.concat(frames).sort_index(kind="stable")
        return stacked.reset_index(drop=True)[list(FIRM_EVENT_COLUMNS)]

    def _firm_event_rows(self, at: int) -> pd.DataFrame:
        pairs, fits, events = self.pairs, self.fits, self.events
        row = pairs.row
        car, se = self.windows.car[at], self.windows.se[at]
        scar = car / np.where(se > 0, se, np.nan)
        p = [
            two_sided_p(t, df) if np.isfinite(t) else np.nan
            for t, df in zip(scar.tolist(), fits.df.tolist(), strict=True)
        ]
        beta = fits.coefficients[:, 1] if fits.coefficients.shape[1] > 1 else np.nan
        names = np.array(pairs.benchmarks, dtype=object)[pairs.benchmark]
        frame = pd.DataFrame(
            {
                "id": events.ids.texts()[row],
                "symbol": events.symbol.texts()[row],
                "when": when_texts(events)[row],
                "session": self.session_texts(pairs.position),
                "group": events.group.texts()[row],
                "model": self.spec.linear.name,
                "benchmark": names if self.measurer.takes_benchmark else "",
                "estimation": str(self.spec.estimation),
                "window": str(self.spec.windows[at]),
                "n_estimation": fits.n_estimation,
                "alpha": fits.coefficients[:, 0],
                "beta": beta,
                "sigma": np.sqrt(fits.sigma2),
                "car": car,
                "se": se,
                "scar": scar,
                "t": scar,
                "df": fits.df,
                "p": p,
                "bhar": self.windows.bhar[at],
                "impact_usd": np.nan if self.impacts is None else self.impacts[at],
                "status": self.status_texts(at),
                "alpha_used": self.spec.linear.alpha_used(long=self.spec.windows[at].long),
            },
            index=row,
        )
        return frame.sort_index()

    def session_texts(self, position: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
        """Write sessions as dates; ``""`` where there is none."""
        days = self.data.sessions.astype("datetime64[D]").astype(str).astype(object)
        found: npt.NDArray[np.object_] = np.append(days, "")[np.where(position < 0, -1, position)]
        return found

    def paths(self, rows: slice = slice(None)) -> pd.DataFrame:
        """
        Lay out the path of every pair that was measured: `PATH_COLUMNS`.

        Parameters
        ----------
        rows : slice
            Of the pairs in their own order; all by default.
        """
        spec, pairs, days = self.spec, self.pairs, self.days
        shown = np.arange(len(pairs))[rows]
        shown = shown[np.isfinite(self.fits.sigma2[shown])]
        first = days.windows[0].start
        ar = days.car[spec.path.start - first : spec.path.end - first + 1][:, shown]
        offsets = np.arange(spec.path.start, spec.path.end + 1)
        at = pairs.position[shown][None, :] + offsets[:, None]
        start, stop = self.data.bounds(pairs.position[shown])
        inside = (at >= start) & (at < stop)
        raw = self._raw(pairs.firm[shown], at)
        n, d = len(shown), len(offsets)
        order = pairs.row[shown]
        car = running_sums(ar, self.fits.coefficients[shown, 0])
        alpha = [spec.linear.alpha_used(long=at >= SHORT) for at in range(d)]
        frame = pd.DataFrame(
            {
                "id": np.repeat(self.events.ids.texts()[order], d),
                "symbol": np.repeat(self.events.symbol.texts()[order], d),
                "day": np.tile(offsets, n),
                "session": self.session_texts(np.where(inside, at, -1).T.ravel()),
                "raw_return": raw.T.ravel(),
                "expected_return": (raw - ar).T.ravel(),
                "ar": ar.T.ravel(),
                "car": np.where(np.isfinite(ar), car, np.nan).T.ravel(),
                "alpha_used": np.tile(np.array(alpha, dtype=object), n),
            }
        )
        keep = np.isfinite(frame["ar"].to_numpy())
        sorting = np.argsort(np.repeat(order, d), kind="stable")
        chosen: pd.DataFrame = frame.iloc[sorting[keep[sorting]]].reset_index(drop=True)
        return chosen

    def _raw(
        self, firm: npt.NDArray[np.int64], at: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        rows = self.data.panel.rows
        begin, end = rows.offsets[firm], rows.offsets[firm + 1]
        place = begin + at - rows.first[firm]
        inside = (place >= begin) & (place < end)
        values = rows.values[np.where(inside, place, 0)]
        found: npt.NDArray[np.float64] = np.where(inside, values, np.nan)
        return found


def when_texts(events: FirmEvents) -> npt.NDArray[np.object_]:
    """Write when each pair's news was public: a date, or an instant in UTC; shape (n,)."""
    dates = events.day.astype("datetime64[D]").astype(str).astype(object)
    timed = events.instant != NO_INSTANT
    if timed.any():
        instants = events.instant[timed].astype("datetime64[us]").astype("datetime64[s]")
        dates[timed] = np.char.add(instants.astype(str), "Z")
    dates[events.day == NO_DAY] = ""
    found: npt.NDArray[np.object_] = dates
    return found


def _test(outcome: Outcome) -> dict[str, Any]:
    return {
        "test": outcome.test,
        "statistic": outcome.statistic,
        "df": outcome.df,
        "p": outcome.p,
    }
