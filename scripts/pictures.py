#!/usr/bin/env python3
"""
Draw the figures of the bundled study that the README and the documents show.

Example
-------
    python scripts/pictures.py
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from analysis.figures.catalog import FIGURES
from analysis.figures.export import render
from analysis.figures.style import LIGHT
from analysis.prices.snapshot import load_snapshot
from analysis.run.study import run_study
from analysis.study_file import load_study

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"

PICTURES = ("benchmarks",)
"""Figures of the study's own results, by name; a PNG each."""

COLOURS = 64


def draw_pictures(folder: Path) -> list[Path]:
    """Write the pictures to a folder, of few colours so that they stay small."""
    result = run_study(load_study(), load_snapshot())
    written = []
    for name in PICTURES:
        drawing = render(FIGURES[name].ready(result, None)(LIGHT), "png", LIGHT)
        picture = folder / f"{name}.png"
        image = Image.open(io.BytesIO(drawing)).convert("RGB").quantize(COLOURS)
        image.save(picture, optimize=True)
        written.append(picture)
    return written


if __name__ == "__main__":
    for path in draw_pictures(IMAGES):
        print(path)
