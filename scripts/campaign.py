"""
Try to make the program fail: malformed inputs, fuzz, vendors, kills, signals, load.

Usage: python scripts/campaign.py [PART ...] [--minutes N] [--seed N] [--write]

A part is inputs, fuzz, vendor, kills, signals or load; all by default, the minutes shared among
them. A fault is a traceback, exit code 70, a hang, an escape sequence on the terminal, a message of
more than ten lines, or a half-written output. Inputs that found one go to tests/corpus. With
--write the table in docs/reliability.md is renewed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
CORPUS = ROOT / "tests" / "corpus"
TABLE = ROOT / "docs" / "reliability.md"
MEMORY = 2 << 30
SHARES = {"inputs": 3, "fuzz": 5, "vendor": 2, "kills": 2, "signals": 2, "load": 2}
SMALL = ["--symbols", "NVDA", "--model", "market", "--event", "sell-off", "--benchmark", "SPY"]


@dataclass(slots=True)
class Tally:
    """What one part tried and what failed, the worst first."""

    part: str
    tried: int = 0
    failed: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    worst: list[str] = field(default_factory=list)

    def add(self, kind: str, fault: str = "") -> None:
        """Count one trial of a kind, and its fault if there was one."""
        self.tried += 1
        self.kinds[kind] += 1
        if fault:
            self.failed += 1
            if len(self.worst) < 20:
                self.worst.append(f"{kind}: {fault}")


# -- inputs -----------------------------------------------------------------------------------


def damages(rng: random.Random) -> dict[str, object]:
    """Ways to spoil a text: name to a function of bytes."""
    words = {
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
    ways: dict[str, object] = {}
    for name, word in words.items():
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


def inputs(tally: Tally, minutes: float, rng: random.Random) -> None:
    """Run the commands on spoiled files of every kind."""
    from click.testing import CliRunner

    from analysis.cli import main
    from tests.campaign import targets as t

    texts = {
        "study": t.STUDY, "data": t.LEVELS.encode(), "returns": t.RETURNS.encode(),
        "factors": t.FACTORS.encode(), "events": t.EVENTS.encode(), "scan": t.PRICES.encode(),
        "fetch": t.CRSP.encode(), "pairs": t.PAIRS.encode(),
    }  # fmt: skip
    ways = damages(rng)
    cases = [(what, way) for way in ways for what in texts]
    rng.shuffle(cases)
    end = time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for number, (what, way) in enumerate(cases * 50):
            if time.monotonic() > end:
                break
            path = Path(f"{number}.{'toml' if what == 'study' else 'csv'}")
            path.write_bytes(ways[way](texts[what]))  # type: ignore[operator]
            before = sorted(Path().iterdir())
            result = CliRunner().invoke(main, command_of(what, str(path), texts))
            tally.add(f"{what}, {way}", judged(result.exit_code, result.stdout, result.stderr))
            for name in set(Path().iterdir()) - set(before):
                ours = name.name.startswith(("sound-", "store."))
                if result.exit_code and not ours:
                    tally.add(f"{what}, {way}", f"left {name} after exit {result.exit_code}")
                remove(name)
            path.unlink()


def command_of(what: str, path: str, texts: dict[str, bytes]) -> list[str]:
    """Give the command that reads a file of a kind."""
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
    given = dict.fromkeys(("returns", "factors", "events"), "")
    for name in given:
        given[name] = path if name == what else f"sound-{name}.csv"
        if name != what:
            Path(given[name]).write_bytes(texts[name])
    words = [word for name, file in given.items() for word in (f"--{name}", file)]
    return ["batch", *words, "--model", "mktrf", "--estimation", "-3..-1", "--out", "out.csv"]


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
    import shutil

    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


# -- fuzz -------------------------------------------------------------------------------------

DICTIONARY = (
    *(b"nan", b"inf", b"-", b"+", b"e", b"=", b"0", b"9" * 20, b"1e400", b"[[", b"]]", b'"', b"'"),
    *(
        b"\\",
        b"\x00",
        b"\xff",
        b"\n",
        b"\r",
        b",",
        b",,",
        b"-66",
        b"T",
        b"Z",
        b"+14:00",
        b"{",
        b"}",
    ),
    *(b"0001-01-01", b"9999-12-31", b"session", b"symbol", b"close", b"#", b"**", b"(", b")"),
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
                data[at:at] = data[rng.randrange(len(data) + 1) :][: rng.randrange(40)]
            case 4:
                data[at : at + rng.randrange(6)] = rng.choice(DICTIONARY)
            case _:
                data[at:at] = rng.choice(DICTIONARY)
    return bytes(data[:100_000])


def fuzz(tally: Tally, minutes: float, rng: random.Random) -> None:
    """Feed mutated inputs to every reader; what is new in its outcome is kept to mutate further."""
    from tests.campaign.targets import TARGETS, outcome

    per_target = 60 * minutes / len(TARGETS)
    for name, (_, seeds) in TARGETS.items():
        pool = [*seeds, *(path.read_bytes() for path in sorted((CORPUS / name).glob("*")))]
        seen: set[str] = set()
        end = time.monotonic() + per_target
        while time.monotonic() < end:
            content = mutated(rng.choice(pool), rng)
            started = time.monotonic()
            found = outcome(name, content)
            took = time.monotonic() - started
            fault = "" if found in {"accepted", "refused"} else found
            if took > 5:
                fault = f"{took:.0f} s for {len(content)} bytes"
            tally.add(name, fault)
            if found == "accepted" and len(pool) < 200:
                pool.append(content)
            if fault and fault not in seen:
                seen.add(fault)
                keep(name, content)


def keep(name: str, content: bytes) -> None:
    """Put an input that found a fault into the corpus."""
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content[:4000])


# -- vendor, kills: the tests that drive a real vendor and real processes ----------------------


def by_tests(tally: Tally, paths: list[str]) -> None:
    """Count the trials of tests that stand for a part."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}
    tally.tried += sum(counts.values())
    tally.failed += counts.get("failed", 0) + counts.get("error", 0)
    tally.worst += [line for line in done.stdout.splitlines() if line.startswith("FAILED")][:5]


