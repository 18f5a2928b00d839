"""One figure as a page of its own, to be put into another page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from analysis.errors import StudyError, nearest
from analysis.figures.catalog import FIGURES
from analysis.report.figures import one_figure
from analysis.report.page import source_line, write_page
from analysis.report.svg import Sheet

if TYPE_CHECKING:
    from analysis.context.details import Details


def embed_page(details: Details, name: str) -> str:
    """
    Write one figure as a page of its own: no script, no other file, both widths, both themes.

    Parameters
    ----------
    details : Details
    name : str
        Of the figure.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    StudyError
        If there is no such figure, or this study has none.
    """
    check_figure(name)
    reason = FIGURES[name].reason(details.result, details)
    if reason:
        raise StudyError(f"figure '{name}' cannot be drawn from these results: {reason}")
    sheet = Sheet()
    figure = one_figure(details, name, sheet)
    says = figure.says or figure.caption
    source = source_line(details.result.data_name)
    return write_page("embed.html", sheet, figure=figure, says=says, source=source)


def check_figure(name: str) -> None:
    """
    Refuse the name of a figure that there is not, before anything is computed.

    Raises
    ------
    StudyError
        With the nearest names.
    """
    if name not in FIGURES:
        raise StudyError(f"figure '{name}' is unknown; {nearest(name, FIGURES, most=20)}")


def embed_code(file: str, title: str) -> str:
    """
    Write the line that puts a figure's page into another page.

    Examples
    --------
    >>> embed_code("firms.html", "Who fell")
    '<iframe src="firms.html" title="Who fell" width="100%" height="640" loading="lazy"></iframe>'
    """
    return (
        f'<iframe src="{escape(file)}" title="{escape(title)}" width="100%" height="640" '
        'loading="lazy"></iframe>'
    )
