"""All that a study found, and what it rests on."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pandas as pd

from analysis.currency import USD
from analysis.models.catalog import MODELS
from analysis.outputs import check_workbook, write_file
from analysis.results.paths import path_frame
from analysis.results.records import Place, benchmark_name
from analysis.results.rows import (
    GROUP_COLUMNS,
    TEST_COLUMNS,
    firm_row,
    group_row,
    outcome_row,
    recovery_row,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.figure import Figure

    from analysis.impact import Impact
    from analysis.prices.manifest import InputFile
    from analysis.prices.reference import ChronologyEntry, PrintedClose, ShareCount
    from analysis.results.bounds import Bounds
    from analysis.results.family import FirmFamily
    from analysis.results.placed import PlacedEvent, PlacedWindow
    from analysis.results.records import (
        Battery,
        FirmResult,
        GroupResult,
        Recovery,
        Unmeasured,
        WindowResult,
    )
    from analysis.results.shock import MarketShock
    from analysis.study import Study
    from analysis.windows import Window


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
        Of the headline firm, and of the groups.
    shock : MarketShock or None
        Whether the headline's event moved the whole market; None where that cannot be judged.
    family : FirmFamily
        Which firms moved beyond chance at the headline: the one count that everything repeats.
    bounds : Bounds or None
        Of the headline; None where no benchmark of the study is purged.
    levels : pandas.DataFrame of shape (T, symbols)
        Levels of the firms and benchmarks of the study.
    shares : mapping of str to ShareCount
    closes : mapping of str to PrintedClose
        What the headline's market values are made of; only of firms that have one.
    unvalued : mapping of str to str
        Firms without a market value at the headline, and the flag that says why.
    chronology : tuple of ChronologyEntry
    unmeasured : tuple of Unmeasured
        What of the firms could not be measured.
    dividends : bool or None
        Whether they are in the levels; None where nobody said.
    currencies : tuple of str
        Codes that the levels of the firms are in; empty where one is not known.
    names : mapping of str to str
        Names of the firms, and what the funds follow, by symbol, as far as they are known; see
        `analysis.results.names`.
    """

    study: Study
    data_name: str
    inputs: tuple[InputFile, ...]
    events: tuple[PlacedEvent, ...]
    firms: tuple[FirmResult, ...]
    groups: tuple[GroupResult, ...]
    recoveries: tuple[Recovery, ...]
    batteries: tuple[Battery, ...]
    shock: MarketShock | None
    family: FirmFamily
    bounds: Bounds | None
    levels: pd.DataFrame
    shares: Mapping[str, ShareCount]
    closes: Mapping[str, PrintedClose]
    unvalued: Mapping[str, str]
    chronology: tuple[ChronologyEntry, ...]
    unmeasured: tuple[Unmeasured, ...] = ()
    dividends: bool | None = None
    currencies: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Name the study and its headline; never the frames."""
        head, cell = self.study.headline, self.headline_window
        t = "none" if cell.t.statistic is None else f"{cell.t.statistic:.2f}"
        return (
            f"<StudyResult '{self.study.id}': events {len(self.events)}, firms "
            f"{len(self.study.symbols)}, models {len(self.study.models)}; {head.symbol} on "
            f"{self.headline.session.date()}, window {head.window}, {head.model}: CAR "
            f"{cell.car:.4f}, t {t}>"
        )

    @property
    def returns_in(self) -> str:
        """Say in which currency returns are."""
        if self.study.currency or len(self.currencies) == 1:
            return self.study.currency or self.currencies[0]
        return (
            f"local currencies ({', '.join(self.currencies)})"
            if self.currencies
            else ("the currency of the prices")
        )

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

    @cached_property
    def currency(self) -> str:
        """
        The currency in which tables show money.

        That of all market values, ISO 4217; of several USD where every rate is known, else their
        codes with ``+`` between.
        """
        found = [firm.at(self.study.headline.window).impact for firm in self.headline_firms]
        impacts = [impact for impact in found if impact is not None]
        codes = sorted({impact.currency for impact in impacts})
        if len(codes) < 2:
            return codes[0] if codes else USD
        return "+".join(codes) if any(i.rate is None for i in impacts) else USD

    def shown(self, impact: Impact | None) -> Impact | None:
        """Give a change in market value in the currency of the tables, as far as there is one."""
        return impact.in_dollars() if impact is not None and self.currency == USD else impact

    @property
    def headline(self) -> FirmResult:
        """The result that the study leads with."""
        return self.firm(self.study.headline.event, self.study.headline.symbol, *self._leading)

    @cached_property
    def _leading(self) -> tuple[str, str]:
        """The headline's model, and its benchmark as results name it."""
        head = self.study.headline
        return head.model, benchmark_name(MODELS[head.model], head.benchmark)

    @cached_property
    def headline_firms(self) -> tuple[FirmResult, ...]:
        """Every firm measured at the headline's event and window under its specification."""
        event = self.study.headline.event
        return tuple(
            f
            for f in self.firms
            if (f.event, f.model, f.benchmark) == (event, *self._leading)
            and f.has(self.study.headline.window)
        )

    @cached_property
    def headline_groups(self) -> tuple[GroupResult, ...]:
        """Every group at the headline's event and window under its specification."""
        head = self.study.headline
        return tuple(
            g
            for g in self.groups
            if (g.event, g.model, g.benchmark) == (head.event, *self._leading)
            and g.window == head.window
        )

    @cached_property
    def headline_dates(self) -> tuple[FirmResult, ...]:
        """The headline's firm at every event under the headline's specification."""
        symbol = self.study.headline.symbol
        return tuple(
            f
            for f in self.firms
            if (f.symbol, f.model, f.benchmark) == (symbol, *self._leading)
            and f.has(self.study.headline.window)
        )

    @cached_property
    def headline_models(self) -> tuple[FirmResult, ...]:
        """The headline's firm at its event under every specification."""
        head = self.study.headline
        return tuple(f for f in self.firms if (f.event, f.symbol) == (head.event, head.symbol))

    @property
    def headline_event(self) -> PlacedEvent:
        """The event that the study leads with, in its place in the data."""
        return next(e for e in self.events if e.event.id == self.study.headline.event)

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

    def group_place(self, group: GroupResult, column: str) -> Place:
        """Say where a group's number stands in ``groups.csv``, the file of `tidy_groups`."""
        line = next(line for line, one in enumerate(self.groups, start=2) if one is group)
        return Place("groups.csv", line, column)

    def test_place(self, kind: str, subject: str, test: str, column: str) -> Place:
        """Say where a number of a battery's test stands in ``tests.csv``, as `tidy_tests`."""
        rows = ((b, o) for b in self.batteries for o in b.outcomes)
        line = next(
            line
            for line, (b, o) in enumerate(rows, start=2)
            if (b.kind, b.subject, o.test) == (kind, subject, test)
        )
        return Place("tests.csv", line, column)

    @cached_property
    def tidy(self) -> pd.DataFrame:
        """
        One row an event, firm, model, benchmark and window.

        Returns are simple and in decimals, dollars are changes (a loss is negative), windows are
        written ``-1..1``; a value that there is not is missing, never filled.
        """
        rows = [
            firm_row(firm, window, self.study) for firm in self.firms for window in firm.windows
        ]
        return pd.DataFrame(rows)

    @cached_property
    def tidy_groups(self) -> pd.DataFrame:
        """One row an event, group, model, benchmark and window; units as in `tidy`."""
        rows = [group_row(group, self.study) for group in self.groups]
        return pd.DataFrame(rows, columns=list(GROUP_COLUMNS))

    @cached_property
    def tidy_tests(self) -> pd.DataFrame:
        """One row a test of `batteries`; units of the interval are those of the effect."""
        rows = [
            outcome_row(self.study.headline, self.headline.benchmark, battery, outcome)
            for battery in self.batteries
            for outcome in battery.outcomes
        ]
        return pd.DataFrame(rows, columns=list(TEST_COLUMNS))

    @cached_property
    def tidy_unmeasured(self) -> pd.DataFrame:
        """One row a window of a firm that could not be measured; no window for all of them."""
        rows = [
            (m.event, m.symbol, "" if m.window is None else str(m.window), m.reason)
            for m in self.unmeasured
        ]
        return pd.DataFrame(rows, columns=["event", "symbol", "window", "reason"])

    @cached_property
    def tidy_recoveries(self) -> pd.DataFrame:
        """One row an event and firm."""
        return pd.DataFrame([recovery_row(recovery) for recovery in self.recoveries])

    @cached_property
    def path(self) -> pd.DataFrame:
        """
        One row a firm and day around the headline's event, under the headline's specification.

        ``day`` counts sessions from the event's, over all that the study's windows span; ``ar`` is
        the abnormal return of the day and ``car`` its sum from the first day on (simple, decimal),
        each with the ends of its interval at the study's level. Also the file ``paths.csv``.

        Examples
        --------
        >>> import analysis
        >>> levels = analysis.load_snapshot().levels
        >>> result = analysis.event_study(
        ...     levels, firm="NVDA", market="SPY", when="2025-01-27", windows="-1..1"
        ... )
        >>> [round(car, 4) for car in result.path["car"]]
        [-0.0253, -0.159, -0.0946]
        """
        return path_frame(
            self.headline_firms, self.headline_event, self.levels.index, self.study.level
        )

    def summary(self, *, tests: bool = False, width: int = 110) -> str:
        """
        Lay out the results for reading: tables, notes and one paragraph, as the terminal has them.

        Parameters
        ----------
        tests : bool
            Also every test of `batteries`, first.
        width : int
            Columns of prose; tables keep to fewer than 110 too.

        Returns
        -------
        str
            Plain text; ``print(result.summary())``.
        """
        return cast("str", _presented("summary")(self, tests=tests, width=width))

    def _repr_html_(self) -> str:
        return cast("str", _presented("html")(self))

    def to_latex(self) -> str:
        """Write all rows as a LaTeX ``tabular``: returns in percent, money in billions."""
        return cast("str", _presented("latex")(self))

    def to_markdown(self) -> str:
        """Write title, summary and tables as Markdown."""
        return cast("str", _presented("markdown")(self))

    def to_excel(self, path: Path | str) -> Path:
        """
        Write every file of tidy rows as a sheet of one Excel workbook.

        Parameters
        ----------
        path : pathlib.Path or str
            Of the workbook, ending in ``.xlsx``; what is there is replaced.

        Returns
        -------
        pathlib.Path

        Raises
        ------
        OutputError
            If the path does not end so, or cannot be written to.
        """
        check_workbook(target := Path(path))
        write_file(cast("bytes", _presented("excel")(self)), target)
        return target

    def plot(self, figure: str = "event-path") -> Figure:
        """
        Draw a figure of the results.

        Parameters
        ----------
        figure : str
            A name of ``market-impact list figures``, of those drawn from results alone.

        Returns
        -------
        matplotlib.figure.Figure
            Tied to no window; a notebook shows it, ``savefig`` writes it.

        Raises
        ------
        StudyError
            If there is no figure of that name, or these results cannot draw it.
        """
        return cast("Figure", _presented("draw", "analysis.figures.export")(self, figure))


def _presented(name: str, home: str = "analysis.presentation") -> Callable[..., object]:
    """Find what shows a result, imported when first asked for: it stands above results."""
    return cast("Callable[..., object]", getattr(importlib.import_module(home), name))
