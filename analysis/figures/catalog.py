"""All figures in reading order: the modules of `analysis.figures.gallery`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis._discovery import entries
from analysis.figures import gallery
from analysis.figures.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping


def in_reading_order(found: Mapping[str, Figure]) -> dict[str, Figure]:
    """
    Sort figures by their places.

    Raises
    ------
    ValueError
        If two figures share a place, or one has another name than its module.
    """
    figures = sorted(found.items(), key=lambda item: item[1].place)
    for (name, figure), (_, following) in zip(figures, [*figures[1:], figures[0]], strict=True):
        if figure.name != name:
            raise ValueError(f"the figure of module '{name}' is named '{figure.name}'")
        if figure is not following and figure.place == following.place:
            raise ValueError(f"figures '{name}' and '{following.name}' share place {figure.place}")
    return dict(figures)


FIGURES: Mapping[str, Figure] = in_reading_order(entries(gallery, "FIGURE", Figure))  # type: ignore[type-abstract]
"""Figures by name, in reading order."""
