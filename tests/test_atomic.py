"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from analysis.atomic import replaced, sweep, temporary_beside, write_whole


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole(tmp_path):
    target = tmp_path / "sub" / "a.csv"
    write_whole(target, "one\r\nü\n")
    write_whole(target, b"two\n")
    assert target.read_bytes() == b"two\n"
    assert names(target.parent) == ["a.csv"]


def test_text_keeps_its_bytes(tmp_path):
    write_whole(tmp_path / "a", "one\r\nü\n")
    assert (tmp_path / "a").read_bytes() == b"one\r\n\xc3\xbc\n"


def test_what_fails_leaves_the_old_file_and_no_other(tmp_path):
    target = tmp_path / "a.csv"
    write_whole(target, "old")

    def fail_halfway() -> None:
        with replaced(target) as temporary:
            temporary.write_text("half")
            assert target.read_text() == "old"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert (names(tmp_path), target.read_text()) == (["a.csv"], "old")


@pytest.mark.parametrize("links", [True, False])
def test_what_has_appeared_meanwhile_can_be_kept(tmp_path, monkeypatch, links):
    if not links:
        monkeypatch.setattr("pathlib.Path.hardlink_to", lambda *_: (_ for _ in ()).throw(OSError))
    for name in ("there", "free"):
        with replaced(tmp_path / name, keep=True) as temporary:
            temporary.write_text("ours")
            if name == "there":
                (tmp_path / name).write_text("theirs")
    assert (tmp_path / "there").read_text() == "theirs"
    assert (tmp_path / "free").read_text() == "ours"
    assert names(tmp_path) == ["free", "there"]


def test_a_folder_changes_places_with_the_old_one(tmp_path):
    target = tmp_path / "out"
    for content in ("old", "new"):
        with replaced(target) as fresh:
            (fresh / "figures").mkdir(parents=True)
            (fresh / "figures" / f"{content}.png").write_text(content)
    assert names(tmp_path) == ["out"]
    assert names(target / "figures") == ["new.png"]


def test_a_folder_that_fails_leaves_the_old_one(tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    (target / "old").touch()

    def fail_halfway() -> None:
        with replaced(target) as fresh:
            fresh.mkdir()
            raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        fail_halfway()
    assert (names(tmp_path), names(target)) == (["out"], ["old"])


def test_a_folder_that_cannot_take_its_place_puts_the_old_one_back(tmp_path, monkeypatch):
    target = tmp_path / "out"
    target.mkdir()
    (target / "old").touch()
    real = type(target).replace

    def fails_for_the_new_one(self, other):
        if self == temporary_beside(target):
            raise OSError("moved away")
        return real(self, other)

    monkeypatch.setattr(type(target), "replace", fails_for_the_new_one)
    with pytest.raises(OSError, match="moved away"), replaced(target) as fresh:
        fresh.mkdir()
    assert (names(tmp_path), names(target)) == (["out"], ["old"])


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot be asked for a process by its number")
def test_temporaries_of_processes_that_ended_are_swept(tmp_path):
    target = tmp_path / "a.csv"
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (tmp_path / f".a.csv.{ended}.part").touch()
    (tmp_path / f".a.csv.{ended}.part.old").mkdir()
    (tmp_path / f".a.csv.{os.getppid()}.part").touch()  # still runs
    (tmp_path / f".b.csv.{ended}.part").touch()  # another target's
    (tmp_path / ".a.csv.backup.part").touch()  # a user's own
    target.touch()
    sweep(target)
    kept = {"a.csv", ".a.csv.backup.part", f".a.csv.{os.getppid()}.part", f".b.csv.{ended}.part"}
    assert set(names(tmp_path)) == kept


def test_a_folder_moved_aside_by_a_killed_process_is_put_back(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    aside = tmp_path / f".out.{ended}.part.old"
    aside.mkdir()
    (aside / "a.csv").write_text("mine")
    sweep(tmp_path / "out")
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "a.csv").read_text() == "mine"
