"""
How figures look: light or dark, narrow or wide, the same bytes for the same input.

Colours are those of Okabe and Ito (2008), told apart under every common colour vision deficiency;
vermilion and green are darkened on white, so that words in them can be read too. Grey tells none of
them apart, so shapes and lines do what colours do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

from analysis.formatting import true_minus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from matplotlib.axes import Axes

    from analysis._typing import FigureWidth, FloatArray

FONT = "DejaVu Sans"

WIDTHS: Mapping[FigureWidth, float] = {"narrow": 5.0, "column": 8.0, "wide": 14.0}
"""Inches of the three drawings of a page; 72 of its pixels an inch: 360, 576 and 1,008."""

NARROW, WIDE = 6.0, 12.0
"""Inches below which a figure is a telephone's, and from which on it fills a screen."""

SLACK = 0.03
"""Part of a line left for letters that are drawn wider than they were measured."""

LETTERS = 9.5
"""Points of the letters of a column."""


_DATE = re.compile(r"\b\d{1,2} [A-Z][a-z]{2,8}( \d{4})?\b")


@dataclass(frozen=True, slots=True)
class Style:
    """
    Colours and measures of a figure.

    Attributes
    ----------
    background, text, faint, grid : str
        Colours of the page, of text, of secondary text, and of rules that carry nothing.
    accent : str
        What the finding is about.
    plain : str
        Everything else.
    gain : str
        Positive counterpart of `accent`.
    width : float
        Inches.
    titled : bool
        Whether figures carry their title themselves; a page that sets it in its own type does not
        want it twice.
    """

    background: str = "#ffffff"
    text: str = "#1a1a1a"
    faint: str = "#5f6368"
    grid: str = "#d9dce0"
    accent: str = "#BF5200"
    plain: str = "#0072B2"
    gain: str = "#007F5C"
    width: float = 8.0
    titled: bool = True

    @property
    def narrow(self) -> bool:
        """Whether the figure is for a telephone: fewer labels, panels below one another."""
        return self.width < NARROW

    @property
    def wide(self) -> bool:
        """Whether there is room for labels that others leave out."""
        return self.width >= WIDE

    @property
    def letters(self) -> float:
        """Points of the letters: larger on a telephone, and where the figure is seen from afar."""
        if self.narrow:
            return min(11.5, 2.3 * self.width)
        return 12.0 if self.wide else LETTERS

    @property
    def small(self) -> float:
        """Points of values and labels beside marks."""
        return self.letters - 1.0

    @property
    def scale(self) -> float:
        """The letters in those of a column; heights grow with them."""
        return self.letters / LETTERS

    def figure(self, height: float) -> tuple[Figure, Axes]:
        """Make an empty figure and its one pair of axes; `height` is inches of a column."""
        figure, axes = self.panels(height, (1.0,))
        return figure, axes[0]

    def panels(
        self, height: float, ratios: Sequence[float], *, across: bool = False
    ) -> tuple[Figure, list[Axes]]:
        """
        Make an empty figure with several panels.

        Parameters
        ----------
        height : float
            Inches, of a figure of the width of a column.
        ratios : sequence of float
            Relative sizes of the panels, from the top or, if `across`, from the left.
        across : bool
            Whether the panels stand side by side.
        """
        with self.applied():
            figure = Figure(figsize=(self.width, height * self.scale), layout="constrained")
            if across:
                grid = figure.add_gridspec(1, len(ratios), width_ratios=ratios)
            else:
                grid = figure.add_gridspec(len(ratios), 1, height_ratios=ratios)
            return figure, [figure.add_subplot(grid[place]) for place in range(len(ratios))]

    def applied(self) -> AbstractContextManager[None]:
        """Put the style in force for what is drawn or saved inside the context."""
        return rc_context(self._settings())

    def _settings(self) -> dict[Any, Any]:
        return {
            "axes.axisbelow": True,
            "axes.edgecolor": self.faint,
            "axes.facecolor": self.background,
            "axes.labelcolor": self.text,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.facecolor": self.background,
            "font.family": FONT,
            "font.size": self.letters,
            "grid.color": self.grid,
            "legend.fontsize": self.small,
            "pdf.fonttype": 42,
            "savefig.facecolor": self.background,
            "svg.fonttype": "none",
            "svg.hashsalt": "market-impact",
            "text.color": self.text,
            "xtick.color": self.text,
            "ytick.color": self.text,
            "xtick.labelsize": self.small,
            "ytick.labelsize": self.small,
        }


LIGHT = Style()
DARK = Style(
    background="#14171a",
    text="#eceff1",
    faint="#9aa4ad",
    grid="#343b41",
    accent="#E69F00",
    plain="#56B4E9",
    gain="#2ec49b",
)


def sized(style: Style, width: FigureWidth) -> Style:
    """
    Give a style one of the widths that a page has drawings of.

    Examples
    --------
    >>> sized(LIGHT, "narrow").width
    5.0
    """
    return replace(style, width=WIDTHS[width])


