"""The figures of the page: six that carry the story, the others for the appendix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.figures.catalog import FIGURES
from analysis.figures.export import drawers
from analysis.models.catalog import MODELS
from analysis.report.method import DIVIDENDS
from analysis.report.svg import InlineFigure, Sheet, inline_figure
from analysis.report.tables import detail_table
from analysis.results.names import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from matplotlib.figure import Figure

    from analysis._typing import Progress
    from analysis.context.details import Details
    from analysis.figures.style import Style
    from analysis.results import StudyResult
    from analysis.tables.cells import CellTable


@dataclass(frozen=True, slots=True)
class Part:
    """
    A part of the story.

    Attributes
    ----------
    names : tuple of str
        Figures that can tell it, the preferred first.
    says : str
        Two sentences for a reader who knows no statistics; braces take ``name``, ``level``
        and ``dividends``.
    """

    names: tuple[str, ...]
    says: str


STORY = (
    Part(
        ("event-path",),
        "What an owner of {name}’s shares had, {dividends}, before and after the news. "
        "The marks name the news of this study and what else was in the papers.",
    ),
    Part(
        ("cumulative-abnormal",),
        "What is left of each day after taking out what was to be expected, added up day by day. "
        "The band is the {level} interval of each sum: where it leaves out zero, the sum is more "
        "than ordinary days bring.",
    ),
    Part(
        ("benchmarks",),
        "What was to be expected hangs on what stands for the market, so each row asks anew. "
        "A line is the {level} interval of the part that is left: one that leaves out zero is more "
        "than ordinary days bring.",
    ),
    Part(
        ("firms",),
        "Every firm of the study on the same question, each with its {level} interval. "
        "Where many are asked about, some look unusual by luck alone, so marks that count all of "
        "them together say more than single intervals.",
    ),
    Part(
        ("specification-curve",),
        "The same question asked with every other defensible choice, from the lowest answer to the "
        "highest. The diamond is the choice of this page: a finding that stands only there is "
        "weak.",
    ),
    Part(
        ("history",),
        "How the day compares with the worst that {name} has seen, and with the largest losses of "
        "any firm. Percent and dollars rank days differently, since firms grow.",
    ),
)
"""The six, in reading order."""

DAY = Part(
    ("the-day",),
    "The day by the minute: how much came before the opening and how much after it. The band is "
    "what an ordinary day drifts by the same hour.",
)
CONTROL = Part(
    ("synthetic-control",),
    "The firm beside a control made of shares that the news did not touch. The band holds "
    "most of the same made for each of those: a gap inside it is one that chance brings.",
)


@dataclass(frozen=True, slots=True)
class PageFigure:
    """
    A figure of the page.

    Attributes
    ----------
    drawing : InlineFigure
    says : str
        Two sentences; empty in the appendix.
    caption : str
    table : CellTable or None
        Of what it shows.
    """

    drawing: InlineFigure
    says: str
    caption: str
    table: CellTable | None


@dataclass(frozen=True, slots=True)
class PageFigures:
    """The figures of a page: those of the story in its order, and the further ones."""

    story: tuple[PageFigure, ...]
    further: tuple[PageFigure, ...]

    @property
    def all(self) -> Iterable[PageFigure]:
        """Both, the story first."""
        return (*self.story, *self.further)


def story_of(result: StudyResult) -> tuple[Part, ...]:
    """List the parts of a study's story; a counterfactual model's own comes after the path."""
    if not MODELS[result.headline.model].uses_donors:
        return (*STORY, DAY)
    return (*STORY[:1], CONTROL, *STORY[1:], DAY)


def page_figures(
    details: Details, sheet: Sheet, *, progress: Progress | None = None
) -> PageFigures:
    """
    Draw every figure that a study has.

    Parameters
    ----------
    details : Details
    sheet : Sheet
        Takes the style rules of the drawings.
    progress : callable, optional
        Told ``(label, done, total)`` after each.

    Returns
    -------
    PageFigures
    """
    result = details.result
    ready = drawers(result, details)
    told = told_figures(result, ready)
    order = [*told, *(name for name in ready if name not in told)]
    made: dict[str, PageFigure] = {}
    for done, name in enumerate(order, start=1):
        made[name] = _figure(details, name, ready[name], told.get(name, ""), sheet)
        if progress is not None:
            progress(f"figure {name}", done, len(order))
    return PageFigures(
        tuple(made[name] for name in told),
        tuple(figure for name, figure in made.items() if name not in told),
    )


def one_figure(details: Details, name: str, sheet: Sheet) -> PageFigure:
    """
    Draw one figure that a study has.

    Parameters
    ----------
    details : Details
    name : str
    sheet : Sheet

    Returns
    -------
    PageFigure

    Raises
    ------
    KeyError
        If the study has none of that name.
    """
    ready = drawers(details.result, details)
    says = told_figures(details.result, ready).get(name, "")
    return _figure(details, name, ready[name], says, sheet)


def told_figures(result: StudyResult, ready: Iterable[str]) -> dict[str, str]:
    """
    List the figures of a study's story in its order, each with what is said beside it.

    Parameters
    ----------
    result : StudyResult
    ready : iterable of str
        Figures that the study has.

    Returns
    -------
    dict of str to str
    """
    at_hand = set(ready)
    words = {
        "name": name_of(result, result.headline.symbol),
        "level": f"{100 * result.study.level:g} %",
        "dividends": DIVIDENDS[result.dividends],
    }
    found = {}
    for part in story_of(result):
        name = next((name for name in part.names if name in at_hand), None)
        if name is not None:
            found[name] = part.says.format(**words)
    return found


def _figure(
    details: Details, name: str, draw: Callable[[Style], Figure], says: str, sheet: Sheet
) -> PageFigure:
    shown = next((file for file in FIGURES[name].files if file.on_page), None)
    table = None if shown is None else detail_table(details, shown)
    return PageFigure(inline_figure(name, draw, sheet), says, FIGURES[name].caption, table)
