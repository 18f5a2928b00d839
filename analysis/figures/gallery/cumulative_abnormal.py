"""The cumulative abnormal return around the event with its prediction interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from analysis.context.absent import present, reason, when
from analysis.figures.figure import DetailFigure
from analysis.figures.labels import place_labels
from analysis.figures.style import LIGHT, Style, band, date_label, title
from analysis.formatting import percent
from analysis.models.catalog import MODELS
from analysis.results.names import benchmark_words, introduced, name_of
from analysis.tables.file import TidyFile
from analysis.windows import SHORT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis._typing import FloatArray
    from analysis.context.cumulative import CumulativePath
    from analysis.context.details import Details


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw the CAR of the headline's firm from before the event on, with the interval of each session.

    Parameters
    ----------
    details : Details
        With `cumulative`.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    found = present(details.cumulative)
    days = np.array(found.days)
    figure, axes = style.figure(4.4)
    with style.applied():
        if found.low is not None and found.high is not None:
            band(axes, days, 100 * found.low, 100 * found.high, style)
        axes.axhline(0, color=style.faint, lw=0.8)
        axes.axvline(0, color=style.faint, lw=0.8, ls=":")
        axes.plot(days, 100 * found.car, color=style.plain, lw=2.0)
        told = _told(found)
        values = [100 * float(found.car[day - found.first]) for day in told]
        axes.plot(told, values, "o", color=style.accent)
        axes.margins(x=0.04)
        event = date_label(found.sessions[-found.first])
        axes.set_xlabel(f"sessions from the event ({event} is 0)")
        axes.set_ylabel("cumulative abnormal return, %")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", lw=0.6)
        who = name_of(details.result, found.symbol)
        title(figure, finding(found, who), _detail(found, details), style)
        place_labels(
            axes,
            told,
            values,
            [percent(value / 100, 1) for value in values],
            style,
            points=(np.array(told, float), np.array(values)),
            lines=_walls(found),
            bold=[True] * len(told),
        )
    return figure


def _walls(found: CumulativePath) -> list[tuple[FloatArray, FloatArray]]:
    """List the lines that no label may cover."""
    days = np.array(found.days, float)
    edges = [found.car, *(edge for edge in (found.low, found.high) if edge is not None)]
    level = np.zeros(2), 100 * np.array([float(found.car.min()), float(found.car.max())])
    ends = np.array([days[0], days[-1]]), np.zeros(2)
    return [*((days, 100 * np.asarray(edge)) for edge in edges), level, ends]


def finding(found: CumulativePath, who: str = "") -> str:
    """
    Say what the abnormal returns come to at session 0 and at the last, and whether by chance.

    Parameters
    ----------
    found : CumulativePath
    who : str
        The firm's name; its symbol by default.

    Returns
    -------
    str
        Without a word on chance where there is no interval.
    """
    told = _told(found)
    values = [f"{percent(found.car[day - found.first], 1)} by session {day}" for day in told]
    verdicts = [_verdict(found.side(day)) for day in told]
    start = f"{who or found.symbol}'s abnormal returns from session {found.first} on add up to"
    if not verdicts[0]:
        return f"{start} {' and '.join(values)}"
    if len(told) == 2 and verdicts[0] == verdicts[1]:
        return f"{start} {' and '.join(values)}, both {verdicts[0]}"
    return f"{start} " + " and ".join(
        f"{value} ({verdict})" for value, verdict in zip(values, verdicts, strict=True)
    )


def _told(found: CumulativePath) -> list[int]:
    """List the sessions that the title speaks of: the event's and the last."""
    return list(dict.fromkeys((0, found.days[-1])))


def _verdict(side: int | None) -> str:
    if side is None:
        return ""
    return "beyond chance" if side else "within chance"


def _detail(found: CumulativePath, details: Details) -> str:
    study, head = details.result.study, details.result.headline
    model = MODELS[head.model].title
    benchmark = benchmark_words(details.result, head.benchmark)
    fitted = f"benchmark {benchmark}, estimation window {study.estimation}"
    parts = [
        f"{introduced(details.result, found.symbol)}, {model}, {fitted}",
        f"band: {100 * study.level:g} % prediction interval, each session's on its own"
        if found.se is not None
        else f"no band, since the {model} has no covariance of its prediction errors",
    ]
    sessions = len(found.car)
    if found.alpha and sessions > SHORT:
        parts.append(
            f"the alpha of the estimation window, {percent(found.alpha, 3)} a session, is expected "
            f"of the first {SHORT} sessions alone: no longer window carries it on"
        )
    return "; ".join(parts)


FILES: tuple[TidyFile[Details], ...] = (
    TidyFile(
        "cumulative.csv",
        "Cumulative abnormal returns",
        lambda d: when(d.cumulative, lambda part: part.tidy),
    ),
)


FIGURE = DetailFigure(
    name="cumulative-abnormal",
    place=12,
    caption="The cumulative abnormal return around the event with its prediction interval",
    draw=draw,
    absent=lambda details: reason(details.cumulative),
    files=FILES,
)
