"""The figure of the cumulative abnormal return: what it plots, and what its title says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import FillBetweenPolyCollection

from analysis.context.absent import Absent
from analysis.context.cumulative import CumulativePath
from analysis.figures.catalog import FIGURES
from analysis.figures.gallery.cumulative_abnormal import finding
from analysis.figures.style import LIGHT, texts_of

FIGURE = FIGURES["cumulative-abnormal"]


def path(*car: float, se: float | None = 0.01, first: int = -1) -> CumulativePath:
    """A path of sessions from `first` on with one standard error; 2 of them are the interval."""
    values = np.array(car)
    return CumulativePath(
        symbol="AAA",
        first=first,
        sessions=tuple(pd.bdate_range("2025-01-24", periods=len(car))),
        ar=np.diff(values, prepend=0.0),
        car=values,
        se=None if se is None else np.full(len(car), se),
        critical=2.0,
        alpha=0.001,
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            path(0.0, -0.2, -0.1),
            "-20.0 % by session 0 and -10.0 % by session 1, both beyond chance",
        ),
        (path(0.0, 0.2, 0.1), "20.0 % by session 0 and 10.0 % by session 1, both beyond chance"),
        (path(0.0, 0.01, -0.01), "1.0 % by session 0 and -1.0 % by session 1, both within chance"),
        (
            path(0.0, -0.2, 0.01),
            "-20.0 % by session 0 (beyond chance) and 1.0 % by session 1 (within chance)",
        ),
        (path(0.0, 0.2), "20.0 % by session 0 (beyond chance)"),
        (path(0.0, -0.2, -0.1, se=None), "-20.0 % by session 0 and -10.0 % by session 1"),
    ],
)
def test_titles_of_a_fall_a_gain_and_a_null(found: CumulativePath, said: str) -> None:
    assert finding(found) == f"AAA's abnormal returns from session -1 on add up to {said}"


def test_it_comes_right_after_the_path_of_the_stock() -> None:
    names = list(FIGURES)
    assert names[names.index("event-path") + 1] == "cumulative-abnormal"


def polygons(axes) -> list[FillBetweenPolyCollection]:
    return [c for c in axes.collections if isinstance(c, FillBetweenPolyCollection)]


@pytest.mark.slow
def test_what_is_plotted_is_the_record(full_details) -> None:
    found, figure = full_details.cumulative, FIGURE(full_details, LIGHT)
    axes = figure.axes[0]
    line = next(x for x in axes.lines if x.get_linewidth() == 2.0)
    np.testing.assert_array_equal(line.get_xdata(), np.array(found.days))
    np.testing.assert_array_equal(line.get_ydata(), 100 * found.car)
    edge = polygons(axes)[0].get_paths()[0].vertices[:, 1]
    assert (edge.min(), edge.max()) == pytest.approx(
        (100 * found.low.min(), 100 * found.high.max())
    )
    title, detail = (
        text.replace("\u00a0", " ").replace("\u2212", "-") for text in texts_of(figure)
    )
    assert title == (
        "NVIDIA's abnormal returns from session -10 on add up to -21.0 % by session 0 (beyond "
        "chance) and -10.5 % by session 20 (within chance)"
    )
    assert "0.271 % a session, is expected of the first 5 sessions alone" in detail


@pytest.mark.slow
def test_without_covariance_there_is_a_line_and_no_band(full_details) -> None:
    bare = replace(full_details, cumulative=replace(full_details.cumulative, se=None))
    figure = FIGURE(bare, LIGHT)
    assert not polygons(figure.axes[0])
    assert "no band, since the market model has no covariance" in texts_of(figure)[1]


@pytest.mark.slow
def test_a_short_path_says_nothing_of_alpha_and_an_absent_one_says_why(full_details) -> None:
    short = replace(full_details, cumulative=path(0.0, -0.2, -0.1))
    assert "alpha" not in texts_of(FIGURE(short, LIGHT))[1]
    none = replace(full_details, cumulative=Absent("needs more"))
    assert FIGURE.reason(none.result, none) == "needs more"
