"""What a study says of single securities: the currency of their levels, the index of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.currency import check_currency
from analysis.errors import StudyError
from analysis.keys import key, understand_fields
from analysis.kinds import TEXT, TEXTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.study_parts import Benchmark

LOCAL = "local"
"""Id of the benchmark that is each firm's own index, as ``[[securities]]`` names it."""


@dataclass(frozen=True, slots=True)
class Securities:
    """
    Securities of one currency, one index, or both.

    Attributes
    ----------
    symbols : tuple of str
        Columns of the levels: firms, and for their currency indices too.
    benchmark : str
        What `LOCAL` is for these firms: a column of the levels, or the id of a benchmark of the
        study; empty for none.
    currency : str
        ISO 4217 code of their levels; empty for that which the data know.

    Examples
    --------
    >>> Securities(["000660.KS", "005930.KS"], benchmark="^KS11").symbols
    ('000660.KS', '005930.KS')
    """

    symbols: tuple[str, ...] = key(TEXTS, "Columns of the levels.")
    benchmark: str = key(
        TEXT,
        "The index that benchmark 'local' is for these firms: a column, or the id of a benchmark.",
        default="",
    )
    currency: str = key(
        TEXT, "Currency of their levels, ISO 4217; by default as the data know it.", default=""
    )

    def __post_init__(self) -> None:
        """Refuse a table that says nothing, of nobody, or of what is no currency."""
        understand_fields(self)
        where = f"[[securities]] of {', '.join(self.symbols[:3])}"
        if not self.symbols:
            raise StudyError("[[securities]] names no symbol; list them under 'symbols'")
        if not self.benchmark and not self.currency:
            raise StudyError(f"{where} says nothing; give benchmark, currency or both")
        if self.benchmark == LOCAL:
            raise StudyError(f"{where}: '{LOCAL}' is what the index is called; name the index")
        if self.currency:
            check_currency(self.currency, where=where)


def said_of(securities: Sequence[Securities], what: str) -> dict[str, str]:
    """
    Lay out what tables of securities say, by symbol.

    Parameters
    ----------
    securities : sequence of Securities
    what : str
        ``benchmark`` or ``currency``.

    Raises
    ------
    StudyError
        If two tables say it of one symbol.

    Examples
    --------
    >>> tables = Securities(["A", "B"], currency="EUR"), Securities("C", benchmark="I")
    >>> said_of(tables, "currency")
    {'A': 'EUR', 'B': 'EUR'}
    """
    found: dict[str, str] = {}
    for table in securities:
        value = getattr(table, what)
        for symbol in table.symbols if value else ():
            if symbol in found:
                raise StudyError(f"[[securities]]: the {what} of '{symbol}' occurs twice; keep one")
            found[symbol] = value
    return found


def check_local(
    benchmarks: Sequence[Benchmark], symbols: Sequence[str], securities: Sequence[Securities]
) -> None:
    """
    Hold the benchmark `LOCAL` of a study against its firms.

    Parameters
    ----------
    benchmarks : sequence of Benchmark
    symbols : sequence of str
        Its firms.
    securities : sequence of Securities

    Raises
    ------
    StudyError
        If it is asked for and a firm has no index of its own, or it says more than its id; or
        something is said twice.
    """
    own = said_of(securities, "benchmark")
    said_of(securities, "currency")
    lacking = [symbol for symbol in symbols if symbol not in own]
    local = [benchmark for benchmark in benchmarks if benchmark.id == LOCAL]
    if any(benchmark.purged_of or benchmark.symbol != LOCAL for benchmark in local):
        raise StudyError(
            f"benchmark '{LOCAL}' is each firm's own index: symbol, purged_of and weight do not go "
            "with it; name it otherwise, or list the indices under [[securities]]"
        )
    if local and lacking:
        raise StudyError(
            f"benchmark '{LOCAL}' is each firm's own index, and {', '.join(lacking[:5])} has none; "
            f'write [[securities]] with symbols = ["{lacking[0]}"] and benchmark = "INDEX"'
        )
