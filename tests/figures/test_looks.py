"""Every figure looks as it did when it was last looked at."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import image
from thumbnails import SIDE, thumbnails

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


def test_the_measure_tells_figures_apart(drawn) -> None:
    squares = list(drawn.values())
    differences = [
        np.abs(first - second).mean() for i, first in enumerate(squares) for second in squares[:i]
    ]
    assert min(differences) > 2 * FAINT
