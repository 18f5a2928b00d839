"""
Mutated bytes for every reader.

Runs come in chunks. A chunk has a seed of its own and begins with the sound inputs and the corpus,
so that any chunk can be run again alone; what its outcome shows to be new is mutated further.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import re
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.campaign.tally import State, Tally
from tests.campaign.targets import TARGETS, WHOLE, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

CHUNK = 5_000
EVERY = 50
"""One run in so many goes on behind the reader, end to end, where there is such a way."""

MOST_SECONDS = 5.0
"""Of processor time for one input of at most `MOST_BYTES`."""

MOST_BYTES = 20_000
POOL = 300

DICTIONARY = (
    *(b"nan", b"inf", b"-", b"+", b"e", b"=", b"0", b"9" * 20, b"1e400", b"[[", b"]]", b'"', b"'"),
    *(b"\\", b"\x00", b"\xff", b"\n", b"\r", b",", b",,", b"-66", b"T", b"Z", b"+14:00", b"{"),
    *(b"0001-01-01", b"9999-12-31", b"session", b"symbol", b"close", b"#", b"**", b"(", b")"),
    *(b"}", b";", b"\t", b"\xef\xbb\xbf", "\u0663".encode(), "\u202e".encode(), b"1_0", b"0x1F"),
    *(b"%", b"1,5", b" ", b"-0.0", b"1e-320", b"2025-01-08T22:00:00Z", b"date", b"return", b"NA"),
)


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Change some bytes: flip, insert, delete, copy, or put a word of the dictionary in."""
    data = bytearray(content)
    for _ in range(1 + min(int(rng.expovariate(0.7)), 12)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            case 1:
                data[at:at] = bytes([rng.randrange(256)])
            case 2:
                del data[at : at + 1 + rng.randrange(8)]
            case 3:
                begin = rng.randrange(len(data) + 1)
                data[at:at] = data[begin : begin + rng.randrange(40)]
            case 4:
                data[at : at + rng.randrange(6)] = rng.choice(DICTIONARY)
            case _:
                data[at:at] = rng.choice(DICTIONARY)
    return bytes(data[:MOST_BYTES])


def shape(words: str) -> str:
    """
    Give a message without what the input put into it: two of one shape are of one branch.

    Examples
    --------
    >>> shape("a.csv line 3: 'x' is no date") == shape("a.csv line 41: '' is no date")
    True
    """
    return re.sub(r"'.*?'|\d+", "#", words)[:80]


def chunk(name: str, number: int, seed: int, corpus: Path, *, runs: int = CHUNK) -> Tally:
    """Run one chunk of a target; inputs that find a fault go to a folder of the corpus."""
    rng = random.Random(f"{seed} {name} {number}")
    sound = TARGETS[name][1]
    pools = [
        sound,
        [*sound],  # and what is accepted
        [*sound, *(path.read_bytes() for path in sorted((corpus / name).glob("*")))],  # and new
    ]
    shapes: set[str] = set()
    tally = Tally(f"fuzz {name}", seeds=[f"{seed}:{number}"])
    with _folder() as folder, _alarm() as set_alarm:
        if name in WHOLE:
            outcome(name, sound[0], folder, whole=True)  # compiles what has not been compiled yet
        for run in range(runs):
            content = mutated(rng.choice(rng.choice(pools)), rng)
            whole = name in WHOLE and run % EVERY == EVERY - 1
            started = time.process_time()
            set_alarm(4 * MOST_SECONDS)
            found = outcome(name, content, folder, whole=whole)
            set_alarm(0)
            took = time.process_time() - started
            fault = found.words if found.kind == "fault" else ""
            if took > MOST_SECONDS and not fault:
                fault = f"{took:.0f} s for {len(content)} bytes"
            tally.add("end to end" if whole else found.kind, fault)
            tally.note("longest, s", round(took, 2))
            new = shape(found.words) if found.kind != "accepted" else ""
            if fault and new not in shapes:
                keep(corpus / name, content)
            pool = pools[1] if found.kind == "accepted" else pools[2]
            if (found.kind == "accepted" or new not in shapes) and len(pool) < POOL:
                pool.append(content)
            shapes.add(new)
    tally.note("shapes of messages in one chunk", len(shapes))
    return tally


def fuzz(
    names: Sequence[str], runs: int, *, seed: int, state: State, corpus: Path, seconds: float
) -> Iterator[Tally]:
    """
    Run targets one after the other until each has its runs; give what is known after each chunk.

    Parameters
    ----------
    names : sequence of str
        Of `TARGETS`.
    runs : int
        For each target, those of earlier runs among them; 0 for as many as its time allows.
    seed : int
    state : State
    corpus : pathlib.Path
        Folder of a folder a target.
    seconds : float
        Of each target.
    """
    for name in names:
        known = state.tally(f"fuzz {name}")
        end = time.monotonic() + seconds
        while (known.tried < runs or not runs) and time.monotonic() < end:
            size = min(CHUNK, runs - known.tried) if runs else CHUNK
            fresh = chunk(name, _next(known, seed), seed, corpus, runs=size)
            if state.path is None:
                known.join(fresh)
            else:
                known = state.add(fresh)
            yield known


def _next(known: Tally, seed: int) -> int:
    done = [int(text.partition(":")[2]) for text in known.seeds if text.startswith(f"{seed}:")]
    return max(done, default=-1) + 1


def keep(folder: Path, content: bytes) -> None:
    """Put an input that found a fault into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder in memory, where the machine has one."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@contextlib.contextmanager
def _alarm() -> Iterator[Callable[[float], object]]:
    """Give what turns an input that needs so many seconds of processor time into an error."""
    if not hasattr(signal, "SIGPROF"):
        yield lambda seconds: None
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeoutError("it does not end")

    before = signal.signal(signal.SIGPROF, ring)
    try:
        yield lambda seconds: signal.setitimer(signal.ITIMER_PROF, seconds)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
