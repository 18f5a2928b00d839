"""Whatever happens, a command ends with one message and a code that says what."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from analysis.cli import main
from analysis.cli.contain import contained
from analysis.cli.terminal import MOST_LETTERS, MOST_LINES, brief, plain
from analysis.errors import StudyError

SMALL = ("--symbols", "NVDA", "--model", "market", "--event", "sell-off", "--benchmark", "SPY")


def run(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


def process(root, *args, stdout=subprocess.PIPE, cwd=None, **environment):
    return subprocess.run(
        [sys.executable, "-m", "analysis", *map(str, args)],
        stdout=stdout, stderr=subprocess.PIPE, cwd=cwd or root, check=False,
        env=os.environ | {"PYTHONPATH": str(root)} | environment,
    )  # fmt: skip


def ends(error):
    """Raise an error in a contained block; give the code and what was printed."""

    @click.command()
    def command():
        with contained():
            raise error

    result = CliRunner().invoke(command)
    assert result.stdout == ""
    return result.exit_code, result.stderr


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (StudyError("no such study"), 2, "error: no such study\n"),
        (MemoryError(), 2, "error: the memory is not enough"),
        (PermissionError(13, "Permission denied", "/x/y"), 2, "error: /x/y: Permission denied\n"),
        (OSError(28, "No space left on device"), 2, "No space left on device"),
        (KeyboardInterrupt(), 130, ""),
        (click.UsageError("no \x1b[31m"), 2, "Error: no \\x1b[31m"),
    ],
)
def test_each_end_has_its_code(error, code, words):
    found, stderr = ends(error)
    assert found == code
    assert words in stderr
    assert "\x1b" not in stderr
    assert "Traceback" not in stderr


@pytest.mark.parametrize(
    "error",
    [ValueError("v"), OverflowError("o"), RecursionError("r"), TypeError("t\nu"), KeyError()],
)
def test_a_fault_of_the_program_names_the_file_of_its_traceback(error, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, stderr = ends(error)
    assert code == 70
    assert len(stderr.splitlines()) == 1
    found = re.fullmatch(
        r"error: a fault of the program, not of the input "
        r"\((\w+) at test_contain\.py, line \d+: .*\); please report it with the file (\S+)\n",
        stderr,
    )
    assert found is not None, stderr
    assert found[1] == type(error).__name__
    kept = Path(found[2]).read_text()
    assert "Traceback (most recent call last)" in kept
    assert "numpy" in kept
    assert Path(found[2]).stat().st_mode & 0o077 == 0


def test_control_characters_are_written_out():
    assert plain("a\x1b]0;x\x07b\r\x9b1m\u202e\u2028\x7f\ttab\nline") == (
        "a\\x1b]0;x\\x07b\\r\\x9b1m\\u202e\\u2028\\x7f\ttab\nline"
    )


def test_a_message_is_short():
    long = brief("\n".join(f"line {i}" for i in range(500)))
    assert len(long.splitlines()) == MOST_LINES
    assert long.endswith("(491 more lines)")
    assert len(brief("x" * 100_000)) < MOST_LETTERS + 50


@pytest.mark.parametrize(
    "args",
    [
        ("study", "\x1b[31mred"),
        ("study", "--symbols", "\x1b[31mX"),
        ("study", "--model", "\x9bX"),
        ("study", "--window", "\x1b[2J"),
        ("scan", "--data", "\x1b[2J.csv", "--date", "2025-01-27"),
        ("scan", "--data", "x.csv", "--date", "\x1b[2J"),
        ("tests", "--explain", "\x1b[2J"),
        ("\x1b[2J",),
        ("study", "x" * 50_000),
        ("study", "--symbols", ",".join(f"S{i}" for i in range(5000))),
    ],
)
def test_what_the_user_typed_reaches_the_terminal_harmlessly(args):
    result = run(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", result.stderr)
    assert len(result.stderr.splitlines()) <= MOST_LINES
    assert len(result.stderr) < MOST_LETTERS + 500


@pytest.mark.parametrize(
    ("typed", "meant"), [("stduy", "study"), ("bacth", "batch"), ("refesh", "refresh")]
)
def test_a_mistyped_command_is_guessed(typed, meant):
    result = run(typed)
    assert result.exit_code == 2
    assert f"no command '{typed}'; did you mean '{meant}'?" in result.stderr


@pytest.mark.posix
@pytest.mark.parametrize(
    "args",
    [
        ("study", "--estimation", "-99999999999999999999..-11"),
        ("study", "--window", "0..99999999999999999999"),
        ("study", "--data", "loop.csv"),
        ("study", "loop.csv"),
        ("batch", "--estimation", "-2000000000..-11"),
        ("batch", "--min-estimation", "9" * 30),
        ("batch", "--threads", "9" * 30),
        ("batch", "--returns", "loop.csv"),
        ("batch", "--out", "loop.csv"),
        ("scan", "--data", "loop.csv", "--date", "2025-01-27"),
        ("scan", "--data", "pipe.csv", "--date", "2025-01-27"),
        ("scan", "--data", "p.csv", "--date", "2025-01-27", "--min-estimation", "9" * 30),
        ("scan", "--data", "p.csv", "--date", "2025-01-27", "--estimation", "-11"),
        ("study", "--data", "pipe.csv"),
        ("study", "--data", "/dev/zero"),
        ("study", "--out", ""),
        ("figures", "--out", ""),
        ("report", "--out", " "),
    ],
)
def test_hostile_words_on_the_command_line_get_words_back(args, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("loop.csv").symlink_to("loop.csv")
    os.mkfifo("pipe.csv")
    if args[0] == "batch":
        given = {"--returns": "r.csv", "--factors": "f.csv", "--events": "e.csv", "--out": "o.csv"}
        given |= {"--model": "m", args[1]: args[2]}
        args = ("batch", *(word for pair in given.items() for word in pair))
    before = sorted(Path().iterdir())
    result = run(*args)
    assert result.exit_code == 2, result.output
    assert "rror: " in result.stderr
    assert "Traceback" not in result.stderr
    assert sorted(Path().iterdir()) == before


@pytest.mark.posix
@pytest.mark.slow
def test_a_deleted_folder_to_stand_in(root, tmp_path):
    (tmp_path / "gone").mkdir()
    script = 'rmdir "$0" && exec "$1" -m analysis study --data x.csv'
    done = subprocess.run(
        ["/bin/sh", "-c", script, tmp_path / "gone", sys.executable],
        cwd=tmp_path / "gone", capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii:strict"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"TZ": "Asia/Tokyo"},
    ],
    ids=lambda environment: next(iter(environment.values())),
)
def test_any_code_page_and_clock_shows_the_same_numbers(root, environment):
    usual = process(root, "study", *SMALL, PYTHONUTF8="1")
    found = process(root, "study", *SMALL, **environment)
    assert (usual.returncode, found.returncode) == (0, 0), found.stderr
    numbers = re.compile(rb"-?[0-9]+\.[0-9]+")
    assert numbers.findall(found.stdout) == numbers.findall(usual.stdout)
    assert len(numbers.findall(found.stdout)) > 10
    assert found.stdout.count(b"?") == usual.stdout.count(b"?")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_standard_output_is_told(root):
    with Path("/dev/full").open("wb") as full:
        done = process(root, "study", *SMALL, stdout=full)
    assert done.returncode == 2
    assert done.stderr.decode() == (
        "error: a file or the output cannot be written: No space left on device\n"
    )


WAITING = """
import signal, sys, time
from pathlib import Path
import click
from analysis.atomic import replaced
from analysis.cli.contain import contained

