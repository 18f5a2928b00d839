"""The page: results in, one self-contained HTML document out. It computes nothing."""

from __future__ import annotations

import base64
import functools
import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from analysis.export import versions
from analysis.figures.export import absent
from analysis.formatting import percent
from analysis.models.catalog import MODELS
from analysis.narrative import report_narrative
from analysis.report.cards import FIRST, cards, tally
from analysis.report.cells import cite, uncited
from analysis.report.details import FIRST_SESSIONS, LEAVE_ONE_OUT, REGIMES
from analysis.report.figures import page_figures
from analysis.report.glossary import TERMS
from analysis.report.method import input_files, method_paragraphs
from analysis.report.notes import Footnotes
from analysis.report.payload import LONG, column_kind, page_json
from analysis.report.picker import picker_json
from analysis.report.social import image_address, social_image
from analysis.report.sure import how_sure
from analysis.report.svg import Sheet
from analysis.report.tables import detail_table, study_tables
from analysis.report.words import (
    dated,
    headline_words,
    signed,
    standfirst,
    typeset,
    yardstick,
)
from analysis.results.names import name_of
from analysis.study_file import dump_study
from analysis.windows import span_words

if TYPE_CHECKING:
    from analysis._typing import Progress
    from analysis.context.details import Details
    from analysis.report.sure import Sure
    from analysis.results import StudyResult
    from analysis.tables.cells import CellTable, Column

SCRIPTS = ("tables.js", "figures.js", "picker.js", "sample.js")
"""Parts of the page's script, in the order in which they run."""

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the leading numbers, with its interval."""

    id: str
    what: str
    value: str
    interval: str


def report_page(details: Details, *, url: str = "", progress: Progress | None = None) -> str:
    """
    Write a study's report.

    Parameters
    ----------
    details : Details
    url : str
        Address under which the page will be read, for those who show links to it.
    progress : callable, optional
        Told ``(label, done, total)`` after each figure.

    Returns
    -------
    str
        An HTML document without any reference outside itself. Text that came from files is
        escaped, and a content security policy refuses every script and style but the page's own.
    """
    result, notes, sheet = details.result, Footnotes(), Sheet()
    headline = headline_words(result, cite)
    tables = _tables(details)
    figures = page_figures(details, sheet, progress=progress)
    own = [figure.table for figure in figures.all if figure.table is not None]
    said = cards(details.claims)
    return write_page(
        "report.html",
        sheet,
        url=url,
        finding=typeset(uncited(headline)),
        headline=notes.text(headline),
        standfirst=_standfirst(result, notes),
        description=typeset(uncited(standfirst(result, cite))),
        kicker=typeset(f"{result.study.title} · {dated(result.data_name)}"),
        contents=_contents(bool(said)),
        sure=[noted(line, notes) for line in how_sure(details, cite)],
        tiles=leading_tiles(result),
        chosen=_chosen(result),
        figures=figures,
        source=source_line(result.data_name),
        cards=said,
        first_cards=FIRST,
        tally=tally(said),
        narrative=[notes.text(text) for text in report_narrative(details, cite)],
        tables=tables,
        own={table.id for table in study_tables(result)},
        absent=[f"{name}: {reason}" for name, reason in absent(details).items()],
        method=method_paragraphs(details),
        data_name=result.data_name,
        inputs=input_files(details),
        versions=", ".join(f"{name} {version}" for name, version in versions().items()),
        study=dump_study(result.study),
        notes=notes.notes,
        payload=page_json([*tables, *own], figures.all, {"picker": picker_json(details)}),
    )


def source_line(data_name: str) -> str:
    """Name the data of a figure."""
    return f"Source: {dated(data_name)}; computed by market-impact."


def page_image(details: Details) -> bytes:
    """Draw the picture that a link to the page shows: a PNG, ``og.png`` beside the page."""
    result = details.result
    return social_image(
        typeset(uncited(headline_words(result, cite))),
        result.study.title,
        [(line.question, line.grade, line.answer) for line in how_sure(details, cite)],
    )


def write_page(template: str, sheet: Sheet, *, url: str = "", **content: object) -> str:
    """
    Fill a template with what a page shows; script, styles and their policy are added here.

    Parameters
    ----------
    template : str
        Name of the file.
    sheet : Sheet
        Style rules of the page's drawings.
    url : str
        Address of the page; empty where it is not known.
    **content
        What the template names.

    Returns
    -------
    str
    """
    script = "\n".join(map(asset, SCRIPTS))
    style, drawing = asset("report.css"), sheet.text
    page = (
        environment()
        .get_template(template)
        .render(
            **content,
            url=url,
            image=image_address(url),
            terms=TERMS,
            longest=LONG,
            version=versions()["market-impact"],
            style=Markup(style),  # noqa: S704 - the package's own file
            style_hash=policy_hash(style),
            drawing_style=Markup(drawing),  # noqa: S704 - of matplotlib's own drawings
            drawing_hash=policy_hash(drawing),
            script=Markup(script),  # noqa: S704 - the package's own file
            script_hash=policy_hash(script),
        )
    )
    return page.strip() + "\n"


@functools.cache
def environment() -> jinja2.Environment:
    """Open the templates of pages; every text in them is escaped."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "typeset": lambda text: text if isinstance(text, Markup) else typeset(text),
        "kind_of": _kind_of,
        "numeric": lambda table, at: any(row[at].numeric for row in table.rows),
        "words": lambda count: WORDS[count] if count < len(WORDS) else str(count),
        "before_comma": lambda text: text.partition(",")[0].lower(),
    }
    return made


