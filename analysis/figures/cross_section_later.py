"""Who fell, who did not, and where each stood later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.figures.style import LIGHT, Style, title
from analysis.models.catalog import MODELS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.context.details import Details

ALPHA = 0.05


def cross_section_later(details: Details, style: Style = LIGHT) -> Figure:
    """
    Draw each firm's abnormal return at the event and to the end of the longest window.

    Parameters
    ----------
    details : Details
        With a `later` window.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    result, later = details.result, details.later
    assert later is not None  # noqa: S101 - the catalogue draws it only where there is one
    head, window = result.headline, result.study.headline.window
    firms = sorted(result.headline_firms, key=lambda f: f.at(window).car)
    joint = {} if details.reaction_dates is None else details.reaction_dates.joint_p()
    figure, axes = style.figure(1.7 + 0.215 * len(firms))
    with style.applied():
        for y, firm in enumerate(firms):
            now, then = 100 * firm.at(window).car, 100 * firm.at(later).car
            axes.plot([now, then], [y, y], color=style.grid, lw=1.6, zorder=1)
            axes.plot([then], [y], "o", ms=5.5, mfc=style.background, mec=style.plain, mew=1.4)
            axes.plot([now], [y], "o", ms=6, color=style.accent)
            if joint.get(firm.symbol, 1.0) < ALPHA:
                axes.plot([now], [y], "o", ms=10.5, mfc="none", mec=style.accent, mew=1.1)
        axes.plot([], [], "o", ms=6, color=style.accent, label=f"window {window}")
        axes.plot(
            [], [], "o", ms=5.5, mfc=style.background, mec=style.plain, label=f"window {later}"
        )
        if joint:
            name = "told from chance among all firms (Romano-Wolf)"
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


def _finding(details: Details) -> str:
    result, later = details.result, details.later
    window, firms = result.study.headline.window, result.headline_firms
    fell = [f for f in firms if f.at(window).car < 0]
    assert later is not None  # noqa: S101 - see the caller
    deeper = [f for f in fell if f.at(later).car < f.at(window).car]
    joint = {} if details.reaction_dates is None else details.reaction_dates.joint_p()
    told = [symbol for symbol, p in joint.items() if p < ALPHA]
    start = f"{len(fell)} of {len(firms)} firms fell"
    if joint:
        start += f", {len(told)} of them by more than chance among all firms"
    return f"{start}; {len(deeper)} stood lower still {later.end} sessions later"
