"""
How figures look: light or dark, colour-blind-safe, the same bytes for the same input.

Colours are those of Okabe and Ito (2008), told apart under every common colour vision deficiency.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib import rc_context
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from matplotlib.axes import Axes


NARROW = 6.0
"""Inches below which labels are broken and panels spaced for a column."""

LABEL = {"x": 36, "y": 24}
"""Letters of a line of an axis' label in a narrow figure."""


@dataclass(frozen=True, slots=True)
class Style:
    """
    Colours and measures of a figure.

    Attributes
    ----------
    background, text, faint, grid : str
        Colours of the page, of text, of secondary text, and of rules.
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
    accent: str = "#D55E00"
    plain: str = "#0072B2"
    gain: str = "#009E73"
    width: float = 8.0
    titled: bool = True

    @property
    def narrow(self) -> bool:
        """Whether the figure is for a column, so that long texts beside it need lines more."""
        return self.width < NARROW

    def figure(self, height: float) -> tuple[Figure, Axes]:
        """Make an empty figure of this style, `height` inches high, and its one pair of axes."""
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
            Inches.
        ratios : sequence of float
            Relative sizes of the panels, from the top or, if `across`, from the left.
        across : bool
            Whether the panels stand side by side.
        """
        with self.applied():
            figure = Figure(figsize=(self.width, height), layout="constrained")
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
            "font.family": "DejaVu Sans",
            "font.size": 9.5,
            "grid.color": self.grid,
            "savefig.facecolor": self.background,
            "svg.fonttype": "path",
            "svg.hashsalt": "market-impact",
            "text.color": self.text,
            "xtick.color": self.text,
            "ytick.color": self.text,
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
    Both texts also become the figure's label, see `texts_of`.
    """
    finding, detail = _unbroken(finding), _unbroken(detail)
    figure.set_label(f"{finding}\n{detail}")
    if style.narrow:
        _break_labels(figure)
    if not style.titled:
        return
    points = 72 * style.width - 16
    headline = textwrap.fill(finding, int(points / 8.2))
    below = textwrap.fill(detail, int(points / 5.2))
    if style.narrow:  # what the title takes more is not taken from the panels
        figure.set_figheight(figure.get_figheight() + (13 * headline.count("\n")) / 72)
        figure.set_figheight(figure.get_figheight() + (11.5 * below.count("\n")) / 72)
    height = figure.get_figheight()
    first = 8 + 15 * (headline.count("\n") + 1)
    second = first + 4 + 11.5 * (below.count("\n") + 1)
    left = 8 / (72 * style.width)
    figure.text(left, 1 - first / 72 / height, headline, fontsize=12, fontweight="bold")
    figure.text(left, 1 - second / 72 / height, below, fontsize=9, color=style.faint)
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - (second + 6) / 72 / height))


def _break_labels(figure: Figure) -> None:
    for axes in figure.axes:
        for axis, letters in ((axes.xaxis, LABEL["x"]), (axes.yaxis, LABEL["y"])):
            text = axis.get_label_text()
            if "\n" not in text:
                axis.set_label_text(textwrap.fill(text, letters))


def _unbroken(text: str) -> str:
    """Keep a number with its sign and unit on one line."""
    for apart in (" %", "p = ", "p < ", "p ≤ ", " bn", "USD "):
        text = text.replace(apart, apart.replace(" ", "\u00a0"))
    return text


def texts_of(figure: Figure) -> tuple[str, str]:
    """Read the finding and the detail that `title` gave a figure."""
    finding, _, detail = str(figure.get_label()).partition("\n")
    return finding, detail
