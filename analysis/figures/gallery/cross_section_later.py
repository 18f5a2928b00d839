"""Who fell, who did not, and where each stood later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.context.absent import Absent, present, reason
from analysis.figures.figure import DetailFigure
from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import counted
from analysis.models.catalog import MODELS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.context.details import Details
    from analysis.results import FirmResult, StudyResult
    from analysis.windows import Window


def draw(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw each firm's abnormal return at the event and to the end of the longest window.

    Parameters
    ----------
    details : Details
        Of a study with a longer window than the headline's.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    result, later = details.result, present(_later(details.result))
    head, window = result.headline, result.study.headline.window
    firms, family = _firms(result), result.family
    figure, axes = style.figure(1.7 + 0.215 * len(firms))
    with style.applied():
        for y, firm in enumerate(firms):
            now, then = 100 * firm.at(window).car, 100 * firm.at(later).car
            axes.plot([now, then], [y, y], color=style.grid, lw=1.6, zorder=1)
            axes.plot([then], [y], "o", ms=5.5, mfc=style.background, mec=style.plain, mew=1.4)
            axes.plot([now], [y], "o", ms=6, color=style.accent)
            if firm.symbol in family.beyond:
                axes.plot([now], [y], "o", ms=10.5, mfc="none", mec=style.accent, mew=1.1)
        axes.plot([], [], "o", ms=6, color=style.accent, label=f"window {window}")
        axes.plot(
            [], [], "o", ms=5.5, mfc=style.background, mec=style.plain, label=f"window {later}"
        )
        if family.tested:
            name = "told from chance among all firms"
            axes.plot([], [], "o", ms=10.5, mfc="none", mec=style.accent, label=name)
        figure.legend(loc="outside lower left", ncols=3 if style.width >= 7 else 1, frameon=False)
        axes.axvline(0, color=style.faint, lw=0.8)
        axes.set_yticks(range(len(firms)), [firm.symbol for firm in firms])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(firms) - 0.4, -0.6)
        axes.set_xlabel("abnormal return, %")
        axes.grid(axis="x", lw=0.6)
        detail = (
            f"event {head.event} ({head.session.date()}), {MODELS[head.model].title}, benchmark "
            f"{head.benchmark}; the longer window also holds later news"
        )
        title(figure, _finding(details), detail, style)
    return figure


def _firms(result: StudyResult) -> list[FirmResult]:
    """List the firms that both windows were measured of, the lowest abnormal return first."""
    window, later = result.study.headline.window, _later(result)
    firms = [f for f in result.headline_firms if not isinstance(later, Absent) and f.has(later)]
    return sorted(firms, key=lambda f: f.at(window).car)


def _later(result: StudyResult) -> Window | Absent:
    """Find the longest event window that starts with the headline's and outlasts it."""
    own = result.study.headline.window
    longer = [w for w in result.study.windows if w.start == own.start and w.end > own.end]
    if not longer:
        return Absent("needs a longer event window that starts as the headline's")
    return max(longer, key=len)


def _absent(details: Details) -> str:
    if len(details.result.study.symbols) < 2:
        return "needs two firms"
    return reason(_later(details.result))


def _finding(details: Details) -> str:
    """Count the firms that moved as the headline's did, and those that went on."""
    result, later = details.result, present(_later(details.result))
    window, firms, family = result.study.headline.window, _firms(result), result.family
    sign = -1 if result.headline_window.car < 0 else 1
    moved, further = ("fell", "lower") if sign < 0 else ("rose", "higher")
    cars = {f.symbol: sign * f.at(window).car for f in firms}
    same = [f for f in firms if cars[f.symbol] > 0]
    on = sum(sign * f.at(later).car > cars[f.symbol] for f in same)
    told = len(family.fell if sign < 0 else family.rose)
    start = f"{len(same)} of {len(firms)} firms {moved}"
    if family.tested:
        start += f", {told or 'none'} of them by more than chance among all firms"
    after = counted(later.end - window.end, "session")
    return f"{start}; {on or 'none'} stood {further} still {after} later"


FIGURE = DetailFigure(
    name="cross-section-later",
    place=100,
    caption="Every firm at the event and to the end of the longest window",
    draw=draw,
    absent=_absent,
)
