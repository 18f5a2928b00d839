"""Which securities a study needs, so that no more of a price store is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.models.catalog import MODELS
from analysis.run.purging import MARKET
from analysis.study import ALL_UNTREATED

if TYPE_CHECKING:
    from analysis.study import Study


def needed_symbols(study: Study) -> tuple[str, ...]:
    """
    List the securities without which a study cannot run.

    Parameters
    ----------
    study : Study

    Returns
    -------
    tuple of str
        Its firms and exchange rates; its benchmarks with the firms that these are purged of, its
        industry and its donors where one of its models takes them. Each once. Models that are
        unknown need nothing.
    """
    models = [MODELS[model] for model in study.models if model in MODELS]
    names = [*study.symbols, *(rate.symbol for rate in study.fx)]
    if any(model.uses_benchmark for model in models):
        names += [name for b in study.benchmarks for name in (b.symbol, *b.firms) if name != MARKET]
    if any(model.uses_industry for model in models):
        names += study.industry
    if any(model.uses_donors for model in models):
        names += _named(study)
    return tuple(dict.fromkeys(names))


def mentioned_symbols(study: Study) -> tuple[str, ...]:
    """List every security that a study names, needed by its models or not."""
    names = [*study.symbols, study.event_firm, *study.industry, *_named(study)]
    names += [name for b in study.benchmarks for name in (b.symbol, *b.firms) if name != MARKET]
    return tuple(dict.fromkeys(names))


def wants_everything(study: Study) -> bool:
    """Say whether a study takes every security there is for a donor, as far as it may."""
    return ALL_UNTREATED in study.donors


def _named(study: Study) -> tuple[str, ...]:
    return () if wants_everything(study) else study.donors
