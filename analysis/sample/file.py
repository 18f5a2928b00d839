"""Studies of many firm-events as files: TOML with ``events_file`` or ``[[firm_events]]``."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from analysis.errors import MarketImpactError, StudyError, nearest
from analysis.prices.load import SNAPSHOT, STORE, load_market_data
from analysis.run.common_currency import with_rates
from analysis.run.plan import benchmark_returns
from analysis.sample.data import SampleData
from analysis.sample.events import (
    FirmEvents,
    events_of_tables,
    grouped_by,
    read_events,
)
from analysis.sample.figures_of import OwnFigures
from analysis.sample.find import EVENTS_FILE, FIRM_EVENTS, bundled_samples
from analysis.sample.money import impacts
from analysis.sample.own import VALUES, OwnFiles
from analysis.sample.policies import MissingPolicy, OtherEventsPolicy, OverlapPolicy, Policies
from analysis.sample.run import run_sample
from analysis.sample.spec import DRAWS, SEED, SampleSpec
from analysis.sample.tables import (
    LARGEST,
    refuse_unknown,
    take,
    take_choice,
    take_count,
    take_list,
)
from analysis.sample.weights import MARKET_VALUE, weighted_by, weighted_by_value
from analysis.study import RETURNS, Benchmark, ExchangeRate
from analysis.toml_text import parse_toml
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis._typing import Progress
    from analysis.batch.partition import Cluster
    from analysis.prices.market_data import MarketData
    from analysis.sample.result import SampleResult

_KEYS = (
    *("id", "title", "calendar", "data", EVENTS_FILE, FIRM_EVENTS, "by", "model", "benchmark"),
    *("benchmarks", "estimation", "min_estimation", "windows", "path", "level", "ranks", "returns"),
    *("placebos", "draws", "seed", "explain", "policies", "panel", "weight"),
    *("securities", "factors", "delistings", "values", "fx"),
)
_POLICIES = ("missing", "overlap", "other_events", "around", "most_zeros")
_RATE = ("currency", "symbol", "per_dollar")
_BENCHMARK = ("id", "symbol", "purged_of", "weight", "weight_session", "source")


@dataclass(frozen=True, slots=True, eq=False)
class SampleStudy:
    """
    A study of many firm-events, ready for its data.

    Attributes
    ----------
    spec : SampleSpec
    events : FirmEvents
    data : str
        ``snapshot``, ``store`` or the path of a file of levels.
    calendar : str
    benchmarks : tuple of Benchmark
        Those that are no column of the data as it is: without one of their firms.
    log : bool
        Whether returns are logarithms.
    explain : tuple of str
        Formulas of regressions.
    panel : bool
        Whether `data` is one long table of prices of any size, whose firms may miss days, rather
        than levels that are held to the sessions of the calendar.
    files : OwnFiles
        What stands beside a file of figures: exchanges and local indices, factors, delistings.
    weight : str
        Where the pairs' weights come from: ``market-value``, on the eve of the first window; the
        name of a characteristic; empty for the events' own column ``weight``.
    fx : tuple of ExchangeRate
        Columns of the data, or bundled series, that hold exchange rates, for money in USD.
    db : pathlib.Path or None
        The price store that ``store`` means; by default the one of
        `analysis.prices.place.default_store`.
    """

    spec: SampleSpec
    events: FirmEvents
    data: str = SNAPSHOT
    calendar: str = "XNYS"
    benchmarks: tuple[Benchmark, ...] = ()
    log: bool = False
    explain: tuple[str, ...] = ()
    panel: bool = False
    files: OwnFiles = field(default_factory=OwnFiles)
    weight: str = ""
    fx: tuple[ExchangeRate, ...] = ()
    db: Path | None = None

    def run(
        self, *, progress: Progress | None = None, client: Cluster | None = None
    ) -> SampleResult:
        """
        Load the data and run.

        Parameters
        ----------
        progress, client
            As `analysis.sample.run.run_sample`.

        Raises
        ------
        MarketImpactError
            If the data cannot be loaded or no pair can be measured.
        """
        own = OwnFigures(
            self.data, self.spec.benchmark, self.calendar, self.files, self.panel, self.log
        )
        if own.wanted:
            if self.benchmarks:
                raise StudyError("an index without a firm needs plain levels; drop [[benchmarks]]")
            events = weighted_by(self.events, self.weight)
            return run_sample(events, own.read(events), self.spec, progress=progress, client=client)
        data = load_market_data(
            self.data,
            calendar=self.calendar,
            rates=[rate.symbol for rate in self.fx],
            store=self.db,
        )
        return self.run_on(data, progress=progress, client=client)

    def run_on(
        self,
        data: MarketData,
        *,
        progress: Progress | None = None,
        client: Cluster | None = None,
    ) -> SampleResult:
        """Run on data that are at hand; see `run`."""
        for benchmark in self.benchmarks:
            for symbol in (benchmark.symbol, *benchmark.firms):
                if symbol not in data.levels.columns:
                    known = [str(name) for name in data.levels.columns]
                    raise StudyError(
                        f"benchmark '{benchmark.id}' needs {symbol}, which is not in {data.name}; "
                        f"{nearest(symbol, known)}"
                    )
        data = with_rates(self.fx, data)
        for rate in self.fx:
            if rate.symbol not in data.levels.columns:
                raise StudyError(
                    f"exchange rate of {rate.currency}: '{rate.symbol}' is not in {data.name}; "
                    "bring its column, or drop [[fx]]"
                )
        markets = {
            benchmark.id: benchmark_returns(benchmark, data).to_numpy(dtype=float)
            for benchmark in self.benchmarks
        }
        sample = SampleData.of(data, markets=markets, log=self.log)
        if self.weight == MARKET_VALUE:
            events = weighted_by_value(self.events, sample, data, self.spec, self.fx)
        else:
            events = weighted_by(self.events, self.weight)
        result = run_sample(events, sample, self.spec, progress=progress, client=client)
        names = {**data.reference.names, **_named(self.benchmarks, data.reference.names)}
        return replace(result, impacts=impacts(result, data, self.fx), names=names)


def _named(benchmarks: Sequence[Benchmark], names: Mapping[str, str]) -> dict[str, str]:
    """Name indices without some of their firms, by id."""
    return {
        benchmark.id: f"{names.get(benchmark.symbol, benchmark.symbol)} without "
        + " and ".join(names.get(firm, firm) for firm in benchmark.firms)
        for benchmark in benchmarks
        if benchmark.firms
    }


def load_sample(name_or_path: str | Path) -> SampleStudy:
    """
    Read a study of many firm-events.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
        The name of a bundled one, or a TOML file. Relative paths in it are taken from its folder.

    Raises
    ------
    StudyError, DataError
        If there is no such file, or it asks for what cannot be; the message names file and key.

    Examples
    --------
    >>> study = load_sample("nvda-results-2016-2025")
    >>> len(study.events), study.spec.benchmark
    (42, 'SPY')
    """
    path = bundled_samples().get(str(name_or_path), Path(name_or_path))
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise StudyError(
            f"no study '{name_or_path}': {nearest(str(name_or_path), bundled_samples())}"
        ) from None
    except (OSError, ValueError) as error:
        raise StudyError(f"{path}: the study file cannot be read ({error})") from None
    document = parse_toml(text, where=str(path))
    try:
        return _study(document, path)
    except MarketImpactError as error:
        words = str(error)
        raise type(error)(words if str(path) in words else f"{path}: {words}") from None


def _study(document: Mapping[str, Any], path: Path) -> SampleStudy:
    refuse_unknown(document, _KEYS, "")
    if (EVENTS_FILE in document) == (FIRM_EVENTS in document):
        raise StudyError(f"give either '{EVENTS_FILE}' or [[{FIRM_EVENTS}]]")
    if EVENTS_FILE in document:
        events = read_events(path.parent / take(document, EVENTS_FILE, str))
    else:
        events = events_of_tables(take_list(document, FIRM_EVENTS, dict), where=str(path))
    data = take(document, "data", str, SNAPSHOT)
    if data not in {SNAPSHOT, STORE}:
        data = str((path.parent / data).resolve())
    policies = take(document, "policies", dict, {})
    spec = SampleSpec(
        title=take(document, "title", str, take(document, "id", str, path.stem)),
        model=take(document, "model", str, "market"),
        benchmark=take(document, "benchmark", str, "SPY"),
        estimation=Window.parse(take(document, "estimation", str, "-260..-11")),
        min_estimation=take_count(document, "min_estimation", 1, least=1)
        if "min_estimation" in document
        else None,
        windows=tuple(Window.parse(w) for w in take_list(document, "windows", str, ("-1..1",))),
        path=Window.parse(take(document, "path", str, "-10..20")),
        level=take(document, "level", float, 0.95),
        policies=_policies(policies),
        ranks=take(document, "ranks", bool, True),
        placebos=take_count(document, "placebos", 0),
        draws=take_count(document, "draws", DRAWS, least=1),
        seed=take_count(document, "seed", SEED, most=LARGEST),
    )
    return SampleStudy(
        spec=spec,
        events=grouped_by(events, take(document, "by", str, "group")),
        data=data,
        calendar=take(document, "calendar", str, "XNYS"),
        benchmarks=tuple(map(_benchmark, take_list(document, "benchmarks", dict))),
        log=take_choice(document, "returns", RETURNS, "simple") == "log",
        explain=tuple(take_list(document, "explain", str)),
        panel=take(document, "panel", bool, False),
        files=OwnFiles(
            **{
                name: path.parent / take(document, name, str)
                for name in ("securities", "factors", "delistings")
                if name in document
            },
            returns=take_choice(document, "values", VALUES, "levels") == "returns",
        ),
        weight=take(document, "weight", str, ""),
        fx=tuple(map(_rate, take_list(document, "fx", dict))),
    )


def _policies(table: Mapping[str, Any]) -> Policies:
    refuse_unknown(table, _POLICIES, "[policies] ")
    found = Policies(
        missing=cast(
            "MissingPolicy", take_choice(table, "missing", get_args(MissingPolicy), "traded")
        ),
        overlap=cast(
            "OverlapPolicy", take_choice(table, "overlap", get_args(OverlapPolicy), "keep")
        ),
        other_events=cast(
            "OtherEventsPolicy",
            take_choice(table, "other_events", get_args(OtherEventsPolicy), "leave-out"),
        ),
        most_zeros=take(table, "most_zeros", float, 1.0),
    )
    around = take(table, "around", str, "")
    return replace(found, around=Window.parse(around)) if around else found


def _benchmark(table: Mapping[str, Any]) -> Benchmark:
    refuse_unknown(table, _BENCHMARK, "[[benchmarks]] ")
    name = take(table, "id", str)
    return Benchmark(
        id=name,
        symbol=take(table, "symbol", str, name.removesuffix("-ex")),
        purged_of=take(table, "purged_of", str, ""),
        weight=take(table, "weight", float, 0.0),
        weight_session=take(table, "weight_session", dt.date, None),
        source=take(table, "source", str, ""),
    )


def _rate(table: Mapping[str, Any]) -> ExchangeRate:
    refuse_unknown(table, _RATE, "[[fx]] ")
    return ExchangeRate(
        currency=take(table, "currency", str),
        symbol=take(table, "symbol", str),
        per_dollar=take(table, "per_dollar", bool, False),
    )
