"""Every firm's abnormal return by group, beyond chance among all of them or not, and later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.figures.figure import ResultFigure
from analysis.figures.style import LIGHT, Style, date_label, title
from analysis.formatting import counted, digits_for, percent
from analysis.models.catalog import MODELS
from analysis.results.names import benchmark_words, name_of
from analysis.results.verdict import family_count, family_method

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.results import FirmResult, StudyResult
    from analysis.windows import Window

ROW = 0.205
"""Inches of a row in a column."""


def draw(result: StudyResult, style: Style = LIGHT) -> Figure:
    """
    Draw each firm's abnormal return with its interval, sorted within groups.

    A filled circle is beyond chance with all firms counted, a ring by itself alone, a square is
    within chance; a diamond stands where the firm is at the end of the longest window.

    Parameters
    ----------
    result : StudyResult
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = _rows(result)
    later = _later(result)
    figure, axes = style.figure(2.0 + ROW * len(rows))
    with style.applied():
        axes.axvline(0, color=style.faint, lw=0.8)
        kinds = {
            _mark(axes, result, firm, y, later, style)
            for y, (_, firm) in enumerate(rows)
            if firm is not None
        }
        _name(axes, result, rows, style)
        _legend(figure, axes, result, kinds, later, style)
        interval = f"with {100 * result.study.level:g} % interval"
        axes.set_xlabel(f"abnormal return, %, {interval}")
        axes.grid(axis="x", lw=0.6)
        title(figure, _finding(result, later), _detail(result), style)
    return figure


def _rows(result: StudyResult) -> list[tuple[str, FirmResult | None]]:
    """List the rows from the top: headings of groups, and firms with their names."""
    rows: list[tuple[str, FirmResult | None]] = []
    for group, members in _grouped(result):
        if group:
            rows.append((group, None))
        rows += [(name_of(result, firm.symbol), firm) for firm in members]
    return rows


def _grouped(result: StudyResult) -> list[tuple[str, list[FirmResult]]]:
    window = result.study.headline.window
    ordered = sorted(result.headline_firms, key=lambda f: f.at(window).car)
    groups = [
        (group.title, [f for f in ordered if f.group == group.id]) for group in result.study.groups
    ]
    groups = [group for group in groups if group[1]]
    groups.sort(key=lambda item: sum(f.at(window).car for f in item[1]) / len(item[1]))
    rest = [f for f in ordered if not f.group]
    return [*groups, *([("", rest)] if rest else [])]


def _mark(
    axes: Axes,
    result: StudyResult,
    firm: FirmResult,
    y: int,
    later: Window | None,
    style: Style,
) -> str:
    """Draw one firm, and say which of the kinds of verdict its mark shows."""
    cell = firm.at(result.study.headline.window)
    kind = _kind(result, firm)
    colour = style.faint if kind == "within" else style.accent if cell.car < 0 else style.gain
    if cell.t.low is not None and cell.t.high is not None:
        axes.plot([100 * cell.t.low, 100 * cell.t.high], [y, y], color=colour, lw=1.5)
    filled = colour if kind == "beyond" else style.background
    shape, size = ("s", 4.5) if kind == "within" else ("o", 6.0)
    axes.plot([100 * cell.car], [y], shape, ms=size, mfc=filled, mec=colour, mew=1.4)
    if later is not None and firm.has(later):
        axes.plot(
            [100 * firm.at(later).car], [y], "D", ms=3.6, color=style.plain, mew=0, zorder=1.9
        )
    return kind


def _kind(result: StudyResult, firm: FirmResult) -> str:
    if firm.symbol in result.family.beyond:
        return "beyond"
    p = firm.at(result.study.headline.window).t.p
    return "alone" if p is not None and p < 1 - result.study.level else "within"


