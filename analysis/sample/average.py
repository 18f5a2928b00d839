"""The mean of one window or session over some pairs, with its tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from analysis._typing import IntArray
    from analysis.inference.outcome import Outcome
    from analysis.sample.battery import SampleBattery
    from analysis.windows import Window

Kind = Literal["day", "window"]


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """
    The mean of one window or session over the pairs of a group.

    Attributes
    ----------
    group : str
        ``"all"``, a group, or ``"a - b"`` for the difference of two.
    kind : {"day", "window"}
    window : Window
    n : int
    mean, median, positive : float
        Mean and median abnormal return, share of positive ones.
    battery : SampleBattery
    extra : tuple of (float, Outcome)
        Further estimates with their tests: weighted means, family-wise p.
    """

    group: str
    kind: Kind
    window: Window
    n: int
    mean: float
    median: float
    positive: float
    battery: SampleBattery | None
    extra: tuple[tuple[float, Outcome], ...] = ()

    @property
    def lead(self) -> Outcome:
        """The outcome that leads."""
        if self.battery is None:
            return self.extra[0][1]
        return self.battery.outcomes[0]


@dataclass(frozen=True, slots=True, eq=False)
class GroupPairs:
    """The pairs of a group that were fitted: its name and their places."""

    name: str
    rows: IntArray
