"""Study files: TOML to `Study` and back, with unknown keys refused by name."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import tomli_w

from analysis._bundle import bundled_data
from analysis.currency import USD
from analysis.errors import MarketImpactError, StudyError, nearest
from analysis.study import (
    PURGED_SUFFIX,
    Benchmark,
    Event,
    Group,
    Headline,
    MarketValue,
    Study,
    default_min_estimation,
)
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_STUDY = "deepseek-2025"

_Value = TypeVar("_Value")


def bundled_studies() -> dict[str, Path]:
    """List the studies that travel with the program, by name."""
    return {path.stem: path for path in sorted((bundled_data() / "studies").glob("*.toml"))}


def load_study(name_or_path: str | Path = DEFAULT_STUDY) -> Study:
    """
    Read a study.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
        The name of a bundled study, or the path of a study file. A relative data path in the file
        is taken from the file's folder.

    Raises
    ------
    StudyError
        If there is no such study, the file is no TOML, or it asks for what cannot be; the message
        names file and key.

    Examples
    --------
    >>> study = load_study("deepseek-2025")
    >>> [event.id for event in study.events]
    ['v3-release', 'v3-report', 'r1-release', 'sell-off']
    """
    bundled = bundled_studies()
    path = bundled.get(str(name_or_path), Path(name_or_path))
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise StudyError(
            f"no study '{name_or_path}': neither a bundled study nor a file; "
            f"{nearest(str(name_or_path), bundled)}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: the study file cannot be read ({error})") from error
    study = parse_study(text, where=str(path))
    if study.data in {"snapshot", "store"} or Path(study.data).is_absolute():
        return study
    return replace(study, data=str((path.parent / study.data).resolve()))


def parse_study(text: str, *, where: str = "study") -> Study:
    """
    Read a study from TOML text.

    Parameters
    ----------
    text : str
    where : str
        The file, for messages.

    Raises
    ------
    StudyError
        As `load_study`.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{where}: no valid TOML: {error}") from None
    try:
        return _study(_Table(document, where))
    except StudyError as error:
        message = str(error)
        raise StudyError(message if message.startswith(where) else f"{where}: {message}") from None
    except MarketImpactError as error:
        raise StudyError(f"{where}: {error}") from None


def dump_study(study: Study) -> str:
    """Write a study as TOML text that `parse_study` reads back to an equal study."""
    grouped = {symbol for group in study.groups for symbol in group.symbols}
    document: dict[str, Any] = {
        "id": study.id,
        "title": study.title,
        "calendar": study.calendar,
        "event_firm": study.event_firm,
        "data": study.data,
        "models": list(study.models),
        "estimation": str(study.estimation),
        "min_estimation": study.min_estimation,
        "windows": [str(window) for window in study.windows],
        "level": study.level,
        "symbols": [symbol for symbol in study.symbols if symbol not in grouped],
        "industry": list(study.industry),
        "donors": list(study.donors),
        "force_donors": study.force_donors,
        "headline": {
            "event": study.headline.event,
            "symbol": study.headline.symbol,
            "model": study.headline.model,
            "benchmark": study.headline.benchmark,
            "window": str(study.headline.window),
            "beside": study.headline.beside,
        },
        "events": [
            {"id": e.id, "title": e.title, "when": e.when, "source": e.source} for e in study.events
        ],
        "groups": [
            {"id": g.id, "title": g.title, "symbols": list(g.symbols)} for g in study.groups
        ],
        "benchmarks": [_benchmark_document(benchmark) for benchmark in study.benchmarks],
        "market_value": study.market_value,
        "stale_counts": study.stale_counts,
        "market_values": [
            {key: value for key, value in asdict(v).items() if value is not None}
            for v in study.market_values
        ],
    }
    return tomli_w.dumps(document)


def _benchmark_document(benchmark: Benchmark) -> dict[str, Any]:
    document: dict[str, Any] = {"id": benchmark.id, "symbol": benchmark.symbol}
    if benchmark.purged_of:
        document |= {
            "purged_of": benchmark.purged_of,
            "weight": benchmark.weight,
            "weight_session": benchmark.weight_session,
            "source": benchmark.source,
        }
    return document


class _Table:
    """A TOML table whose keys are taken one by one; what is left over is refused."""

    def __init__(self, content: Mapping[str, Any], where: str) -> None:
        self._content = dict(content)
        self._where = where
        self._known: list[str] = []

    def take(self, key: str, kind: type[_Value], default: _Value | None = None) -> _Value:
        self._known.append(key)
        if key not in self._content:
            if default is None:
                near = nearest(key, self._content) if self._content else ""
                hint = f" ({near})" if near.startswith("did") else ""
                raise StudyError(f"{self._where}: key '{key}' is missing{hint}")
            return default
        value = self._content.pop(key)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise StudyError(f"{self._where}: '{key}' is {value!r}; a {_kind_name(kind)} is needed")
        return value

    def __contains__(self, key: str) -> bool:
        self._known.append(key)
        return key in self._content

    def day(self, key: str) -> dt.date:
        value = self.take(key, dt.date)
        if isinstance(value, dt.datetime):
            raise StudyError(
                f"{self._where}: '{key}' is {value.isoformat()}; a {_kind_name(dt.date)} is needed"
            )
        return value

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        values: list[Any] = self.take(key, list, default)
        for value in values:
            if not isinstance(value, str):
                raise StudyError(f"{self._where}: '{key}' holds {value!r}; texts are needed")
        return tuple(values)

    def tables(self, key: str, default: list[Any] | None = None) -> list[_Table]:
        values: list[Any] = self.take(key, list, default)
        tables = []
        for number, value in enumerate(values, start=1):
            if not isinstance(value, dict):
                raise StudyError(f"{self._where}: '{key}' must be written as [[{key}]] tables")
            name = f" '{value['id']}'" if "id" in value else ""
            tables.append(_Table(value, f"{self._where}: [[{key}]] number {number}{name}"))
        return tables

    def done(self) -> None:
        for key in self._content:
            raise StudyError(
                f"{self._where}: key '{key}' is unknown; {nearest(key, self._known, most=30)}"
            )


