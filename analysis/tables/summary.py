"""The tables of a study, for reading at a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from analysis.formatting import billions, number, probability, rank_probability
from analysis.models.catalog import MODELS
from analysis.narrative import summary_paragraph
from analysis.tables.notes import notes_text
from analysis.tables.render import WIDTH, interval, points, render, usd_interval

if TYPE_CHECKING:
    from analysis.results import Battery, FirmResult, GroupResult, StudyResult, WindowResult

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
        notes_text(result),
        textwrap.fill(summary_paragraph(result), WIDTH),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


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
    return render("EVENTS and the first session that could react", columns, rows, left=4)


def _firm_cells(window: WindowResult, beta: float) -> tuple[str, ...]:
    return (
        number(beta),
        points(window.raw),
        points(window.expected),
        points(window.car),
        interval(window.t.low, window.t.high),
        number(window.t.statistic),
        probability(window.t.p),
        rank_probability(window.sq, sides=2),
        rank_probability(window.placebo),
    )


def _dollar_cells(window: WindowResult) -> tuple[str, str]:
    impact = window.impact
    if impact is None:
        return "-", "-"
    return billions(impact.abnormal), usd_interval(impact.low, impact.high)


def _mark(result: StudyResult, firm: FirmResult) -> str:
    return "*" if firm is result.headline else " "


def _headline(result: StudyResult) -> str:
    head = result.study.headline
    rows = [
        (
            f"{_mark(result, firm)} {firm.model}",
            firm.benchmark,
            *_firm_cells(firm.at(head.window), firm.beta)[:7],
            *_dollar_cells(firm.at(head.window)),
        )
        for firm in result.headline_models
    ]
    columns = ("  model", "benchmark", *_FIRM_COLUMNS[:7], "USD bn", "USD bn interval")
    title = (
        f"HEADLINE {head.symbol}, event {head.event} ({result.headline.session.date()}), window "
        f"{head.window}: abnormal return (AR) and abnormal change in market value\n"
        "* leads; the other rows are the answers that other models and benchmarks give"
    )
    return render(title, columns, rows, left=2)


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
    return render(title, columns, rows)


def _across_events(result: StudyResult) -> str:
    head = result.headline
    if len(result.events) < 2:
        return ""
    rows = [
        (
            f.event,
            str(f.session.date()),
            *_firm_cells(f.at(result.study.headline.window), f.beta)[1:],
        )
        for f in result.headline_dates
    ]
    title = f"DATES: {head.symbol}, window {result.study.headline.window}, {_specification(head)}"
    return render(title, ("event", "session 0", *_FIRM_COLUMNS[1:]), rows, left=2)


def _firms(result: StudyResult) -> str:
    head, study = result.headline, result.study
    if len(study.symbols) < 2:
        return ""
    recovered = {r.symbol: r for r in result.recoveries if r.event == head.event}
    rows = []
    for firm in sorted(result.headline_firms, key=lambda f: f.at(study.headline.window).car):
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
    return render(title, columns, rows, left=2)


def _groups(result: StudyResult) -> str:
    head, study = result.headline, result.study
    if not result.headline_groups:
        return ""
    tests = {b.subject: b for b in result.batteries if b.kind == "group"}
    rows = [_group_cells(group, tests.get(group.group)) for group in result.headline_groups]
    columns = (
        *("group", "N", "mean %", "interval %", "p", "r"),
        *("p KP", "p GRANK", "p placebo", "agree", "USD bn", "interval", "valued"),
    )
    title = (
        f"GROUPS, event {head.event}, window {study.headline.window}, {_specification(head)}\n"
        "mean, interval, p: equally weighted portfolio; r: mean residual correlation; p KP, GRANK, "
        "placebo: the tests\nthat survive one common date, and whether all three reject; valued: "
        "firms with a share count, whose dollars sum"
    )
    return render(title, columns, rows)


def _group_cells(group: GroupResult, battery: Battery | None) -> tuple[str, ...]:
    total = group.impact
    grank = None if battery is None else battery.outcome("grank-t")
    placebo = None if battery is None else battery.outcome("placebo-bmp")
    return (
        group.group,
        str(len(group.symbols)),
        points(group.caar),
        interval(group.t.low, group.t.high),
        probability(group.t.p),
        number(group.mean_correlation),
        probability(group.kp.p),
        probability(None if grank is None else grank.p),
        "-" if placebo is None else rank_probability(placebo),
        "-" if battery is None else "yes" if battery.significant else "no",
        billions(None if total is None else total.abnormal),
        "-" if total is None else usd_interval(total.low, total.high),
        f"{len(group.valued)}/{len(group.symbols)}",
    )


def _specification(firm: FirmResult) -> str:
    return f"{MODELS[firm.model].title}, benchmark {firm.benchmark}"
