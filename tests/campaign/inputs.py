"""Malformed files and words of the command line, and how each command ends on them."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.testing import CliRunner

from analysis.cli import main
from tests.campaign import targets as t

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from tests.campaign.tally import Tally

SMALL = ["--symbols", "NVDA", "--model", "market", "--event", "sell-off", "--benchmark", "SPY"]

TEXTS = {
    "study": t.STUDY, "data": t.LEVELS.encode(), "returns": t.RETURNS.encode(),
    "factors": t.FACTORS.encode(), "events": t.EVENTS.encode(), "scan": t.PRICES.encode(),
    "fetch": t.CRSP.encode(), "pairs": t.PAIRS.encode(),
}  # fmt: skip
"""Sound files by what reads them."""

WORDS: dict[str, bytes] = {
    "empty": b"",
    "spaces": b"  \n \n",
    "null byte": b"a\0b",
    "latin-1": b"caf\xe9,\xff",
    "escape": b"\x1b[2J\x1b]0;x\x07",
    "formula": b"=cmd|'/c calc'!A1",
    "BOM": b"\xef\xbb\xbf",
    "UTF-16": "session".encode("utf-16"),
    "gzip": b"\x1f\x8b\x08\0\0\0",
    "PAR1": b"PAR1\0\0PAR1",
    "very long line": b"x," * 50_000,
    "deep": b"[" * 600 + b"]" * 600,
    "bidi": "\u202eabc".encode(),
    "quote": b'"unclosed,1\n',
    "digits": b"9" * 5000,
    "nan": b"nan",
    "inf": b"-inf",
    "underscore": b"1_0",
    "arabic": "\u0661\u0662".encode(),
    "hex": b"0x1F",
    "huge": b"1e308",
    "minus": b"-66.0",
    "percent": b"12%",
    "comma": b"1,5",
    "year 1": b"0001-01-01T00:00:00+14:00",
    "negative date": b"-2025-01-01",
    "short date": b"-04",
    "week": b"2025-W05-1",
    "clock": b"2025-01-27T15:30",
    "leap second": b"2025-01-27T23:59:60Z",
    "last day": b"9999-12-31",
    "path": b"../../etc/passwd",
    "html": b"<script>alert(1)</script>",
    "emoji": "\U0001f4a5".encode(),
}

LINE = "command line"

WRITES = {"--out", "--excel", "--db", "--page", "--checkpoint", "--then-report", "--address"}
"""Options that no word is tried for: they write, or reach out over the network."""


def damages(rng: random.Random) -> dict[str, Callable[[bytes], bytes]]:
    """Ways to spoil a text: name to a function of bytes."""
    ways: dict[str, Callable[[bytes], bytes]] = {}
    for name, word in WORDS.items():
        ways[f"is {name}"] = lambda _, word=word: word
        ways[f"cell {name}"] = lambda text, word=word: replace_cell(text, word, rng)
    ways |= {
        "cut": lambda text: text[: rng.randrange(len(text) or 1)],
        "twice": lambda text: text + text,
        "rows reversed": lambda text: b"\n".join(text.split(b"\n")[::-1]),
        "row twice": lambda text: text + b"\n" + rng.choice(text.splitlines() or [b""]),
        "column twice": lambda text: re.sub(rb"(?m)^([^,\n]*)(.*)$", rb"\1\2,\1", text),
        "header twice": lambda text: text.split(b"\n")[0] + b"\n" + text,
        "no header": lambda text: text.partition(b"\n")[2],
        "row short": lambda text: re.sub(rb",[^,\n]*\n", b"\n", text, count=1),
        "row long": lambda text: text.replace(b"\n", b",9\n", 2),
        "CR": lambda text: text.replace(b"\n", b"\r"),
        "CRLF": lambda text: text.replace(b"\n", b"\r\n"),
        "semicolons": lambda text: text.replace(b",", b";"),
        "swapped names": lambda text: text.replace(b"session", b"symbol", 1),
        "upper": lambda text: text.upper(),
    }
    return ways


def replace_cell(text: bytes, word: bytes, rng: random.Random) -> bytes:
    """Put a word in the place of some cell or value."""
    spots = list(re.finditer(rb"[^,\n=\[\]\" ]+", text))
    if not spots:
        return word
    spot = rng.choice(spots)
    return text[: spot.start()] + word + text[spot.end() :]


def inputs(tally: Tally, rng: random.Random, *, seconds: float, fewest: int = 0) -> None:
    """
    Run the commands on spoiled files of every kind, and with hostile words on the command line.

    Parameters
    ----------
    tally : Tally
    rng : random.Random
    seconds : float
        When to stop.
    fewest : int
        Trials to make however long they take.
    """
    ways = damages(rng)
    cases = [(what, way) for way in ways for what in TEXTS]
    cases += [(LINE, "")] * (len(cases) // 4)
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        lines = _lines()
        for what, way in _shuffled(cases, rng):
            if time.monotonic() > end and tally.tried >= fewest:
                break
            for name, text in TEXTS.items():
                Path(f"sound-{name}{_ending(name)}").write_bytes(text)
            if what == LINE:
                command, option, word = rng.choice(lines)
                kind = f"{command[0]} {option}, {word}"
                words = [*command, option, os.fsdecode(WORDS[word].replace(b"\0", b"?"))]
            else:
                kind = f"{what}, {way}"
                path = Path(f"spoiled{_ending(what)}")
                path.write_bytes(ways[way](TEXTS[what]))
                words = command_of(what, str(path))
            before = set(Path().iterdir())
            result = CliRunner().invoke(main, words)
            fault = judged(result.exit_code, result.stdout, result.stderr)
            for path in set(Path().iterdir()) - before:
                if result.exit_code and not path.name.startswith("store."):
                    fault = fault or f"left {path} after exit {result.exit_code}"
                remove(path)
            tally.add(kind, fault)


def _shuffled(cases: list[tuple[str, str]], rng: random.Random) -> Iterator[tuple[str, str]]:
    """Give all cases in some order, then all in another, without end."""
    while True:
        rng.shuffle(cases)
        yield from cases


def _ending(what: str) -> str:
    return ".toml" if what == "study" else ".csv"


def _lines() -> list[tuple[list[str], str, str]]:
    """Pair every option that takes a word with every hostile word, after a sound command line."""
    scan = command_of("scan", "sound-scan.csv")
    sound = [
        ["study", *SMALL], ["report", *SMALL, "--out", "out"], ["figures", *SMALL, "--out", "out"],
        ["validate", "sound-study.toml"], ["list"], ["tests"],
        command_of("pairs", "sound-pairs.csv"), command_of("events", "sound-events.csv"), scan,
        command_of("fetch", "sound-fetch.csv"),
        ["refresh", "--from", "sound-fetch.csv", "--dry-run", "--db", "store.duckdb"],
        ["status", "--db", "store.duckdb"], ["watch", "--db", "store.duckdb"],
    ]  # fmt: skip
    found = []
    for command in sound:
        for parameter in main.get_command(click.Context(main), command[0]).params:
            takes = isinstance(parameter, click.Option) and not parameter.is_flag
            options = set(parameter.opts) - WRITES - {"--from"} if takes else set()
            found += [(command, max(options), word) for word in WORDS if options]
    return found


def command_of(what: str, path: str) -> list[str]:
    """Give the command that reads a file of a kind, beside the sound files."""
    if what == "study":
        return ["study", path, "--symbols", "NVDA", "--out", "out"]
    if what == "data":
        return ["study", *SMALL, "--data", path, "--out", "out"]
    if what == "scan":
        return ["scan", "--data", path, "--date", "2025-01-08", "--estimation", "-3..-1",
                "--min-estimation", "3", "--placebos", "1"]  # fmt: skip
    if what == "fetch":
        return ["fetch", "--from", path, "--db", "store.duckdb", "--now", "2025-01-28T22:00:00Z"]
    if what == "pairs":
        return ["sample", path, "--data", "snapshot", "--out", "out"]
    words = ["batch", "--model", "mktrf", "--estimation", "-3..-1", "--out", "out.csv"]
    for name in ("returns", "factors", "events"):
        words += [f"--{name}", path if name == what else f"sound-{name}.csv"]
    return words


def judged(code: int, stdout: str, stderr: str) -> str:
    """Say what is wrong with how a command ended; empty for nothing."""
    if code not in {0, 2, 3, 4}:
        return f"exit {code}: {stderr[:200]}"
    if "Traceback" in stdout + stderr:
        return f"a traceback: {stderr[-200:]}"
    found = re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", stdout + stderr)
    if found:
        return f"the control character {found[0]!r} reached the terminal"
    if code == 2 and not 0 < len(stderr.splitlines()) <= 24:
        return f"{len(stderr.splitlines())} lines of message"
    if any(len(line) > 2200 for line in stderr.splitlines()):
        return "a message longer than 2,200 letters"
    return ""


def remove(path: Path) -> None:
    """Remove a file or a folder that a run left."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
