"""What pages of nine studies say at the top and above their figures, as text."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.context.details import find_details
from analysis.figures.export import drawers
from analysis.figures.sample.files import SAMPLE_FIGURES
from analysis.figures.style import LIGHT, texts_of
from analysis.overrides import Overrides, override
from analysis.prices.snapshot import load_snapshot
from analysis.report.cards import cards, tally
from analysis.report.cells import cite, uncited
from analysis.report.figures import told_figures
from analysis.report.page import leading_tiles
from analysis.report.sample_picker import leading_answer
from analysis.report.sample_words import sample_headline, sample_standfirst, sample_sure
from analysis.report.sure import how_sure
from analysis.report.words import headline_words, standfirst, typeset
from analysis.run.study import run_study
from analysis.sample.file import load_sample
from analysis.sample.find import bundled_samples
from analysis.study import Event, MarketValue
from analysis.study_file import load_study
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.context.details import Details
    from analysis.prices.market_data import MarketData
    from analysis.study import Study


EVE = dt.date(2025, 1, 24)
"""The session before the sell-off."""


def page_texts(details: Details) -> str:
    """Write what a reader of a study's page meets first, a line each."""
    result = details.result
    lines = [headline_words(result, cite), standfirst(result, cite)]
    lines += [f"{s.question} {s.answer} ({s.grade}). {s.because}" for s in how_sure(details, cite)]
    lines += [f"{t.what}: {t.value} ({t.interval})" for t in leading_tiles(result)]
    ready = drawers(result, details)
    for name, says in told_figures(result, ready).items():
        lines.append(f"{name}: {texts_of(ready[name](LIGHT))[0]}. {says}")
    if details.claims:
        lines.append(f"press: {tally(cards(details.claims))}")
    return "".join(typeset(uncited(line)) + "\n" for line in lines)


def sample_texts() -> str:
    """Write the same of the bundled study of many events."""
    result = load_sample(bundled_samples()["nvda-results-2016-2025"]).run()
    lines = [sample_headline(result, cite), sample_standfirst(result, cite)]
    sure = sample_sure(result, cite)
    lines += [f"{s.question} {s.answer} ({s.grade}). {s.because}" for s in sure]
    lines += [f"{what}: {value} ({below})" for what, value, below in leading_answer(result).tiles]
    lines += [
        f"{f.name}: {texts_of(f.draw(result, LIGHT))[0]}."
        for f in SAMPLE_FIGURES
        if not f.reason(result)
    ]
    return "".join(typeset(uncited(line)) + "\n" for line in lines)


def study_on(day: str, *symbols: str, title: str, **choices: object) -> Study:
    """Ask of some firms on a day, by the market model on the whole market."""
    study = override(
        load_study(),
        Overrides(events=("sell-off",), symbols=symbols, models=("market",), benchmarks=("SPY",)),
    )
    when = dt.date.fromisoformat(day)
    event = Event("news", title, when)
    head = replace(study.headline, event="news", beside="")
    kept = {"claims": "", "chronology": "", "windows": (Window(0, 0), Window(0, 20))}
    return replace(study, events=(event,), headline=head, **{**kept, **choices})


def bundled(**choices: object) -> Details:
    """Run the bundled study under some choices."""
    return _details(override(load_study(), Overrides(**choices)), load_snapshot())


def deepseek() -> Details:
    """The sell-off with a few firms and models, so that it is quick."""
    return bundled(
        events=("r1-release", "sell-off"),
        symbols=("NVDA", "AMD", "AVGO", "MU", "TSM", "AAPL", "MSFT"),
        models=("market", "ff3"),
    )


def null() -> Details:
    """An event of which nothing is seen."""
    return bundled(events=("v3-release",), symbols=("NVDA", "AMD", "MU"), models=("market",))


def single() -> Details:
    """One firm, no group to speak of, one window."""
    return bundled(
        events=("sell-off",), symbols=("NVDA",), models=("market",), windows=(Window(0, 0),)
    )


def _details(study: Study, data: MarketData) -> Details:
    return find_details(run_study(study, data), data)


def gain() -> Details:
    """A day on which a firm rose."""
    study = study_on("2023-05-25", "NVDA", "AMD", title="Forecast far above what was expected")
    return _details(study, load_snapshot())


def thirty_after() -> Details:
    """Data that end thirty sessions after the event."""
    data = load_snapshot()
    last = data.levels.index.get_loc("2025-01-27") + 31
    study = study_on("2025-01-27", "NVDA", "AMD", title="Sell-off")
    return _details(study, replace(data, levels=data.levels.iloc[:last]))


def small_firm() -> Details:
    """A firm that is worth millions."""
    value = MarketValue(
        "AMD", 3e6, EVE, "its own count", close=12.0, close_session=EVE, known_from=EVE
    )
    study = study_on("2025-01-27", "AMD", title="Sell-off", market_values=(value,))
    return _details(study, load_snapshot())


def other_currency() -> Details:
    """A firm that is worth euros."""
    value = MarketValue(
        *("ASML", 4e8, EVE, "its own count"),
        close=700.0,
        close_session=EVE,
        known_from=EVE,
        currency="EUR",
    )
    study = study_on("2025-01-27", "ASML", title="Sell-off", market_values=(value,))
    return _details(study, load_snapshot())


def shock() -> Details:
    """A day on which the whole market fell."""
    study = study_on(
        "2025-04-03", "NVDA", "AAPL", "MSFT", title="Tariffs announced the evening before"
    )
    return _details(study, load_snapshot())


SHARED: dict[str, Callable[[], Details]] = {"deepseek": deepseek, "null": null, "single": single}
"""Studies that other tests of the page share."""

STUDIES: dict[str, Callable[[], Details]] = {
    "gain": gain,
    "thirty-after": thirty_after,
    "small-firm": small_firm,
    "other-currency": other_currency,
    "shock": shock,
}
"""Studies that no other test of the page needs."""
