"""The page of a study of many firm-events: the average first, the single events behind it."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.export import versions
from analysis.figures.sample import exposure
from analysis.figures.sample.files import SAMPLE_FIGURES
from analysis.figures.sample.path import leading
from analysis.formatting import percent
from analysis.inference.catalog import TESTS
from analysis.report.cells import cite, uncited
from analysis.report.figures import PageFigure
from analysis.report.notes import Footnotes
from analysis.report.page import noted, source_line, write_page
from analysis.report.payload import page_json
from analysis.report.sample_picker import leading_answer, sample_picker_json
from analysis.report.sample_words import sample_headline, sample_standfirst, sample_sure
from analysis.report.social import social_image
from analysis.report.svg import Sheet, inline_figure
from analysis.report.words import dated, typeset
from analysis.tables.sample_cells import (
    average_table,
    battery_table,
    long_run_table,
    pair_rows,
    regression_table,
)
from analysis.windows import span_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from analysis._typing import Progress
    from analysis.sample.regression import Regression
    from analysis.sample.result import SampleResult
    from analysis.tables.cells import CellTable

STORY = {
    "caar-path": "The average of all firm-events, added up day by day from the first day shown. "
    "The band is its {level} interval: where that leaves out zero, the sum is more than chance "
    "brings.",
    "car-distribution": "How the single answers lie around the average, and in each group. "
    "An average that a few make alone lies far from the middle of the box.",
    "forest": "Every firm-event with its {level} interval, and the average below. "
    "A line that leaves out zero is more than that firm’s ordinary days bring.",
}
"""Figures that carry the story, with two sentences each."""


def sample_page(
    result: SampleResult,
    regressions: Sequence[Regression] = (),
    held: pd.DataFrame | None = None,
    *,
    url: str = "",
    progress: Progress | None = None,
) -> str:
    """
    Write the report of a study of many firm-events: one HTML page that needs no other file.

    Parameters
    ----------
    result : SampleResult
    regressions : sequence of Regression
    held : pandas.DataFrame, optional
        The long run.
    url : str
        Address under which the page will be read.
    progress : callable, optional
        Told ``(label, done, total)`` after each figure.

    Returns
    -------
    str
    """
    sheet, notes = Sheet(), Footnotes()
    figures = _figures(result, regressions, sheet, progress)
    story = [figure for figure in figures if figure.says]
    further = [figure for figure in figures if not figure.says]
    tables = _tables(result, regressions, held)
    headline, told = sample_headline(result, cite), sample_standfirst(result, cite)
    return write_page(
        "sample.html",
        sheet,
        url=url,
        finding=typeset(uncited(headline)),
        headline=notes.text(headline),
        standfirst=notes.text(told),
        description=typeset(uncited(told)),
        kicker=typeset(f"{result.spec.title} · {dated(result.data.name)}"),
        contents=[
            *(("sure", "How sure?"), ("choose", "Size"), ("figures", "Figures")),
            *(("appendix", "Appendix"), ("glossary", "Glossary")),
        ],
        sure=[noted(line, notes) for line in sample_sure(result, cite)],
        answer=leading_answer(result),
        story=story,
        further=further,
        source=source_line(result.data.name),
        paragraphs=_paragraphs(result),
        statuses=result.statuses.items(),
        policies=result.spec.policies.describe(),
        tables=tables,
        data_name=result.data.name,
        versions=", ".join(f"{name} {version}" for name, version in versions().items()),
        notes=notes.notes,
        payload=page_json(tables, figures, {"sample": sample_picker_json(result)}),
    )


def sample_image(result: SampleResult) -> bytes:
    """Draw the picture that a link to the page shows: a PNG, ``og.png`` beside the page."""
    sure = [(line.question, line.grade, line.answer) for line in sample_sure(result, cite)]
    return social_image(typeset(uncited(sample_headline(result, cite))), result.spec.title, sure)


def _figures(
    result: SampleResult,
    regressions: Sequence[Regression],
    sheet: Sheet,
    progress: Progress | None,
) -> list[PageFigure]:
    drawn = {
        figure.name: (figure.caption, functools.partial(figure.draw, result))
        for figure in SAMPLE_FIGURES
        if not figure.reason(result)
    }
    for number, regression in enumerate(regressions, start=1):
        if exposure.terms(regression):
            draw = functools.partial(exposure.draw, regression)
            drawn[f"exposure-{number}"] = ("Abnormal returns against a characteristic", draw)
    level = f"{100 * result.spec.level:g} %"
    order = sorted(drawn, key=lambda name: list(STORY).index(name) if name in STORY else len(STORY))
    made = []
    for done, name in enumerate(order, start=1):
        caption, draw = drawn[name]
        says = STORY.get(name, "").format(level=level)
        made.append(PageFigure(inline_figure(name, draw, sheet), says, caption, None))
        if progress is not None:
            progress(f"figure {name}", done, len(order))
    return made


def _tables(
    result: SampleResult, regressions: Sequence[Regression], held: pd.DataFrame | None
) -> list[CellTable]:
    return [
        average_table(result),
        battery_table(result, leading(result)),
        average_table(result, "day"),
        *(
            replace(regression_table(regression), id=f"characteristics-{number}")
            for number, regression in enumerate(regressions, start=1)
        ),
        *([] if held is None else [long_run_table(held)]),
        pair_rows(result),
    ]


def _paragraphs(result: SampleResult) -> list[str]:
    average, spec = leading(result), result.spec
    measured = sum(n for word, n in result.statuses.items() if word.startswith("ok"))
    first = (
        f"{measured:,} of {len(result.pairs):,} firm-events could be measured, each by its own "
        f"{spec.linear.name} model against {result.benchmark_words} over {spec.estimation}. Over "
        f"{span_words(average.window)} the mean abnormal return is {percent(average.mean)}, the "
        f"median {percent(average.median)}; {percent(average.positive, 0)} are positive."
    )
    if average.battery is None:
        return [first]
    inner = average.battery
    second = (
        f"The {100 * spec.level:g} % interval of the mean is {percent(inner.low)} to "
        f"{percent(inner.high)}. {TESTS[inner.lead.test].title} leads: {inner.lead.reason}."
    )
    return [first, second]
