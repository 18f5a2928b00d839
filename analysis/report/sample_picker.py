"""Every answer of a study of many firm-events, for a reader who asks about some of them alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.figures.sample import forest
from analysis.figures.sample.path import fitting, leading
from analysis.formatting import (
    counted,
    digits_for,
    long_date,
    number,
    percent,
    probability,
    relation,
)
from analysis.inference.student import critical_value
from analysis.report.words import signed
from analysis.tables.sample_cells import AVERAGES, FIRM_EVENTS, average_line
from analysis.windows import span_words

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from analysis.sample.average import Average
    from analysis.sample.result import SampleResult
    from analysis.windows import Window

MOST_SINGLE = 120
"""Of more firm-events the averages alone can be chosen."""

SINGLE = ("is left unexplained", "its size is", "in market value")
"""Tiles of one firm-event."""


@dataclass(frozen=True, slots=True)
class SampleAnswer:
    """
    What is known of some firm-events over a window.

    Attributes
    ----------
    tiles : tuple of (str, str, str)
        What, value, and what stands below it.
    said : str
        A sentence with the line of the results that holds the numbers.
    """

    tiles: tuple[tuple[str, str, str], ...]
    said: str


def leading_answer(result: SampleResult) -> SampleAnswer:
    """Lay out the average of all firm-events over the first window, which the page is about."""
    return average_answer(result, leading(result))


def average_answer(result: SampleResult, average: Average) -> SampleAnswer:
    """
    Lay out the average of some firm-events.

    Parameters
    ----------
    result : SampleResult
    average : Average

    Returns
    -------
    SampleAnswer
    """
    inner, span = average.battery, span_words(average.window)
    interval = (
        ""
        if inner is None or not np.isfinite([inner.low, inner.high]).all()
        else f"{100 * result.spec.level:g} % interval {fitting(inner.low, average)} to "
        f"{fitting(inner.high, average)}"
    )
    lead = average.lead
    tested = "no test judges it" if lead.p is None else f"p {relation(probability(lead.p))}"
    line = average_line(result, average)
    where = f"; {AVERAGES}, line {line}" if line else ""
    return SampleAnswer(
        (
            ("the average", fitting(average.mean, average), interval),
            ("half lie above", fitting(average.median, average), "the middle one"),
            ("are gains", percent(average.positive, 0), f"of {counted(average.n, 'firm-event')}"),
        ),
        f"{_group_words(average.group)} over {span}: {tested} ({result.measured_words}{where}).",
    )


def _group_words(group: str) -> str:
    if group == "all":
        return "All firm-events"
    first, between, second = group.partition(" - ")
    return f"{first} less {second}" if between else f"Group {group}"


def _single_answer(result: SampleResult, at: int, row: Mapping[Hashable, Any]) -> SampleAnswer:
    name, day = result.name_of(str(row["symbol"])), _day(row)
    if not np.isfinite(row["car"]):
        return SampleAnswer(
            tuple((what, "-", "") for what in SINGLE),
            f"{name}, {day}: {row['status']}.",
        )
    half = critical_value(result.spec.level, float(row["df"])) * float(row["se"])
    digits = digits_for(100 * half)
    car, level = float(row["car"]), f"{100 * result.spec.level:g} %"
    impact = float(row["impact_usd"])
    span = span_words(_window(result, str(row["window"])))
    return SampleAnswer(
        (
            (
                SINGLE[0],
                percent(car, digits),
                f"{level} interval {percent(car - half, digits)} to {percent(car + half, digits)}",
            ),
            (SINGLE[1], f"{number(abs(row['t']), 1)} times", "the error of its prediction"),
            (SINGLE[2], signed(impact, "USD") if np.isfinite(impact) else "-", ""),
        ),
        f"{name}, {day}, over {span}: p {relation(probability(float(row['p'])))} "
        f"({result.measured_words}; {FIRM_EVENTS}, line {at + 2}).",
    )


def _day(row: Mapping[Hashable, Any]) -> str:
    session = str(row["session"])[:10]
    return long_date(dt.date.fromisoformat(session)) if session else str(row["when"])


def _window(result: SampleResult, text: str) -> Window:
    return next(window for window in result.spec.windows if str(window) == text)


def sample_picker_json(result: SampleResult) -> dict[str, Any]:
    """
    Lay out the answers of every group and, where they are not too many, of every firm-event.

    Parameters
    ----------
    result : SampleResult

    Returns
    -------
    dict
        ``of`` (labels of the groups, then of the single firm-events), ``groups`` (how many are
        groups), ``windows`` (their words), ``answers`` (by these two: tiles and sentence) and
        ``spots`` (value and row on the figure of all firm-events, over the first window).
    """
    windows = result.spec.windows
    groups = list(dict.fromkeys(a.group for a in result.averages if a.kind == "window"))
    answers = [
        [_json(average_answer(result, result.of(group, window))) for window in windows]
        for group in groups
    ]
    labels = [_group_words(group) for group in groups]
    spots: list[tuple[float, float] | None] = [None] * len(groups)
    spots[groups.index("all")] = (100 * leading(result).mean, 0.0)
    if len(result.pairs) <= MOST_SINGLE:
        frame = result.firm_events
        rows = frame.to_dict("records")
        places = forest.rows_of(result)
        for first in range(0, len(rows), len(windows)):
            one = rows[first]
            answers.append(
                [
                    _json(_single_answer(result, line, rows[line]))
                    for line in range(first, first + len(windows))
                ]
            )
            labels.append(f"{result.name_of(str(one['symbol']))}, {_day(one)}")
            spots.append(places.get(first // len(windows)))
    return {
        "of": labels,
        "groups": len(groups),
        "windows": [span_words(window) for window in windows],
        "answers": answers,
        "spots": spots,
    }


def _json(answer: SampleAnswer) -> list[Any]:
    return [answer.tiles, answer.said]
