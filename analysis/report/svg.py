"""Figures as inline SVG in the colours of the page: one drawing suits light and dark."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from analysis.figures.export import render
from analysis.figures.style import LIGHT, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from analysis.figures.style import Style

PAGE_STYLE = replace(LIGHT, titled=False)
"""Figures of the page: their titles are set by the page."""

COLOURS = {
    LIGHT.background: "var(--paper)",
    LIGHT.text: "var(--ink)",
    LIGHT.faint: "var(--faint)",
    LIGHT.grid: "var(--rule)",
    LIGHT.accent: "var(--accent)",
    LIGHT.plain: "var(--plain)",
    LIGHT.gain: "var(--gain)",
}


@dataclass(frozen=True, slots=True)
class InlineFigure:
    """
    A figure ready for the page.

    Attributes
    ----------
    name, finding, detail : str
    svg : markupsafe.Markup
    """

    name: str
    finding: str
    detail: str
    svg: Markup


def inline_figure(name: str, draw: Callable[[Style], Figure]) -> InlineFigure:
    """
    Draw a figure for the page.

    Parameters
    ----------
    name : str
        Becomes the prefix of the drawing's ids, which must be unique on a page.
    draw : callable
        Draws in a given style.

    Returns
    -------
    InlineFigure
    """
    figure = draw(PAGE_STYLE)
    finding, detail = texts_of(figure)
    text = render(figure, "svg", PAGE_STYLE).decode()
    return InlineFigure(name, finding, detail, Markup(_inline(text, name, finding)))  # noqa: S704 - matplotlib's own drawing


def _inline(text: str, name: str, finding: str) -> str:
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    for colour, variable in COLOURS.items():
        text = text.replace(colour.lower(), variable)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'href="#', f'href="#{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r"\n\s*", "\n", text)
    label = str(escape(finding))
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
