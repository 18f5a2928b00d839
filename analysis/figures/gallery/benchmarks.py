"""Expected and abnormal change under each benchmark, beside what was realised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.figures.figure import ResultFigure
from analysis.figures.style import LIGHT, Style, date_label, title, wrapped
from analysis.formatting import digits_for, percent, scale_of
from analysis.models.catalog import MODELS
from analysis.narrative import beyond_chance
from analysis.results.names import benchmark_words, introduced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.formatting import Scale
    from analysis.results import FirmResult, StudyResult

APART = 0.2
"""Of a row: how far the expected change stands above its middle, and the abnormal one below."""


def draw(result: StudyResult, style: Style = LIGHT) -> Figure:
    """
    Draw the expected and the abnormal change of the headline firm, benchmark by benchmark.

    One rule stands for the realised change, which is the same under all. Where the firm has no
    share count the change is a return in percent, else one of market value.

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
    scale = _scale(result, firms)
    figure, axes = style.figure(1.7 + 0.62 * len(firms))
    with style.applied():
        raw = _values(result, head, scale)[0]
        axes.axvline(0, color=style.faint, lw=0.8)
        axes.axvline(raw, color=style.faint, lw=3.0)
        for row, firm in enumerate(firms):
            _, expected, abnormal, low, high = _values(result, firm, scale)
            digits = digits_for(None if low is None or high is None else (high - low) / 2)
            if low is not None and high is not None:
                axes.plot([low, high], [row + APART] * 2, color=style.accent, lw=1.8)
            axes.plot([expected], [row - APART], "s", color=style.plain, ms=6)
            axes.plot([abnormal], [row + APART], "o", color=style.accent, ms=7)
            ends = ((expected, expected, row - APART), (abnormal, high or abnormal, row + APART))
            for value, end, y in ends:
                _label(axes, f"{value:,.{digits}f}", end, y, style)
        _rows(axes, result, firms, style)
        unit = "%" if scale is None else f"{_currency(firms, result)} {scale.short}"
        digits = _digits(result, scale)
        moved = "fell" if raw < 0 else "rose"
        axes.annotate(
            f"{moved} {abs(raw):,.{digits}f}{' %' if scale is None else ''}",
            xy=(raw, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=style.small,
            fontweight="bold",
        )
        left, right = axes.get_xlim()
        axes.set_xlim(left, right + (0.16 if style.narrow else 0.08) * (right - left))
        axes.plot([], [], "s", color=style.plain, ms=6, label="expected from the benchmark")
        interval = f"abnormal, with {100 * result.study.level:g} % interval"
        axes.plot([], [], "o-", color=style.accent, ms=7, label=interval)
        figure.legend(loc="outside lower left", ncols=1 if style.narrow else 2, frameon=False)
        axes.set_xlabel("return, %" if scale is None else f"change in market value, {unit}")
        axes.grid(axis="x", lw=0.6)
        what = f"{introduced(result, head.symbol)}, {date_label(head.session.date())}"
        detail = (
            f"{what}, window {result.study.headline.window}, {MODELS[head.model].title}; grey "
            "rule: what was realised"
        )
        title(figure, _finding(result, firms, scale), detail, style)
    return figure


def _rows(axes: Axes, result: StudyResult, firms: list[FirmResult], style: Style) -> None:
    """Name the benchmarks at the left, the headline's in bold."""
    points = (84 if style.narrow else 170 if style.wide else 118) * style.scale
    words = [benchmark_words(result, firm.benchmark) for firm in firms]
    labels = [wrapped(text, style.small, points) for text in words]
    axes.set_yticks(range(len(firms)), labels)
    for text, firm in zip(axes.get_yticklabels(), firms, strict=True):
        text.set_fontweight("bold" if firm is result.headline and firms[1:] else "normal")
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(firms) - 0.45, -0.6)


def _label(axes: Axes, text: str, end: float, y: float, style: Style) -> None:
    """Write a value behind the end of its mark, on a ground of its own where the rule is near."""
    axes.annotate(
        text,
        xy=(end, y),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=style.small,
        bbox={"facecolor": style.background, "edgecolor": "none", "pad": 1.0},
    )


def _digits(result: StudyResult, scale: Scale | None) -> int:
    """Decimals that suit the headline's interval, in the unit that is drawn."""
    _, _, _, low, high = _values(result, result.headline, scale)
    return digits_for(None if low is None or high is None else (high - low) / 2)


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
    """Name the currency of the firm's own market value, in which the marks are."""
    impacts = (firm.at(result.study.headline.window).impact for firm in firms)
    return next(impact.currency for impact in impacts if impact is not None)


FIGURE = ResultFigure(
    name="benchmarks",
    place=20,
    caption="Expected and abnormal change under each benchmark, beside the realised one",
    draw=draw,
)
