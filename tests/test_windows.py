"""Windows in event time."""

from __future__ import annotations

import pytest

from analysis.errors import WindowError
from analysis.windows import Window


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("-1..1", Window(-1, 1)),
        (" +0 .. 5 ", Window(0, 5)),
        ("3", Window(3, 3)),
        ("-260..-11", Window(-260, -11)),
    ],
)
def test_reading(text: str, window: Window) -> None:
    assert Window.parse(text) == window
    assert len(Window.parse(text)) == window.end - window.start + 1


@pytest.mark.parametrize("text", ["", "a", "1...2", "1:2", "1..", "..1", "0,1", "1.5..2", "-1 1"])
def test_what_is_no_window(text: str) -> None:
    with pytest.raises(WindowError, match=r"is no window; write START\.\.END"):
        Window.parse(text)


def test_backwards() -> None:
    with pytest.raises(WindowError, match=r"write the earlier session first, as in -1\.\.1"):
        Window(1, -1)


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (Window(0, 1), Window(1, 2), True),
        (Window(0, 1), Window(2, 3), False),
        (Window(0, 9), Window(3, 4), True),
    ],
)
def test_overlap(one: Window, other: Window, shared: bool) -> None:
    assert one.overlaps(other) is shared
    assert other.overlaps(one) is shared