def title(figure: Figure, finding: str, detail: str, style: Style) -> None:
    """
    Put the finding above a figure, and below it in smaller letters what is shown.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Laid out by the constrained layout, which leaves the room.
    finding : str
        A sentence.
    detail : str
        What is plotted: firm, model, window, units.
    style : Style

    Notes
    -----
    Both texts also become the figure's label, see `texts_of`. Every number that the figure has so
    far gets its true minus sign, and labels of axes are broken where the figure is too small.
    """
    finding, detail = _unbroken(true_minus(finding)), _unbroken(true_minus(detail))
    figure.set_label(f"{finding}\n{detail}")
    for text in figure.findobj(Text):
        if isinstance(text, Text):
            text.set_text(true_minus(text.get_text()))
    _break_labels(figure, style)
    if not style.titled:
        return
    points = 72 * style.width - 16
    large, less = 1.26 * style.letters, style.letters - 0.5
    headline = wrapped(finding, large, points, bold=True)
    below = wrapped(detail, less, points)
    first = 8 + 1.25 * large * (headline.count("\n") + 1)
    second = first + 4 + 1.28 * less * (below.count("\n") + 1)
    height = figure.get_figheight() + second / 72  # what it takes is not taken from the panels
    figure.set_figheight(height)
    left = 8 / (72 * style.width)
    figure.text(left, 1 - first / 72 / height, headline, fontsize=large, fontweight="bold")
    figure.text(left, 1 - second / 72 / height, below, fontsize=less, color=style.faint)
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - (second + 6) / 72 / height))


def wrapped(text: str, size: float, points: float, *, bold: bool = False) -> str:
    r"""
    Break a text into lines by the widths of its words.

    Parameters
    ----------
    text : str
        Its own line breaks stay.
    size : float
        Of the letters, in points.
    points : float
        Longest line; `SLACK` of it is left, since screens round the letters.
    bold : bool

    Examples
    --------
    >>> wrapped("one two three", 10, 45)
    'one two\nthree'
    """
    font = FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")
    return "\n".join(
        line
        for part in text.split("\n")
        for line in _lines(part.split(" "), font, (1 - SLACK) * points)
    )


def _lines(words: Sequence[str], font: FontProperties, points: float) -> Iterator[str]:
    line = words[0]
    for word in words[1:]:
        longer = f"{line} {word}"
        if points_of(longer, font) <= points:
            line = longer
        else:
            yield line
            line = word
    yield line


def points_of(text: str, font: FontProperties) -> float:
    """Measure a line of text, in points."""
    wide, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(wide)


def band(
    axes: Axes,
    x: FloatArray,
    low: FloatArray,
    high: FloatArray,
    style: Style,
    *,
    step: bool = False,
) -> None:
    """Shade what chance explains, with edges that can be seen where the shade cannot."""
    where: Any = "post" if step else None
    axes.fill_between(x, low, high, step=where, color=style.plain, alpha=0.14, lw=0, zorder=0.5)
    drawn = "steps-post" if step else "default"
    for edge in (low, high):
        axes.plot(x, edge, color=style.faint, lw=0.6, drawstyle=drawn, zorder=1)


def date_label(day: Any, *, year: bool = True) -> str:  # noqa: ANN401 - dates of any library
    """
    Write a date for a label.

    Examples
    --------
    >>> import datetime as dt
    >>> date_label(dt.date(2025, 1, 7)), date_label(dt.date(2025, 1, 27), year=False)
    ('7 Jan 2025', '27 Jan')
    """
    return f"{day.day} {day:%b %Y}" if year else f"{day.day} {day:%b}"


def _break_labels(figure: Figure, style: Style) -> None:
    font = FontProperties(family=FONT, size=style.letters)
    high = 72 * figure.get_figheight()
    for axes in figure.axes:
        place = axes.get_subplotspec()
        shares = (1.0, 1.0) if place is None else _shares(place)
        room = (
            (0.5 if style.narrow else 0.72) * 72 * style.width * shares[0],
            0.7 * high * shares[1],
        )
        for axis, points in zip((axes.xaxis, axes.yaxis), room, strict=True):
            text = _unbroken(axis.get_label_text())
            if "\n" not in text and points_of(text, font) > points:
                axis.set_label_text(wrapped(text, style.letters, points))


def _shares(place: Any) -> tuple[float, float]:  # noqa: ANN401 - matplotlib's own record
    grid = place.get_gridspec()
    rows, columns = grid.get_height_ratios(), grid.get_width_ratios()
    wide = np.sum(columns[place.colspan.start : place.colspan.stop]) / np.sum(columns)
    tall = np.sum(rows[place.rowspan.start : place.rowspan.stop]) / np.sum(rows)
    return float(wide), float(tall)


def _unbroken(text: str) -> str:
    """Keep a number with its sign and unit on one line."""
    for apart in (" %", "p = ", "p < ", "p ≤ ", " bn", "USD "):
        text = text.replace(apart, apart.replace(" ", "\u00a0"))
    text = re.sub(r"(?<=\d) (?=[mM]\b)", "\u00a0", text)
    return _DATE.sub(lambda found: found[0].replace(" ", "\u00a0"), text)


def texts_of(figure: Figure) -> tuple[str, str]:
    """Read the finding and the detail that `title` gave a figure."""
    finding, _, detail = str(figure.get_label()).partition("\n")
    return finding, detail
