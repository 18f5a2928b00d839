"""What is done with pairs that are not as the textbook has them; every choice has a default."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from analysis.errors import StudyError
from analysis.windows import Window

MissingPolicy = Literal["traded", "refuse"]
OverlapPolicy = Literal["keep", "first", "refuse"]
OtherEventsPolicy = Literal["leave-out", "keep"]


@dataclass(frozen=True, slots=True)
class Policies:
    """
    Rules for single pairs.

    Attributes
    ----------
    missing : {"traded", "refuse"}
        A window with missing returns is measured on those it has, or refused. A firm that leaves
        the exchange within a window ends it with its last return under ``traded``.
    overlap : {"keep", "first", "refuse"}
        Of two events of one firm no further apart than the longest window, keep and flag both,
        keep the earlier, or refuse both.
    other_events : {"leave-out", "keep"}
        Whether the sessions around the firm's other events are left out of an estimation window.
    around : Window
        Which sessions around another event those are.
    most_zeros : float
        Share of zero returns in the estimation window above which a pair is refused; 1 refuses
        none. Pairs above `FLAGGED_ZEROS` are flagged.

    Examples
    --------
    >>> Policies().describe()[0]
    'missing returns in a window: measured on those that traded (missing = traded)'
    """

    missing: MissingPolicy = "traded"
    overlap: OverlapPolicy = "keep"
    other_events: OtherEventsPolicy = "leave-out"
    around: Window = field(default_factory=lambda: Window(-1, 1))
    most_zeros: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a share that cannot be one."""
        if not 0 < self.most_zeros <= 1:
            raise StudyError(
                f"most_zeros {self.most_zeros} is not between 0 and 1; write a share, as in 0.5"
            )

    def describe(self) -> tuple[str, ...]:
        """Say each rule in words, its setting behind it."""
        missing = {
            "traded": "measured on those that traded",
            "refuse": "the pair is refused",
        }[self.missing]
        overlap = {
            "keep": "both kept and flagged",
            "first": "the earlier kept",
            "refuse": "both refused",
        }[self.overlap]
        other = {
            "leave-out": f"sessions {self.around} around them left out of the estimation window",
            "keep": "kept in the estimation window",
        }[self.other_events]
        zeros = (
            "flagged" if self.most_zeros == 1 else f"refused above {self.most_zeros:.0%} of zeros"
        )
        return (
            f"missing returns in a window: {missing} (missing = {self.missing})",
            f"two events of a firm within a window: {overlap} (overlap = {self.overlap})",
            f"the firm's other events: {other} (other_events = {self.other_events})",
            f"thin trading: {zeros} (most_zeros = {self.most_zeros:g})",
        )


FLAGGED_ZEROS = 0.3
"""A pair with a larger share of zero returns in its estimation window is flagged as thin."""
