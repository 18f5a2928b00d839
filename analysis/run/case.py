"""One event under one specification, with what is fitted there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import cumulative
from analysis.errors import DataError
from analysis.impact import dollars_at_stake
from analysis.run.designs import designs_of
from analysis.run.fit import fit_firm, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from analysis._typing import BoolArray, FloatArray
    from analysis.abnormal import AbnormalPath
    from analysis.models.design import Design
    from analysis.results import PlacedEvent, PlacedWindow
    from analysis.run.fit import FirmFit
    from analysis.run.records import Plan, Specification
    from analysis.run.valuation import Valuation
    from analysis.study import Study
    from analysis.windows import Window

SMALLEST_SIGMA = 1e-9
"""A residual standard deviation below this (decimal a session) is rounding, not risk."""


@dataclass(frozen=True, eq=False)
class Case:
    """
    One event under one specification.

    Designs and fits are made when they are first asked for, each once: results, groups and tests
    read the same fit.

    Attributes
    ----------
    plan : Plan
    placed : PlacedEvent
    specification : Specification
    alone : bool
        Whether of the firms only the headline's is taken.
    """

    plan: Plan
    placed: PlacedEvent
    specification: Specification
    alone: bool = False

    @property
    def study(self) -> Study:
        """What is asked."""
        return self.plan.study

    @property
    def symbol(self) -> str:
        """The headline's firm."""
        return self.study.headline.symbol

    @property
    def sessions_after(self) -> int:
        """Sessions after the event's, to the last on which the headline's firm traded."""
        known = np.flatnonzero(np.isfinite(self.returns(self.symbol)))
        return int(known[-1]) - self.placed.position

    def window(self, symbol: str, window: Window) -> Window:
        """Give what of a window is measured: itself, or as far as the firm traded."""
        found = self.plan.coverage.get((symbol, self.placed.event.id))
        return window if found is None else found.windows.get(window, window)

    def whole(self, symbols: Iterable[str], window: Window) -> tuple[str, ...]:
        """List the firms that have every return of a window."""
        coverage, event = self.plan.coverage, self.placed.event.id
        return tuple(s for s in symbols if coverage[s, event].windows.get(window) == window)

    @property
    def rows(self) -> slice:
        """Rows of the estimation window."""
        return rows_of(self.placed.position, self.study.estimation)

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The firms paired with the event, in the order of results."""
        return (self.symbol,) if self.alone else self.plan.symbols_of(self.placed.event.id)

    @cached_property
    def designs(self) -> Mapping[str, Design]:
        """Returns and regressors of each firm over all sessions, by symbol."""
        return designs_of(self.plan, self.placed, self.specification, self.symbols)

    @cached_property
    def fits(self) -> Mapping[str, FirmFit]:
        """
        The fit of each firm on its own complete estimation sessions, by symbol.

        Raises
        ------
        DataError
            If a fit leaves no residual, so that there is no error to measure anything by.
        """
        fits = {symbol: self.fit(symbol) for symbol in self.symbols}
        for symbol, fit in fits.items():
            if fit.model.sigma < SMALLEST_SIGMA:
                raise DataError(
                    f"the {self.specification.model.title} with benchmark "
                    f"{self.specification.benchmark} fits {symbol} without error before event "
                    f"'{self.placed.event.id}': are its levels stale, or a copy of the "
                    "benchmark's? mend them, or leave the firm out with --symbols"
                )
        return fits

    @cached_property
    def _paths(self) -> dict[tuple[str, Window], AbnormalPath]:
        return {}

    def path(self, symbol: str, window: Window) -> AbnormalPath:
        """Compare a firm's returns of a window, as far as it traded, with what its fit expects."""
        key = symbol, window
        if key not in self._paths:
            self._paths[key] = self.fits[symbol].path(self.window(symbol, window))
        return self._paths[key]

    @cached_property
    def _cars(self) -> dict[tuple[str, Window], float]:
        return {}

    def car(self, symbol: str, window: Window) -> float:
        """Give a firm's CAR over a window, decimal."""
        key = symbol, window
        if key not in self._cars:
            self._cars[key] = cumulative(self.path(symbol, window))
        return self._cars[key]

    @cached_property
    def _stakes(self) -> dict[tuple[str, Window], FloatArray]:
        return {}

    def stakes(self, symbol: str, placed: PlacedWindow) -> FloatArray:
        """Give a firm's value at stake before each session of a window; 0 where there is none."""
        key = symbol, placed.window
        if key not in self._stakes:
            amount = self.value(symbol, placed.eve).amount or 0.0
            path = self.path(symbol, placed.window).simple()
            self._stakes[key] = dollars_at_stake(amount, path.raw)
        return self._stakes[key]

    def returns(self, symbol: str) -> FloatArray:
        """Give the returns of a security over all sessions, as the study measures them; (T,)."""
        return self.plan.columns[symbol]

    def value(self, symbol: str, eve: pd.Timestamp) -> Valuation:
        """Give the market value of a firm on the eve of a window."""
        return self.plan.valuations[symbol, eve]

    def design(self, symbol: str) -> Design:
        """Lay out a firm's returns and regressors over all sessions."""
        return self.designs[symbol]

    def fit(self, symbol: str, *, use: BoolArray | None = None) -> FirmFit:
        """
        Fit a firm.

        Parameters
        ----------
        symbol : str
        use : ndarray of bool, shape (M,), optional
            Estimation sessions to use; all that are complete by default.
        """
        return fit_firm(
            self.designs[symbol],
            self.specification.model.estimator,
            self.placed.position,
            estimation=self.study.estimation,
            use=use,
            log=self.study.log,
        )

    def under(self, specification: Specification) -> Case:
        """Take the same event under another specification."""
        return replace(self, specification=specification)


def headline_case(plan: Plan) -> Case:
    """Take the event and the specification that a study leads with."""
    return Case(plan, plan.headline_event, plan.headline_specification)


def shown_cases(cases: Sequence[Case]) -> tuple[Case, ...]:
    """
    Keep of a study's cases what its tables show.

    These are every event under the headline's specification, and the headline's firm at its event
    under every other one.
    """
    leading = cases[0].plan.headline_specification
    return tuple(
        case if case.specification is leading else replace(case, alone=True)
        for case in cases
        if case.specification is leading or case.placed.event.id == case.study.headline.event
    )
