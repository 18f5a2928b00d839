"""A study of many firm-events, and what the command line chooses in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from analysis.errors import StudyError, nearest

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.sample.file import SampleStudy


def as_sample(options: dict[str, Any]) -> SampleStudy | None:
    """
    Turn the options of `study_options` into a study of many firm-events, where STUDY is one.

    Returns
    -------
    SampleStudy or None
        None where STUDY is a study of the usual kind.

    Raises
    ------
    StudyError
        If an option was given that a study of many firm-events has not.
    """
    from analysis.sample.find import sample_path

    found = sample_path(str(options.get("study") or ""))
    if found is None:
        return None
    from analysis.sample.file import load_sample

    taken = {"study", "data", "models", "benchmarks", "estimation", "windows", "returns", "db"}
    for name, value in options.items():
        if name not in taken and value not in (None, (), False):
            raise StudyError(
                f"--{name.replace('_', '-')} is no choice of a study of many firm-events; "
                "see 'market-impact sample --help'"
            )
    one: dict[str, Any] = {"windows": options.get("windows") or ()}
    for name in ("data", "estimation", "returns", "db"):
        one[name] = options.get(name)
    for name, plural in (("model", "models"), ("benchmark", "benchmarks")):
        given = options.get(plural) or ()
        if len(given) > 1:
            raise StudyError(f"a study of many firm-events takes one {name}, there are {given}")
        one[name] = given[0] if given else None
    return with_options(load_sample(found), **one)


def with_options(  # noqa: PLR0913 - one argument an option
    study: SampleStudy,
    *,
    data: str | None = None,
    calendar: str | None = None,
    by: str | None = None,
    returns: str | None = None,
    panel: bool = False,
    weight: str | None = None,
    securities: Path | None = None,
    factors: Path | None = None,
    delistings: Path | None = None,
    values: str | None = None,
    explain: tuple[str, ...] = (),
    windows: tuple[str, ...] = (),
    path_window: str | None = None,
    estimation: str | None = None,
    missing: str | None = None,
    overlap: str | None = None,
    other_events: str | None = None,
    most_zeros: float | None = None,
    db: Path | None = None,
    **options: Any,  # noqa: ANN401 - fields of SampleSpec, by name
) -> SampleStudy:
    """
    Put the choices of the command line over those of a study; None keeps the study's own.

    Raises
    ------
    MarketImpactError
        If a choice cannot be.
    """
    from analysis.sample.events import grouped_by
    from analysis.sample.own import OwnFiles
    from analysis.sample.policies import MissingPolicy, OtherEventsPolicy, OverlapPolicy
    from analysis.windows import Window

    policies = {
        "missing": _chosen("--missing", missing, get_args(MissingPolicy)),
        "overlap": _chosen("--overlap", overlap, get_args(OverlapPolicy)),
        "other_events": _chosen("--other-events", other_events, get_args(OtherEventsPolicy)),
        "most_zeros": most_zeros,
    }
    given = {name: value for name, value in options.items() if value is not None}
    if windows:
        given["windows"] = tuple(Window.parse(text) for text in windows)
    for name, text in (("path", path_window), ("estimation", estimation)):
        if text is not None:
            given[name] = Window.parse(text)
    chosen: dict[str, Any] = {name: x for name, x in policies.items() if x is not None}
    return replace(
        study,
        spec=replace(study.spec, policies=replace(study.spec.policies, **chosen), **given),
        events=study.events if by is None else grouped_by(study.events, by),
        data=study.data if data is None else data,
        calendar=calendar or study.calendar,
        log=study.log if returns is None else returns == "log",
        panel=panel or study.panel,
        weight=study.weight if weight is None else weight,
        files=OwnFiles(
            securities=securities or study.files.securities,
            factors=factors or study.files.factors,
            delistings=delistings or study.files.delistings,
            returns=study.files.returns if values is None else values == "returns",
        ),
        explain=explain or study.explain,
        db=db or study.db,
    )


def _chosen(flag: str, value: str | None, known: tuple[str, ...]) -> str | None:
    if value is not None and value not in known:
        raise StudyError(f"{flag} '{value}' is unknown; {nearest(value, known)}")
    return value
