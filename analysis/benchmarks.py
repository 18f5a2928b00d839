"""Which index a benchmark of a study is for a firm: one for all, or each firm's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.keys import fill
from analysis.study import Benchmark
from analysis.study_securities import LOCAL, said_of

if TYPE_CHECKING:
    from analysis.study import Study


def benchmark_of(study: Study, name: str, symbol: str) -> Benchmark | None:
    """
    Find a benchmark of a study as it is for a firm.

    Parameters
    ----------
    study : Study
    name : str
        Its id; `LOCAL` for the firm's own index.
    symbol : str
        Of the firm.

    Returns
    -------
    Benchmark or None
        Named as asked; None where the study has none of that name, or no index for the firm.
    """
    found = next((b for b in study.benchmarks if b.id == name), None)
    if found is None or name != LOCAL:
        return found
    own = said_of(study.securities, "benchmark").get(symbol)
    return None if own is None else replace(_named(study, own), id=LOCAL)


def benchmarks_of(study: Study, symbol: str) -> tuple[Benchmark, ...]:
    """
    List the benchmarks of a study as they are for a firm, each index once.

    Parameters
    ----------
    study : Study
    symbol : str
        Of the firm.

    Returns
    -------
    tuple of Benchmark
        In the order of the study; an index that is the firm's own stands there as `LOCAL` alone.
    """
    found = [benchmark_of(study, benchmark.id, symbol) for benchmark in study.benchmarks]
    there = [benchmark for benchmark in found if benchmark is not None]
    own = [(b.symbol, b.purged_of) for b in there if b.id == LOCAL]
    return tuple(b for b in there if b.id == LOCAL or (b.symbol, b.purged_of) not in own)


def every_benchmark(study: Study) -> tuple[Benchmark, ...]:
    """List the indices of a study: its benchmarks, those that firms have as `LOCAL` among them."""
    found: list[Benchmark] = []
    for benchmark in study.benchmarks:
        if benchmark.id != LOCAL:
            found.append(benchmark)
            continue
        own = said_of(study.securities, "benchmark")
        found += [_named(study, own[symbol]) for symbol in study.symbols]
    return tuple(dict.fromkeys(found))


def local_indices(study: Study) -> dict[str, tuple[str, ...]]:
    """
    Say which firms have which index for `LOCAL`.

    Returns
    -------
    dict of str to tuple of str
        Firms by the index's id; empty where the study has no such benchmark.
    """
    own = said_of(study.securities, "benchmark")
    if LOCAL not in {benchmark.id for benchmark in study.benchmarks}:
        return {}
    names = dict.fromkeys(own[symbol] for symbol in study.symbols)
    return {name: tuple(s for s in study.symbols if own[s] == name) for name in names}


def _named(study: Study, name: str) -> Benchmark:
    """Give the benchmark of a study with an id, or the column of that name."""
    found = next((b for b in study.benchmarks if b.id == name), None)
    if found is None:
        found = Benchmark(name)
        fill(found, purged_of=study.event_firm)
    return found
