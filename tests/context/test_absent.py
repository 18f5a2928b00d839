"""A part that is absent says why."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.context.absent import Absent, present, reason, when


def test_a_part_is_given_back_and_an_absent_one_tells_its_reason() -> None:
    part = object()
    assert present(part) is part
    with pytest.raises(LookupError, match="needs two firms"):
        present(Absent("needs two firms"))
    assert (reason(part), reason(Absent("none"))) == ("", "none")


def test_only_what_is_there_is_laid_out() -> None:
    assert when(Absent("none"), lambda _: pd.DataFrame([1])) is None
    assert when(3, lambda part: pd.DataFrame([part])).iloc[0, 0] == 3
