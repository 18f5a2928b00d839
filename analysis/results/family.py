"""Which firms moved beyond chance, all of them asked at once: a frozen record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class FirmFamily:
    """
    Which firms of the headline's event moved beyond chance, all of them asked at once.

    Attributes
    ----------
    adjustment : str
        Id of the adjustment that decides, ``romano-wolf`` or ``holm``; empty for one firm alone,
        which its own verdict decides, and where no firm could be tested.
    symbols : tuple of str
        Every firm of the event.
    p : mapping of str to float
        Adjusted p of those that could be tested.
    fell, rose : tuple of str
        Firms beyond chance, by the sign of their CAR: adjusted p within the level, and no
        disagreement of the firm's own tests.
    draws : int or None
        Pseudo-dates that Romano-Wolf ranks among.
    """

    adjustment: str
    symbols: tuple[str, ...]
    p: Mapping[str, float]
    fell: tuple[str, ...]
    rose: tuple[str, ...]
    draws: int | None

    @property
    def beyond(self) -> tuple[str, ...]:
        """Firms beyond chance, in the order of the study."""
        both = {*self.fell, *self.rose}
        return tuple(symbol for symbol in self.symbols if symbol in both)

    @property
    def tested(self) -> bool:
        """Whether there is a verdict on any firm."""
        return bool(self.p) or len(self.symbols) == 1
