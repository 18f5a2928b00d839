"""Every firm-event with its interval, and the average below."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from analysis.figures.sample.margin import room_left
from analysis.figures.sample.path import leading
from analysis.figures.style import LIGHT, Style, date_label, title
from analysis.inference.student import critical_value
from analysis.sample.regression import pair_table
from analysis.windows import span_words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from analysis._typing import FloatArray
    from analysis.sample.result import SampleResult

MOST_PAIRS = 60
"""With more pairs the rows cannot be told apart."""


def reason(result: SampleResult) -> str:
    """Say why the figure is not drawn; empty where it is."""
    n = leading(result).n
    return f"{n:,} firm-events are too many to be told apart" if n >= MOST_PAIRS else ""


def rows_of(result: SampleResult) -> dict[int, tuple[float, float]]:
    """
    Say where each firm-event stands: its abnormal return in percent and the height of its row.

    Returns
    -------
    dict of int to (float, float)
        By row of the list of events; empty where the figure is not drawn.
    """
    if reason(result):
        return {}
    table = _ordered(result)
    places = zip((100 * table["car"]).tolist(), _heights(len(table)).tolist(), strict=True)
    return dict(zip(result.pairs.row[table["place"].to_numpy()].tolist(), places, strict=True))


def _ordered(result: SampleResult) -> pd.DataFrame:
    return pair_table(result, result.spec.windows[0]).sort_values(["position", "symbol"])


def _heights(count: int) -> FloatArray:
    """Stack the rows, the earliest on top; the mean lies below them at 0."""
    return np.arange(count, dtype=np.float64)[::-1] + 1.5


def draw(result: SampleResult, style: Style = LIGHT) -> Figure:
    """
    Draw the CAR of each pair over the first window with its prediction interval, and their mean.

    Parameters
    ----------
    result : SampleResult
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    level = result.spec.level
    table = _ordered(result)
    car = 100 * table["car"].to_numpy(float)
    df = result.fits.df[table["place"].to_numpy()]
    half = 100 * table["se"].to_numpy(float) * [critical_value(level, value) for value in df]
    rows = _heights(len(car))
    outside = np.abs(car) > half
    average = leading(result)
    figure, axes = style.figure(1.8 + 0.19 * (len(car) + 2))
    with style.applied():
        colours = [style.accent if flag else style.plain for flag in outside]
        axes.hlines(rows, car - half, car + half, color=colours, lw=1.1)
        for flags, inside, edge in (
            (outside, style.accent, style.accent),
            (~outside, style.background, style.plain),
        ):
            axes.plot(car[flags], rows[flags], "o", mfc=inside, mec=edge, ms=4.5, mew=1.2)
        if average.n > 1 and average.battery is not None:
            inner = average.battery
            axes.hlines(0, 100 * inner.low, 100 * inner.high, color=style.text, lw=2.2)
            axes.plot([100 * average.mean], [0], "D", color=style.text, ms=6)
        axes.axvline(0, color=style.faint, lw=0.8)
        days = result.session_texts(table["position"].to_numpy())
        dates = [date_label(dt.date.fromisoformat(day[:10])) for day in days]
        alone = table["symbol"].nunique() == 1
        labels = [
            date if alone else f"{result.name_of(symbol)}, {date}"
            for symbol, date in zip(table["symbol"], dates, strict=True)
        ]
        axes.set_yticks([*rows, 0], [*labels, f"mean of {average.n}"])
        axes.tick_params(axis="y", labelsize=style.small - 1, length=0)
        axes.set_ylim(-0.9, len(car) + 1.2)
        axes.set_xlabel(f"abnormal return over {span_words(result.spec.windows[0])}, %")
        axes.grid(axis="x", lw=0.6)
        finding = (
            f"{int(outside.sum())} of {len(car)} firm-events moved beyond their own "
            f"{100 * level:g} % interval: {int((outside & (car > 0)).sum())} up, "
            f"{int((outside & (car < 0)).sum())} down"
        )
        detail = (
            f"{result.spec.title}; prediction intervals of each pair's own model; filled: beyond it"
        )
        title(figure, finding, detail, style)
        room_left(figure)
    return figure
