"""All figures in reading order: the modules of `analysis.figures.gallery`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis._discovery import entries, in_reading_order
from analysis.figures import gallery
from analysis.figures.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping

FIGURES: Mapping[str, Figure] = in_reading_order(entries(gallery, "FIGURE", Figure))  # type: ignore[type-abstract]
"""Figures by name, in reading order."""
