"""Who was hit: every firm's abnormal return in the headline window, by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.figures.figure import ResultFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import percent
from analysis.models.catalog import MODELS
from analysis.results.verdict import family_count, family_method

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
    firms, beyond = result.headline_firms, result.family.beyond
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
                clear = firm.symbol in beyond
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
            f"chance{', ' + method if (method := family_method(result.family)) else ''}"
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
    family, window = result.family, result.study.headline.window
    said = family_count(family)
    finding = said[0].upper() + said[1:]
    if not family.beyond or len(firms) == 1:
        return finding
    fell = len(family.fell) >= len(family.rose)
    far = (min if fell else max)(firms, key=lambda firm: firm.at(window).car)
    end = "lowest" if fell else "highest"
    return f"{finding}; the {end} is {far.symbol} with {percent(far.at(window).car, 1)}"


def _absent(result: StudyResult) -> str:
    return "" if len(result.study.symbols) > 1 else "needs two firms"


FIGURE = ResultFigure(
    name="cross-section",
    place=90,
    caption="Every firm's abnormal return in the headline's window",
    draw=draw,
    absent=_absent,
)