signal.signal(signal.SIGTERM, signal.SIG_DFL)  # whatever the parent was told to ignore
signal.signal(signal.SIGINT, signal.default_int_handler)

@click.command()
def command():
    with contained(), replaced(Path(sys.argv[1])) as temporary:
        temporary.write_text("half")
        print("ready", flush=True)
        while True:
            time.sleep(0.01)

command([])
"""


@pytest.mark.posix
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)])
def test_a_signal_ends_with_its_code_and_sweeps_the_temporaries(root, tmp_path, name, code):
    minding = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)\n" + WAITING
    started = subprocess.Popen(
        [sys.executable, "-c", minding, tmp_path / "out.csv"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root,
    )  # fmt: skip
    assert started.stdout.readline() == b"ready\n"
    started.send_signal(getattr(signal, name))
    _, stderr = started.communicate()
    assert started.returncode == code, stderr
    assert stderr == b""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.posix
def test_a_hang_up_that_the_shell_ignores_stays_ignored(root, tmp_path):
    ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + WAITING
    started = subprocess.Popen(
        [sys.executable, "-c", ignoring, tmp_path / "out.csv"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root,
    )  # fmt: skip
    assert started.stdout.readline() == b"ready\n"
    started.send_signal(signal.SIGHUP)
    started.send_signal(signal.SIGTERM)
    _, stderr = started.communicate()
    assert (started.returncode, stderr) == (143, b"")