def _kind_of(column: Column, place: int, table: CellTable) -> str:
    return "c-" + column_kind(column, place, table.left)


def asset(name: str) -> str:
    """Read a file that lies beside the templates."""
    return resources.files("analysis.report").joinpath("templates", name).read_text("utf-8")


def policy_hash(script: str) -> str:
    """Name a script or a style as the page's content security policy does."""
    digest = hashlib.sha256(script.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()


def _contents(press: bool) -> list[tuple[str, str]]:
    parts = [("sure", "How sure?"), ("choose", "Size"), ("figures", "Figures")]
    if press:
        parts.append(("press", "Press check"))
    return [*parts, ("appendix", "Appendix"), ("glossary", "Glossary")]


def _standfirst(result: StudyResult, notes: Footnotes) -> Markup:
    event = result.headline_event.event
    text = notes.text(standfirst(result, cite))
    return Markup("<p><strong>{}.</strong> {}</p>").format(typeset(event.title.rstrip(".")), text)


def noted(line: Sure, notes: Footnotes) -> dict[str, object]:
    """Lay out a graded line, with a footnote of where its numbers stand."""
    return {
        "question": line.question,
        "grade": line.grade,
        "answer": line.answer,
        "because": notes.text(line.because),
    }


def leading_tiles(result: StudyResult) -> list[Tile]:
    """Lay out what happened, what was to be expected and what is left, with its interval."""
    head, window = result.headline, result.headline_window
    level = f"{100 * result.study.level:g} % interval"
    interval = (
        f"{level} {percent(window.t.low, 1)} to {percent(window.t.high, 1)}"
        if window.t.available
        else ""
    )
    tiles = [
        Tile("raw", "what happened", percent(window.raw, 1), name_of(result, head.symbol)),
        Tile(
            "expected", "was to be expected", percent(window.expected, 1), yardstick(result, head)
        ),
        Tile("abnormal", "is left unexplained", percent(window.car, 1), interval),
    ]
    impact = window.impact
    if impact is not None:
        ends = (
            f"{level} {signed(impact.low, impact.currency)} to "
            f"{signed(impact.high, impact.currency)}"
            if impact.low is not None and impact.high is not None
            else ""
        )
        tiles.append(
            Tile("impact", "in market value", signed(impact.abnormal, impact.currency), ends)
        )
    return tiles


def _chosen(result: StudyResult) -> str:
    """Say of which choice the tiles are; the page's script says it anew for others."""
    head = result.headline
    return (
        f"{name_of(result, head.symbol)}, {MODELS[head.model].title}, against "
        f"{yardstick(result, head)}; {span_words(result.study.headline.window)}."
    )


def _tables(details: Details) -> list[CellTable]:
    more = (detail_table(details, file) for file in (LEAVE_ONE_OUT, REGIMES, FIRST_SESSIONS))
    return [*study_tables(details.result), *(table for table in more if table is not None)]
