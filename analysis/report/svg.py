"""Figures as inline SVG in the colours of the page: one drawing suits light and dark."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from analysis.figures.export import render
from analysis.figures.style import LIGHT, sized, texts_of
from analysis.report.hot import HotPoint, frame_of, hot_points
from analysis.report.shrink import shrink

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from analysis.figures.style import Style

PAGE_STYLE = replace(LIGHT, titled=False)
"""Figures of the page: their titles are set by the page."""

SLIM_STYLE = sized(PAGE_STYLE, "narrow")
"""The same for a column of a phone."""

COLOURS = {
    LIGHT.background: "var(--paper)",
    LIGHT.text: "var(--ink)",
    LIGHT.faint: "var(--faint)",
    LIGHT.grid: "var(--rule)",
    LIGHT.accent: "var(--accent)",
    LIGHT.plain: "var(--plain)",
    LIGHT.gain: "var(--gain)",
}

_STYLE = re.compile(r' style="([^"]*)"')


@dataclass(slots=True)
class Sheet:
    """
    The style rules of all drawings of a page, each once: no drawing needs a style of its own.

    Attributes
    ----------
    rules : dict of str to str
        Declarations to the name of their class.
    drawings : int
        How many have been laid out; each has ids of its own.
    """

    rules: dict[str, str] = field(default_factory=dict)
    drawings: int = 0

    def name(self, declarations: str) -> str:
        """Name the class of some declarations."""
        parts = (part.strip() for part in declarations.split(";"))
        short = ";".join(part.replace(": ", ":") for part in parts if part)
        return self.rules.setdefault(short, f"d{len(self.rules)}")

    def prefix(self) -> str:
        """Give the next drawing what its ids begin with."""
        self.drawings += 1
        return f"s{self.drawings}-"

    @property
    def text(self) -> str:
        """As CSS, in the order in which the rules were met."""
        return "\n".join(f".{name}{{{rule}}}" for rule, name in self.rules.items())


@dataclass(frozen=True, slots=True)
class InlineFigure:
    """
    A figure ready for the page.

    Attributes
    ----------
    name, finding, detail : str
    wide, slim : markupsafe.Markup
        The drawing for a desk and for a phone.
    hot : dict of str to tuple of HotPoint
        What each of them shows where, by ``wide`` and ``slim``.
    frame : dict of str to tuple of float
        Of each, as `frame_of`.
    """

    name: str
    finding: str
    detail: str
    wide: Markup
    slim: Markup
    hot: dict[str, tuple[HotPoint, ...]]
    frame: dict[str, tuple[float, ...]]


def inline_figure(name: str, draw: Callable[[Style], Figure], sheet: Sheet) -> InlineFigure:
    """
    Draw a figure for the page, once for a desk and once for a phone.

    Parameters
    ----------
    name : str
        Becomes the prefix of the drawing's ids, which must be unique on a page.
    draw : callable
        Draws in a given style.
    sheet : Sheet
        Takes the drawing's style rules.

    Returns
    -------
    InlineFigure
    """
    drawings, hot, frame = {}, {}, {}
    finding = detail = ""
    for kind, style in (("slim", SLIM_STYLE), ("wide", PAGE_STYLE)):
        figure = draw(style)
        finding, detail = texts_of(figure)
        text = render(figure, "svg", style).decode()
        drawings[kind] = _inline(text, f"{name}-{kind}", finding, detail, sheet)
        hot[kind], frame[kind] = hot_points(figure), frame_of(figure)
    return InlineFigure(name, finding, detail, drawings["wide"], drawings["slim"], hot, frame)


def _inline(text: str, name: str, finding: str, detail: str, sheet: Sheet) -> Markup:
    text = text[text.index("<svg") :]
    for gone in (r"<title>.*?</title>", r"<desc>.*?</desc>", r'<style type="text/css">.*?</style>'):
        text = re.sub(gone, "", text, flags=re.DOTALL)
    for colour, variable in COLOURS.items():
        text = text.replace(colour.lower(), variable)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r' xmlns(?::\w+)?="[^"]*"| version="[^"]*"', "", text)
    text = _STYLE.sub(lambda m: f' class="{sheet.name(m[1])}"', text)
    text = shrink(text, sheet.prefix())
    start = f'<svg aria-labelledby="{name}-t" aria-describedby="{name}-d" data-name="{name}" '
    text = text.replace("<svg ", start, 1)
    end = text.index(">", text.index("<svg")) + 1
    words = (
        f'<title id="{name}-t">{escape(finding)}</title><desc id="{name}-d">{escape(detail)}</desc>'
    )
    return Markup(text[:end] + words + text[end:])  # noqa: S704 - matplotlib's own drawing
