"""
A caller's choices put over a study's own, and the whole checked again.

What may be chosen is what `analysis.study.Study` declares with an option.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from analysis.errors import StudyError, nearest
from analysis.keys import options_of
from analysis.kinds import FilePlace
from analysis.models.catalog import MODELS
from analysis.study import Benchmark, Headline, Study, check_once

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, init=False)
class Overrides:
    """
    Choices that replace those of a study; what is not named, or None, keeps the study's own.

    Parameters
    ----------
    **choices
        By field of `Study`: ``events`` and ``benchmarks`` take ids (a benchmark is a symbol, or
        ``SYMBOL-ex`` for one that the study says how to purge), the others what the field takes.

    Attributes
    ----------
    choices : mapping of str to object
        As understood.

    Raises
    ------
    StudyError
        If a name is none that may be chosen, or a value none of its kind.

    Examples
    --------
    >>> Overrides(symbols="NVDA,AMD", windows=["-1..1"]).choices
    {'symbols': ('NVDA', 'AMD'), 'windows': (Window(start=-1, end=1),)}
    """

    choices: Mapping[str, Any]

    def __init__(self, **choices: Any) -> None:  # noqa: ANN401 - each field has its own type
        known = options_of(Study)
        found = {}
        for name, value in choices.items():
            if name not in known:
                raise StudyError(
                    f"'{name}' is no choice that can replace a study's own; {nearest(name, known)}"
                )
            option = known[name].option
            if value is not None and option is not None:
                kind = option.kind or known[name].kind
                found[name] = kind.understand(value, FilePlace(option.flag))
        object.__setattr__(self, "choices", found)


def override(study: Study, choices: Overrides) -> Study:
    """
    Replace some of a study's choices, and check the whole again.

    The headline keeps what is still in the study and otherwise takes the first of each. Firms stand
    in the order of the study's groups, those of no group after them, as in a study file.

    Raises
    ------
    StudyError
        If an id is unknown or the outcome is no valid study.
    """
    own = {f.name: getattr(study, f.name) for f in fields(study)}
    return make_study(own, choices)


def make_study(own: Mapping[str, Any], choices: Overrides | None = None) -> Study:
    """
    Make a study of its own fields and a caller's choices, which are put over them first.

    What a choice replaces is not judged: an estimation window that does not fit is no fault where
    another was asked for.

    Parameters
    ----------
    own : mapping of str to object
        Fields of `Study` as they were read; those that are not there have their defaults.
    choices : Overrides, optional

    Raises
    ------
    StudyError
        If an id is unknown or the outcome is no valid study.
    """
    values = dict(own)
    if choices is not None and choices.choices:
        _put_over(values, choices.choices)
    study = Study(**values)
    for model in study.models:
        if model not in MODELS:
            raise StudyError(f"model '{model}' is unknown; {nearest(model, MODELS)}")
    return study


def _put_over(values: dict[str, Any], chosen: Mapping[str, Any]) -> None:
    own = {f.name: f.default for f in fields(Study) if f.default is not MISSING} | values
    head = own["headline"] or Headline()
    for name, value in chosen.items():
        if not value:
            raise StudyError(f"'{name}' is empty; name one or more, or leave the choice out")
        values[name] = _CHOOSE[name](own, value) if name in _CHOOSE else value
    if "estimation" in chosen and "min_estimation" not in chosen:
        values.pop("min_estimation", None)
    if "symbols" in chosen:
        _keep_firms(values, own, chosen["symbols"])
    values["headline"] = _follow(head, own, values, chosen)


def _events(own: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    known = {event.id: event for event in own.get("events", ())}
    return tuple(_known("event", name, known) for name in names)


def _benchmarks(own: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Benchmark, ...]:
    return tuple(_benchmark(own, name) for name in names)


_CHOOSE = {"events": _events, "benchmarks": _benchmarks}
"""How ids become tables of the study."""


def _keep_firms(values: dict[str, Any], own: Mapping[str, Any], symbols: tuple[str, ...]) -> None:
    """Leave groups and market values of the firms that are chosen, and drop no misspelt one."""
    check_once("symbol", symbols)
    groups = own["groups"]
    known = {*(own["symbols"] or ()), *(s for group in groups for s in group.symbols)}
    values["groups"] = tuple(
        replace(group, symbols=tuple(s for s in group.symbols if s in symbols))
        for group in groups
        if any(s in symbols for s in group.symbols)
    )
    for name in ("market_values", "scheduled"):
        values[name] = tuple(
            part for part in own[name] if part.symbol in symbols or part.symbol not in known
        )


def _follow(
    head: Headline, own: Mapping[str, Any], values: Mapping[str, Any], chosen: Mapping[str, Any]
) -> Headline:
    """Let the headline keep what is still there; what a choice took away becomes the first."""

    def kept(name: str, of_study: Iterable[Any], now: Iterable[Any]) -> Any:  # noqa: ANN401 - ids or windows
        value = getattr(head, name)
        return None if value in set(of_study) - set(now) else value

    changes: dict[str, Any] = {}
    if "events" in chosen:
        changes["event"] = kept("event", _ids(own["events"]), _ids(values["events"]))
    if "symbols" in chosen:
        firms = [s for group in own["groups"] for s in group.symbols]
        now = chosen["symbols"]
        changes["symbol"] = kept("symbol", [*firms, *(own["symbols"] or ())], now)
        if changes["symbol"] is None:
            changes["symbol"] = now[0]
    if "models" in chosen:
        changes["model"] = kept("model", own["models"], chosen["models"])
    if "windows" in chosen:
        changes["window"] = kept("window", own["windows"], chosen["windows"])
    if "benchmarks" in chosen:
        before, now = _ids(own["benchmarks"] or ()), _ids(values["benchmarks"])
        changes["benchmark"] = kept("benchmark", before, now)
        changes["beside"] = kept("beside", before, now) or ""
        changes["untreated"] = kept("untreated", before, now) or ""
    return replace(head, **changes)


def _ids(items: Iterable[Any]) -> list[str]:
    return [item.id for item in items]


def _benchmark(own: Mapping[str, Any], name: str) -> Benchmark:
    benchmarks: tuple[Benchmark, ...] = own["benchmarks"] or ()
    for benchmark in benchmarks:
        if benchmark.id == name:
            return benchmark
    return Benchmark(id=name)


def _known(what: str, name: str, known: Mapping[str, _Item]) -> _Item:
    if name not in known:
        raise StudyError(f"{what} '{name}' is not in the study; {nearest(name, known)}")
    return known[name]
