"""A figure as one object: its name, place, caption, drawing, files, and when it is absent."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.figures.style import LIGHT

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib import figure as drawn

    from analysis.context.details import Details
    from analysis.figures.style import Style
    from analysis.results import StudyResult
    from analysis.tables.file import TidyFile


def always(_source: object) -> str:
    """Say of a figure that any study has that it is never absent."""
    return ""


@dataclass(frozen=True, slots=True)
class Figure(ABC):
    """
    A figure of a study; `ResultFigure` and `DetailFigure` say what it is drawn from.

    Attributes
    ----------
    name : str
        Its module's, with hyphens.
    place : int
        In reading order; no two figures share one.
    caption : str
        What it shows of any study.
    files : tuple of TidyFile
        The numbers behind it, beside those of the study's own results.
    """

    name: str
    place: int
    caption: str
    files: tuple[TidyFile[Details], ...] = ()

    @property
    @abstractmethod
    def needs_details(self) -> bool:
        """Whether the study's own results are not enough to draw it."""

    @abstractmethod
    def reason(self, result: StudyResult, details: Details | None) -> str:
        """Say why there is no such figure; empty where there is one."""

    @abstractmethod
    def ready(
        self, result: StudyResult, details: Details | None
    ) -> Callable[[Style], drawn.Figure]:
        """
        Bind it to what it is drawn from.

        Raises
        ------
        ValueError
            If it needs details and there are none.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFigure(Figure):
    """
    A figure of a study's own results.

    Attributes
    ----------
    draw : callable
    absent : callable
        Why a study has no such figure; empty where it has.
    """

    draw: Callable[[StudyResult, Style], drawn.Figure]
    absent: Callable[[StudyResult], str] = always

    @property
    def needs_details(self) -> bool:
        """No: the study's own results are enough."""
        return False

    def reason(self, result: StudyResult, details: Details | None) -> str:  # noqa: ARG002
        """Say why there is no such figure; empty where there is one."""
        return self.absent(result)

    def ready(
        self,
        result: StudyResult,
        details: Details | None,  # noqa: ARG002
    ) -> Callable[[Style], drawn.Figure]:
        """Bind it to the results."""
        return functools.partial(self.draw, result)

    def __call__(self, result: StudyResult, style: Style = LIGHT) -> drawn.Figure:
        """Draw it."""
        return self.draw(result, style)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailFigure(Figure):
    """
    A figure of what surrounds a study's results.

    Attributes
    ----------
    draw : callable
    absent : callable
        Why a study has no such figure; empty where it has.
    """

    draw: Callable[[Details, Style], drawn.Figure]
    absent: Callable[[Details], str] = always

    @property
    def needs_details(self) -> bool:
        """Yes."""
        return True

    def reason(self, result: StudyResult, details: Details | None) -> str:  # noqa: ARG002
        """Say why there is no such figure; empty where there is one."""
        return "it is drawn from the details" if details is None else self.absent(details)

    def ready(
        self,
        result: StudyResult,  # noqa: ARG002
        details: Details | None,
    ) -> Callable[[Style], drawn.Figure]:
        """
        Bind it to the details.

        Raises
        ------
        ValueError
            If there are none.
        """
        if details is None:
            raise ValueError(f"figure '{self.name}' is drawn from details, and there are none")
        return functools.partial(self.draw, details)

    def __call__(self, details: Details, style: Style = LIGHT) -> drawn.Figure:
        """Draw it."""
        return self.draw(details, style)
