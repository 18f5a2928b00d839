"""The picture that a link to the page shows."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.errors import StudyError
from analysis.figures.style import LIGHT, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 1200, 630
"""Pixels, as the Open Graph protocol asks for."""

DOTS = 100
"""An inch."""

GRADES = {"yes": LIGHT.gain, "no": LIGHT.accent, "partly": LIGHT.plain, "unknown": LIGHT.faint}


IMAGE = "og.png"
"""Its file, beside the page."""


def image_address(url: str) -> str:
    """
    Say where the picture of a page stands.

    Parameters
    ----------
    url : str
        Of the page; empty where it is not known, and then the address is relative to the page:
        few of those who show links follow such a one.

    Examples
    --------
    >>> image_address("https://example.org/nvda/report.html"), image_address("")
    ('https://example.org/nvda/og.png', 'og.png')
    """
    return urljoin(url, IMAGE)


def check_url(url: str) -> None:
    """
    Refuse what is no address of a page on the web.

    Raises
    ------
    StudyError
        If it is not absolute, by http or https.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isprintable():
        raise StudyError(
            f"--url {url!r} is no address of a page; write the one under which it will be read, as "
            "in https://example.org/report.html"
        )


def social_image(finding: str, kicker: str, sure: Sequence[tuple[str, str, str]]) -> bytes:
    """
    Draw the finding and how sure it is as a picture.

    Parameters
    ----------
    finding, kicker : str
        The headline, and the study above it.
    sure : sequence of (str, str, str)
        Question, grade and answer.

    Returns
    -------
    bytes
        PNG of `WIDTH` by `HEIGHT` pixels.
    """
    style = replace(LIGHT, width=WIDTH / DOTS)
    points = 72 * style.width
    with style.applied():
        figure = Figure(figsize=(WIDTH / DOTS, HEIGHT / DOTS), dpi=DOTS)
        figure.add_artist(Rectangle((0, 0), 0.016, 1, color=style.accent, lw=0))
        figure.text(0.055, 0.9, wrapped(kicker, 17, 0.9 * points), fontsize=17, color=style.faint)
        title = wrapped(finding, 44, 0.88 * points, bold=True)
        figure.text(0.055, 0.83, title, fontsize=44, fontweight="bold", va="top", linespacing=1.15)
        for place, (question, grade, answer) in enumerate(sure):
            y = 0.30 - 0.075 * place
            figure.text(0.055, y, question, fontsize=19, va="center")
            figure.text(
                0.945,
                y,
                answer,
                fontsize=19,
                fontweight="bold",
                color=GRADES[grade],
                ha="right",
                va="center",
            )
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=DOTS, metadata={"Software": None})
    return buffer.getvalue()
