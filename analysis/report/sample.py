"""The page of a study of many firm-events: the average first, the single events behind it."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.figures.sample import exposure
from analysis.figures.sample.files import SAMPLE_FIGURES
from analysis.figures.sample.path import finding, leading
from analysis.formatting import percent
from analysis.inference.catalog import TESTS
from analysis.report.page import asset, environment, policy_hash
from analysis.report.svg import inline_figure
from analysis.tables.sample_cells import (
    average_table,
    battery_table,
    long_run_table,
    pair_rows,
    regression_table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from analysis.sample.regression import Regression
    from analysis.sample.result import SampleResult


def sample_page(
    result: SampleResult,
    regressions: Sequence[Regression] = (),
    held: pd.DataFrame | None = None,
) -> str:
    """
    Write the report of a study of many firm-events: one HTML page that needs no other file.

    Parameters
    ----------
    result : SampleResult
    regressions : sequence of Regression
    held : pandas.DataFrame, optional
        The long run.

    Returns
    -------
    str
    """
    figures = [
        inline_figure(figure.name, functools.partial(figure.draw, result))
        for figure in SAMPLE_FIGURES
        if not figure.reason(result)
    ]
    for number, regression in enumerate(regressions, start=1):
        if exposure.terms(regression):
            draw = functools.partial(exposure.draw, regression)
            figures.append(inline_figure(f"exposure-{number}", draw))
    average = leading(result)
    tables = [
        average_table(result),
        battery_table(average),
        average_table(result, "day"),
        *(
            replace(regression_table(regression), id=f"characteristics-{number}")
            for number, regression in enumerate(regressions, start=1)
        ),
        *([] if held is None else [long_run_table(held)]),
        pair_rows(result),
    ]
    script = asset("report.js")
    page = (
        environment()
        .get_template("sample.html")
        .render(
            title=result.spec.title,
            data_name=result.data.name,
            headline=finding(result),
            paragraphs=_paragraphs(result),
            statuses=result.statuses.items(),
            policies=result.spec.policies.describe(),
            figures=figures,
            tables=tables,
            style=asset("report.css"),
            script=script,
            script_hash=policy_hash(script),
        )
    )
    return page.rstrip() + "\n"


def _paragraphs(result: SampleResult) -> list[str]:
    average, spec = leading(result), result.spec
    benchmark = f" on {spec.benchmark}" if result.measurer.takes_benchmark else ""
    measured = sum(n for word, n in result.statuses.items() if word.startswith("ok"))
    first = (
        f"{measured:,} of {len(result.pairs):,} firm-events could be measured, each by its own "
        f"{spec.linear.name} model{benchmark} over {spec.estimation}. Over {average.window} the "
        f"mean abnormal return is {percent(average.mean)}, the median {percent(average.median)}; "
        f"{percent(average.positive, 0)} are positive."
    )
    texts = [first]
    if average.battery is not None:
        inner = average.battery
        texts.append(
            f"The {100 * spec.level:g} % interval of the mean is {percent(inner.low)} to "
            f"{percent(inner.high)}. {TESTS[inner.lead.test].title} leads: {inner.lead.reason}."
        )
    return texts
