"""A Student p below 0.001 in the tables stands with its caveat, and only then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.tables.notes import notes_text

if TYPE_CHECKING:
    from analysis.results import StudyResult

SAID = (
    "- A p below 0.001 is of Student's t, which takes errors for normal: read the ranks beside it."
)


def test_the_caveat_stands_where_such_a_p_is_shown(small: StudyResult) -> None:
    assert SAID in notes_text(small).replace("\n  ", " ")
    windows = tuple(replace(w, t=replace(w.t, p=0.02)) for w in small.headline.windows)
    plain = replace(small, firms=tuple(replace(f, windows=windows) for f in small.firms))
    assert "Student" not in notes_text(plain)
