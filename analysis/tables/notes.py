"""What a reader of the tables must know: sources, sensitivities, other news."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from analysis.benchmarks import local_indices
from analysis.formatting import no_value, number, percent
from analysis.narrative_bounds import bounds_sentences
from analysis.narrative_tests import plain
from analysis.results.verdict import FAT_TAILS, NORMAL, small
from analysis.study import ALL_FIRMS
from analysis.study_securities import LOCAL
from analysis.tables.render import WIDTH

if TYPE_CHECKING:
    import pandas as pd

    from analysis.results import StudyResult


def notes_text(result: StudyResult, width: int = WIDTH) -> str:
    """List the notes of a study, one a line; empty where there is nothing to note."""
    notes = [
        *_value_notes(result),
        *_currency_notes(result),
        *_local_notes(result),
        *_purge_notes(result),
        *_correlation_notes(result),
        *_confounder_notes(result),
        *_closure_notes(result),
        *_estimation_notes(result),
        *_unmeasured_notes(result),
        *_student_notes(result),
    ]
    return "\n".join(
        ["NOTES"] + [textwrap.fill(f"- {note}", width, subsequent_indent="  ") for note in notes]
    )


def _unmeasured_notes(result: StudyResult) -> list[str]:
    """Say which firms stopped trading within a window, and what was not measured at all."""
    traded: dict[str, tuple[str, dict[str, None]]] = {}
    for firm in result.firms:
        for cell in firm.windows:
            for flag in cell.flags:
                if flag.startswith("last-traded:"):
                    _, windows = traded.setdefault(firm.symbol, (flag.partition(":")[2], {}))
                    windows[str(cell.window)] = None
    notes = [
        f"{symbol} last traded on {day}: {' and '.join(windows)} "
        f"{'is' if len(windows) == 1 else 'are'} measured to its last return."
        for symbol, (day, windows) in traded.items()
    ]
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for lacking in result.unmeasured:
        where = "" if lacking.window is None else f" in {lacking.window}"
        reasons.setdefault((lacking.event, where, lacking.reason), []).append(lacking.symbol)
    return notes + [
        f"Not measured around {event}{where}: {', '.join(symbols)} ({reason})."
        for (event, where, reason), symbols in reasons.items()
    ]


def _value_notes(result: StudyResult) -> list[str]:
    notes = []
    if result.shares:
        made = "; ".join(value_source(result, symbol) for symbol in result.shares)
        notes.append(
            f"Market values are shares times the printed close of the eve: {made}. Intervals hold "
            "the error of the expected return, not that of the share count."
        )
    reasons: dict[str, list[str]] = {}
    for symbol, flag in result.unvalued.items():
        reasons.setdefault(no_value(flag), []).append(symbol)
    notes += [f"No figure in money for {', '.join(who)}: {why}." for why, who in reasons.items()]
    return notes


def value_source(result: StudyResult, symbol: str) -> str:
    """Say of which count and close a firm's market value at the headline is made."""
    count, close = result.shares[symbol], result.closes[symbol]
    return (
        f"{symbol} {count.shares / 1e9:,.4f} bn of {count.as_of} "
        f"({count.document or count.source}) at {close.close:,.2f}"
        f"{'' if close.session == _eve(result) else f' of {close.session.date()}'}"
    )


def _eve(result: StudyResult) -> pd.Timestamp:
    head = result.study.headline
    return result.placed(head.event, head.window).eve


def _currency_notes(result: StudyResult) -> list[str]:
    """Say in which currency returns are, and by which rates they came there."""
    study = result.study
    if not study.currency:
        return []
    rates = [f"{rate.currency} by {rate.symbol}" for rate in study.fx]
    how = f", {' and '.join(rates)}" if rates else ""
    return [
        (
            f"Returns are in {study.currency}: (1 + local return) (1 + change of the rate) - 1"
            f"{how}. Without a rate there is no return."
        )
    ]


def _local_notes(result: StudyResult) -> list[str]:
    """Say which index the benchmark of each firm's own is."""
    indices = local_indices(result.study)
    if not indices:
        return []
    whose = "; ".join(f"{name} for {', '.join(firms)}" for name, firms in indices.items())
    return [f"Benchmark {LOCAL} is each firm's own index: {whose}."]


def _purge_notes(result: StudyResult) -> list[str]:
    if result.bounds is None:
        return []
    benchmark = next(b for b in result.study.benchmarks if b.id == result.bounds.benchmark)
    whose = f"{benchmark.id} is {benchmark.symbol} without {benchmark.purged_of}"
    if benchmark.weight:
        whose += (
            f", whose weight was {percent(benchmark.weight)} at the close of "
            f"{benchmark.weight_session} ({benchmark.source})"
        )
    return [
        (
            f"{whose}. Other days' weights are the known ones drifting with the firm's return "
            "relative to the index's."
        ),
        *filter(None, [bounds_sentences(result, plain)]),
    ]


def _correlation_notes(result: StudyResult) -> list[str]:
    return [
        f"All firms share one date: their residuals correlate by {number(group.mean_correlation)} "
        "on average, which inflates the variance of their mean "
        f"{number(group.variance_inflation, 1)}-fold. Tests that take firms for independent are "
        "not shown."
        for group in result.headline_groups
        if group.group == ALL_FIRMS
    ]


def _confounder_notes(result: StudyResult) -> list[str]:
    placed = result.headline_event
    seen = {entry.id: entry for window in placed.windows for entry in window.confounders}
    if not seen:
        return []
    news = "; ".join(
        f"{entry.session.date()} {entry.title}"
        for entry in sorted(seen.values(), key=lambda entry: (entry.session, entry.id))
    )
    return [f"Other news within the windows of {placed.event.id}: {news}."]


def _closure_notes(result: StudyResult) -> list[str]:
    """Say where a return of the headline's windows spans a closure of the exchange."""
    closures = {window.closure for window in result.headline_event.windows if window.closure}
    return [
        f"The session of {session.date()} came {days} weekdays after the one before: its return "
        "and the benchmark's are those of the whole closure. An error that grew with the weekdays "
        f"would be {number(math.sqrt(days), 1)} times as wide as the interval says."
        for session, days in sorted(closures)
    ]


def _student_notes(result: StudyResult) -> list[str]:
    shown = (*result.headline_firms, *result.headline_models, *result.headline_dates)
    cells = [window for firm in shown for window in firm.windows]
    if not any(small(cell.t.p) for cell in cells):
        return []
    told = f"A p below {FAT_TAILS:g} is of Student's t{NORMAL}: read the ranks beside it."
    return [told]


def _estimation_notes(result: StudyResult) -> list[str]:
    """Note which firms have fewer sessions to fit the headline's model on, and how few."""
    leading, wanted = result.headline, len(result.study.estimation)
    short: dict[str, int] = {}
    for firm in result.firms:
        if (firm.model, firm.benchmark) == (leading.model, leading.benchmark):
            short[firm.symbol] = min(firm.n_estimation, short.get(firm.symbol, wanted))
    listed = ", ".join(f"{symbol} {n}" for symbol, n in sorted(short.items()) if n < wanted)
    return [f"Fewer estimation sessions than {wanted}: {listed}."] if listed else []
