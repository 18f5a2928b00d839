"""What a study found: frozen results that turn into tidy frames."""

from analysis.results.bounds import Bound, Bounds
from analysis.results.family import FirmFamily
from analysis.results.placed import PlacedEvent, PlacedWindow
from analysis.results.records import (
    FACTOR_MARKET,
    NO_BENCHMARK,
    Battery,
    FirmResult,
    GroupResult,
    Place,
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
