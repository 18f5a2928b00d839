"""A part that a study has not, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Absent:
    """
    Stands where there is no part.

    Attributes
    ----------
    reason : str
        What the study or its data lack, as it ends "there is none: ...".
    """

    reason: str


def present(part: Part | Absent) -> Part:
    """
    Take a part that is known to be there.

    Raises
    ------
    LookupError
        With the reason, if it is not.

    Examples
    --------
    >>> present(5)
    5
    """
    if not isinstance(part, Absent):
        return part
    raise LookupError(part.reason)


def when(part: Part | Absent, lay_out: Callable[[Part], pd.DataFrame]) -> pd.DataFrame | None:
    """Lay out a part that is there; None where it is absent."""
    return None if isinstance(part, Absent) else lay_out(part)


def reason(part: object) -> str:
    """
    Say why a part is absent; empty where it is there.

    Examples
    --------
    >>> reason(Absent("needs two firms")), reason(5)
    ('needs two firms', '')
    """
    return part.reason if isinstance(part, Absent) else ""
