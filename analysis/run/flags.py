"""What a reader must know about a row of results, as short texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.study import Study


def estimation_flag(used: int, study: Study) -> tuple[str, ...]:
    """Say when fewer estimation sessions were used than asked for: ``estimation:USED/ASKED``."""
    asked = len(study.estimation)
    return (f"estimation:{used}/{asked}",) if used < asked else ()


def benchmark_flag(symbol: str, benchmark: str, study: Study) -> tuple[str, ...]:
    """Say when the benchmark is known to hold the very firm: ``benchmark-holds-firm``."""
    purged = {b.symbol for b in study.benchmarks if b.purged_of == symbol}
    known = symbol == study.event_firm and benchmark in purged
    return ("benchmark-holds-firm",) if known else ()
