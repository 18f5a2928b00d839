"""Every firm's event session in two halves: before the opening, and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.context.absent import present, reason, when
from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, date_label, title
from analysis.formatting import percent
from analysis.results.names import benchmark_words, name_of
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.context.details import Details
    from analysis.context.halves import SessionHalves


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw the abnormal returns overnight and intraday of every firm, with intervals.

    Parameters
    ----------
    details : Details
        With `halves`.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    found = present(details.halves)
    figure, axes = style.figure(1.7 + 0.27 * len(found.firms))
    places = np.arange(len(found.firms))
    with style.applied():
        axes.axvline(0, color=style.faint, lw=0.8)
        for offset, colour, shape, name, tests in (
            (
                -0.16,
                style.accent,
                "o",
                "before the opening",
                [f.overnight_test for f in found.firms],
            ),
            (0.16, style.plain, "s", "after it", [f.intraday_test for f in found.firms]),
        ):
            low, high = (
                100 * np.array([getattr(test, end) for test in tests], dtype=float)
                for end in ("low", "high")
            )
            axes.hlines(places + offset, low, high, color=colour, lw=1.1)
            axes.plot((low + high) / 2, places + offset, shape, ms=4.5, color=colour, label=name)
        axes.set_yticks(places, [name_of(details.result, firm.symbol) for firm in found.firms])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(found.firms) - 0.4, -0.6)
        figure.legend(loc="outside lower left", ncols=2, frameon=False)
        axes.set_xlabel("abnormal return, %")
        axes.grid(axis="x", lw=0.6)
        detail = (
            f"{date_label(found.session)}, market model on the same half of "
            f"{benchmark_words(details.result, found.benchmark)}, "
            f"{100 * details.result.study.level:g} % intervals"
        )
        title(figure, _finding(found, details), detail, style)
    return figure


def _finding(found: SessionHalves, details: Details) -> str:
    head = details.result.study.headline.symbol
    firm = next((f for f in found.firms if f.symbol == head), found.firms[0])
    word = "fell" if firm.overnight < 0 else "rose"
    later = "fell" if firm.intraday < 0 else "rose"
    who = name_of(details.result, firm.symbol)
    return (
        f"{who} {word} by {percent(abs(firm.overnight), 1)} before the opening and "
        f"{later} by {percent(abs(firm.intraday), 1)} after it"
    )


FILES: tuple[TidyFile[Details], ...] = (
    TidyFile(
        "halves.csv",
        "The event session in halves, with volume and range",
        lambda d: when(d.halves, lambda part: part.tidy),
        on_page=True,
    ),
)


FIGURE = DetailFigure(
    name="session-halves",
    place=42,
    caption="The event session of every firm before and after the opening",
    draw=draw,
    absent=lambda details: reason(details.halves),
    files=FILES,
)
