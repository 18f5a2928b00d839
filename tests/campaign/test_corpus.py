"""Every input that once broke a reader, and the first steps of the campaign itself."""

from __future__ import annotations

import os
import random
import runpy
from collections import Counter
from pathlib import Path

import pytest

from tests.campaign.fuzz import chunk, fuzz, mutated, shape
from tests.campaign.inputs import TEXTS, WORDS, damages, judged
from tests.campaign.tally import State, Tally
from tests.campaign.targets import TARGETS, WHOLE, Outcome, outcome

SOUND_ENDS = {"accepted", "refused"}
CORPUS = Path(__file__).parent.parent / "corpus"
CASES = sorted(path for path in CORPUS.glob("*/*") if path.is_file())


@pytest.fixture(scope="module")
def campaign(root):
    return runpy.run_path(str(root / "scripts" / "campaign.py"), run_name="campaign")


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_broke_a_reader_no_longer_does(path):
    name, content = path.parent.name, path.read_bytes()
    for whole in {False, name in WHOLE}:
        found = outcome(name, content, whole=whole)
        assert found.kind in SOUND_ENDS, found


@pytest.mark.parametrize("name", TARGETS)
def test_sound_inputs_are_accepted(name):
    for whole in {False, name in WHOLE}:
        for content in TARGETS[name][1]:
            assert outcome(name, content, whole=whole) == Outcome("accepted")


@pytest.mark.parametrize("name", TARGETS)
def test_mutated_inputs_are_accepted_or_refused(name):
    tally = chunk(name, 0, 7, CORPUS, runs=60)
    assert (tally.tried, tally.failed) == (60, 0), tally.worst


def broken(content, folder):
    raise IndexError("no such row")


def test_a_fault_is_seen_and_what_found_it_is_kept(monkeypatch, tmp_path):
    monkeypatch.setitem(TARGETS, "broken", (broken, [b"abc"]))
    assert outcome("broken", b"") == Outcome("fault", "IndexError: no such row")
    tally = chunk("broken", 0, 7, tmp_path, runs=30)
    assert (tally.failed, tally.worst[0]) == (30, "fault: IndexError: no such row")
    assert len(list((tmp_path / "broken").iterdir())) == 1  # one of a kind is enough


@pytest.mark.skipif(os.name == "nt", reason="needs timers of processor time")
def test_an_input_that_never_ends_is_a_fault(monkeypatch, tmp_path):
    def endless(content, folder):
        while True:
            pass

    monkeypatch.setitem(TARGETS, "endless", (endless, [b"abc"]))
    monkeypatch.setattr("tests.campaign.fuzz.MOST_SECONDS", 0.01)
    tally = chunk("endless", 0, 7, tmp_path, runs=2)
    assert tally.worst == ["fault: TimeoutError: it does not end"] * 2


def test_a_chunk_can_be_run_again(tmp_path):
    first, again, other = (chunk("study", n, 7, tmp_path, runs=40) for n in (3, 3, 4))
    assert first.kinds == again.kinds
    assert mutated(b"a,b\n1,2\n", random.Random(1)) == mutated(b"a,b\n1,2\n", random.Random(1))
    assert (first.seeds, other.seeds) == (["7:3"], ["7:4"])


def test_counts_add_up_over_runs(monkeypatch, tmp_path):
    monkeypatch.setattr("tests.campaign.fuzz.CHUNK", 20)
    state = State(tmp_path / "state.json")
    given = {"seed": 7, "state": state, "corpus": tmp_path / "corpus", "seconds": 1e9}
    assert [one.tried for one in fuzz(["claims"], 30, **given)] == [20, 30]
    assert [one.tried for one in fuzz(["claims"], 50, **given)] == [50]  # gone on with
    assert list(fuzz(["claims"], 50, **given)) == []
    known = State(tmp_path / "state.json").tally("fuzz claims")
    assert known.seeds == ["7:0", "7:1", "7:2"]
    assert sum(known.kinds.values()) == known.tried == 50


def test_tallies_are_joined():
    one, two = Tally("x", notes={"MB": 5.0}), Tally("x", notes={"MB": 7.0})
    one.add("a", "fell")
    two.add("a")
    two.add("b", n=3)
    one.join(two)
    assert (one.tried, one.failed, one.worst) == (5, 1, ["a: fell"])
    assert (one.kinds, one.notes) == (Counter(a=2, b=3), {"MB": 7.0})


def test_messages_of_one_branch_have_one_shape():
    assert shape("f.csv line 3: 'x' is no date") == shape("f.csv line 41: '' is no date")
    assert shape("a") != shape("b")


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
def test_how_an_end_is_judged(ended, words):
    found = judged(*ended)
    assert words in found
    assert bool(found) == bool(words)


def test_there_are_sixty_kinds_of_damage():
    ways = damages(random.Random(1))
    assert len(ways) >= 60
    assert len(WORDS) >= 30
    spoiled = [way(text) for way in ways.values() for text in TEXTS.values()]
    assert all(isinstance(text, bytes) for text in spoiled)


def test_the_table_is_renewed(campaign, monkeypatch, tmp_path):
    table = tmp_path / "table.md"
    table.write_text("| kills | 0 | 0 | x |\n| other | 1 | 1 | y |\n")
    campaign["write"].__globals__["TABLE"] = table
    tally = Tally("kills", notes={"store, MB": 3.0})
    tally.add("at opened", n=220)
    tally.add("at closed", "a | b")
    campaign["write"]([campaign["row"](tally)])
    assert table.read_text() == (
        "| kills | 221 (2 kinds) | 1 | at closed: a \\| b; store, MB 3 |\n| other | 1 | 1 | y |\n"
    )
