"""Estimation and event windows in event time: sessions counted from the event session, 0."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.errors import WindowError

_PATTERN = re.compile(r"\s*([+-]?\d+)\s*(?:\.\.\s*([+-]?\d+)\s*)?")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """
    A run of sessions in event time, both ends included.

    Attributes
    ----------
    start, end : int
        Sessions from the event session; ``-1..1`` is the session before, the event's and the next.

    Examples
    --------
    >>> Window.parse("-1..1")
    Window(start=-1, end=1)
    >>> str(Window(0, 0)), len(Window(-260, -11))
    ('0..0', 250)
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        """Refuse a window that ends before it starts."""
        if self.start > self.end:
            raise WindowError(
                f"window {self} ends before it starts; write the earlier session first, "
                f"as in {self.end}..{self.start}"
            )

    @classmethod
    def parse(cls, text: str) -> Window:
        """
        Read ``"START..END"``, or one session ``"N"``.

        Raises
        ------
        WindowError
            If the text is no window.
        """
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise WindowError(f"'{text}' is no window; write START..END in sessions, as in -1..1")
        start = int(match[1])
        return cls(start, int(match[2]) if match[2] is not None else start)

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"

    def __len__(self) -> int:
        return self.end - self.start + 1

    def overlaps(self, other: Window) -> bool:
        """Say whether the two windows share a session."""
        return self.start <= other.end and other.start <= self.end
