"""The headline under every reasonable choice, and which choice moves it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.context.curve import CHOICES, ESTIMANDS
from analysis.context.curve_effects import TOGETHER
from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import counted, percent, scale_of
from analysis.narrative_curve import CHOICE_TITLES, part
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.context.curve import CurvePoint, SpecificationCurve
    from analysis.context.details import Details
    from analysis.formatting import Scale

SHORT = {"length": "estimation"}
"""Choices whose name is too long for the margin."""


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw every specification's answer, sorted, above the choices that made it.

    Parameters
    ----------
    details : Details
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    multiverse = details.multiverse
    curve = multiverse.curves[0]
    names = [name for name in curve.effects if name != TOGETHER] or list(CHOICES)
    rows = [(name, value) for name in names for value in _by_answer(curve, name)]
    figure, (top, below) = style.panels(3.2 + 0.168 * len(rows) + 0.3, (3.0, 0.168 * len(rows)))
    with style.applied():
        _answers(top, curve, style)
        _matrix(below, curve, rows, style)
        top.sharex(below)
        detail = (
            f"{multiverse.symbol}, event {multiverse.event}, {ESTIMANDS[curve.estimand]}: "
            f"{len(curve.points)} specifications, sorted; grey: {100 * curve.level:g} % intervals; "
            f"below, the choices of each, with each choice's part of the variance{_rest(curve)}"
        )
        title(figure, _finding(curve), detail, style)
    return figure


def _values(points: tuple[CurvePoint, ...]) -> tuple[list[float], list[float], list[float]]:
    triples: list[tuple[float | None, ...]]
    if points[0].impact is None:
        size = 0.01
        triples = [(p.abnormal, p.low, p.high) for p in points]
    else:
        size = _scale(points).divisor
        triples = [(p.impact, p.impact_low, p.impact_high) for p in points]
    columns = zip(*triples, strict=True)
    middle, low, high = (
        [math.nan if value is None else value / size for value in column] for column in columns
    )
    return middle, low, high


def _scale(points: tuple[CurvePoint, ...]) -> Scale:
    return scale_of(*(p.impact for p in points))


def _answers(axes: Axes, curve: SpecificationCurve, style: Style) -> None:
    points = curve.points
    ranks = np.arange(1, len(points) + 1)
    middle, low, high = (np.array(part) for part in _values(points))
    alpha = 1 - curve.level
    clear = np.array([p.p is not None and p.p < alpha for p in points])
    axes.fill_between(ranks, low, high, step="mid", color=style.faint, alpha=0.22, lw=0)
    axes.axhline(0, color=style.faint, lw=0.8)
    for flags, colour, label in (
        (clear, style.plain, f"p < {alpha:g}"),
        (~clear, style.faint, f"p ≥ {alpha:g}"),
    ):
        axes.plot(ranks[flags], middle[flags], ".", ms=2.6, color=colour, label=label)
    axes.axhline(middle[curve.middle_place], color=style.text, lw=0.8, ls=":")
    axes.annotate(
        "median",
        xy=(ranks[-1], middle[curve.middle_place]),
        xytext=(-2, 3),
        textcoords="offset points",
        ha="right",
        fontsize=8.5,
    )
    if curve.headline_rank is not None:
        place = curve.headline_rank
        axes.plot([place], [middle[place - 1]], "D", ms=7, color=style.accent, label="the headline")
    unit = _scale(points).short
    axes.set_ylabel(
        f"abnormal change, {points[0].currency} {unit}"
        if points[0].impact is not None
        else "abnormal, %"
    )
    axes.tick_params(axis="x", length=0, labelbottom=False)
    axes.grid(axis="y", lw=0.6)
    axes.legend(
        loc="best" if style.narrow else "lower right",
        frameon=False,
        fontsize=7 if style.narrow else 8.5,
        ncols=1 if style.narrow else 3,
        markerscale=1.0 if style.narrow else 1.4,
    )


def _matrix(
    axes: Axes, curve: SpecificationCurve, rows: list[tuple[str, str]], style: Style
) -> None:
    labels = []
    last = ""
    letters = max(len(value) for _, value in rows)
    for y, (name, value) in enumerate(rows):
        at = [rank for rank, p in enumerate(curve.points, start=1) if p.choice(name) == value]
        xs = np.array([[x, x, np.nan] for x in at]).ravel()
        ys = np.tile([y - 0.36, y + 0.36, np.nan], len(at))
        axes.plot(xs, ys, color=style.plain, lw=0.7, solid_capstyle="butt")
        labels.append(value)
        if name != last:
            share = curve.effects.get(name, 0.0)
            axes.annotate(
                f"{SHORT.get(name, name)}  {percent(share, 0) if share >= 0.005 else '< 1 %'}",
                xy=(0, y),
                xycoords=("axes fraction", "data"),
                xytext=(-8 - 4.6 * letters if style.narrow else -92, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=7 if style.narrow else 8.5,
                fontweight="bold",
                annotation_clip=False,
            )
            if y:
                axes.axhline(y - 0.5, color=style.grid, lw=0.8)
            last = name
    if curve.headline_rank is not None:
        axes.axvline(curve.headline_rank, color=style.accent, lw=1, zorder=0)
    axes.set_yticks(range(len(rows)), labels)
    axes.tick_params(axis="y", length=0, labelsize=7 if style.narrow else 8.5)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, len(curve.points) + 1)
    axes.set_xlabel("specifications, from the lowest answer to the highest")


def _by_answer(curve: SpecificationCurve, name: str) -> list[str]:
    values: dict[str, list[float]] = {}
    for point in curve.points:
        values.setdefault(point.choice(name), []).append(point.answer)
    return sorted(values, key=lambda value: float(np.mean(values[value])))


def _finding(curve: SpecificationCurve) -> str:
    count, share = len(curve.points), curve.share_significant
    low, high = curve.range
    if curve.middle.impact is None:
        spread = f"{percent(low.abnormal, 1)} to {percent(high.abnormal, 1)}"
        middle = percent(curve.middle.abnormal, 1)
    else:
        scale = scale_of(low.impact, high.impact)
        ends = f"{scale.write(low.impact, 0)} to {scale.write(high.impact, 0)}"
        spread = f"{low.currency} {ends} {scale.short}"
        middle = f"{scale.write(curve.middle.impact, 0)} {scale.short}"
    most = next(iter(curve.effects), TOGETHER)
    moves = "" if most == TOGETHER else f", and the {CHOICE_TITLES[most]} moves the answer most"
    return (
        f"{counted(count, 'specification')} give {spread}, median {middle}; {part(share)} "
        f"{'is' if share == 0 else 'are'} significant{moves}"
    )


def _rest(curve: SpecificationCurve) -> str:
    rest = curve.effects.get(TOGETHER, 0.0)
    return f" ({percent(rest, 0)} is choices acting together)" if rest >= 0.005 else ""


def _absent(details: Details) -> str:
    return "" if details.multiverse.curves else "the data allow none of its specifications"


FIGURE = DetailFigure(
    name="specification-curve",
    place=30,
    caption="The headline under every reasonable choice",
    draw=draw,
    absent=_absent,
    files=(
        TidyFile(
            "specifications.csv",
            "Every specification, one curve a question",
            lambda d: d.multiverse.tidy,
            on_page=True,
            columns=(
                *("rank", "estimand", "holds_firm", "model", "benchmark", "length", "gap"),
                *("window", "returns", "abnormal_return", "low", "high", "p", "currency", "impact"),
                "headline",
            ),
        ),
        TidyFile("multiverse.csv", "Every question's curve", lambda d: d.multiverse.summary),
    ),
)
