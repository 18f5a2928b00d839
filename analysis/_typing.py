"""Array aliases and the closed choices of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    FloatArray: TypeAlias = npt.NDArray[np.float64]
    IntArray: TypeAlias = npt.NDArray[np.int64]
    BoolArray: TypeAlias = npt.NDArray[np.bool_]

    Progress: TypeAlias = Callable[[str, int, int], None]
    """Called with a label, steps done and steps in all; how it shows is the caller's affair."""

OutputFormat = Literal["table", "csv", "json", "latex"]
StudyFormat = Literal[OutputFormat, "markdown"]
FigureFormat = Literal["png", "svg", "pdf"]
FigureStyle = Literal["light", "dark"]
FigureWidth = Literal["narrow", "column", "wide"]


def choices(literal: object) -> tuple[str, ...]:
    """
    List the values that a ``Literal`` alias allows.

    Examples
    --------
    >>> choices(FigureFormat)
    ('png', 'svg', 'pdf')
    """
    return tuple(str(value) for value in get_args(literal))
