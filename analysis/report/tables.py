"""The tables of the page, from results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.formatting import billions, number, percent, probability, rank_probability
from analysis.models.catalog import MODELS
from analysis.report.cells import Cell, PageTable, frame_table, label
from analysis.results import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from analysis.context.details import Details
    from analysis.impact import Impact
    from analysis.results import FirmResult, GroupResult, StudyResult
    from analysis.tables.file import TidyFile
    from analysis.windows import Window

_RESULT_COLUMNS = (
    *("beta", "realised", "expected", "abnormal", "from", "to"),
    *("t", "p", "p, sample quantile", "p, placebo", "USD bn", "USD bn from", "USD bn to"),
)


def result_cells(result: StudyResult, firm: FirmResult, window: Window) -> tuple[Cell, ...]:
    """Lay out one firm's window: returns in percent, tests, dollars in billions."""
    cell = firm.at(window)

    def at(column: str, value: float | None, text: str) -> Cell:
        return Cell(text, value, result.place(firm, window, column))

    usd = cell.impact
    return (
        at("beta", firm.beta, number(firm.beta)),
        at("raw_return", cell.raw, percent(cell.raw)),
        at("expected_return", cell.expected, percent(cell.expected)),
        at("car", cell.car, percent(cell.car)),
        at("car_low", cell.t.low, percent(cell.t.low)),
        at("car_high", cell.t.high, percent(cell.t.high)),
        at("t", cell.t.statistic, number(cell.t.statistic)),
        at("p", cell.t.p, probability(cell.t.p)),
        at("p_sq", cell.sq.p, rank_probability(cell.sq, sides=2)),
        at("p_placebo", cell.placebo.p, rank_probability(cell.placebo)),
        *_dollar_cells(usd, at),
    )


def _dollar_cells(
    usd: Impact | None, at: Callable[[str, float | None, str], Cell]
) -> tuple[Cell, ...]:
    values = (None, None, None) if usd is None else (usd.abnormal, usd.low, usd.high)
    names = ("impact_usd", "impact_low_usd", "impact_high_usd")
    return tuple(
        at(name, value, billions(value)) for name, value in zip(names, values, strict=True)
    )


def study_tables(result: StudyResult) -> list[PageTable]:
    """Lay out the tables of the study's own run, but those that would have one row only."""
    made = (_models(result), _windows(result), _events(result), _firms(result), _groups(result))
    return [table for table in made if table is not None and len(table.rows) > 1]


def _models(result: StudyResult) -> PageTable:
    head = result.study.headline
    firms = result.headline_models
    return PageTable(
        "models",
        f"{head.symbol}, window {head.window}, under every model and benchmark",
        ("model", "benchmark", *_RESULT_COLUMNS),
        tuple(
            (
                label(MODELS[firm.model].title),
                label(firm.benchmark),
                *result_cells(result, firm, head.window),
            )
            for firm in firms
        ),
        note="The marked row leads the report; the others are the answers that other choices give.",
        marked=next(i for i, firm in enumerate(firms) if firm is result.headline),
    )


def _windows(result: StudyResult) -> PageTable:
    firm = result.headline
    return PageTable(
        "windows",
        f"{firm.symbol} in every window, {_specification(firm)}",
        ("window", *_RESULT_COLUMNS, "other news"),
        tuple(
            (
                label(str(window.window)),
                *result_cells(result, firm, window.window),
                label(
                    "; ".join(
                        entry.title
                        for entry in result.placed(firm.event, window.window).confounders
                    )
                    or "none known"
                ),
            )
            for window in firm.windows
        ),
    )


def _events(result: StudyResult) -> PageTable:
    head = result.headline
    titles = {placed.event.id: placed.event.title for placed in result.events}
    window = result.study.headline.window
    return PageTable(
        "dates",
        f"{head.symbol} on every date of the study, window {window}, {_specification(head)}",
        ("event", "session 0", *_RESULT_COLUMNS),
        tuple(
            (
                label(titles[firm.event]),
                label(str(firm.session.date())),
                *result_cells(result, firm, window),
            )
            for firm in result.headline_dates
        ),
    )


