"""Abnormal returns against a characteristic, with the fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pandas.api.types import is_numeric_dtype

from analysis.figures.style import LIGHT, Style, title
from analysis.formatting import probability
from analysis.sample.regression import PLACES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.sample.regression import Regression

OUTCOMES = {
    "car": "abnormal return, %",
    "bhar": "buy-and-hold abnormal return, %",
    "scar": "standardised abnormal return",
}
"""What a regression explains, as its axis names it."""


def terms(regression: Regression) -> list[str]:
    """List the numeric characteristics that a regression names."""
    frame, named = regression.frame, regression.formula.partition("~")[2]
    return [
        name
        for name in map(str, frame.columns)
        if name not in {*PLACES, "outcome", "fitted", "se"}
        and is_numeric_dtype(frame[name])
        and name in named.replace("(", " ").replace(")", " ").replace("*", " ").split()
    ]


def draw(regression: Regression, style: Style = LIGHT) -> Figure:
    """
    Draw the outcome of a regression against its first numeric characteristic, and what it fits.

    Parameters
    ----------
    regression : Regression
        With at least one of `terms`.
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    name = terms(regression)[0]
    frame = regression.frame.sort_values(name)
    x, y = frame[name].to_numpy(float), frame["outcome"].to_numpy(float)
    outcome = regression.formula.partition("~")[0].strip()
    scale = 1 if outcome == "scar" else 100
    wide = x.min() > 0 and x.max() / x.min() > 50
    figure, axes = style.figure(4.4)
    with style.applied():
        axes.plot(x, scale * y, "o", mfc=style.background, mec=style.plain, ms=4.5, mew=1.1)
        single = len(terms(regression)) == 1 and "C(" not in regression.formula
        fitted = scale * frame["fitted"].to_numpy(float)
        axes.plot(x, fitted, "-" if single else "_", color=style.accent, lw=1.8, ms=7)
        axes.axhline(0, color=style.faint, lw=0.8)
        if wide:
            axes.set_xscale("log")
        axes.set_xlabel(name)
        axes.set_ylabel(OUTCOMES.get(outcome, f"{outcome}, %"))
        axes.grid(axis="y", lw=0.6)
        finding, detail = _texts(regression, name)
        title(figure, finding, detail, style)
    return figure


def _texts(regression: Regression, name: str) -> tuple[str, str]:
    rows = regression.rows
    covariance = next(c for c in ("portfolio", "date", "HC3") if (rows["covariance"] == c).any())
    mask = (rows["weighting"] == "none") & (rows["covariance"] == covariance)
    named = rows[mask & rows["term"].str.contains(name, regex=False)]
    detail = (
        f"{regression.formula} over {regression.window}, {regression.n:,} firm-events; errors "
        f"{covariance}"
    )
    if named.empty:
        return f"Abnormal returns against {name}", detail
    row = named.iloc[0]
    p = float(row["p"])
    word = "rise" if row["estimate"] > 0 else "fall"
    shown = probability(p)
    shown = shown if shown[0] in "<≤" else f"= {shown}"
    if p > 0.05:
        return f"Abnormal returns do not move with {name} beyond chance (p {shown})", detail
    return f"Abnormal returns {word} with {row['term']}: t {row['t']:.1f}, p {shown}", detail
