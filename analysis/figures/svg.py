"""Drawings as SVG that can be searched, read aloud and sent: text as text, a title, few bytes."""

from __future__ import annotations

import re

from markupsafe import escape

from analysis.figures.style import FONT

FONTS = f"'{FONT}', Verdana, 'Noto Sans', Roboto, sans-serif"
"""What stands in for the font that a drawing was measured with, none much wider."""

_REMARKS = re.compile(r"\s*<metadata>.*?</metadata>|\s*<!--.*?-->", re.DOTALL)
_PLACES = re.compile(r'\b(?:d|x|y|x1|x2|y1|y2|width|height|transform)="[^"]*"')
_LONG = re.compile(r"(\d\.\d{2})\d+")
_MARKS = re.compile(r'<g([^>]*)>\n((?:<use [^\n]* style="[^"]*"/>\n)+)</g>')
_STYLED = re.compile(r' style="[^"]*"')
_STYLES = re.compile(r'style="([^"]*)"')


def finished(text: str, finding: str, detail: str) -> str:
    """
    Finish matplotlib's SVG.

    Parameters
    ----------
    text : str
        As matplotlib wrote it, its texts being texts.
    finding, detail : str
        Become its ``<title>`` and ``<desc>``, which screen readers say.

    Returns
    -------
    str
        Without remarks and metadata; places to a hundredth of a point; fonts that stand in for one
        another.

    Examples
    --------
    >>> finished('<svg width="9.12345pt"><g/></svg>', "It fell", "A & B").splitlines()[1]
    '<title>It fell</title>'
    """
    text = _REMARKS.sub("", text)
    text = _PLACES.sub(lambda found: _LONG.sub(r"\1", found[0]), text)
    text = _STYLES.sub(lambda found: f'style="{_with_fonts(found[1])}"', text)
    text = re.sub(r"\n\s*", "\n", text)
    text = _MARKS.sub(_hoisted, text)
    start = text.index(">", text.index("<svg")) + 1
    words = f"\n<title>{escape(finding)}</title>\n<desc>{escape(detail)}</desc>"
    head = text[:start].replace("<svg ", '<svg role="img" ', 1)
    return f"{head}{words}{text[start:]}"


def _with_fonts(style: str) -> str:
    return style.replace(f"'{FONT}'", FONTS).replace("; ", ";").replace(": ", ":")


def _hoisted(found: re.Match[str]) -> str:
    """Write the style of marks that look alike once, at their group."""
    styles = set(_STYLES.findall(found[2]))
    if len(styles) > 1:
        return found[0]
    return f'<g{found[1]} style="{styles.pop()}">\n{_STYLED.sub("", found[2])}</g>'
