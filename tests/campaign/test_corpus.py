"""Every input that once broke a reader, and the first steps of the campaign itself."""

from __future__ import annotations

import random
import runpy
from pathlib import Path

import pytest

from tests.campaign.targets import TARGETS, outcome

CORPUS = Path(__file__).parent.parent / "corpus"
CASES = sorted(path for path in CORPUS.glob("*/*") if path.is_file())


@pytest.fixture(scope="module")
def campaign(root):
    return runpy.run_path(str(root / "scripts" / "campaign.py"), run_name="campaign")


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_broke_a_reader_no_longer_does(path):
    assert outcome(path.parent.name, path.read_bytes()) in {"accepted", "refused"}


@pytest.mark.parametrize("name", TARGETS)
def test_sound_inputs_are_accepted(name):
    assert [outcome(name, content) for content in TARGETS[name][1]] == (
        ["accepted"] * len(TARGETS[name][1])
    )


@pytest.mark.parametrize("name", TARGETS)
def test_mutated_inputs_are_accepted_or_refused(campaign, name):
    rng = random.Random(7)
    for _ in range(60):
        content = campaign["mutated"](rng.choice(TARGETS[name][1]), rng)
        assert outcome(name, content) in {"accepted", "refused"}, content


def test_a_fault_is_seen(monkeypatch):
    def broken(content):
        raise IndexError("no such row")

    monkeypatch.setitem(TARGETS, "broken", (broken, [b""]))
    assert outcome("broken", b"") == "IndexError: no such row"


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ((70, "", "error: a fault"), "exit 70"),
        ((1, "", ""), "exit 1"),
        ((0, "\x1b[2J", ""), "control character"),
        ((2, "", "Traceback (most recent call last)"), "a traceback"),
        ((2, "", "x\n" * 30), "30 lines of message"),
        ((2, "", ""), "0 lines of message"),
        ((2, "", "x" * 3000), "longer than"),
        ((2, "", "error: no\n"), ""),
        ((0, "all is well\n", ""), ""),
    ],
)
def test_how_an_end_is_judged(campaign, ended, words):
    found = campaign["judged"](*ended)
    assert words in found
    assert bool(found) == bool(words)


def test_there_are_sixty_kinds_of_damage(campaign):
    ways = campaign["damages"](random.Random(1))
    assert len(ways) >= 60
    spoiled = [way(TARGETS["returns"][1][0]) for way in ways.values()]
    assert all(isinstance(text, bytes) for text in spoiled)