def _kind_name(kind: type[Any]) -> str:
    return {
        str: "text",
        float: "number",
        int: "whole number",
        list: "list",
        dict: "table",
        bool: "true or false",
        dt.date: "date such as 2025-01-27",
    }[kind]


def _study(table: _Table) -> Study:
    estimation = Window.parse(table.take("estimation", str, "-260..-11"))
    groups = tuple(_group(item) for item in table.tables("groups", []))
    grouped = tuple(symbol for group in groups for symbol in group.symbols)
    event_firm = table.take("event_firm", str)
    events = tuple(_event(item) for item in table.tables("events"))
    benchmarks = tuple(_benchmark(item, event_firm) for item in table.tables("benchmarks"))
    models = table.texts("models", ["market"])
    windows = tuple(Window.parse(text) for text in table.texts("windows", ["0..0"]))
    symbols = grouped + table.texts("symbols", [])
    head = table.take("headline", dict, {})
    study_id = table.take("id", str)
    for what, some in (("events", events), ("benchmarks", benchmarks), ("models", models)):
        if not some:
            raise StudyError(f"'{what}' is empty; name one or more")
    if not symbols:
        raise StudyError("no firm is named; give [[groups]] with symbols, or symbols = [...]")
    study = Study(
        id=study_id,
        title=table.take("title", str, study_id),
        calendar=table.take("calendar", str, "XNYS"),
        event_firm=event_firm,
        events=events,
        groups=groups,
        symbols=symbols,
        benchmarks=benchmarks,
        models=models,
        estimation=estimation,
        min_estimation=table.take("min_estimation", int, default_min_estimation(estimation)),
        windows=windows,
        level=table.take("level", float, 0.95),
        headline=_headline(
            _Table(head, "[headline]"), events, symbols, models, benchmarks, windows, event_firm
        ),
        market_values=tuple(_market_value(item) for item in table.tables("market_values", [])),
        industry=table.texts("industry", []),
        donors=table.texts("donors", []),
        force_donors=table.take("force_donors", bool, default=False),
        data=table.take("data", str, "snapshot"),
        market_value=table.take("market_value", str, "nearest"),
        stale_counts=table.take("stale_counts", bool, default=False),
    )
    table.done()
    return study


def _headline(
    table: _Table,
    events: tuple[Event, ...],
    symbols: tuple[str, ...],
    models: tuple[str, ...],
    benchmarks: tuple[Benchmark, ...],
    windows: tuple[Window, ...],
    event_firm: str,
) -> Headline:
    headline = Headline(
        event=table.take("event", str, events[0].id),
        symbol=table.take("symbol", str, event_firm if event_firm in symbols else symbols[0]),
        model=table.take("model", str, models[0]),
        benchmark=table.take("benchmark", str, benchmarks[0].id),
        window=Window.parse(table.take("window", str, str(windows[0]))),
        beside=table.take("beside", str, ""),
    )
    table.done()
    return headline


def _event(table: _Table) -> Event:
    event = Event(
        id=table.take("id", str),
        title=table.take("title", str),
        when=table.take("when", dt.date),
        source=table.take("source", str, ""),
    )
    table.done()
    return event


def _group(table: _Table) -> Group:
    group_id = table.take("id", str)
    group = Group(group_id, table.take("title", str, group_id), table.texts("symbols"))
    table.done()
    return group


def _benchmark(table: _Table, event_firm: str) -> Benchmark:
    name = table.take("id", str)
    purged_of = table.take("purged_of", str, event_firm if name.endswith(PURGED_SUFFIX) else "")
    purged = bool(purged_of)
    if name.endswith(PURGED_SUFFIX) and not purged:
        raise StudyError(f"benchmark '{name}' is purged of no firm; name one in purged_of")
    benchmark = Benchmark(
        id=name,
        symbol=table.take("symbol", str, name.removesuffix(PURGED_SUFFIX)),
        purged_of=purged_of,
        weight=table.take("weight", float) if purged else 0.0,
        weight_session=table.day("weight_session") if purged else None,
        source=table.take("source", str, "") if purged else "",
    )
    table.done()
    return benchmark


def _market_value(table: _Table) -> MarketValue:
    value = MarketValue(
        symbol=table.take("symbol", str),
        shares=table.take("shares", float),
        as_of=table.day("as_of"),
        source=table.take("source", str),
        known_from=table.day("known_from") if "known_from" in table else None,
        close=table.take("close", float) if "close" in table else None,
        close_session=table.day("close_session") if "close_session" in table else None,
        currency=table.take("currency", str, USD),
    )
    table.done()
    return value
