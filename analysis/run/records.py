"""What a run is made of: pairs of a firm and an event, specifications, and the plan over both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analysis.models.catalog import MODELS
from analysis.results import benchmark_name
from analysis.run.donors import DonorPool

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from analysis._typing import FloatArray
    from analysis.models.spec import ModelSpec
    from analysis.prices.market_data import MarketData
    from analysis.prices.reference import Reference
    from analysis.results import PlacedEvent, Unmeasured
    from analysis.run.valuation import Valuation
    from analysis.study import Study
    from analysis.windows import Window


@dataclass(frozen=True, slots=True)
class Pair:
    """
    A firm and an event that may have moved it: the unit of a run.

    Attributes
    ----------
    symbol : str
        Of the firm.
    event : str
        Id of the event.
    """

    symbol: str
    event: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """
    The windows of a firm around an event that can be measured.

    Attributes
    ----------
    windows : mapping of Window to Window
        By window of the study, what of it is measured: itself, or as far as the firm traded.
    missing : tuple of Unmeasured
    last : pandas.Timestamp or None
        The firm's last session, where that lies before the end of the last window.
    """

    windows: Mapping[Window, Window]
    missing: tuple[Unmeasured, ...] = ()
    last: pd.Timestamp | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Specification:
    """
    A model with its benchmark.

    Attributes
    ----------
    model : ModelSpec
    benchmark : str
        Name in results.
    market : ndarray of shape (T,) or None
        Simple returns of the benchmark over all sessions; None where the model takes none, or where
        each firm has its own.
    own : mapping of str to ndarray of shape (T,)
        By firm, of a benchmark that is each firm's own index.
    """

    model: ModelSpec
    benchmark: str
    market: FloatArray | None
    own: Mapping[str, FloatArray] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Model and benchmark as results name them."""
        return self.model.id, self.benchmark

    def market_of(self, symbol: str) -> FloatArray | None:
        """Give the returns of the benchmark as it is for a firm; (T,)."""
        return self.own[symbol] if self.own else self.market


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """
    A study ready to run.

    Attributes
    ----------
    study : Study
    data : MarketData
    pairs : tuple of Pair
        What runs, in the order of results: every firm around every event of the study around which
        it can be measured.
    columns : mapping of str to ndarray of shape (T,)
        Simple returns of every security in the data, NaN where there is none.
    factors : mapping of str to ndarray of shape (T,)
        Daily factors in decimals on the sessions of the data, NaN where there is none.
    reference : Reference
        The data's, with what the study itself states put over it.
    events : tuple of PlacedEvent
    specifications : tuple of Specification
    valuations : mapping of (str, pandas.Timestamp) to Valuation
        Of each firm on the eve of each window.
    coverage : mapping of (str, str) to Coverage
        By symbol and event: the windows that can be measured.
    donors : DonorPool
        Empty where no model of the study takes any.
    span : Window
        From the first to the last session of all event windows.
    """

    study: Study
    data: MarketData
    pairs: tuple[Pair, ...]
    columns: Mapping[str, FloatArray]
    factors: Mapping[str, FloatArray]
    reference: Reference
    events: tuple[PlacedEvent, ...]
    specifications: tuple[Specification, ...]
    valuations: Mapping[tuple[str, pd.Timestamp], Valuation]
    coverage: Mapping[tuple[str, str], Coverage]
    span: Window
    donors: DonorPool = field(default_factory=DonorPool)

    @property
    def windows(self) -> tuple[Window, ...]:
        """The study's windows, then those that firms which stopped trading are measured in."""
        cut = (window for found in self.coverage.values() for window in found.windows.values())
        return tuple(dict.fromkeys((*self.study.windows, *cut)))

    def symbols_of(self, event: str) -> tuple[str, ...]:
        """List the firms that are paired with an event, in the order of results."""
        return tuple(pair.symbol for pair in self.pairs if pair.event == event)

    @property
    def headline_event(self) -> PlacedEvent:
        """The event that the study leads with."""
        return next(e for e in self.events if e.event.id == self.study.headline.event)

    @property
    def headline_specification(self) -> Specification:
        """The specification that the study leads with."""
        head = self.study.headline
        leading = head.model, benchmark_name(MODELS[head.model], head.benchmark)
        return next(s for s in self.specifications if s.key == leading)


def crossed(study: Study) -> tuple[Pair, ...]:
    """Pair every firm of a study with every one of its events."""
    return tuple(Pair(symbol, event.id) for event in study.events for symbol in study.symbols)
