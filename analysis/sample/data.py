"""The returns that a sample is measured on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.batch.prices import read_prices
from analysis.errors import DataError, nearest
from analysis.panel.returns import PanelReturns
from analysis.returns import simple_returns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from analysis._typing import FloatArray, IntArray
    from analysis.pieces import Problems
    from analysis.prices.market_data import MarketData


@dataclass(frozen=True, slots=True)
class SessionBlock:
    """
    The sessions of one exchange among those of a sample.

    Attributes
    ----------
    calendar : str
        Market code.
    start, stop : int
        Place of its first session, and of the one after its last.
    """

    calendar: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True, eq=False)
class SampleData:
    """
    Returns of firms and markets on the sessions of one exchange, or of several.

    Of several exchanges the sessions stand one exchange after the other: a window of a firm never
    leaves its own.

    Attributes
    ----------
    name : str
        What a result says it rests on.
    calendar : str
        Market code of the exchange whose sessions count where nothing else is said.
    sessions : ndarray of shape (T,)
        Days since 1970, ascending within each exchange.
    symbols : mapping of str to int
        The firm of each symbol.
    panel : PanelReturns
        Returns in decimals, NaN where missing.
    factors : mapping of str to ndarray of shape (T,)
        Daily factors in decimals, NaN where missing; empty for none.
    markets : mapping of str to ndarray of shape (T,)
        Benchmarks that are no column of the data, such as an index without one of its firms.
    log : bool
        Whether returns are logarithms.
    blocks : tuple of SessionBlock
        The exchanges; empty for one alone.
    local : mapping of str to str
        Benchmarks of firms whose pairs name none, where they are not the study's.
    """

    name: str
    calendar: str
    sessions: npt.NDArray[np.int32]
    symbols: Mapping[str, int]
    panel: PanelReturns
    factors: Mapping[str, FloatArray] = field(default_factory=dict)
    markets: Mapping[str, FloatArray] = field(default_factory=dict)
    log: bool = False
    blocks: tuple[SessionBlock, ...] = ()
    local: Mapping[str, str] = field(default_factory=dict)

    @property
    def exchanges(self) -> tuple[SessionBlock, ...]:
        """The exchanges, one or more."""
        return self.blocks or (SessionBlock(self.calendar, 0, len(self.sessions)),)

    def block_at(self, position: int) -> SessionBlock:
        """Find the exchange of a session."""
        return self.exchanges[int(self.block_codes(np.array([position]))[0])]

    def block_codes(self, position: IntArray) -> IntArray:
        """Find each session's exchange, its place in `exchanges`; shape of `position`."""
        starts = np.array([block.start for block in self.exchanges])
        found: IntArray = np.maximum(np.searchsorted(starts, position, side="right") - 1, 0)
        return found

    def bounds(self, position: IntArray) -> tuple[IntArray, IntArray]:
        """Give the first session of each one's exchange, and the one after its last."""
        codes = self.block_codes(position)
        starts = np.array([block.start for block in self.exchanges])
        stops = np.array([block.stop for block in self.exchanges])
        return starts[codes], stops[codes]

    def firm_blocks(self) -> IntArray:
        """Find each firm's exchange, its place in `exchanges`; shape (n_firms,)."""
        return self.block_codes(self.panel.rows.first)

    def day_numbers(self) -> IntArray:
        """
        Count the days on which any exchange is open.

        Returns
        -------
        ndarray of shape (T,)
            Of one exchange 0, 1, 2 and so on; of several, sessions of one day have one number.
        """
        if len(self.exchanges) == 1:
            return np.arange(len(self.sessions), dtype=np.int64)
        return np.unique(self.sessions, return_inverse=True)[1].astype(np.int64)

    def in_logarithms(self) -> SampleData:
        """Take logarithms of all returns, factors among them."""
        rows = self.panel.rows
        with np.errstate(divide="ignore"):  # a loss of everything is no logarithm: missing
            values = np.log1p(rows.values)
        return replace(
            self,
            panel=replace(self.panel, rows=rows._replace(values=values)),
            factors={name: np.log1p(series) for name, series in self.factors.items()},
            markets={name: np.log1p(series) for name, series in self.markets.items()},
            log=True,
        )

    @classmethod
    def of(
        cls,
        data: MarketData,
        *,
        markets: Mapping[str, FloatArray] | None = None,
        log: bool = False,
    ) -> SampleData:
        """
        Turn levels into the returns of a sample.

        Parameters
        ----------
        data : MarketData
        markets : mapping of str to ndarray of shape (T,), optional
            Simple returns of further benchmarks.
        log : bool
            Take logarithms of all returns, factors among them.
        """
        returns = simple_returns(data.levels).to_numpy(dtype=np.float64)
        factors: dict[str, FloatArray] = {}
        if data.factors is not None:
            frame = data.factors.reindex(data.levels.index)
            factors = {str(name): frame[name].to_numpy(dtype=np.float64) for name in frame.columns}
        days = data.levels.index.to_numpy().astype("datetime64[D]").astype(np.int32)
        found = cls(
            name=data.name,
            calendar=data.calendar,
            sessions=days,
            symbols={str(name): at for at, name in enumerate(data.levels.columns)},
            panel=PanelReturns.from_matrix(returns),
            factors=factors,
            markets=dict(markets or {}),
        )
        return found.in_logarithms() if log else found

    @classmethod
    def of_panel(
        cls, path: Path, *, benchmark: str, calendar: str, problems: Problems, log: bool = False
    ) -> SampleData:
        """
        Read one long table of prices of any size, whose firms may miss days.

        Parameters
        ----------
        path : pathlib.Path
            Columns ``symbol``, ``session`` and ``close``, adjusted for what was paid.
        benchmark : str
            The security whose days are the sessions.
        calendar : str
            Market code of the exchange whose closes date events with an hour.
        problems : Problems
            Rows that cannot be used are noted here.
        log : bool
            As `of`.

        Raises
        ------
        DataError
            If the file cannot be read, or the benchmark is not in it.
        """
        prices = read_prices(
            path,
            columns=("symbol", "session", "close"),
            benchmark=benchmark,
            problems=problems,
        )
        found = cls(
            name=path.name,
            calendar=calendar,
            sessions=prices.sessions,
            symbols={name: at for at, name in enumerate(prices.symbols)},
            panel=prices.returns,
        )
        return found.in_logarithms() if log else found

    def market(self, name: str, block: int = 0) -> FloatArray:
        """
        Take the returns of a benchmark on the sessions of an exchange.

        Parameters
        ----------
        name : str
        block : int
            Place in `exchanges`; the sessions of the others are NaN.

        Returns
        -------
        ndarray of shape (T,)
            NaN where it has none.

        Raises
        ------
        DataError
            If there is no such security.
        """
        if name in self.markets:
            return self.only(self.markets[name], block)
        if name not in self.symbols:
            raise DataError(
                f"benchmark '{name}' is not in {self.name}; "
                f"{nearest(name, (*self.symbols, *self.markets))}"
            )
        rows = self.panel.rows
        firm = self.symbols[name]
        values = np.full(len(self.sessions), np.nan)
        own = rows.values[rows.offsets[firm] : rows.offsets[firm + 1]]
        values[rows.first[firm] : rows.first[firm] + len(own)] = own
        return self.only(values, block)

    def only(self, values: FloatArray, block: int) -> FloatArray:
        """Keep the values of one exchange; NaN on the sessions of the others."""
        if len(self.exchanges) == 1:
            return values
        own = self.exchanges[block]
        kept = np.full(len(values), np.nan)
        kept[own.start : own.stop] = values[own.start : own.stop]
        return kept

    def factor(self, name: str, block: int = 0) -> FloatArray:
        """
        Take the returns of a factor on the sessions of an exchange; shape (T,), else NaN.

        Raises
        ------
        DataError
            If there is none of that name.
        """
        if name not in self.factors:
            hint = nearest(name, self.factors) if self.factors else "it has no daily factors"
            raise DataError(f"factor '{name}' is not in {self.name}; {hint}")
        return self.only(self.factors[name], block)
