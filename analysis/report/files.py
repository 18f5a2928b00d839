"""The folder of a report: the page, and the files in which its numbers stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.export import result_files
from analysis.figures.catalog import FIGURES
from analysis.report.details import ABROAD, CLAIMS, FIRST_SESSIONS, LEAVE_ONE_OUT, REGIMES, WORLD
from analysis.report.page import page_image, report_page
from analysis.report.social import IMAGE
from analysis.spreadsheets import to_csv

if TYPE_CHECKING:
    from analysis._typing import Progress
    from analysis.context.details import Details


def report_files(
    details: Details, *, url: str = "", progress: Progress | None = None
) -> dict[str, str | bytes]:
    """
    Lay out the folder of a report.

    Parameters
    ----------
    details : Details
    url, progress
        As `report_page`.

    Returns
    -------
    dict of str to str or bytes
        File name to content; ``report.html`` first, ``og.png`` the picture that a link to it
        shows.
    """
    beside = [file for figure in FIGURES.values() for file in figure.files]
    frames = {
        file.name: file.frame(details)
        for file in (*beside, CLAIMS, LEAVE_ONE_OUT, REGIMES, WORLD, ABROAD, FIRST_SESSIONS)
    }
    return {
        "report.html": report_page(details, url=url, progress=progress),
        IMAGE: page_image(details),
        **result_files(details.result),
        **{name: to_csv(frame) for name, frame in frames.items() if frame is not None},
    }
