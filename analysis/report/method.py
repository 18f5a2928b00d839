"""How a study was measured and what it rests on, for the foot of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis._bundle import bundled_data
from analysis.context.curve import ESTIMANDS
from analysis.formatting import counted, percent
from analysis.models.catalog import MODELS
from analysis.narrative_curve import CHOICE_TITLES
from analysis.prices.manifest import read_manifest
from analysis.tables.notes import value_source

if TYPE_CHECKING:
    from analysis.context.curve import Multiverse
    from analysis.context.details import Details


DIVIDENDS = {
    True: "dividends included",
    False: "dividends left out",
    None: "dividends included as far as the levels given hold them",
}
"""By whether they are in the levels of a study."""


def method_paragraphs(details: Details) -> list[str]:
    """Say how the headline was measured, from the study as it ran."""
    result = details.result
    study, head = result.study, result.headline
    spec = MODELS[head.model]
    what = f"The headline's model is the {spec.title} ({spec.reference})"
    if spec.uses_benchmark:
        what += f" on {head.benchmark}"
    kind = "logarithms" if study.log else "simple"
    lines = [
        (
            f"{what}, fitted by event time on the sessions {study.estimation} "
            f"({head.n_estimation} used, {head.df} degrees of freedom, residual standard deviation "
            f"{percent(head.sigma)}). Returns are {kind}, in {result.returns_in}, "
            f"{DIVIDENDS[result.dividends]}. An abnormal return is the realised less the expected "
            "one; its standard error is that of a prediction: it holds the error of the day and of "
            "the estimated parameters (Patell "
            "1976). Session 0 is the first whose close came after the news."
        ),
        (
            "p is Student's t; the sample-quantile p ranks the day among the estimation residuals; "
            "the placebo p ranks its t among the same statistic on earlier dates, the model fitted "
            "anew for each. All firms share one date, so tests that take them for independent are "
            "not shown."
        ),
        (
            "Dollars are the market value at each close before times the abnormal return; their "
            "intervals hold the error of the expected return, not that of the share count."
        ),
    ]
    if details.multiverse.curves:
        lines.append(_curve_method(details.multiverse))
    if result.shares:
        lines.append(
            "Market values are shares times the printed close of the eve: "
            + "; ".join(value_source(result, symbol) for symbol in result.shares)
            + "."
        )
    return lines


def _curve_method(multiverse: Multiverse) -> str:
    left_out = f"Left out: {'; '.join(multiverse.left_out)}. " if multiverse.left_out else ""
    curve = multiverse.curves[0]
    shares = ", ".join(
        f"{CHOICE_TITLES[name]} {percent(v, 0)}" for name, v in curve.effects.items()
    )
    spread = f" Its variance comes from: {shares} (Shapley values)." if shares else ""
    return (
        "The specification curve crosses the study's models and benchmarks, and these without the "
        "firm and without every firm of the study where weights are known, with estimation "
        f"lengths, gaps and return types: {counted(len(curve.points), 'answer')} to the headline's "
        f"own question, {ESTIMANDS[curve.estimand]}; other questions have curves of their own, and "
        "families of benchmarks weigh alike. "
        f"{left_out}On placebo dates every specification is fitted anew, and what is ranked is a "
        f"figure of the whole curve (Simonsohn, Simmons and Nelson 2020).{spread}"
    )


def input_files(details: Details) -> list[dict[str, str]]:
    """List every file read, each once: ``name``, ``sha256`` and, of bundled ones, ``about``."""
    known = read_manifest(bundled_data())
    files = [*details.result.inputs, *details.inputs]
    return [
        {
            "name": item.name,
            "sha256": item.sha256,
            "about": _about(known[item.name]) if item.name in known else "",
        }
        for item in dict.fromkeys(files)
    ]


def _about(entry: dict[str, str]) -> str:
    return f"{entry['title']}. Source: {entry['source']}. Limits: {entry['limits']}."
