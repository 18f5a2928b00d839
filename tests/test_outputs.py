"""Folders of results: whole or not at all, and never over something of the user's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.atomic import sweep
from analysis.errors import OutputError
from analysis.outputs import MARKER, check_writable, refuse_target, write_files


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def tree(folder):
    return {name: (folder / name).read_bytes() for name in names(folder)}


def test_a_folder_appears_whole(tmp_path):
    out = tmp_path / "deep" / "out"
    written = write_files({"a.csv": "1\r\n", "figures/b.png": b"\0"}, out)
    assert written == [out / "a.csv", out / "figures/b.png"]
    assert names(out) == [MARKER, "a.csv", "figures/b.png"]
    assert (out / "a.csv").read_bytes() == b"1\r\n"
    assert [p.name for p in tmp_path.iterdir()] == ["deep"]
    assert [p.name for p in out.parent.iterdir()] == ["out"]


def test_a_command_replaces_its_own_files_and_keeps_those_of_others(tmp_path):
    out = tmp_path / "out"
    write_files({"a.csv": "old", "figures/a.png": b"old"}, out, by="study")
    write_files({"figures/b.png": b"drawn"}, out, by="figures")
    write_files({"a.csv": "new"}, out, by="study")
    assert names(out) == [MARKER, "a.csv", "figures/b.png"]  # no old figure beside new numbers
    assert (out / "a.csv").read_text() == "new"
    write_files({"a.csv": "newer"}, out, by="report")
    write_files({"b.csv": "x"}, out, by="study")
    assert (out / "a.csv").read_text() == "newer"


def test_the_same_files_leave_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_files({"a.csv": "1", "b/c": b"2"}, tmp_path / name)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


@pytest.mark.posix
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("file", "'study.toml' was not written by this program and is in the way"),
        ("folder", "'figures' was not written by this program"),
        ("deep", "'figures/mine.png' was not written by this program"),
        ("link", "'figures' was not written by this program"),
        ("changed", "'a.csv' has been changed since it was written"),
        ("link to own", "'a.csv' was not written by this program"),
        ("fifo", "'pipe' was not written by this program"),
    ],
)
@pytest.mark.parametrize("there", [False, True])
def test_what_the_program_did_not_write_is_never_touched(tmp_path, what, words, there):
    out, away = tmp_path / "out", tmp_path / "away"
    away.mkdir()
    if there or what in {"changed", "link to own"}:
        write_files({"a.csv": "1"}, out)
    out.mkdir(exist_ok=True)
    match what:
        case "file":
            (out / "study.toml").write_text("by hand")
        case "folder":
            (out / "figures").mkdir()
        case "deep":
            (out / "figures").mkdir()
            (out / "figures/mine.png").write_bytes(b"mine")
        case "link":
            (out / "figures").symlink_to(away)
        case "changed":
            (out / "a.csv").write_text("1, edited")
        case "link to own":
            (out / "a.csv").rename(away / "a.csv")
            (out / "a.csv").symlink_to(away / "a.csv")
        case "fifo":
            os.mkfifo(out / "pipe")
    before = {p: p.lstat() for p in tmp_path.rglob("*")}
    for act in (
        check_writable,
        lambda folder: write_files({"a.csv": "2", "study.toml": ""}, folder),
    ):
        with pytest.raises(OutputError, match=words) as caught:
            act(out)
        assert "move it, or name another folder" in str(caught.value)
    assert {p: p.lstat() for p in tmp_path.rglob("*")}.keys() == before.keys()
    for path, stat in before.items():
        assert (path.lstat().st_ino, path.lstat().st_mtime_ns) == (stat.st_ino, stat.st_mtime_ns)


def test_marks_of_the_desktop_are_no_obstacle(tmp_path):
    write_files({"a.csv": "1"}, tmp_path / "out")
    (tmp_path / "out/.DS_Store").write_bytes(b"x")
    write_files({"a.csv": "2"}, tmp_path / "out")
    assert names(tmp_path / "out") == [MARKER, "a.csv"]


@pytest.mark.posix
def test_a_folder_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    with pytest.raises(OutputError, match="out is a symbolic link; name the folder itself"):
        check_writable(tmp_path / "out")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputError, match="is a symbolic link"):
        check_writable(tmp_path / "gone")


def test_no_input_lies_where_the_results_go(tmp_path):
    write_files({"results.csv": "1"}, tmp_path / "out")
    with pytest.raises(OutputError, match=r"results\.csv is read by this run and lies in"):
        check_writable(tmp_path / "out", inputs=[tmp_path / "out" / ".." / "out" / "results.csv"])
    check_writable(tmp_path / "out", inputs=[tmp_path / "results.csv"])


def test_the_current_folder_is_written_file_by_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_files({"a.csv": "1", "f/b.png": b"1"}, Path())
    inode = tmp_path.stat().st_ino
    write_files({"a.csv": "2"}, Path())
    assert names(tmp_path) == [MARKER, "a.csv"]
    assert (tmp_path / "a.csv").read_text() == "2"
    assert tmp_path.stat().st_ino == inode


def test_a_name_cannot_be_file_and_folder(tmp_path):
    write_files({"a": "1"}, tmp_path / "out", by="study")
    with pytest.raises(OutputError, match="needs a folder where a file is"):
        write_files({"a/b": "1"}, tmp_path / "out", by="figures")
    assert names(tmp_path / "out") == [MARKER, "a"]


def test_a_full_disk_leaves_the_earlier_folder_and_no_temporary_one(tmp_path, monkeypatch):
    out = tmp_path / "out"
    write_files({"a.csv": "old"}, out)
    before = tree(out)
    wrote = Path.write_bytes

    def full_disk(self, content):
        if self.name == "b.csv":
            raise OSError(28, "No space left on device")
        return wrote(self, content)

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OutputError, match=r"No space left on device.*name another folder"):
        write_files({"a.csv": "new", "b.csv": "new"}, out)
    assert tree(out) == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_writable_is_found_out_before_anything_is_computed(tmp_path):
    check_writable(tmp_path / "new" / "folder")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file; name a folder with --out"):
        check_writable(tmp_path / "file" / "below")
    for name in ("x" * 300, "a\0b"):
        with pytest.raises(OutputError, match="name another folder"):
            check_writable(tmp_path / name)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.posix
def test_a_target_is_a_regular_file_and_no_input(tmp_path):
    (tmp_path / "in.csv").write_text("")
    (tmp_path / "link.csv").symlink_to(tmp_path / "in.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(OutputError, match="is an input"):
        refuse_target(tmp_path / "x" / ".." / "in.csv", inputs=[tmp_path / "in.csv"])
    with pytest.raises(OutputError, match="is a symbolic link"):
        refuse_target(tmp_path / "link.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/null"), tmp_path):
        with pytest.raises(OutputError, match="is no regular file"):
            refuse_target(path)
    refuse_target(tmp_path / "new.csv", inputs=[tmp_path / "in.csv"])


KILLED = """
import os, signal, sys
from pathlib import Path
import analysis.atomic as atomic
from analysis.cli.contain import contained
from analysis.outputs import write_files
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whatever the parent was told to ignore
signal.signal(signal.SIGTERM, signal.SIG_DFL)
at, number, out = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
steps = 0
def counting(name):
    real = getattr(Path, name)
    def step(*given, **more):
        global steps
        steps += 1
        if steps == at:
            os.kill(os.getpid(), number)
        return real(*given, **more)
    setattr(Path, name, step)
