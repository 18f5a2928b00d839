"""What a daily figure can be: bounds beyond which it is a code, a percentage or a broken bar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from analysis._typing import BoolArray, FloatArray

LARGEST_FACTOR = 0.5
"""No daily factor of the library has come near this; a larger one is a figure in percent."""

LARGEST_RETURN = 100.0
"""No listed stock has gained 10,000 % in a day; a larger return is no return."""

LARGEST_JUMP = math.log(3.0)
"""A move of a level from one close to the next by more than this (threefold, either way) is far
more often a missed split or a broken bar than a move."""

LARGEST_PRICE = 1e12
"""No share in any currency has cost as much; a larger figure is no price."""

LARGEST_VOLUME = 1e15
"""No listing has traded as many shares in a session; a larger figure is no count."""

CRSP_CODES = (-44.0, -55.0, -66.0, -77.0, -88.0, -99.0)
"""What CRSP writes where there is no return; each says why."""

_PERCENT = 0.1


def impossible_returns(values: FloatArray) -> BoolArray:
    """
    Say which simple returns cannot be: a loss of everything or more, or a gain beyond all records.

    Parameters
    ----------
    values : ndarray
        Simple returns, decimal; NaN is no return and not impossible.

    Returns
    -------
    ndarray of bool
        True where a value is -1 or lower, or above `LARGEST_RETURN`.

    Examples
    --------
    >>> import numpy as np
    >>> impossible_returns(np.array([0.02, -0.99, -1.0, -66.0, 1e308, np.nan])).tolist()
    [False, False, True, True, True, False]
    """
    return np.asarray((values <= -1.0) | (values > LARGEST_RETURN))


def why_impossible(value: float) -> str:
    """
    Say why a return cannot be.

    Examples
    --------
    >>> why_impossible(-66.0)
    "return -66 is CRSP's code for a missing return; taken as missing"
    """
    if value in CRSP_CODES:
        return f"return {value:g} is CRSP's code for a missing return; taken as missing"
    return (
        f"return {value:g} is impossible (simple returns in decimals lie above -1); "
        "taken as missing"
    )


@dataclass(slots=True)
class TypicalSize:
    """
    Counts by which figures in percent are told from figures in decimals.

    Attributes
    ----------
    seen, large : int
        Figures so far, without zeros, and those among them whose size is above a tenth.
    """

    seen: int = 0
    large: int = 0

    def add(self, values: FloatArray) -> None:
        """Count some figures; NaN and 0 are not counted."""
        sizes = np.abs(values)
        self.seen += int(np.count_nonzero(sizes > 0.0))
        self.large += int(np.count_nonzero(sizes > _PERCENT))

    @property
    def percent(self) -> bool:
        """Whether the median size is above a tenth: such figures are percent, not decimals."""
        return self.seen > 0 and 2 * self.large > self.seen
