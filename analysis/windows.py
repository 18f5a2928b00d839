"""Estimation and event windows in event time: sessions counted from the event session, 0."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.errors import WindowError

_PATTERN = re.compile(r"\s*[\[(]?\s*([+-]?[0-9]+)\s*(?:(\.\.|,)\s*([+-]?[0-9]+)\s*)?[\])]?\s*")

LONGEST_TEXT = 40

SHORT = 5
"""Sessions of the longest window whose expected return holds the estimation window's alpha."""

FARTHEST = 100_000
"""No session is farther from an event: some four hundred years."""


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
        """Refuse a window that ends before it starts, or reaches beyond any history."""
        if max(abs(self.start), abs(self.end)) > FARTHEST:
            raise WindowError(
                f"a window reaches more than {FARTHEST:,} sessions from the event; "
                "count sessions, as in -260..-11"
            )
        if self.start > self.end:
            raise WindowError(
                f"window {self} ends before it starts; write the earlier session first, "
                f"as in {self.end}..{self.start}"
            )

    @classmethod
    def parse(cls, text: str) -> Window:
        """
        Read ``"START..END"``, ``"START,END"`` as articles write it, or one session ``"N"``.

        Raises
        ------
        WindowError
            If the text is no window.

        Examples
        --------
        >>> Window.parse("[-1, 1]") == Window.parse("-1..1"), Window.parse("3")
        (True, Window(start=3, end=3))
        """
        match = _PATTERN.fullmatch(text) if len(text) <= LONGEST_TEXT else None
        if match is None:
            shown = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}..."
            raise WindowError(f"{shown!r} is no window; write START..END in sessions, as in -1..1")
        start = int(match[1])
        return cls(start, int(match[3]) if match[3] is not None else start)

    @staticmethod
    def is_pair(text: str) -> bool:
        """Say whether text with a comma is one window rather than a list of them."""
        match = _PATTERN.fullmatch(text) if len(text) <= LONGEST_TEXT else None
        return match is not None and match[2] == ","

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"

    def __len__(self) -> int:
        return self.end - self.start + 1

    @property
    def long(self) -> bool:
        """
        Whether the window is so long that an alpha of the estimation window is not carried into it.

        Examples
        --------
        >>> Window(0, 4).long, Window(0, 5).long
        (False, True)
        """
        return len(self) > SHORT

    def overlaps(self, other: Window) -> bool:
        """Say whether the two windows share a session."""
        return self.start <= other.end and other.start <= self.end


def span_words(window: Window) -> str:
    """
    Say in words how long a window is, seen from the day of the news.

    Examples
    --------
    >>> span_words(Window(0, 0)), span_words(Window(-1, 1))
    ('the day itself', 'the day, the one before and the one after')
    >>> span_words(Window(0, 20)), span_words(Window(-5, 5))
    ('the day and the 20 after', 'the day, the 5 before and the 5 after')
    """

    def side(count: int, where: str) -> str:
        return f"the one {where}" if count == 1 else f"the {count} {where}"

    if (window.start, window.end) == (0, 0):
        return "the day itself"
    if window.start > 0 or window.end < 0:
        return f"trading days {window.start} to {window.end} from the day"
    if window.start == 0:
        return f"the day and {side(window.end, 'after')}"
    if window.end == 0:
        return f"the day and {side(-window.start, 'before')}"
    return f"the day, {side(-window.start, 'before')} and {side(window.end, 'after')}"
