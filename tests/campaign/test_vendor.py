"""What a vendor may do, and what becomes of it; see `tests.campaign.vendor`."""

from __future__ import annotations

import pytest

from tests.campaign.behaviours import behaviours
from tests.campaign.vendor import stage

pytestmark = pytest.mark.slow  # each refreshes a store; the corpus of what was found runs always


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    with stage(tmp_path_factory.mktemp("vendor")) as scene:
        yield scene


def test_there_are_two_hundred_kinds_and_no_two_have_one_name():
    every = behaviours()
    assert len({behaviour.name for behaviour in every}) == len(every) >= 200


@pytest.mark.parametrize("behaviour", behaviours(), ids=lambda behaviour: behaviour.name)
def test_it_comes_to_what_it_may(scene, behaviour):
    row = scene.play(behaviour)
    assert not row.problem, row
