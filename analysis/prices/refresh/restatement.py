"""
How a fresh reading of sessions already stored compares with what is stored.

Vendors restate history: a split rescales every earlier close, a dividend every earlier adjusted
close, both by one constant. Anything else in the overlap is a revision and is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from analysis._typing import FloatArray

SAME = 1e-5
"""Relative difference up to which two readings are one figure: vendors carry prices in single
precision, and the smallest dividend in practice moves an adjusted close by more."""

CONSTANT = 5e-5
"""Relative spread up to which the ratios of an overlap are one constant."""

FEW = 0.3
"""Share of an overlap that may be revised before the series counts as another one."""

OverlapKind = Literal["none", "same", "restated", "revised", "another"]


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """
    The comparison of an overlap.

    Attributes
    ----------
    kind : {"none", "same", "restated", "revised", "another"}
        No common session; equal; rescaled by a constant; a few sessions revised; so many differ
        that it is another series.
    close_ratio, adj_close_ratio : float
        New over old at the oldest common session; 1 where there is none.
    revised : tuple of pandas.Timestamp
        Sessions that depart from the constant.
    sessions : int
    """

    kind: OverlapKind
    close_ratio: float = 1.0
    adj_close_ratio: float = 1.0
    revised: tuple[pd.Timestamp, ...] = ()
    sessions: int = 0


def compare(
    stored: pd.DataFrame, fresh: pd.DataFrame, *, steps: Iterable[pd.Timestamp] = ()
) -> Overlap:
    """
    Compare the common sessions of two readings of one symbol.

    Parameters
    ----------
    stored, fresh : pandas.DataFrame
        Bars indexed by session, with positive ``close`` and ``adj_close``.
    steps : iterable of pandas.Timestamp
        Sessions of actions: the constant may change there (an action that the vendor applied late
        rescales only what lies before it).

    Returns
    -------
    Overlap

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2024-06-03", periods=4, freq="B")
    >>> old = pd.DataFrame({"close": [1000.0, 1010, 990, 1005]}, days)
    >>> old["adj_close"] = old["close"]
    >>> overlap = compare(old, old / 10)
    >>> overlap.kind, round(overlap.close_ratio, 6)
    ('restated', 0.1)
    """
    common = stored.index.intersection(fresh.index)
    if common.empty:
        return Overlap("none")
    segment = np.searchsorted(sorted(steps), common, side="right") if steps else None
    departs = np.zeros(len(common), dtype=bool)
    oldest = {}
    rescaled = False
    for name in ("close", "adj_close"):
        ratio = (fresh.loc[common, name] / stored.loc[common, name]).to_numpy(dtype=float)
        centre = _centres(ratio, segment)
        departs |= np.abs(ratio / centre - 1) > CONSTANT
        rescaled |= bool((np.abs(centre - 1) > SAME).any())
        oldest[name] = float(centre[0])
    revised = tuple(common[departs])
    if len(revised) > max(2.0, FEW * len(common)):
        kind: OverlapKind = "another"
    elif rescaled:
        kind = "restated"
    else:
        kind = "revised" if revised else "same"
    return Overlap(kind, oldest["close"], oldest["adj_close"], revised, len(common))


def _centres(ratio: FloatArray, segment: np.ndarray | None) -> FloatArray:
    """Median of the ratios, or of those in the same segment."""
    if segment is None:
        return np.full(len(ratio), np.median(ratio))
    centres = np.empty(len(ratio))
    for number in np.unique(segment):
        inside = segment == number
        centres[inside] = np.median(ratio[inside])
    return centres
