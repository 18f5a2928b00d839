"""
Event studies that say how much of a stock's fall was abnormal, with its uncertainty, in USD.

The names below are the public interface; each is imported when it is first asked for, so that
``import analysis`` costs nothing.

Examples
--------
>>> import analysis
>>> study = analysis.load_study("deepseek-2025")
>>> study.headline.symbol
'NVDA'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.errors import MarketImpactError as MarketImpactError
    from analysis.figures.catalog import FIGURES as FIGURES
    from analysis.models.catalog import MODELS as MODELS
    from analysis.narrative import summary_paragraph as summary_paragraph
    from analysis.overrides import Overrides as Overrides
    from analysis.overrides import override as override
    from analysis.prices.load import load_market_data as load_market_data
    from analysis.prices.snapshot import load_nvda_history as load_nvda_history
    from analysis.prices.snapshot import load_snapshot as load_snapshot
    from analysis.results import StudyResult as StudyResult
    from analysis.run.study import run_study as run_study
    from analysis.study import Study as Study
    from analysis.study_file import load_study as load_study
    from analysis.windows import Window as Window

_HOMES = {
    "FIGURES": "analysis.figures.catalog",
    "MODELS": "analysis.models.catalog",
    "MarketImpactError": "analysis.errors",
    "Overrides": "analysis.overrides",
    "Study": "analysis.study",
    "StudyResult": "analysis.results",
    "Window": "analysis.windows",
    "load_market_data": "analysis.prices.load",
    "load_nvda_history": "analysis.prices.snapshot",
    "load_snapshot": "analysis.prices.snapshot",
    "load_study": "analysis.study_file",
    "override": "analysis.overrides",
    "run_study": "analysis.run.study",
    "summary_paragraph": "analysis.narrative",
}

__all__ = [  # noqa: PLE0604 - the names are those of _HOMES, held together by a test
    *_HOMES
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'analysis' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
