"""What a vendor may do, and what becomes of it; see `tests.campaign.vendor`."""

from __future__ import annotations

import pytest

from tests.campaign.behaviours import behaviours
from tests.campaign.vendor import chosen, stage

SHORT = {behaviour.name for behaviour in chosen(short=True)}


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    with stage(tmp_path_factory.mktemp("vendor")) as scene:
        yield scene


def test_there_are_two_hundred_kinds_and_no_two_have_one_name():
    every = behaviours()
    assert len({behaviour.name for behaviour in every}) == len(every) >= 200


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(b, id=b.name, marks=() if b.name in SHORT else pytest.mark.slow)
        for b in behaviours()
    ],
)
def test_it_comes_to_what_it_may(scene, behaviour):
    row = scene.play(behaviour)
    assert not row.problem, row
