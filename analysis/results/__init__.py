"""What a study found: frozen results that turn into tidy frames."""

from analysis.results.bounds import Bound, Bounds
from analysis.results.records import (
    FACTOR_MARKET,
    NO_BENCHMARK,
    Battery,
    FirmFamily,
    FirmResult,
    GroupResult,
    Place,
    PlacedEvent,
    PlacedWindow,
    Recovery,
    Unmeasured,
    WindowResult,
    benchmark_name,
)
from analysis.results.study_result import StudyResult

__all__ = [
    "FACTOR_MARKET",
    "NO_BENCHMARK",
    "Battery",
    "Bound",
    "Bounds",
    "FirmFamily",
    "FirmResult",
    "GroupResult",
    "Place",
    "PlacedEvent",
    "PlacedWindow",
    "Recovery",
    "StudyResult",
    "Unmeasured",
    "WindowResult",
    "benchmark_name",
]
