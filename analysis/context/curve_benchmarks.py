"""
The benchmarks that a specification curve is crossed with.

Those of the study, and of each of their indices, and of the whole market of the factors, what is
left without the headline's firm and without every firm of the study, where the data know weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.benchmarks import benchmarks_of
from analysis.errors import DataError
from analysis.prices.tables import held_tables
from analysis.run.flags import LEAST_WEIGHT
from analysis.run.purging import MARKET, OLDEST_WEIGHT, treated_firms, weight_anchors
from analysis.study import PURGED_SUFFIX, Benchmark

if TYPE_CHECKING:
    from analysis.prices.manifest import InputFile
    from analysis.prices.market_data import MarketData
    from analysis.results import PlacedEvent
    from analysis.study import Study


@dataclass(frozen=True, slots=True)
class Holdings:
    """
    What is known of the funds that hold a firm.

    Attributes
    ----------
    symbol : str
    weights : mapping of str to float
        Largest known weight of the firm by fund, decimal.
    funds : frozenset of str
        Funds without a known weight that are listed as holding it.
    inputs : tuple of InputFile
        The list.
    """

    symbol: str
    weights: dict[str, float]
    funds: frozenset[str]
    inputs: tuple[InputFile, ...] = ()

    def in_benchmark(self, benchmark: Benchmark) -> bool:
        """Say whether a benchmark is known to hold the firm, from `LEAST_WEIGHT` on."""
        if self.symbol in benchmark.firms:
            return False
        if benchmark.symbol in self.weights:
            return self.weights[benchmark.symbol] >= LEAST_WEIGHT
        return benchmark.symbol in self.funds


def holdings_of(symbol: str, data: MarketData) -> Holdings:
    """Gather what the data know of the funds that hold a firm."""
    weights: dict[str, float] = {}
    for weight in data.reference.weights:
        if weight.symbol == symbol:
            fund = weight.index.split()[0]
            weights[fund] = max(weight.weight, weights.get(fund, 0.0))
    held = held_tables(data.folder, "donor-exposures")
    if held is None:
        return Holdings(symbol, weights, frozenset())
    ((table, identity),) = held
    funds = frozenset(
        row["symbol"]
        for row in table.to_dict("records")
        if row["kind"] == "fund" and symbol in row["exposed_to"].split()
    )
    return Holdings(symbol, weights, funds, (identity,))


def curve_benchmarks(
    study: Study, placed: PlacedEvent, data: MarketData, holdings: Holdings
) -> tuple[Benchmark, ...]:
    """
    List the benchmarks of a study with those that its data can purge further.

    Parameters
    ----------
    study : Study
    placed : PlacedEvent
        Whose session the weights must be near to, see `OLDEST_WEIGHT`.
    data : MarketData
    holdings : Holdings
        Of the headline's firm.

    Returns
    -------
    tuple of Benchmark
        The study's first. One purged of several firms is named by their number: ``SPY-ex-23``.
    """
    given = benchmarks_of(study, study.headline.symbol)
    found = list(given)
    sectors = {benchmark.symbol for benchmark in given if benchmark.sector}
    indices = [benchmark.symbol for benchmark in given]
    if data.factors is not None:
        indices.append(MARKET)
    for index in dict.fromkeys(indices):
        own = tuple(
            symbol for symbol in treated_firms(study) if _known(index, symbol, placed, data)
        )
        firm = study.headline.symbol
        wanted: list[tuple[str, ...]] = (
            [(firm,)] if firm in own and holdings.weights[index] >= LEAST_WEIGHT else []
        )
        if index not in sectors and len(own) > 1:
            wanted.append(own)
        for firms in wanted:
            there = {frozenset(b.firms) for b in found if b.symbol == index}
            if frozenset(firms) not in there:
                found.append(purged(index, firms, sector=index in sectors))
    return tuple(found)


def purged(index: str, firms: tuple[str, ...], *, sector: bool = False) -> Benchmark:
    """
    Name an index without firms; the weights are those of the data.

    Examples
    --------
    >>> purged("SPY", ("NVDA", "AVGO")).id
    'SPY-ex-2'
    """
    name = f"{index}{PURGED_SUFFIX}" if len(firms) == 1 else f"{index}{PURGED_SUFFIX}-{len(firms)}"
    return Benchmark(name, symbol=index, purged_of=",".join(firms), sector=sector)


def _known(index: str, symbol: str, placed: PlacedEvent, data: MarketData) -> bool:
    if symbol not in data.levels:
        return False
    try:
        anchors = weight_anchors(purged(index, (symbol,)), data)[symbol]
    except DataError:
        return False
    return min(abs((day - placed.session).days) for day in anchors) <= OLDEST_WEIGHT
