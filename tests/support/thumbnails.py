"""Figures made small, to hold against what they looked like when they were last looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from analysis.figures.export import drawers
from analysis.figures.style import LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.context.details import Details

SIDE = 96
"""Pixels of a thumbnail's sides."""


def thumbnails(details: Details) -> dict[str, np.ndarray]:
    """Draw every figure of a study as a grey square, 0 black and 1 white, by name."""
    ready = drawers(details.result, details)
    return {name: _small(draw(LIGHT)) for name, draw in ready.items()}


def _small(figure: Figure) -> np.ndarray:
    figure.set_dpi(72)
    canvas = FigureCanvasAgg(figure)
    with LIGHT.applied():
        canvas.draw()
    grey = np.asarray(canvas.buffer_rgba())[..., :3].mean(axis=2) / 255
    rows = np.array_split(np.arange(grey.shape[0]), SIDE)
    columns = np.array_split(np.arange(grey.shape[1]), SIDE)
    return np.array([[grey[np.ix_(r, c)].mean() for c in columns] for r in rows])