for name in ("write_bytes", "replace", "mkdir", "unlink"):
    counting(name)
with contained():
    write_files({f"{i}.csv": "new" for i in range(4)}, out)
print(steps)
"""


@pytest.mark.slow
@pytest.mark.posix
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGHUP"])
def test_an_end_at_any_instant_leaves_one_whole_folder(tmp_path, name, record_property):
    """Old or new, never some of each; the next writer sweeps what a kill leaves."""
    number = getattr(signal, name)
    out = tmp_path / "out"
    old, new = ({f"{i}.csv": when for i in range(4)} for when in ("old", "new"))
    killed = 0
    for at in range(1, 40):
        write_files(old, out)
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(at), str(int(number)), str(out)],
            capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent,
        )  # fmt: skip
        if done.returncode == 0:
            break
        killed += 1
        assert done.returncode == (-9 if number == signal.SIGKILL else 128 + number), done.stderr
        assert done.stderr == ""
        left = [p for p in tmp_path.iterdir() if p.name != "out"]
        if number != signal.SIGKILL:
            assert left == []
        if out.exists():
            found = {name: text.decode() for name, text in tree(out).items() if name != MARKER}
            assert found in (old, new)
        else:  # killed between two renames: the next writer puts the old folder back
            assert number == signal.SIGKILL
            sweep(out)
            assert {n: t.decode() for n, t in tree(out).items() if n != MARKER} == old
    assert killed >= 6
    record_property("kills", json.dumps({f"results, {name}": killed}))
    write_files(old, out)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
