"""What a reader calls firms and benchmarks; a symbol without a name stands for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.benchmarks import local_indices
from analysis.results.records import FACTOR_MARKET, NO_BENCHMARK
from analysis.study_parts import PURGED_SUFFIX
from analysis.study_securities import LOCAL

if TYPE_CHECKING:
    from analysis.results.study_result import StudyResult


def name_of(result: StudyResult, symbol: str) -> str:
    """
    Name a firm, or what a fund follows.

    Parameters
    ----------
    result : StudyResult
    symbol : str

    Returns
    -------
    str
        `symbol` where no name is known.
    """
    return result.names.get(symbol, symbol)


def introduced(result: StudyResult, symbol: str) -> str:
    """Name a firm with its symbol behind, for the one place of a text that gives both."""
    name = name_of(result, symbol)
    return symbol if name == symbol else f"{name} ({symbol})"


def benchmark_words(result: StudyResult, benchmark: str) -> str:
    """
    Say in words what a benchmark of the results is.

    Parameters
    ----------
    result : StudyResult
    benchmark : str
        As results name it: an id of the study, what stands where a model takes none, the symbol of
        another fund, or such a symbol without the headline's firm (``-ex``) or several (``-ex-9``).

    Returns
    -------
    str
        What the fund follows, and the firms it is without, as in ``S&P 500 without NVIDIA``.
    """
    if benchmark in (FACTOR_MARKET, NO_BENCHMARK):
        return "the market factor" if benchmark == FACTOR_MARKET else "no benchmark"
    local = local_indices(result.study) if benchmark == LOCAL else {}
    if local:
        return f"each firm's own index ({', '.join(name_of(result, name) for name in local)})"
    found = next((b for b in result.study.benchmarks if b.id == benchmark), None)
    if found is None:
        base, purged, count = benchmark.partition(PURGED_SUFFIX)
        words = name_of(result, base)
        if not purged:
            return words
        left_out = name_of(result, result.study.headline.symbol)
        return f"{words} without {f'{count[1:]} firms' if count else left_out}"
    words = name_of(result, found.symbol)
    if not found.firms:
        return words
    left_out = " and ".join(name_of(result, firm) for firm in found.firms)
    return f"{words} without {left_out if len(found.firms) < 3 else f'{len(found.firms)} firms'}"


def the_benchmark(result: StudyResult, benchmark: str) -> str:
    """Say what a benchmark is with its article, as in ``the S&P 500``; an id stands for itself."""
    words = benchmark_words(result, benchmark)
    return words if words.startswith("the ") or words == benchmark else f"the {words}"
