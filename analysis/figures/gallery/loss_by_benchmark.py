"""Realised, expected and abnormal change in market value under each benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.figures.figure import ResultFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import billions, percent
from analysis.models.catalog import MODELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.results import FirmResult, StudyResult


def draw(result: StudyResult, style: Style = LIGHT) -> Figure:
    """
    Draw raw, expected and abnormal dollars of the headline firm, benchmark by benchmark.

    Where the firm has no share count the bars are returns in percent.

    Parameters
    ----------
    result : StudyResult
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    head = result.headline
    firms = [
        f
        for f in result.firms
        if (f.event, f.symbol, f.model) == (head.event, head.symbol, head.model)
    ]
    figure, axes = style.figure(1.9 + 0.85 * len(firms))
    dollars = result.headline_window.impact is not None
    with style.applied():
        for place, firm in enumerate(firms):
            raw, expected, abnormal, low, high = _values(result, firm)
            axes.barh(place - 0.26, raw, height=0.24, color=style.faint)
            axes.barh(place, expected, height=0.24, color=style.plain)
            axes.barh(place + 0.26, abnormal, height=0.24, color=style.accent)
            if low is not None and high is not None:
                axes.plot([low, high], [place + 0.26] * 2, color=style.text, lw=1.2)
            for offset, value in ((-0.26, raw), (0.0, expected), (0.26, abnormal)):
                _label(axes, value, place + offset, "bn" if dollars else "%")
        axes.axvline(0, color=style.faint, lw=0.8)
        axes.set_yticks(
            range(len(firms)),
            [f.benchmark + ("\n(headline)" if f is head else "") for f in firms],
        )
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.margins(x=0.16)
        for name, colour in (
            ("realised", style.faint),
            ("expected", style.plain),
            (f"abnormal, with {100 * result.study.level:g} % interval", style.accent),
        ):
            axes.barh([0], [0], color=colour, label=name)
        figure.legend(loc="outside lower left", ncols=3, frameon=False)
        axes.set_xlabel(f"change in market value, {result.currency} bn" if dollars else "return, %")
        axes.grid(axis="x", lw=0.6)
        detail = (
            f"{head.symbol}, event {head.event} ({head.session.date()}), window "
            f"{result.study.headline.window}, {MODELS[head.model].title}"
        ) + "".join(
            f"; {b.id}: {b.symbol} without {b.purged_of}"
            for b in result.study.benchmarks
            if b.purged_of and b.id in {f.benchmark for f in firms}
        )
        title(figure, _finding(result, firms, dollars=dollars), detail, style)
    return figure


def _values(
    result: StudyResult, firm: FirmResult
) -> tuple[float, float, float, float | None, float | None]:
    cell = firm.at(result.study.headline.window)
    if cell.impact is None:
        low, high = (None if v is None else 100 * v for v in (cell.t.low, cell.t.high))
        return 100 * cell.raw, 100 * cell.expected, 100 * cell.car, low, high
    low, high = (None if v is None else v / 1e9 for v in (cell.impact.low, cell.impact.high))
    scaled = (cell.impact.raw / 1e9, cell.impact.expected / 1e9, cell.impact.abnormal / 1e9)
    return *scaled, low, high


def _label(axes: Axes, value: float, y: float, unit: str) -> None:
    text = f"{value:,.0f}" if unit == "bn" else f"{value:.1f}"
    axes.annotate(
        text,
        xy=(max(value, 0), y),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
    )


def _finding(result: StudyResult, firms: list[FirmResult], *, dollars: bool) -> str:
    cells = [f.at(result.study.headline.window) for f in firms]
    if not dollars:
        cars = sorted(c.car for c in cells)
        if len(cars) == 1:
            return f"The abnormal return is {percent(cars[0], 1)}"
        return (
            f"The abnormal return is {percent(cars[0], 1)} to {percent(cars[-1], 1)}, depending on "
            "the benchmark"
        )
    impacts = sorted(c.impact.abnormal for c in cells if c.impact is not None)
    lowest, highest = impacts[0], impacts[-1]
    if len(impacts) == 1:
        kind = "loss" if lowest < 0 else "gain"
        return f"The abnormal {kind} is {result.currency} {billions(abs(lowest), 0)} bn"
    if lowest < 0 < highest:
        return (
            f"From an abnormal loss of {result.currency} {billions(-lowest, 0)} bn to an "
            f"abnormal gain of {result.currency} {billions(highest, 0)} bn, depending on the "
            "benchmark"
        )
    kind = "loss" if lowest < 0 else "gain"
    least, most = sorted((abs(lowest), abs(highest)))
    return (
        f"The abnormal {kind} is {result.currency} {billions(least, 0)} bn to "
        f"{billions(most, 0)} bn, depending on the benchmark"
    )


FIGURE = ResultFigure(
    name="loss-by-benchmark",
    place=20,
    caption="Realised, expected and abnormal change in market value under each benchmark",
    draw=draw,
)
