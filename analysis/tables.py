"""Results as text tables and LaTeX: what a reader at a terminal sees."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

from analysis.formatting import billions, number, percent, probability, rank_probability
from analysis.models.catalog import MODELS
from analysis.narrative import summary_paragraph
from analysis.study import ALL_FIRMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analysis.results import FirmResult, GroupResult, StudyResult, WindowResult

WIDTH = 110
"""Columns of a table; fixed, so that the same results give the same text anywhere."""

_LATEX = str.maketrans(
    {
        **{character: "\\" + character for character in "&%$#_{}"},
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "\\": r"\textbackslash{}",
    }
)

_FIRM_COLUMNS = (
    *("beta", "raw %", "expected %", "AR %", "interval %", "t"),
    *("p", "p SQ", "p placebo"),
)


def summary_text(result: StudyResult) -> str:
    """
    Lay out a study's results for reading: tables, notes, and one paragraph at the end.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    str
        Plain text, `WIDTH` columns, ending in a line break.
    """
    parts = [
        _title(result),
        _events(result),
        _headline(result),
        _windows(result),
        _across_events(result),
        _firms(result),
        _groups(result),
        _notes(result),
        textwrap.fill(summary_paragraph(result), WIDTH),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def latex_table(result: StudyResult) -> str:
    r"""
    Write the tidy results as a LaTeX table (package booktabs).

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    str
        A ``tabular`` environment; returns in percent, dollars in billions.
    """
    frame = result.tidy
    shown = frame[["event", "session", "symbol", "model", "benchmark", "window"]].copy()
    shown["beta"] = frame["beta"].map(number)
    shown["AR (%)"] = (100 * frame["car"]).map(number)
    shown["s.e. (%)"] = (100 * frame["se"]).map(number)
    shown["t"] = frame["t"].map(number)
    shown["df"] = frame["df"].map(lambda df: number(df, 0))
    shown["p"] = frame["p"].map(probability).str.replace("<", "$<$", regex=False)
    shown["USD bn"] = frame["impact_usd"].map(billions)
    for name in ("event", "symbol", "model", "benchmark"):
        shown[name] = shown[name].map(_latex_escape)
    body = shown.to_dict("split")["data"]
    header = " & ".join(_latex_escape(str(name)) for name in shown.columns)
    lines = [" & ".join(map(str, row)) + r" \\" for row in body]
    columns = "llllll" + "r" * (len(shown.columns) - 6)
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            header + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def _latex_escape(text: str) -> str:
    return text.translate(_LATEX)


def _render(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1
) -> str:
    table = Table(
        title=title,
        title_justify="left",
        title_style="",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for place, column in enumerate(columns):
        table.add_column(
            column,
            justify="left" if place < left else "right",
            no_wrap=True,
        )
    for row in rows:
        table.add_row(*row)
    buffer = io.StringIO()
    wide = Console(file=buffer, width=10 * WIDTH, color_system=None, markup=False, highlight=False)
    wide.print(table)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()).strip("\n")


def _points(value: float | None) -> str:
    """Write a decimal fraction in percent without the sign, which stands in the header."""
    return number(None if value is None else 100 * value)


def _interval(low: float | None, high: float | None) -> str:
    return f"{_points(low)} .. {_points(high)}"


def _usd_interval(low: float | None, high: float | None) -> str:
    return f"{billions(low)} .. {billions(high)}"


def _title(result: StudyResult) -> str:
    study = result.study
    return (
        f"{study.title}\n"
        f"data: {result.data_name}\n"
        f"simple returns; estimation window {study.estimation} ({len(study.estimation)} sessions); "
        f"intervals {100 * study.level:g} %"
    )


def _events(result: StudyResult) -> str:
    rows = []
    for placed in result.events:
        when = placed.event.when
        rows.append(
            (placed.event.id, f"{when:%Y-%m-%d}", str(placed.session.date()), placed.event.title)
        )
    columns = ("event", "announced", "session 0", "title")
    return _render("EVENTS and the first session that could react", columns, rows, left=4)


def _firm_cells(window: WindowResult, beta: float) -> tuple[str, ...]:
    return (
        number(beta),
        _points(window.raw),
        _points(window.expected),
        _points(window.car),
        _interval(window.t.low, window.t.high),
        number(window.t.statistic),
        probability(window.t.p),
        rank_probability(window.sq, sides=2),
        rank_probability(window.placebo),
    )


def _dollar_cells(window: WindowResult) -> tuple[str, str]:
    impact = window.impact
    if impact is None:
        return "-", "-"
    return billions(impact.abnormal), _usd_interval(impact.low, impact.high)


def _mark(result: StudyResult, firm: FirmResult) -> str:
    return "*" if firm is result.headline else " "


def _headline(result: StudyResult) -> str:
    head = result.study.headline
    firms = [f for f in result.firms if (f.event, f.symbol) == (head.event, head.symbol)]
    rows = [
        (
            f"{_mark(result, firm)} {firm.model}",
            firm.benchmark,
            *_firm_cells(firm.at(head.window), firm.beta)[:7],
            *_dollar_cells(firm.at(head.window)),
        )
        for firm in firms
    ]
    columns = ("  model", "benchmark", *_FIRM_COLUMNS[:7], "USD bn", "USD bn interval")
    title = (
        f"HEADLINE {head.symbol}, event {head.event} ({result.headline.session.date()}), window "
        f"{head.window}: abnormal return (AR) and abnormal change in market value\n"
        "* leads; the other rows are the answers that other models and benchmarks give"
    )
    return _render(title, columns, rows, left=2)


def _windows(result: StudyResult) -> str:
    firm = result.headline
    rows = [
        (
            str(window.window),
            *_firm_cells(window, firm.beta)[1:],
            billions(None if window.impact is None else window.impact.abnormal),
            str(sum(flag.startswith("confounded") for flag in window.flags) or "-"),
        )
        for window in firm.windows
    ]
    columns = ("window", *_FIRM_COLUMNS[1:], "USD bn", "other news")
    title = f"WINDOWS of {firm.symbol}, {firm.event}, {_specification(firm)}"
    return _render(title, columns, rows)


def _across_events(result: StudyResult) -> str:
    head = result.headline
    if len(result.events) < 2:
        return ""
    firms = [
        f
        for f in result.firms
        if (f.symbol, f.model, f.benchmark) == (head.symbol, head.model, head.benchmark)
    ]
    rows = [
        (
            f.event,
            str(f.session.date()),
            *_firm_cells(f.at(result.study.headline.window), f.beta)[1:],
        )
        for f in firms
    ]
    title = f"DATES: {head.symbol}, window {result.study.headline.window}, {_specification(head)}"
    return _render(title, ("event", "session 0", *_FIRM_COLUMNS[1:]), rows, left=2)


def _firms(result: StudyResult) -> str:
    head, study = result.headline, result.study
    if len(study.symbols) < 2:
        return ""
    firms = [
        f
        for f in result.firms
        if (f.event, f.model, f.benchmark) == (head.event, head.model, head.benchmark)
    ]
    recovered = {r.symbol: r for r in result.recoveries if r.event == head.event}
    rows = []
    for firm in sorted(firms, key=lambda f: f.at(study.headline.window).car):
        window, back = firm.at(study.headline.window), recovered[firm.symbol]
        if not back.fell:
            until = "did not fall"
        else:
            until = "not yet" if back.session is None else str(back.session.date())
        cells = _firm_cells(window, firm.beta)
        rows.append(
            (
                firm.symbol,
                firm.group,
                *cells[:2],
                *cells[3:7],
                _dollar_cells(window)[0],
                until,
            )
        )
    columns = ("firm", "group", *_FIRM_COLUMNS[:2], *_FIRM_COLUMNS[3:7], "USD bn", "back at eve")
    title = f"FIRMS, event {head.event}, window {study.headline.window}, {_specification(head)}"
    return _render(title, columns, rows, left=2)


def _groups(result: StudyResult) -> str:
    head, study = result.headline, result.study
    chosen = _headline_groups(result)
    if not chosen:
        return ""
    titles = {ALL_FIRMS: "All firms", **{group.id: group.title for group in study.groups}}
    rows = [_group_cells(group, titles[group.group]) for group in chosen]
    columns = (
        "group",
        "N",
        "mean %",
        "interval %",
        "p",
        "r",
        "KP t",
        "KP p",
        "valued",
        "USD bn",
        "interval",
    )
    title = (
        f"GROUPS, event {head.event}, window {study.headline.window}, {_specification(head)}\n"
        "mean, interval and p of the equally weighted portfolio; r: mean residual correlation; "
        "KP: Kolari-Pynnonen-adjusted\nBMP; valued: firms with a share count, which the dollars sum"
    )
    return _render(title, columns, rows)


def _group_cells(group: GroupResult, title: str) -> tuple[str, ...]:
    total = group.impact
    return (
        title,
        str(len(group.symbols)),
        _points(group.caar),
        _interval(group.t.low, group.t.high),
        probability(group.t.p),
        number(group.mean_correlation),
        number(group.kp.statistic),
        probability(group.kp.p),
        str(len(group.valued)),
        billions(None if total is None else total.abnormal),
        "-" if total is None else _usd_interval(total.low, total.high),
    )


def _specification(firm: FirmResult) -> str:
    return f"{MODELS[firm.model].title}, benchmark {firm.benchmark}"


def _notes(result: StudyResult) -> str:
    notes = [
        *_value_notes(result),
        *_purge_notes(result),
        *_correlation_notes(result),
        *_confounder_notes(result),
        *_estimation_notes(result),
    ]
    return "\n".join(
        ["NOTES"] + [textwrap.fill(f"- {note}", WIDTH, subsequent_indent="  ") for note in notes]
    )


def _value_notes(result: StudyResult) -> list[str]:
    head, notes = result.headline.symbol, []
    count, close = result.shares.get(head), result.closes.get(head)
    if count is not None and close is not None:
        notes.append(
            f"Dollars of {head}: {count.shares / 1e9:,.4g} bn shares ({count.as_of}; "
            f"{count.source}) times the printed close of {close.session.date()}, "
            f"{close.close:,.2f} ({close.source}); other sessions by the total-return level. "
            "Intervals hold the error of the expected return, not of the share count."
        )
    missing = (
        ("share count", [s for s in result.study.symbols if s not in result.shares]),
        (
            "printed close",
            [s for s in result.study.symbols if s in result.shares and s not in result.closes],
        ),
    )
    notes += [
        f"No {what}, hence no dollar figure: {', '.join(symbols)}."
        for what, symbols in missing
        if symbols
    ]
    return notes


def _purge_notes(result: StudyResult) -> list[str]:
    if not result.purge_sensitivity:
        return []
    benchmark = next(b for b in result.study.benchmarks if b.id == result.study.headline.benchmark)
    cases = "; ".join(
        f"weight {percent(case.weight)}: {percent(case.car)}"
        + (f", USD {billions(case.impact)} bn" if case.impact is not None else "")
        for case in result.purge_sensitivity
    )
    return [
        (
            f"{benchmark.id} is {benchmark.symbol} without {benchmark.purged_of}, whose weight was "
            f"{percent(benchmark.weight)} at the close of {benchmark.weight_session} "
            f"({benchmark.source}). Other days' weights are that anchor drifting with the firm's "
            f"return relative to the index's. Sensitivity of the headline: {cases}."
        )
    ]


def _correlation_notes(result: StudyResult) -> list[str]:
    return [
        f"All firms share one date: their residuals correlate by {number(group.mean_correlation)} "
        "on average, which inflates the variance of their mean "
        f"{number(group.variance_inflation, 1)}-fold. Tests that take firms for independent are "
        "not shown."
        for group in _headline_groups(result)
        if group.group == ALL_FIRMS
    ]


def _headline_groups(result: StudyResult) -> list[GroupResult]:
    head = result.headline
    return [
        group
        for group in result.groups
        if (group.event, group.model, group.benchmark) == (head.event, head.model, head.benchmark)
        and group.window == result.study.headline.window
    ]


def _confounder_notes(result: StudyResult) -> list[str]:
    placed = next(p for p in result.events if p.event.id == result.study.headline.event)
    seen = {entry.id: entry for window in placed.windows for entry in window.confounders}
    if not seen:
        return []
    news = "; ".join(
        f"{entry.session.date()} {entry.title}"
        for entry in sorted(seen.values(), key=lambda entry: (entry.session, entry.id))
    )
    return [f"Other news within the windows of {placed.event.id}: {news}."]


def _estimation_notes(result: StudyResult) -> list[str]:
    short = {
        firm.symbol: firm.n_estimation
        for firm in result.firms
        if firm.n_estimation < len(result.study.estimation)
    }
    if not short:
        return []
    listed = ", ".join(f"{symbol} {count}" for symbol, count in sorted(short.items()))
    return [f"Fewer estimation sessions than {len(result.study.estimation)}: {listed}."]
