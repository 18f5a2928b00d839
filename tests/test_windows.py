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
        ("0,1", Window(0, 1)),  # as articles write it
        ("[-1, +1]", Window(-1, 1)),
        ("-260..-11", Window(-260, -11)),
    ],
)
def test_reading(text: str, window: Window) -> None:
    assert Window.parse(text) == window
    assert len(Window.parse(text)) == window.end - window.start + 1


@pytest.mark.parametrize(
    "text", ["", "a", "1...2", "1:2", "1..", "..1", "0,1,2", "1.5..2", "-1 1", "\u0661..2"]
)
def test_what_is_no_window(text: str) -> None:
    with pytest.raises(WindowError, match=r"is no window; write START\.\.END"):
        Window.parse(text)


def test_no_window_reaches_beyond_any_history() -> None:
    assert len(Window(-100_000, -1)) == 100_000
    with pytest.raises(WindowError, match="more than 100,000 sessions"):
        Window(0, 100_001)
    with pytest.raises(WindowError, match=r"is no window") as caught:
        Window.parse("9" * 5000)
    assert len(str(caught.value)) < 150


def test_a_pair_with_a_comma_is_one_window() -> None:
    assert [Window.is_pair(text) for text in ("0,1", "(-1, 1)", "0..1", "0..1,0..2", "3")] == [
        True, True, False, False, False,
    ]  # fmt: skip


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
