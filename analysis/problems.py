"""Rows of a file that could not be used: each named with its place, the rest counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from analysis.tabular import Piece


@dataclass(slots=True)
class Problems:
    """
    Rows of the input that could not be used, each with its place.

    Attributes
    ----------
    most : int
        Messages to keep; the rest are counted.
    messages : list of str
        ``"FILE line N: what is wrong"``.
    count : int
        How many there were.
    """

    most: int = 9
    messages: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, where: str, what: str) -> None:
        """Note one problem."""
        self.count += 1
        if len(self.messages) < self.most:
            self.messages.append(f"{where}: {what}")

    def add_rows(
        self, piece: Piece, rows: npt.NDArray[np.int64], what: Callable[[int], str]
    ) -> None:
        """Note a problem with each of some rows of a piece; `what` says it of one row."""
        for row in map(int, rows[: max(self.most - len(self.messages), 0)]):
            self.messages.append(f"{piece.where(row)}: {what(row)}")
        self.count += len(rows)

    def lines(self) -> list[str]:
        """List the messages, and say how many were left out."""
        rest = self.count - len(self.messages)
        return [*self.messages, *([f"... and {rest:,} more rows with problems"] if rest else [])]
