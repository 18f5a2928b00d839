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

    from analysis._typing import FloatArray
    from analysis.pieces import Problems
    from analysis.prices.market_data import MarketData


@dataclass(frozen=True, slots=True, eq=False)
class SampleData:
    """
    Returns of firms and markets on the sessions of one exchange.

    Attributes
    ----------
    name : str
        What a result says it rests on.
    calendar : str
        Market code of the exchange whose sessions count.
    sessions : ndarray of shape (T,)
        Days since 1970, ascending.
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
    """

    name: str
    calendar: str
    sessions: npt.NDArray[np.int32]
    symbols: Mapping[str, int]
    panel: PanelReturns
    factors: Mapping[str, FloatArray] = field(default_factory=dict)
    markets: Mapping[str, FloatArray] = field(default_factory=dict)
    log: bool = False

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
        extra = dict(markets or {})
        if log:
            returns = np.log1p(returns)
            factors = {name: np.log1p(values) for name, values in factors.items()}
            extra = {name: np.log1p(values) for name, values in extra.items()}
        days = data.levels.index.to_numpy().astype("datetime64[D]").astype(np.int32)
        return cls(
            name=data.name,
            calendar=data.calendar,
            sessions=days,
            symbols={str(name): at for at, name in enumerate(data.levels.columns)},
            panel=PanelReturns.from_matrix(returns),
            factors=factors,
            markets=extra,
            log=log,
        )

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
        panel = prices.returns
        if log:
            panel = replace(panel, rows=panel.rows._replace(values=np.log1p(panel.rows.values)))
        return cls(
            name=path.name,
            calendar=calendar,
            sessions=prices.sessions,
            symbols={name: at for at, name in enumerate(prices.symbols)},
            panel=panel,
            log=log,
        )

    def market(self, name: str) -> FloatArray:
        """
        Take the returns of a benchmark on all sessions.

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
            return self.markets[name]
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
        return values

    def factor(self, name: str) -> FloatArray:
        """
        Take the returns of a factor on all sessions; shape (T,), NaN where it has none.

        Raises
        ------
        DataError
            If there is none of that name.
        """
        if name not in self.factors:
            hint = nearest(name, self.factors) if self.factors else "it has no daily factors"
            raise DataError(f"factor '{name}' is not in {self.name}; {hint}")
        return self.factors[name]
