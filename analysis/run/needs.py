"""Which securities a study needs, so that no more of a price store is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.benchmarks import every_benchmark
from analysis.errors import SessionError
from analysis.models.catalog import MODELS
from analysis.run.purging import MARKET
from analysis.sessions import exchange_calendar, reaction_session
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
        Its firms; its benchmarks with the firms that these are purged of, its
        industry and its donors where one of its models takes them. Each once. Models that are
        unknown need nothing.
    """
    models = [MODELS[model] for model in study.models if model in MODELS]
    names = list(study.symbols)
    if any(model.uses_benchmark for model in models):
        names += [
            name for b in every_benchmark(study) for name in (b.symbol, *b.firms) if name != MARKET
        ]
    if any(model.uses_industry for model in models):
        names += study.industry
    if any(model.uses_donors for model in models):
        names += _named(study)
    return tuple(dict.fromkeys(names))


def needed_sessions(study: Study) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """
    Find the first and last session from which a study's returns are taken.

    Parameters
    ----------
    study : Study

    Returns
    -------
    tuple of pandas.Timestamp, or None
        From the eve of the first estimation or event window to the end of the last event window,
        as far as the calendar goes; None where it does not know an event's day.

    Examples
    --------
    >>> from analysis.study_file import load_study
    >>> [str(session.date()) for session in needed_sessions(load_study("deepseek-2025"))]
    ['2023-12-12', '2025-02-25']
    """
    sessions = exchange_calendar(study.calendar).sessions
    try:
        places = [
            int(sessions.searchsorted(reaction_session(study.calendar, event.when)))
            for event in study.events
        ]
    except SessionError:
        return None
    before = min(study.estimation.start, *(window.start for window in study.windows)) - 1
    after = max(window.end for window in study.windows)
    first, last = max(0, min(places) + before), min(len(sessions) - 1, max(places) + after)
    return pd.Timestamp(sessions[first]).as_unit("us"), pd.Timestamp(sessions[last]).as_unit("us")


def rate_symbols(study: Study) -> tuple[str, ...]:
    """List the exchange rates that a study names; they trade on no exchange of their own."""
    return tuple(rate.symbol for rate in study.fx)


def mentioned_symbols(study: Study) -> tuple[str, ...]:
    """List every security that a study names, needed by its models or not."""
    names = [*study.symbols, study.event_firm, *study.industry, *_named(study)]
    names += [
        name for b in every_benchmark(study) for name in (b.symbol, *b.firms) if name != MARKET
    ]
    return tuple(dict.fromkeys(names))


def wants_everything(study: Study) -> bool:
    """Say whether a study takes every security there is for a donor, as far as it may."""
    return ALL_UNTREATED in study.donors


def _named(study: Study) -> tuple[str, ...]:
    return () if wants_everything(study) else study.donors