def vendor(tally: Tally, minutes: float, rng: random.Random) -> None:
    """Ill-behaved vendors on the loopback."""
    del minutes, rng
    by_tests(tally, ["tests/campaign/test_vendor.py"])


def kills(tally: Tally, minutes: float, rng: random.Random) -> None:
    """Kills at named instants of refreshes and of writing results."""
    del minutes, rng
    by_tests(tally, ["tests/prices/refresh/test_kill.py", "tests/test_outputs.py"])


# -- signals ----------------------------------------------------------------------------------


def signals(tally: Tally, minutes: float, rng: random.Random) -> None:
    """Signals at random instants of a study that writes: its exit code, and nothing by halves."""
    end = time.monotonic() + 60 * minutes
    command = [sys.executable, "-m", "analysis", "study", *SMALL, "--out"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        whole = Path(folder) / "whole"
        subprocess.run([*command, whole], check=True, capture_output=True, env=environment)
        took = time.monotonic() - started
        expected = {path.name: path.read_bytes() for path in whole.iterdir() if path.is_file()}
        while time.monotonic() < end:
            number = rng.choice([signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
            out = Path(folder) / "out"
            run = subprocess.Popen(
                [*command, out], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.wait(rng.uniform(0.4, 1.05) * took)
            hit = run.poll() is None
            run.send_signal(number)
            _, stderr = run.communicate()
            allowed = {-number, 128 + number} | (set() if hit else {0})
            fault = "" if run.returncode in {*allowed, 0} else f"exit {run.returncode}"
            if b"Traceback" in stderr and number != signal.SIGINT:
                fault = f"a traceback after {signal.Signals(number).name}"
            if out.exists():
                found = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
                fault = fault if found == expected else "a half-written folder"
            left = {path.name for path in Path(folder).iterdir()} - {"whole", "out"}
            if left and number != signal.SIGKILL:
                fault = f"left {min(left)}"
            tally.add(signal.Signals(number).name + (" that hit" if hit else " too late"), fault)
            for path in Path(folder).iterdir():
                if path.name != "whole":
                    remove(path)


# -- load -------------------------------------------------------------------------------------

LOADS = {
    "events in batch": """
rng = np.random.default_rng(0)
days = pd.bdate_range("2020-01-01", periods=500).strftime("%Y-%m-%d")
pd.DataFrame({"session": days, "m": rng.normal(0, .01, 500)}).to_csv("f.csv", index=False)
pd.DataFrame({"symbol": np.repeat(np.arange(200), 500), "session": np.tile(days, 200),
              "return": rng.normal(0, .02, 100_000)}).to_parquet("r.parquet")
pd.DataFrame({"symbol": rng.integers(0, 200, SIZE), "event_date": rng.choice(days, SIZE)}
             ).to_parquet("e.parquet")
main(["batch", "--returns", "r.parquet", "--factors", "f.csv", "--events", "e.parquet",
      "--model", "m", "--out", "o.parquet"])
""",
    "unreadable events": """
days = pd.bdate_range("2020-01-01", periods=500).strftime("%Y-%m-%d")
pd.DataFrame({"session": days, "m": np.linspace(-.01, .01, 500)}).to_csv("f.csv", index=False)
pd.DataFrame({"symbol": 1, "session": days, "return": np.linspace(-.02, .03, 500)}
             ).to_csv("r.csv", index=False)
open("e.csv", "w").write("symbol,event_date\\n" + "1,never\\n" * SIZE)
main(["batch", "--returns", "r.csv", "--factors", "f.csv", "--events", "e.csv", "--model", "m",
      "--out", "o.parquet"])
""",
    "columns of levels": """
n = SIZE // 100
open("w.csv", "w").write("session," + ",".join(f"S{i}" for i in range(n)) + "\\n"
    + "".join(f"2025-01-{d:02d}" + ",1.5" * n + "\\n" for d in (2, 3, 6, 7, 8)))
main(["study", "--data", "w.csv"])
""",
    "rows in scan": """
rng = np.random.default_rng(0)
days = pd.bdate_range("2020-01-01", periods=500).strftime("%Y-%m-%d")
n = max(SIZE // 500, 2)
pd.DataFrame({"symbol": np.repeat(["SPY", *(f"S{i}" for i in range(1, n))], 500),
              "session": np.tile(days, n), "volume": 9000,
              "close": 50 * np.exp(np.cumsum(rng.normal(0, .01, (n, 500)), 1)).ravel()}
             ).to_parquet("p.parquet")
main(["scan", "--data", "p.parquet", "--date", days[-1], "--format", "json"])
""",
}


def load(tally: Tally, minutes: float, rng: random.Random) -> None:
    """Large files in processes of their own: their time and their memory, at most two gigabytes."""
    del rng
    size = 10_000_000 if minutes >= 10 else 300_000
    prelude = (
        "import numpy as np, pandas as pd\nfrom analysis.cli import main as command\n"
        "def main(words):\n"
        "    code = command(words, standalone_mode=False)\n"
        "    assert code == 2 if 'w.csv' in words else not code, code\n"
    )
    for name, code in LOADS.items():
        with tempfile.TemporaryDirectory() as folder:
            started = time.monotonic()
            run = subprocess.Popen(
                [sys.executable, "-c", prelude + code.replace("SIZE", str(size))],
                cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )  # fmt: skip
            stderr = run.stderr.read() if run.stderr else b""
            _, status, usage = os.wait4(run.pid, 0)
            peak = usage.ru_maxrss << (0 if sys.platform == "darwin" else 10)
            took = time.monotonic() - started
            fault = "" if peak < MEMORY else f"{peak >> 20} MB"
            if b"Traceback" in stderr or status:
                fault = stderr[-200:].decode("utf-8", "replace")
            tally.add(f"{size:,} {name}", fault)
            print(f"  {size:,} {name}: {took:.0f} s, {peak >> 20} MB", flush=True)


PARTS = {
    "inputs": inputs, "fuzz": fuzz, "vendor": vendor, "kills": kills, "signals": signals,
    "load": load,
}  # fmt: skip


def row(tally: Tally) -> str:
    """Write a part's row of the table."""
    worst = (tally.worst[0] if tally.worst else "none").replace("|", "\\|").replace("\n", " ")[:120]
    kinds = f" ({len(tally.kinds):,} kinds)" if tally.kinds else ""
    return f"| {tally.part} | {tally.tried:,}{kinds} | {tally.failed:,} | {worst} |"


def write(rows: list[str]) -> None:
    """Renew the rows of the parts that ran in docs/reliability.md."""
    text = TABLE.read_text(encoding="utf-8")
    for line in rows:
        part = line.split("|")[1].strip()
        text = re.sub(rf"(?m)^\| {part} \|.*$", lambda _, line=line: line, text)
    TABLE.write_text(text, encoding="utf-8")


def main() -> int:
    """Run the parts asked for; 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--minutes", type=float, default=10.0, help="for all parts together")
    parser.add_argument("--seed", type=int, default=20250127)
    parser.add_argument("--write", action="store_true", help="renew docs/reliability.md")
    given = parser.parse_args()
    parts = given.parts or list(PARTS)
    unknown = set(parts) - set(PARTS)
    if unknown:
        parser.error(f"no part '{min(unknown)}' (known: {', '.join(PARTS)})")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    shares = sum(SHARES[part] for part in parts)
    rows, failed = [], 0
    for part in parts:
        tally = Tally(part)
        PARTS[part](tally, given.minutes * SHARES[part] / shares, random.Random(given.seed))
        rows.append(row(tally))
        print(rows[-1], flush=True)
        for line in tally.worst:
            print(f"    {line}", flush=True)
        failed += tally.failed
    if given.write:
        write(rows)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
