"""
Set the formulas of the documents as pictures of curves: a hook of MkDocs, without a network.

What stands between ``$$`` and ``$$`` on lines of their own is TeX of the kind that matplotlib sets;
it becomes an SVG in the colour of the text, with the TeX as its name for those who listen.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from matplotlib.path import Path
from matplotlib.textpath import TextPath

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMULA = re.compile(r"^\$\$\n(?P<tex>.+?)\n\$\$$", re.MULTILINE | re.DOTALL)
SIZE = 17.0
"""Height of the letters, pixels."""

MARGIN = 3.0

_LETTERS: Mapping[int, str] = {
    int(Path.MOVETO): "M",
    int(Path.LINETO): "L",
    int(Path.CURVE3): "Q",
    int(Path.CURVE4): "C",
    int(Path.CLOSEPOLY): "Z",
}


def on_page_markdown(markdown: str, **_: Any) -> str:  # noqa: ANN401 - what MkDocs passes to hooks
    """Put pictures in the place of the formulas of a page."""
    return FORMULA.sub(lambda found: drawn(" ".join(found["tex"].split())), markdown)


def drawn(tex: str) -> str:
    """Draw a formula as one line of HTML."""
    path = TextPath((0, 0), f"${tex}$", size=SIZE)
    box = path.get_extents()
    steps = []
    for points, code in path.iter_segments(curves=True):
        letter = _LETTERS[int(code)]
        pairs = [] if letter == "Z" else points.reshape(-1, 2)
        steps.append(letter + " ".join(f"{x:.2f} {-y:.2f}" for x, y in pairs))
    width, height = box.width + 2 * MARGIN, box.height + 2 * MARGIN
    view = f"{box.x0 - MARGIN:.2f} {-box.y1 - MARGIN:.2f} {width:.2f} {height:.2f}"
    return (
        f'<p><svg role="img" aria-label="{html.escape(tex)}" viewBox="{view}" width="{width:.0f}" '
        f'height="{height:.0f}" style="max-width:100%"><path fill="currentColor" '
        f'd="{"".join(steps)}"/></svg></p>'
    )
