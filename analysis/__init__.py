"""
Event studies that say how much of a stock's fall was abnormal, with its uncertainty, in USD.

The names below are the public interface; each is imported when it is first asked for, so that
``import analysis`` costs nothing.

Examples
--------
From a frame of levels (adjusted closes), one row a session, one column a symbol:

>>> import analysis as mi
>>> levels = mi.load_snapshot().levels
>>> result = mi.event_study(levels, firm="NVDA", market="SPY", when="2025-01-27")
>>> result.headline_window.car < -0.1
True

From a study file:

>>> import analysis
>>> study = analysis.load_study("deepseek-2025")
>>> study.headline.symbol
'NVDA'
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.errors import MarketImpactError as MarketImpactError
    from analysis.figures.catalog import FIGURES as FIGURES
    from analysis.models.catalog import MODELS as MODELS
    from analysis.narrative import summary_paragraph as summary_paragraph
    from analysis.overrides import Overrides as Overrides
    from analysis.overrides import override as override
    from analysis.prices.frames import as_market_data as as_market_data
    from analysis.prices.load import load_market_data as load_market_data
    from analysis.prices.market_data import MarketData as MarketData
    from analysis.prices.snapshot import load_history as load_history
    from analysis.prices.snapshot import load_snapshot as load_snapshot
    from analysis.results import StudyResult as StudyResult
    from analysis.run.one_event import event_study as event_study
    from analysis.run.study import run_study as run_study
    from analysis.study import Benchmark as Benchmark
    from analysis.study import Event as Event
    from analysis.study import Group as Group
    from analysis.study import Headline as Headline
    from analysis.study import MarketValue as MarketValue
    from analysis.study import ScheduledNews as ScheduledNews
    from analysis.study import Study as Study
    from analysis.study_file import bundled_studies as bundled_studies
    from analysis.study_file import dump_study as dump_study
    from analysis.study_file import load_study as load_study
    from analysis.study_file import parse_study as parse_study
    from analysis.windows import Window as Window


def _homes() -> dict[str, str]:
    """Read from the imports above, which only type checkers run, where each name lives."""
    text = Path(__file__).read_text(encoding="utf-8")
    found = re.findall(r"^    from (analysis\.\S+) import (\w+) as \2$", text, flags=re.MULTILINE)
    return {name: home for home, name in found}


def __getattr__(name: str) -> object:
    homes = _homes() if name == "__all__" or not name.startswith("_") else {}
    if name == "__all__":
        return sorted(homes)
    if name not in homes:
        raise AttributeError(f"module 'analysis' has no attribute '{name}'")
    value = getattr(importlib.import_module(homes[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_homes())