def _name(
    axes: Axes, result: StudyResult, rows: list[tuple[str, FirmResult | None]], style: Style
) -> None:
    """Write firms at the left, the headline's in bold on a shade; groups inside, in bold."""
    own = result.headline.symbol if len(rows) > 1 else ""
    firms = [(y, label, firm) for y, (label, firm) in enumerate(rows) if firm is not None]
    axes.set_yticks([y for y, _, _ in firms], [label for _, label, _ in firms])
    for text, (y, _, firm) in zip(axes.get_yticklabels(), firms, strict=True):
        if firm.symbol == own:
            text.set_fontweight("bold")
            axes.axhspan(y - 0.48, y + 0.48, color=style.grid, alpha=0.4, lw=0, zorder=0)
    for y, (label, heads) in enumerate(rows):
        if heads is None:
            axes.annotate(
                label,
                xy=(0, y),
                xycoords=("axes fraction", "data"),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=style.small,
                fontweight="bold",
                bbox={"facecolor": style.background, "edgecolor": "none", "pad": 1.0},
            )
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)


def _legend(
    figure: Figure,
    axes: Axes,
    result: StudyResult,
    kinds: set[str],
    later: Window | None,
    style: Style,
) -> None:
    """Say what the shapes that are there mean."""
    colour = style.accent if result.headline_window.car < 0 else style.gain
    among = "beyond chance among all firms" if len(result.family.symbols) > 1 else "beyond chance"
    shapes = {
        "beyond": (among, "o", 6.0, colour, colour),
        "alone": ("beyond chance only by itself", "o", 6.0, style.background, colour),
        "within": ("within chance", "s", 4.5, style.background, style.faint),
    }
    for kind, (label, shape, size, inside, edge) in shapes.items():
        if kind in kinds:
            axes.plot([], [], shape, ms=size, mfc=inside, mec=edge, mew=1.4, label=label)
    if later is not None:
        after = counted(later.end - result.study.headline.window.end, "session")
        axes.plot([], [], "D", ms=3.6, color=style.plain, mew=0, label=f"{after} later")
    columns = 1 if style.narrow else 4 if style.wide else 2
    figure.legend(loc="outside lower left", ncols=columns, frameon=False)


def _later(result: StudyResult) -> Window | None:
    """Find the longest event window that starts with the headline's and outlasts it."""
    own = result.study.headline.window
    longer = [w for w in result.study.windows if w.start == own.start and w.end > own.end]
    return max(longer, key=len) if longer else None


def _detail(result: StudyResult) -> str:
    head = result.headline
    parts = [
        (
            f"{date_label(head.session.date())}, window {result.study.headline.window}, "
            f"{MODELS[head.model].title}, benchmark {benchmark_words(result, head.benchmark)}"
        ),
        family_method(result.family),
        "diamonds: the longer window, which also holds later news" if _later(result) else "",
    ]
    return "; ".join(part for part in parts if part)


def _finding(result: StudyResult, later: Window | None) -> str:
    """Count the firms beyond chance, and name the farthest of them and where it stood later."""
    window, family = result.study.headline.window, result.family
    said = family_count(family)
    finding = said[0].upper() + said[1:]
    if not family.beyond or len(result.headline_firms) == 1:
        return finding
    fell = len(family.fell) >= len(family.rose)
    far = (min if fell else max)(result.headline_firms, key=lambda firm: firm.at(window).car)
    cell = far.at(window)
    half = None if cell.t.low is None or cell.t.high is None else 50 * (cell.t.high - cell.t.low)
    end = "lowest" if fell else "highest"
    found = f"{finding}; the {end} is {name_of(result, far.symbol)} with "
    found += percent(cell.car, min(1, digits_for(half)))
    if later is None:
        return found
    known = [firm for firm in result.headline_firms if firm.has(later)]
    beyond = [firm for firm in known if firm.symbol in family.beyond]
    if not beyond:
        return found
    sign = -1 if fell else 1
    on = sum(sign * f.at(later).car > sign * f.at(window).car for f in beyond)
    further = "lower" if fell else "higher"
    who = "it" if len(beyond) == 1 else f"{on or 'none'} of the {len(beyond)}"
    verb = "stood" if len(beyond) > 1 or on else "did not stand"
    after = counted(later.end - window.end, "session")
    return f"{found}; {after} later {who} {verb} {further} still"


def _absent(result: StudyResult) -> str:
    return "" if len(result.study.symbols) > 1 else "needs two firms"


FIGURE = ResultFigure(
    name="firms",
    place=25,
    caption="Every firm's abnormal return in the headline's window, and where it stood later",
    draw=draw,
    absent=_absent,
)
