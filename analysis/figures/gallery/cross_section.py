"""Who was hit: every firm's abnormal return in the headline window, by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.figures.figure import ResultFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import percent
from analysis.models.catalog import MODELS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.results import FirmResult, StudyResult


def draw(result: StudyResult, style: Style = LIGHT) -> Figure:
    """
    Draw each firm's abnormal return with its interval, sorted within groups.

    Parameters
    ----------
    result : StudyResult
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    head, window = result.headline, result.study.headline.window
    firms = result.headline_firms
    groups = _grouped(result, firms)
    lines = sum(len(members) + (1 if name else 0) for name, members in groups)
    figure, axes = style.figure(1.6 + 0.215 * lines)
    with style.applied():
        y, ticks, labels = 0.0, [], []
        for name, members in groups:
            if name:
                axes.annotate(
                    name,
                    xy=(0, y),
                    xycoords=("axes fraction", "data"),
                    xytext=(-6, 0),
                    textcoords="offset points",
                    ha="right",
                    va="center",
                    fontsize=9,
                    fontweight="bold",
                    annotation_clip=False,
                )
                y += 1
            for firm in members:
                cell = firm.at(window)
                clear = cell.t.p is not None and cell.t.p < 1 - result.study.level
                colour = (style.accent if cell.car < 0 else style.gain) if clear else style.faint
                if cell.t.low is not None and cell.t.high is not None:
                    axes.plot([100 * cell.t.low, 100 * cell.t.high], [y, y], color=colour, lw=1.6)
                axes.plot([100 * cell.car], [y], "o" if clear else "s", color=colour, ms=5.5)
                ticks.append(y)
                labels.append(firm.symbol)
                y += 1
        axes.axvline(0, color=style.faint, lw=0.8)
        axes.set_yticks(ticks, labels)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(y - 0.4, -0.9)
        apart = "\n" if style.narrow else " "
        interval = f"with {100 * result.study.level:g} % interval"
        axes.set_xlabel(f"abnormal return, %,{apart}{interval}")
        axes.grid(axis="x", lw=0.6)
        detail = (
            f"event {head.event} ({head.session.date()}), window {window}, "
            f"{MODELS[head.model].title}, benchmark {head.benchmark}; grey squares: not told from "
            "chance, one firm at a time"
        )
        title(figure, _finding(result, firms), detail, style)
    return figure


def _grouped(
    result: StudyResult, firms: tuple[FirmResult, ...]
) -> list[tuple[str, list[FirmResult]]]:
    window = result.study.headline.window
    ordered = sorted(firms, key=lambda f: f.at(window).car)
    groups = [
        (group.title, [f for f in ordered if f.group == group.id]) for group in result.study.groups
    ]
    groups.sort(key=lambda item: sum(f.at(window).car for f in item[1]) / len(item[1]))
    rest = [f for f in ordered if not f.group]
    return [*groups, *([("", rest)] if rest else [])]


def _finding(result: StudyResult, firms: tuple[FirmResult, ...]) -> str:
    window, alpha = result.study.headline.window, 1 - result.study.level
    cells = [(f.symbol, f.at(window)) for f in firms]
    fell = [s for s, c in cells if c.t.p is not None and c.t.p < alpha and c.car < 0]
    rose = [s for s, c in cells if c.t.p is not None and c.t.p < alpha and c.car > 0]
    if not fell and not rose:
        return "No firm's abnormal return is told from chance"
    moved = [(fell, "fell"), (rose, "rose")]
    moved.sort(key=lambda item: -len(item[0]))
    (most, verb), (rest, other) = moved
    pick, end = (min, "lowest") if verb == "fell" else (max, "highest")
    far = pick(cells, key=lambda item: item[1].car)
    return (
        f"{len(most)} of {len(firms)} firms {verb} and {len(rest) or 'none'} {other} by more than "
        f"chance explains; the {end} is {far[0]} with {percent(far[1].car, 1)}"
    )


def _absent(result: StudyResult) -> str:
    return "" if len(result.study.symbols) > 1 else "needs two firms"


FIGURE = ResultFigure(
    name="cross-section",
    place=90,
    caption="Every firm's abnormal return in the headline's window",
    draw=draw,
    absent=_absent,
)
