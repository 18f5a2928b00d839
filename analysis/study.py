"""
A study: what to ask, of which firms, around which events, under which choices.

A `Study` is frozen and valid by construction: whatever can be checked without data is checked
when it is made. Its defaults stand here and nowhere else: every field is declared once, with
`analysis.keys.key`, and `analysis.study_file` (TOML), `analysis.overrides` (a caller's choices) and
the command line derive from the declarations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from analysis.currency import check_currency
from analysis.errors import StudyError, nearest
from analysis.keys import Option, Record, Records, fill, key, understand_fields
from analysis.kinds import EVENT_TIME, FILE, FLAG, NUMBER, TEXT, TEXTS, WHOLE, WINDOWS
from analysis.study_parts import (
    ALL_FIRMS,
    PURGED_SUFFIX,
    RETURNS,
    SHORTEST_ESTIMATION,
    Benchmark,
    Event,
    ExchangeRate,
    Group,
    Headline,
    MarketValue,
    ScheduledNews,
    check_once,
    check_owners,
    check_windows,
    check_words,
    default_min_estimation,
)
from analysis.study_securities import LOCAL, Securities, check_local
from analysis.windows import Window

__all__ = [
    "ALL_FIRMS",
    "ALL_UNTREATED",
    "PURGED_SUFFIX",
    "RETURNS",
    "SHORTEST_ESTIMATION",
    "Benchmark",
    "Event",
    "ExchangeRate",
    "Group",
    "Headline",
    "MarketValue",
    "ScheduledNews",
    "Securities",
    "Study",
    "check_once",
    "default_min_estimation",
]

ALL_UNTREATED = "all-untreated"
"""Under ``donors``: every security of the data that the event did not touch."""

USUAL_BENCHMARKS = {"XNYS": ("SPY",)}
"""By calendar: the fund that stands for the market where a study names none."""


@dataclass(frozen=True, slots=True)
class Study:
    """
    One event study, whole.

    What is None when a study is made is found from the rest of it. Lists, texts such as ``"-1..1"``
    and names with commas between them are understood.

    Attributes
    ----------
    id : str
        Name in results.
    event_firm : str
        The firm that the news struck, first of all; purged benchmarks leave it out.
    events : tuple of Event
        One or more.
    title : str
        In words; the id by default.
    calendar : str
        Market code of the exchange whose sessions count event time.
    groups : tuple of Group
        No firm is in two of them.
    symbols : tuple of str
        Every firm studied, each once, in the order of results: those of the groups, then the
        others; the event firm where neither names one.
    benchmarks : tuple of Benchmark
        By default the usual one of the calendar, where there is one.
    models : tuple of str
        Ids of `analysis.models.catalog.MODELS`.
    estimation : Window
        Sessions the models are fitted on.
    min_estimation : int
        Complete sessions a firm must have in it; fewer are refused. Four fifths by default.
    windows : tuple of Window
        Event windows.
    level : float
        Confidence level of every interval.
    headline : Headline
        What the study leads with.
    securities : tuple of Securities
        Currencies of levels, and what the benchmark ``local`` is for each firm.
    currency : str
        ISO 4217 code of returns and money, reached by the rates of `fx`; empty for those of each
        security.
    market_values : tuple of MarketValue
        Of firms of the study.
    fx : tuple of ExchangeRate
        One a currency; money in others than these and the dollar has no figure in USD.
    scheduled : tuple of ScheduledNews
        One a firm, in place of the days that the data know.
    industry : tuple of str
        Securities whose equally weighted mean, without the firm itself, is the firm's industry.
    donors : tuple of str
        Securities of which control portfolios are made, or ids of groups, for their firms;
        `ALL_UNTREATED` alone for every security of the data that the event did not touch.
    force_donors : bool
        Take donors all the same that are firms of the study or are known to hold some.
    allow_jump : tuple of str
        Moves of levels of a file, more than threefold, that were real: symbol and session.
    reaction_window : Window
        Sessions around the headline's event of which it is asked whether the firms reacted.
    chronology, claims : str
        Files, ``bundled:STUDY/FILE`` for those of a bundled study; empty for none.
    data : str
        ``snapshot``, ``store`` or the path of a file of levels.
    factors : str
        A file of daily factors, in place of those of the data; empty for these.
    factors_in : str
        Whether its figures are ``decimals`` or ``percent``.
    other_events : str
        Whether estimation windows ``keep`` those of the study's other events, or ``leave-out``.
    market_value : str
        Which share count makes market values: the ``nearest`` filed one, or the one ``known`` on
        the eve.
    stale_counts : bool
        Also make market values of a count more than 150 days from the event, with a flag.
    returns : str
        ``simple`` or ``log``: what is regressed and summed, factors included. Buy-and-hold returns
        and money are simple under either.

    Raises
    ------
    StudyError
        If anything in it cannot be, with the mend.

    Examples
    --------
    >>> import datetime as dt
    >>> news = Event("sell-off", "Sell-off", dt.date(2025, 1, 27))
    >>> study = Study("mine", "NVDA", [news], windows="-1..1")
    >>> study.symbols, study.models, study.benchmarks[0].id, str(study.headline.window)
    (('NVDA',), ('market',), 'SPY', '-1..1')
    """

    id: str = key(TEXT, "Name of the study in results.")
    event_firm: str = key(TEXT, "The firm that the news struck; purged benchmarks leave it out.")
    events: tuple[Event, ...] = key(
        Records(Event),
        "The events, one or more.",
        option=Option("--event", "ID", "Event; repeatable.", TEXTS),
    )
    title: str = key(TEXT, "The study in words; the id by default.", default=None)
    calendar: str = key(
        TEXT, "Market code of the exchange whose sessions count event time.", default="XNYS"
    )
    groups: tuple[Group, ...] = key(Records(Group), "Firms that belong together.", default=())
    symbols: tuple[str, ...] = key(
        TEXTS,
        "Firms beyond those of the groups; the event firm where neither names one.",
        default=None,
        option=Option("--symbols", "A,B", "Firms, with commas; repeatable."),
    )
    benchmarks: tuple[Benchmark, ...] = key(
        Records(Benchmark),
        "What stands for the market.",
        default=None,
        option=Option(
            "--benchmark",
            "ID",
            "A symbol, or SYMBOL-ex for the one without the event firm; repeatable.",
            TEXTS,
        ),
    )
    models: tuple[str, ...] = key(
        TEXTS,
        "Expected-return models.",
        default=("market",),
        option=Option("--model", "ID", "Model; repeatable."),
    )
    estimation: Window = key(
        EVENT_TIME,
        "Sessions the models are fitted on.",
        default=Window(-260, -11),
        option=Option("--estimation", "START..END", "Estimation window, as in -260..-11."),
    )
    min_estimation: int = key(
        WHOLE,
        "Complete sessions a firm must have in the estimation window; four fifths by default.",
        default=None,
    )
    windows: tuple[Window, ...] = key(
        WINDOWS,
        "Event windows.",
        default=(Window(0, 0),),
        option=Option("--window", "START..END", "Event window, as in -1..1; repeatable."),
    )
    level: float = key(
        NUMBER,
        "Confidence level of every interval.",
        default=0.95,
        option=Option("--level", "NUMBER", "Confidence level of every interval, as in 0.99."),
    )
    headline: Headline = key(Record(Headline), "What the study leads with.", default=None)
    securities: tuple[Securities, ...] = key(
        Records(Securities), "Currencies and local indices of securities.", default=()
    )
    currency: str = key(
        TEXT,
        "Currency of returns and money, ISO 4217; each security's own by default.",
        default="",
        option=Option("--currency", "CODE", "Currency of returns and money, as in USD."),
    )
    market_values: tuple[MarketValue, ...] = key(
        Records(MarketValue), "Shares and closes beyond the bundled figures.", default=()
    )
    fx: tuple[ExchangeRate, ...] = key(
        Records(ExchangeRate), "Exchange rates of other currencies.", default=()
    )
    scheduled: tuple[ScheduledNews, ...] = key(
        Records(ScheduledNews), "Days on which news of a firm was due, as its results.", default=()
    )
    industry: tuple[str, ...] = key(
        TEXTS, "Securities whose mean, without the firm itself, is its industry.", default=()
    )
    donors: tuple[str, ...] = key(
        TEXTS,
        "Securities or groups of which control portfolios are made, or 'all-untreated'.",
        default=(),
    )
    force_donors: bool = key(
        FLAG,
        "Take donors all the same that are firms of the study or are known to hold some.",
        default=False,
    )
    allow_jump: tuple[str, ...] = key(
        TEXTS,
        "Moves of more than threefold in a file of levels that were real, as 'NVDA 2024-06-10'.",
        default=(),
        option=Option(
            "--allow-jump",
            "'SYMBOL DATE'",
            "A move of more than threefold in --data that was real; repeatable.",
        ),
    )
    reaction_window: Window = key(
        EVENT_TIME,
        "Sessions around the headline's event of which it is asked whether the firms reacted.",
        default=Window(-20, 20),
    )
    chronology: str = key(
        FILE, "File of what else happened and when, for the marks and flags of windows.", default=""
    )
    claims: str = key(FILE, "File of claims that the report holds against the figures.", default="")
    data: str = key(
        FILE,
        "snapshot, store, or the path of a file of levels: CSV, Parquet or Excel.",
        default="snapshot",
        option=Option(
            "--data",
            "snapshot|store|PATH",
            "Bundled figures, the price store, or a file of levels (CSV, Parquet, Excel): wide "
            "(session, SYMBOL...) or long (session, symbol, close).",
        ),
    )

    factors: str = key(
        FILE,
        "File of daily factors in place of those of the data: session and some of mkt_rf, smb, "
        "hml, rmw, cma, mom, rf (the risk-free rate).",
        default="",
        option=Option("--factors", "FILE", "Daily factors of your own: session, mkt_rf, smb, ..."),
    )
    factors_in: str = key(
        TEXT,
        "Unit of the figures in that file: decimals or percent.",
        default="decimals",
        option=Option("--factors-in", "UNIT", "Unit of --factors: decimals (default) or percent."),
    )

    other_events: str = key(
        TEXT,
        "What estimation windows do with the windows of the study's other events: keep, leave-out.",
        default="keep",
        option=Option("--other-events", "WORD", "In estimation windows: keep or leave-out."),
    )
    market_value: str = key(
        TEXT,
        "Share count of market values: the nearest filed one, or the one known on the eve.",
        default="nearest",
    )
    stale_counts: bool = key(
        FLAG,
        "Also make market values of counts more than 150 days from the event, with a flag.",
        default=False,
    )
    returns: str = key(
        TEXT,
        "Returns that are regressed and summed: simple, or log.",
        default="simple",
        option=Option("--returns", "simple|log", "Returns that are regressed and summed."),
    )

    def __post_init__(self) -> None:
        """Find what was left out, and hold the study against everything that needs no data."""
        understand_fields(self)
        self._check_once()
        self._find_defaults()
        self._check_some()
        self._check_market_values()
        if not 0.5 < self.level < 1:
            raise StudyError(f"level {self.level} is not between 0.5 and 1; 0.95 is usual")
        if self.currency:
            check_currency(self.currency, where=f"study '{self.id}'")
        check_local(self.benchmarks, self.symbols, self.securities)
        check_windows(self.estimation, self.min_estimation, self.windows)
        self._find_headline()
        self._check_headline()

    @property
    def log(self) -> bool:
        """Whether returns are logarithms."""
        return self.returns == "log"

    def _find_defaults(self) -> None:
        grouped = tuple(symbol for group in self.groups for symbol in group.symbols)
        local = any(table.benchmark for table in self.securities)
        names = [LOCAL] if local else USUAL_BENCHMARKS.get(self.calendar, ())
        usual = tuple(Benchmark(name) for name in names)
        fill(
            self,
            title=self.id,
            symbols=() if grouped else (self.event_firm,),
            benchmarks=usual,
            min_estimation=default_min_estimation(self.estimation),
            headline=Headline(),
        )
        others = tuple(symbol for symbol in self.symbols if symbol not in grouped)
        object.__setattr__(self, "symbols", grouped + others)
        benchmarks = tuple(replace(benchmark) for benchmark in self.benchmarks)
        for benchmark in benchmarks:
            fill(benchmark, purged_of=self.event_firm)
            object.__setattr__(benchmark, "purged_of", ", ".join(self._members(benchmark.firms)))
        object.__setattr__(self, "benchmarks", benchmarks)
        object.__setattr__(self, "donors", self._members(self.donors))
        if ALL_UNTREATED in self.donors and len(self.donors) > 1:
            raise StudyError(
                f"'{ALL_UNTREATED}' stands alone under 'donors'; drop it, or the other names"
            )

    def _members(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Put the firms of a group in the place of its id."""
        groups = {group.id: group.symbols for group in self.groups} | {ALL_FIRMS: self.symbols}
        found = [
            symbol
            for name in names
            for symbol in (groups[name] if name in groups and name not in self.symbols else (name,))
        ]
        return tuple(dict.fromkeys(found))

    def _check_once(self) -> None:
        for what, names in (
            ("event", [event.id for event in self.events]),
            ("group", [group.id for group in self.groups]),
            ("benchmark", [benchmark.id for benchmark in self.benchmarks or ()]),
            ("model", self.models),
            ("symbol", self.symbols or ()),
            ("event window", [str(window) for window in self.windows]),
            ("market value", [f"{v.symbol} {v.as_of}" for v in self.market_values]),
            ("exchange rate", [rate.currency for rate in self.fx]),
            ("firm of [[scheduled]]", [news.symbol for news in self.scheduled]),
            ("industry member", self.industry),
            ("donor", self.donors),
        ):
            check_once(what, names)
        check_owners(self.groups)

    def _check_some(self) -> None:
        if not self.symbols:
            raise StudyError(
                f"study '{self.id}' names no firm; give [[groups]] with symbols, or symbols = [...]"
            )
        for what, some in (
            ("event", self.events),
            ("benchmark", self.benchmarks),
            ("model", self.models),
            ("event window", self.windows),
        ):
            if not some:
                raise StudyError(f"study '{self.id}' names no {what}; name one or more")

    def _check_market_values(self) -> None:
        check_words(self)
        for table, parts in (("market_values", self.market_values), ("scheduled", self.scheduled)):
            for symbol in (part.symbol for part in parts):
                if symbol not in self.symbols:
                    raise StudyError(
                        f"[[{table}]] of '{symbol}', which is no firm of the study; "
                        f"{nearest(symbol, self.symbols)}"
                    )

    def _find_headline(self) -> None:
        head = replace(self.headline)
        fill(
            head,
            event=self.events[0].id,
            symbol=self.event_firm if self.event_firm in self.symbols else self.symbols[0],
            model=self.models[0],
            benchmark=self.benchmarks[0].id,
            window=self.windows[0],
        )
        object.__setattr__(self, "headline", head)

    def _check_headline(self) -> None:
        head = self.headline
        for what, name, known in (
            ("event", head.event, [event.id for event in self.events]),
            ("symbol", head.symbol, self.symbols),
            ("model", head.model, self.models),
            ("benchmark", head.benchmark, [benchmark.id for benchmark in self.benchmarks]),
            ("window", str(head.window), [str(window) for window in self.windows]),
            ("beside", head.beside, ["", *(benchmark.id for benchmark in self.benchmarks)]),
            ("untreated", head.untreated, ["", *(benchmark.id for benchmark in self.benchmarks)]),
        ):
            if name not in known:
                raise StudyError(
                    f"headline names {what} '{name}', which is not in the study; "
                    f"{nearest(name, filter(None, known))}"
                )

    def group_of(self, symbol: str) -> str:
        """Name the group of a firm; empty for none."""
        return next((group.id for group in self.groups if symbol in group.symbols), "")
