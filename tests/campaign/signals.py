"""Signals at random instants of a study that writes: its exit code, and nothing by halves."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.campaign.inputs import SMALL, remove

if TYPE_CHECKING:
    import random

    from tests.campaign.tally import Tally

ROOT = Path(__file__).resolve().parent.parent.parent

HEARING = """
import signal
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_DFL)  # whatever the parent was told to ignore
signal.signal(signal.SIGINT, signal.default_int_handler)
from analysis.cli import run
run()
"""
"""The program as a terminal starts it."""


def signals(tally: Tally, rng: random.Random, *, seconds: float, fewest: int = 0) -> None:
    """
    Run a study again and again, and end it at some instant.

    Parameters
    ----------
    tally : Tally
    rng : random.Random
    seconds : float
        When to stop.
    fewest : int
        Signals that must hit a running process, however long it takes.
    """
    end = time.monotonic() + seconds
    command = [sys.executable, "-c", HEARING, "study", *SMALL, "--out"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    hits = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        started = time.monotonic()
        subprocess.run(
            [*command, folder / "whole"], check=True, capture_output=True, env=environment
        )
        took = time.monotonic() - started
        expected = _files(folder / "whole")
        while time.monotonic() < end or hits < fewest:
            number = rng.choice([signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
            run = subprocess.Popen(
                [*command, folder / "out"], env=environment, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )  # fmt: skip
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.wait(rng.uniform(0.3, 1.0) * took)
            hit = run.poll() is None
            run.send_signal(number)
            _, stderr = run.communicate()
            hits += hit and run.returncode != 0
            fault = _fault(folder, run.returncode, number, stderr, expected)
            word = " that hit" if run.returncode else " too late"
            tally.add(signal.Signals(number).name + word, fault)
            for path in folder.iterdir():
                if path.name != "whole":
                    remove(path)


def _fault(
    folder: Path, code: int, number: signal.Signals, stderr: bytes, expected: dict[str, bytes]
) -> str:
    """Say what is wrong with what a signal left; empty for nothing."""
    if code not in {0, -number, 128 + number}:
        return f"exit {code}"
    if b"Traceback" in stderr and not _while_starting(stderr):
        return f"a traceback after {signal.Signals(number).name}"
    if (folder / "out").exists() and _files(folder / "out") != expected:
        return "a half-written folder"
    left = {path.name for path in folder.iterdir()} - {"whole", "out"}
    return f"left {min(left)}" if left and number != signal.SIGKILL else ""


def _while_starting(stderr: bytes) -> bool:
    """Say whether Python itself was interrupted before the program had begun."""
    return b"KeyboardInterrupt" in stderr and b"contained" not in stderr


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
