"""CAAR along the path with its band: the figure that every reader of an event study expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from analysis.figures.style import LIGHT, Style, band, title
from analysis.formatting import digits_for, percent, probability
from analysis.sample.caar import caar_path
from analysis.windows import span_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.sample.average import Average
    from analysis.sample.result import SampleResult

MOST_GROUPS = 4
"""With more groups only all pairs together are drawn."""


def draw(result: SampleResult, style: Style = LIGHT) -> Figure:
    """
    Draw the CAAR of all pairs with its band, and of up to `MOST_GROUPS` groups as lines.

    Parameters
    ----------
    result : SampleResult
    style : Style

    Returns
    -------
    matplotlib.figure.Figure
    """
    path = caar_path(result)
    figure, axes = style.figure(4.4)
    with style.applied():
        band(axes, path.days.astype(float), 100 * path.low, 100 * path.high, style)
        axes.plot(path.days, 100 * path.caar, color=style.plain, lw=2.0)
        names = group_names(result)
        if 1 < len(names) <= MOST_GROUPS:
            ends = []
            for name, line in zip(names, ("--", ":", "-.", (0, (1, 1))), strict=False):
                one = caar_path(result, name)
                axes.plot(one.days, 100 * one.caar, color=style.faint, lw=1.1, ls=line)
                ends.append((100 * float(one.caar[-1]), f"{name} ({one.n:,})"))
            _label_ends(axes, float(path.days[-1]), ends, style)
            axes.margins(x=0.14)
        axes.axhline(0, color=style.faint, lw=0.8)
        if result.spec.path.start <= 0 <= result.spec.path.end:
            axes.axvline(0, color=style.faint, lw=0.8, ls=":")
        axes.set_xlabel("sessions from the reaction session")
        axes.set_ylabel("cumulative average abnormal return, %")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", lw=0.6)
        title(figure, finding(result), _detail(result, path.n, path.band), style)
    return figure


def group_names(result: SampleResult) -> list[str]:
    """List the groups that have averages, without all pairs and the differences."""
    named = (a.group for a in result.averages if a.battery is not None and a.group != "all")
    return list(dict.fromkeys(named))


def finding(result: SampleResult) -> str:
    """Say what the first window's mean is, and whether chance explains it."""
    average = leading(result)
    lead, alpha = average.lead, 1 - result.spec.level
    window, mean = span_words(average.window), fitting(average.mean, average)
    if average.n == 1:
        words = f"The abnormal return over {window} is {mean}"
    else:
        words = f"{average.n:,} firm-events: {mean} on average over {window}"
    if lead.p is None:
        return words
    chance = "beyond chance" if lead.p <= alpha else "within chance"
    return f"{words}, {chance} (p {_equal(probability(lead.p))})"


def leading(result: SampleResult) -> Average:
    """Take the average of all pairs over the first window."""
    return result.of("all", result.spec.windows[0])


def fitting(value: float, average: Average) -> str:
    """Write a return in percent, with the decimals that the interval of the average allows."""
    inner = average.battery
    return percent(value, digits_for(None if inner is None else 50 * (inner.high - inner.low)))


def _equal(p: str) -> str:
    return p if p[0] in "<≤" else f"= {p}"


def _detail(result: SampleResult, n: int, band: str) -> str:
    spec = result.spec
    pairs = "1 firm-event" if n == 1 else f"{n:,} firm-events"
    return (
        f"{spec.title}: {pairs}, {result.measured_words}, estimation window "
        f"{spec.estimation}; {100 * spec.level:g} % band {band}"
    )


def _label_ends(axes: object, day: float, ends: list[tuple[float, str]], style: Style) -> None:
    """Name lines at their right ends, apart enough to be read."""
    low, high = axes.get_ylim()  # type: ignore[attr-defined]
    gap, last = (high - low) / 22, -float("inf")
    for value, text in sorted(ends):
        last = max(value, last + gap)
        axes.annotate(  # type: ignore[attr-defined]
            text,
            xy=(day, last),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=style.small,
            color=style.faint,
        )
