"""The event session by the bar, and funds before its opening."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib import dates

from analysis.context.absent import present, reason, when
from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, band, date_label, title
from analysis.formatting import percent
from analysis.results.names import benchmark_words, name_of
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.context.details import Details
    from analysis.context.intraday import IntradayPath


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw the returns of the event session since the close before, and the abnormal path below.

    Parameters
    ----------
    details : Details
        With `intraday`.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    found = present(details.intraday)
    session = details.result.headline.session
    paths = found.of(session)
    figure, (above, below) = style.panels(5.2, (1.0, 1.0))
    with style.applied():
        _prices(above, details, paths[0], style)
        _abnormal(below, details, paths, style)
        for axes in (above, below):
            hours = dates.DateFormatter("%H:%M", tz=ZONE)  # type: ignore[no-untyped-call]
            axes.xaxis.set_major_formatter(hours)
            axes.grid(axis="y", lw=0.6)
        below.sharex(above)
        above.tick_params(axis="x", labelbottom=False)
        below.set_xlabel("hour in New York")
        path = paths[0]
        detail = (
            f"{date_label(session)}, bars of five minutes; below: sum of abnormal returns since "
            f"the opening print, {100 * path.level:g} % band by the time of day; marks: jumps (Lee "
            "and Mykland)"
        )
        title(figure, _finding(details, path), detail, style)
    return figure


ZONE = "America/New_York"


def _prices(axes: Axes, details: Details, path: IntradayPath, style: Style) -> None:
    found = present(details.intraday)
    own = 100 * ((1 + found.overnight) * np.cumprod(1 + path.realised) - 1)
    times = path.start.tz_convert(ZONE) + pd.Timedelta(minutes=5)
    axes.axhline(0, color=style.faint, lw=0.8)
    axes.plot(times, own, color=style.accent, lw=1.5, label=name_of(details.result, path.symbol))
    for (name, early), line in zip(sorted(found.before.items()), ("-", "--"), strict=False):
        hours = pd.DatetimeIndex(early.index).tz_convert(ZONE)
        axes.plot(
            hours,
            100 * early,
            line,
            color=style.plain,
            lw=1.3,
            label=f"{name_of(details.result, name)}, early",
        )
    axes.set_ylabel("return, %")
    axes.legend(frameon=False, loc="lower left", ncols=1)


def _abnormal(axes: Axes, details: Details, paths: tuple[IntradayPath, ...], style: Style) -> None:
    axes.axhline(0, color=style.faint, lw=0.8)
    for path, colour, line in zip(paths, (style.accent, style.plain), ("-", "--"), strict=False):
        times = path.start.tz_convert(ZONE) + pd.Timedelta(minutes=5)
        total = 100 * path.cumulated
        words = benchmark_words(details.result, path.benchmark)
        axes.plot(times, total, line, color=colour, lw=1.4, label=f"against {words}")
        if path is paths[0]:
            half = 100 * path.half
            band(axes, dates.date2num(times), -half, half, style)  # type: ignore[no-untyped-call]
        axes.plot(times[path.jumps], total[path.jumps], "o", ms=5, color=colour)
    axes.set_ylabel("abnormal, %")
    axes.legend(frameon=False, loc="lower left", ncols=1 if style.narrow else 2)


def _finding(details: Details, path: IntradayPath) -> str:
    found = present(details.intraday)
    after = float(np.prod(1 + path.realised) - 1)
    later = "fell" if after < 0 else "rose"
    outside = bool(np.abs(path.cumulated[-1]) > path.half[-1])
    word = "fell" if found.overnight < 0 else "rose"
    ends = "beyond" if outside else "within"
    return (
        f"{name_of(details.result, path.symbol)} {word} by {percent(abs(found.overnight), 1)} "
        f"before the first trade and {later} by {percent(abs(after), 1)} after it; its abnormal "
        f"path ended {ends} the band"
    )


FILES: tuple[TidyFile[Details], ...] = (
    TidyFile(
        "intraday.csv",
        "The sessions by the bar",
        lambda d: when(d.intraday, lambda part: part.tidy),
    ),
)


FIGURE = DetailFigure(
    name="the-day",
    place=44,
    caption="The event session by the bar, with a band by the time of day",
    draw=draw,
    absent=lambda details: reason(details.intraday),
    files=FILES,
)
