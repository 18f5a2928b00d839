"""Realised, expected and abnormal change in market value under each benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.figures.figure import ResultFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import percent, scale_of
from analysis.models.catalog import MODELS
from analysis.narrative import beyond_chance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.formatting import Scale
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
    firms = [firm for firm in result.headline_models if firm.model == head.model]
    figure, axes = style.figure(1.9 + 0.85 * len(firms))
    scale = _scale(result, firms)
    with style.applied():
        for place, firm in enumerate(firms):
            raw, expected, abnormal, low, high = _values(result, firm, scale)
            axes.barh(place - 0.26, raw, height=0.24, color=style.faint)
            axes.barh(place, expected, height=0.24, color=style.plain)
            axes.barh(place + 0.26, abnormal, height=0.24, color=style.accent)
            if low is not None and high is not None:
                axes.plot([low, high], [place + 0.26] * 2, color=style.text, lw=1.2)
            for offset, value in ((-0.26, raw), (0.0, expected), (0.26, abnormal)):
                _label(axes, value, place + offset, scale)
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
        figure.legend(loc="outside lower left", ncols=1 if style.narrow else 3, frameon=False)
        axes.set_xlabel(
            "return, %"
            if scale is None
            else f"change in market value, {_currency(firms, result)} {scale.short}"
        )
        axes.grid(axis="x", lw=0.6)
        detail = (
            f"{head.symbol}, event {head.event} ({head.session.date()}), window "
            f"{result.study.headline.window}, {MODELS[head.model].title}"
        ) + "".join(
            f"; {b.id}: {b.symbol} without {b.purged_of}"
            for b in result.study.benchmarks
            if b.purged_of and b.id in {f.benchmark for f in firms}
        )
        title(figure, _finding(result, firms, scale), detail, style)
    return figure


def _scale(result: StudyResult, firms: list[FirmResult]) -> Scale | None:
    """Choose the unit of dollars; None where the headline's firm has no dollars."""
    impacts = [firm.at(result.study.headline.window).impact for firm in firms]
    known = [impact for impact in impacts if impact is not None]
    if result.headline_window.impact is None or len(known) < len(firms):
        return None
    return scale_of(*(value for usd in known for value in (usd.raw, usd.expected, usd.abnormal)))


def _values(
    result: StudyResult, firm: FirmResult, scale: Scale | None
) -> tuple[float, float, float, float | None, float | None]:
    cell = firm.at(result.study.headline.window)
    if cell.impact is None or scale is None:
        low, high = (None if v is None else 100 * v for v in (cell.t.low, cell.t.high))
        return 100 * cell.raw, 100 * cell.expected, 100 * cell.car, low, high
    usd, size = cell.impact, scale.divisor
    low, high = (None if v is None else v / size for v in (usd.low, usd.high))
    return usd.raw / size, usd.expected / size, usd.abnormal / size, low, high


def _label(axes: Axes, value: float, y: float, scale: Scale | None) -> None:
    axes.annotate(
        f"{value:.1f}" if scale is None else scale.write(value * scale.divisor, 0),
        xy=(max(value, 0), y),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
    )


def _finding(result: StudyResult, firms: list[FirmResult], scale: Scale | None) -> str:
    """Name the range over the benchmarks; a null of the headline reads as one."""
    noun, size = _range(result, firms, scale)
    size += ", depending on the benchmark" if firms[1:] else ""
    verdict = beyond_chance(result.headline_window, result.study.level)
    if verdict is None:
        return f"The tests do not agree: an {noun} of {size}"
    if verdict is False:
        return f"Within what chance explains: an {noun} of {size}"
    return f"The {noun} is {size}"


def _range(result: StudyResult, firms: list[FirmResult], scale: Scale | None) -> tuple[str, str]:
    cells = [f.at(result.study.headline.window) for f in firms]
    if scale is None:
        cars = [c.car for c in cells]
        ends = dict.fromkeys(percent(value, 1) for value in (min(cars), max(cars)))
        return "abnormal return", " to ".join(ends)
    values = sorted((c.impact.abnormal for c in cells if c.impact is not None), key=abs)
    if min(values) < 0 < max(values):
        loss, gain = scale.write(-min(values), 0), scale.write(max(values), 0)
        unit = scale.short
        return (
            "abnormal change",
            f"a loss of {_currency(firms, result)} {loss} {unit} to a gain of {gain} {unit}",
        )
    sizes = dict.fromkeys(
        f"{scale.write(abs(v), 0)} {scale.short}" for v in (values[0], values[-1])
    )
    return (
        f"abnormal {'loss' if values[0] < 0 else 'gain'}",
        f"{_currency(firms, result)} {' to '.join(sizes)}",
    )


def _currency(firms: list[FirmResult], result: StudyResult) -> str:
    """Name the currency of the firm's own market value, in which the bars are."""
    impacts = (firm.at(result.study.headline.window).impact for firm in firms)
    return next(impact.currency for impact in impacts if impact is not None)


FIGURE = ResultFigure(
    name="loss-by-benchmark",
    place=20,
    caption="Realised, expected and abnormal change in market value under each benchmark",
    draw=draw,
)
