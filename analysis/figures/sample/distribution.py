"""How the pairs' CARs are spread, by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.figures.sample.margin import room_left
from analysis.figures.sample.path import fitting, group_names, leading
from analysis.figures.style import LIGHT, Style, title
from analysis.sample.regression import pair_table
from analysis.windows import span_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.sample.result import SampleResult

MOST_GROUPS = 12
TAIL = 0.005
"""Share of the pairs at either end that lies beyond the axis where there are very many."""


def draw(result: SampleResult, style: Style = LIGHT) -> Figure:
    """
    Draw the distribution of the CARs of the first window: a box a group, its pairs behind.

    Parameters
    ----------
    result : SampleResult
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = pair_table(result, result.spec.windows[0])
    names = group_names(result)[:MOST_GROUPS]
    parts = [("all", 100 * table["car"].to_numpy(float))]
    if len(names) > 1:
        parts += [(n, 100 * table.loc[table["group"] == n, "car"].to_numpy(float)) for n in names]
    parts.reverse()
    figure, axes = style.figure(1.9 + 0.5 * len(parts))
    with style.applied():
        spots = np.random.default_rng(0)  # only where a dot lies within its row
        for row, (_, values) in enumerate(parts):
            shown = values if len(values) <= 400 else spots.choice(values, 400, replace=False)
            height = row + spots.uniform(-0.24, 0.24, len(shown))
            axes.plot(shown, height, "o", color=style.plain, ms=2.6, mew=0)
        axes.boxplot(
            [values for _, values in parts],
            positions=range(len(parts)),
            orientation="horizontal",
            widths=0.6,
            showfliers=False,
            medianprops={"color": style.accent, "lw": 1.8},
            boxprops={"color": style.text},
            whiskerprops={"color": style.text},
            capprops={"color": style.text},
        )
        axes.plot(
            [values.mean() for _, values in parts],
            range(len(parts)),
            "D",
            color=style.accent,
            ms=5,
            zorder=5,
        )
        axes.axvline(0, color=style.faint, lw=0.8)
        if len(table) > 1000:
            everyone = parts[-1][1]
            axes.set_xlim(*np.quantile(everyone, [TAIL, 1 - TAIL]))
        axes.set_yticks(range(len(parts)), [f"{name} ({len(v):,})" for name, v in parts])
        axes.set_xlabel(f"abnormal return over {span_words(result.spec.windows[0])}, %")
        axes.grid(axis="x", lw=0.6)
        average = leading(result)
        finding = (
            f"{100 * average.positive:.0f} % of {average.n:,} abnormal returns are positive; "
            f"the median is {fitting(average.median, average)}, the mean "
            f"{fitting(average.mean, average)}"
        )
        detail = f"{result.spec.title}; line: median, diamond: mean, box: middle half"
        title(figure, finding, detail, style)
        room_left(figure)
    return figure