def _firms(result: StudyResult) -> PageTable:
    head, window = result.headline, result.study.headline.window
    titles = {group.id: group.title for group in result.study.groups}
    back = {
        r.symbol: (line, r)
        for line, r in enumerate(result.recoveries, start=2)
        if r.event == head.event
    }
    rows = []
    for firm in sorted(result.headline_firms, key=lambda f: f.at(window).car):
        line, recovery = back[firm.symbol]
        text = "did not fall"
        place = None
        if recovery.fell and recovery.session is None:
            text = "not yet"
        elif recovery.fell and recovery.session is not None:
            text = str(recovery.session.date())
            place = Place("recoveries.csv", line, "recovered")
        rows.append(
            (
                label(firm.symbol),
                label(titles.get(firm.group, "")),
                *result_cells(result, firm, window),
                Cell(text, text, place),
            )
        )
    return PageTable(
        "firms",
        f"Every firm, window {window}, {_specification(head)}",
        ("firm", "group", *_RESULT_COLUMNS, "back at its old level"),
        tuple(rows),
        note="Each firm by itself; no share count, no dollar figure.",
    )


def _groups(result: StudyResult) -> PageTable:
    head, window = result.headline, result.study.headline.window
    titles = {"all": "All firms", **{group.id: group.title for group in result.study.groups}}
    rows = [_group_row(result, group, titles[group.group]) for group in result.headline_groups]
    return PageTable(
        "groups",
        f"Groups, window {window}, {_specification(head)}",
        (
            *("group", "firms", "mean", "from", "to", "p"),
            *(
                "correlation",
                "Kolari-Pynnonen t",
                "p of it",
                "valued",
                "USD bn",
                "from bn",
                "to bn",
            ),
        ),
        tuple(rows),
        note="Mean, interval and p of the equally weighted portfolio, which carry the correlation "
        "of the firms' errors; valued: firms with a share count, whose dollars are summed.",
    )


def _group_row(result: StudyResult, group: GroupResult, title: str) -> tuple[Cell, ...]:
    def at(column: str, value: float | None, text: str) -> Cell:
        return Cell(text, value, result.group_place(group, column))

    usd = group.impact
    return (
        label(title),
        at("n_firms", len(group.symbols), str(len(group.symbols))),
        at("caar", group.caar, percent(group.caar)),
        at("caar_low", group.t.low, percent(group.t.low)),
        at("caar_high", group.t.high, percent(group.t.high)),
        at("p", group.t.p, probability(group.t.p)),
        at("mean_correlation", group.mean_correlation, number(group.mean_correlation)),
        at("t_kp", group.kp.statistic, number(group.kp.statistic)),
        at("p_kp", group.kp.p, probability(group.kp.p)),
        at("symbols_valued", len(group.valued), str(len(group.valued))),
        *_dollar_cells(usd, at),
    )


def _specification(firm: FirmResult) -> str:
    return f"{MODELS[firm.model].title}, benchmark {firm.benchmark}"


def detail_table(details: Details, file: TidyFile[Details]) -> PageTable | None:
    """Lay out a detail file, or None where there is no such file."""
    frame = file.frame(details)
    if frame is None:
        return None
    return frame_table(
        file.name.removesuffix(".csv"),
        file.caption,
        frame,
        formats={str(c): _format(str(c)) for c in _numbers(frame)},
        place=lambda row, column: Place(file.name, row + 2, column),
        columns=file.columns,
    )


def _numbers(frame: pd.DataFrame) -> Iterable[str]:
    return (
        str(c)
        for c in frame.columns
        if frame[c].dtype.kind == "f" and not frame[c].dropna().map(float.is_integer).all()
    )


def _format(column: str) -> Callable[[float | None], str]:
    if column == "p" or column.startswith("p_"):
        return probability
    if column.endswith("_usd"):
        return lambda value: billions(value, 1) + " bn"
    if column in PLAIN_COLUMNS:
        return number
    return percent


PLAIN_COLUMNS = ("t", "correlation", "percent", "move_pct")
"""Columns of plain numbers; others that are no p and no dollars are returns and shares."""
