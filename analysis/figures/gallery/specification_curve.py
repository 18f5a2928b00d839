"""The headline under every reasonable choice, and which choice moves it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from analysis.context.curve import CHOICES, ESTIMANDS
from analysis.context.curve_effects import TOGETHER
from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, band, date_label, title, wrapped
from analysis.formatting import counted, percent, scale_of
from analysis.models.catalog import MODELS
from analysis.narrative_curve import CHOICE_TITLES, part
from analysis.results.names import benchmark_words, introduced
from analysis.tables.file import TidyFile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.context.curve import CurvePoint, SpecificationCurve
    from analysis.context.details import Details
    from analysis.formatting import Scale
    from analysis.results import StudyResult

SHOWN = {"narrow": 2, "column": 5}
"""Choices drawn below the answers, those that move them most."""

ROW, TALLER = 0.175, 0.33
"""Inches of a row in a column, and on a telephone, where names take two lines."""

TALL = 0.34
"""Of a row: half the height of the marks of the specifications that made its choice."""


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw every answer to the headline's question, sorted, above the choices that made it.

    Parameters
    ----------
    details : Details
        With a curve.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    curve, result = details.multiverse.curves[0], details.result
    rows = _rows(curve, style)
    height = (TALLER if style.narrow else ROW) * len(rows)
    figure, (top, below) = style.panels(3.4 + height, (2.7, height))
    with style.applied():
        _answers(top, curve, style)
        _matrix(below, curve, rows, result, style)
        top.sharex(below)
        columns = 2 if style.narrow else 4
        figure.legend(loc="outside lower left", ncols=columns, frameon=False)
        detail = (
            f"{introduced(result, details.multiverse.symbol)}, "
            f"{date_label(result.headline.session)}, {ESTIMANDS[curve.estimand]}: "
            f"{counted(len(curve.points), 'specification')}, sorted; band: {100 * curve.level:g} % "
            "intervals; below, the choices of each, with each choice's part of the "
            f"variance{_rest(curve)}"
        )
        title(figure, _finding(curve), detail, style)
    return figure


def _rows(curve: SpecificationCurve, style: Style) -> list[tuple[str, str | None]]:
    """List the rows from the top: headings of the choices (None), and their values."""
    names = [name for name in curve.effects if name != TOGETHER] or list(CHOICES)
    names = names[: SHOWN["narrow" if style.narrow else "column"]]
    rows: list[tuple[str, str | None]] = []
    for name in names:
        rows += [(name, None), *((name, value) for value in _by_answer(curve, name))]
    return rows


def _values(points: tuple[CurvePoint, ...]) -> tuple[list[float], list[float], list[float]]:
    triples: list[tuple[float | None, ...]]
    if points[0].impact is None:
        size = 0.01
        triples = [(p.abnormal, p.low, p.high) for p in points]
    else:
        size = _scale(points).divisor
        triples = [(i.abnormal, i.low, i.high) for i in (p.impact for p in points) if i]
    columns = zip(*triples, strict=True)
    middle, low, high = (
        [math.nan if value is None else value / size for value in column] for column in columns
    )
    return middle, low, high


def _scale(points: tuple[CurvePoint, ...]) -> Scale:
    return scale_of(*(p.answer for p in points))


def _answers(axes: Axes, curve: SpecificationCurve, style: Style) -> None:
    points = curve.points
    ranks = np.arange(1, len(points) + 1, dtype=float)
    middle, low, high = (np.array(part) for part in _values(points))
    alpha = 1 - curve.level
    clear = np.array([p.p is not None and p.p < alpha for p in points])
    band(axes, ranks, low, high, style)
    axes.axhline(0, color=style.faint, lw=0.8)
    marks = (
        (clear, "o", style.plain, style.plain, f"p < {alpha:g}"),
        (~clear, "s", style.background, style.text, f"p ≥ {alpha:g}"),
    )
    for flags, shape, inside, edge, label in marks:
        if flags.any():
            axes.plot(
                ranks[flags], middle[flags], shape, ms=3.2, mfc=inside, mec=edge, mew=0.7,
                label=label,
            )  # fmt: skip
    half = middle[curve.middle_place]
    axes.axhline(half, color=style.text, lw=0.8, ls=":", label="median")
    if curve.headline_rank is not None:
        place = curve.headline_rank
        axes.plot([place], [middle[place - 1]], "D", ms=8, color=style.accent, label="the headline")
    axes.set_ylabel(
        "abnormal return, %"
        if points[0].impact is None
        else f"abnormal change, {points[0].impact.currency} {_scale(points).short}"
    )
    axes.tick_params(axis="x", length=0, labelbottom=False)
    axes.grid(axis="y", lw=0.6)


def _matrix(
    axes: Axes,
    curve: SpecificationCurve,
    rows: list[tuple[str, str | None]],
    result: StudyResult,
    style: Style,
) -> None:
    """Draw which specifications made each choice, stretches of neighbours as one mark."""
    named = [(y, name, value) for y, (name, value) in enumerate(rows) if value is not None]
    for y, name, value in named:
        made = np.array([point.choice(name) == value for point in curve.points])
        boxes = [
            Path(
                [(a - 0.5, y - TALL), (b + 0.5, y - TALL), (b + 0.5, y + TALL), (a - 0.5, y + TALL)]
            )
            for a, b in _stretches(made)
        ]
        axes.add_patch(PathPatch(Path.make_compound_path(*boxes), color=style.plain, lw=0.2))
    for y, (name, heads) in enumerate(rows):
        if heads is None:
            share = curve.effects.get(name, 0.0)
            axes.annotate(
                f"{CHOICE_TITLES[name]}: {percent(share, 0) if share >= 0.005 else '< 1 %'}",
                xy=(0, y),
                xycoords=("axes fraction", "data"),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=style.small,
                fontweight="bold",
                bbox={"facecolor": style.background, "edgecolor": "none", "pad": 0.8},
            )
    if curve.headline_rank is not None:
        axes.axvline(curve.headline_rank, color=style.accent, lw=1, zorder=0)
    axes.set_yticks([y for y, _, _ in named], [_words(result, n, v, style) for _, n, v in named])
    for text in axes.get_yticklabels():
        text.set_linespacing(0.95)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, len(curve.points) + 1)
    axes.set_xlabel("specifications, lowest to highest")


def _stretches(made: np.ndarray) -> list[tuple[int, int]]:
    """
    List first and last rank of every stretch of neighbours that made a choice.

    Examples
    --------
    >>> _stretches(np.array([True, True, False, True]))
    [(1, 2), (4, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], made, [False]]).astype(int)))
    return [(int(a) + 1, int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _words(result: StudyResult, name: str, value: str, style: Style) -> str:
    """Write a value of a choice for a reader; on a telephone names take two lines."""
    words = ""
    if name == "benchmark":
        words = benchmark_words(result, value)
    elif name == "model" and value in MODELS:
        words = MODELS[value].title
    if words:
        return wrapped(words, style.small, 104 * style.scale) if style.narrow else words
    return f"{value} sessions" if name in ("length", "gap") else value


def _by_answer(curve: SpecificationCurve, name: str) -> list[str]:
    values: dict[str, list[float]] = {}
    for point in curve.points:
        values.setdefault(point.choice(name), []).append(point.answer)
    return sorted(values, key=lambda value: float(np.mean(values[value])))


def _finding(curve: SpecificationCurve) -> str:
    count, share = len(curve.points), curve.share_significant
    low, high = curve.range
    money = curve.middle.impact
    if money is None:
        spread = f"{percent(low.abnormal, 1)} to {percent(high.abnormal, 1)}"
        middle = percent(curve.middle.abnormal, 1)
    else:
        scale = scale_of(low.answer, high.answer)
        ends = f"{scale.write(low.answer, 0)} to {scale.write(high.answer, 0)}"
        spread = f"{money.currency} {ends} {scale.short}"
        middle = f"{scale.write(money.abnormal, 0)} {scale.short}"
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
