"""Every figure looks as it did when it was last looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib import image
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from thumbnails import SIDE, thumbnails

from analysis.figures.export import drawers
from analysis.figures.style import DARK, LIGHT, Style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

pytestmark = pytest.mark.slow

FAINT = 0.01
"""Mean grey difference of a thumbnail that another font rasteriser may make."""


@pytest.fixture(scope="module")
def drawn(full_details):
    return thumbnails(full_details)


def test_every_figure_looks_as_it_did(drawn, root) -> None:
    golden = root / "tests" / "golden"
    names = (golden / "figure_thumbnails.txt").read_text().split()
    kept = image.imread(golden / "figure_thumbnails.png")[..., 0]
    assert list(drawn) == names, "run tests/golden/make_figure_thumbnails.py"
    for place, (name, square) in enumerate(drawn.items()):
        before = kept[place * SIDE : (place + 1) * SIDE]
        assert np.abs(square - before).mean() < FAINT, name


@pytest.mark.parametrize("style", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("width", [4.0, 8.0])
def test_no_text_leaves_the_page(full_details, width, style) -> None:
    chosen = replace(style, width=width)
    for name, draw in drawers(full_details.result, full_details).items():
        assert not cut_texts(draw(chosen), chosen), name


def cut_texts(figure: Figure, style: Style) -> list[str]:
    """List the texts of a figure that its edges cut, by more than half a letter."""
    canvas = FigureCanvasAgg(figure)
    with style.applied():
        canvas.draw()
    page = figure.bbox.padded(4)
    beyond = {  # ticks outside the limits have labels too, which are not drawn
        label
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
        for label in (tick.label1, tick.label2)
    }
    texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    drawn = [(t.get_text(), t.get_window_extent()) for t in texts if t not in beyond]
    return [
        text
        for text, box in drawn
        if not (page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1)
    ]


def test_the_measure_tells_figures_apart(drawn) -> None:
    squares = list(drawn.values())
    differences = [
        np.abs(first - second).mean() for i, first in enumerate(squares) for second in squares[:i]
    ]
    assert min(differences) > 2 * FAINT
