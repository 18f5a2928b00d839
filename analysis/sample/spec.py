"""What a study of many firm-events is to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.errors import StudyError, WindowError
from analysis.sample.linear import SampleModel, sample_model
from analysis.sample.policies import Policies
from analysis.study import SHORTEST_ESTIMATION, default_min_estimation
from analysis.windows import Window

SEED = 20250127
"""Of the redraws, where none is given."""

DRAWS = 999
"""Redraws of every bootstrap, where none is given."""


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """
    Choices of a study of many firm-events.

    Attributes
    ----------
    title : str
    model : str
        As `analysis.sample.linear.sample_model` understands it.
    benchmark : str
        Of the pairs that name none themselves.
    estimation : Window
    min_estimation : int or None
        Fewest returns in it; four fifths of its sessions where None.
    windows : tuple of Window
        Event windows; the first is the one that leads.
    path : Window
        The single sessions whose averages are taken.
    level : float
        Confidence level of every interval.
    policies : Policies
    ranks : bool
        Whether rank tests are made, which sort every pair's history.
    placebos : int
        Shifts of all events into the past on which everything is measured again; 0 for none.
    draws : int
        Redraws of every bootstrap.
    seed : int
        Of the redraws.
    """

    title: str = "firm-events"
    model: str = "market"
    benchmark: str = "SPY"
    estimation: Window = field(default_factory=lambda: Window(-260, -11))
    min_estimation: int | None = None
    windows: tuple[Window, ...] = (Window(-1, 1),)
    path: Window = field(default_factory=lambda: Window(-10, 20))
    level: float = 0.95
    policies: Policies = field(default_factory=Policies)
    ranks: bool = True
    placebos: int = 0
    draws: int = DRAWS
    seed: int = SEED

    def __post_init__(self) -> None:
        """Refuse what cannot be before anything is read."""
        sample_model(self.model)
        if not self.windows:
            raise WindowError("no event window given; name at least one, as -1..1")
        if len(set(self.windows)) < len(self.windows):
            raise WindowError("an event window is given twice; keep one")
        if len(self.estimation) < SHORTEST_ESTIMATION:
            raise StudyError(
                f"estimation window {self.estimation} has {len(self.estimation)} sessions; "
                f"{SHORTEST_ESTIMATION} or more are needed, 250 are usual (-260..-11)"
            )
        for window in (self.path, *self.windows):
            if self.estimation.end >= window.start:
                raise WindowError(
                    f"estimation window {self.estimation} reaches into the event window {window}; "
                    f"let it end before {window.start}, as in --estimation "
                    f"{window.start - 250}..{window.start - 1}"
                )
        if not 0.5 < self.level < 1:
            raise StudyError(f"level {self.level} is not between 0.5 and 1; 0.95 is usual")
        if self.placebos and self.placebos < 19:
            raise StudyError(f"{self.placebos} placebo shifts cannot reach 5 %; give 19 or more")

    @property
    def linear(self) -> SampleModel:
        """The model, understood."""
        return sample_model(self.model)

    @property
    def fewest(self) -> int:
        """Fewest estimation returns of a pair."""
        if self.min_estimation is not None:
            return self.min_estimation
        return default_min_estimation(self.estimation)

    @property
    def longest(self) -> int:
        """Sessions of the longest event window."""
        return max(len(window) for window in self.windows)

    @property
    def days(self) -> tuple[Window, ...]:
        """The sessions of the path, each as a window of its own."""
        return tuple(Window(day, day) for day in range(self.path.start, self.path.end + 1))
