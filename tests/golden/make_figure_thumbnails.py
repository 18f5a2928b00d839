"""
Keep what the figures of the bundled study look like: one row of grey squares a figure.

Run it after looking at every figure that changed:

    python tests/golden/make_figure_thumbnails.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from matplotlib import image

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE.parent / "support")]

from thumbnails import thumbnails  # noqa: E402 - its folder is put on the path just above

from analysis.context.details import find_details  # noqa: E402
from analysis.prices.snapshot import load_snapshot  # noqa: E402
from analysis.run.study import run_study  # noqa: E402
from analysis.study_file import load_study  # noqa: E402

if __name__ == "__main__":
    data = load_snapshot()
    squares = thumbnails(find_details(run_study(load_study(), data), data))
    image.imsave(
        HERE / "figure_thumbnails.png",
        np.vstack(list(squares.values())),
        cmap="gray",
        vmin=0,
        vmax=1,
        metadata={"Software": None},
    )
    (HERE / "figure_thumbnails.txt").write_text("\n".join(squares) + "\n")
