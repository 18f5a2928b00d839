"""Room at the left for long labels of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.layout_engine import ConstrainedLayoutEngine

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def room_left(figure: Figure, inches: float = 0.14) -> None:
    """Keep labels of rows off the edge of the figure."""
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(w_pad=inches)
