"""Large files, each in a process of its own: its time, and memory of at most two gigabytes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.campaign.stores import MEMORY, measured

if TYPE_CHECKING:
    from tests.campaign.tally import Tally

_PRELUDE = """
import sys
import numpy as np, pandas as pd
size = int(sys.argv[1])
rng = np.random.default_rng(0)
days = pd.bdate_range("2020-01-01", periods=500).strftime("%Y-%m-%d")
"""

_PANEL = """
pd.DataFrame({"session": days, "m": rng.normal(0, .01, 500)}).to_csv("f.csv", index=False)
pd.DataFrame({"symbol": np.repeat(np.arange(200), 500), "session": np.tile(days, 200),
              "return": rng.normal(0, .02, 100_000)}).to_parquet("r.parquet")
"""

_BATCH = ("batch", "--returns", "r.parquet", "--factors", "f.csv", "--model", "m")


@dataclass(frozen=True, slots=True)
class Load:
    """
    A file of some size, and the command that takes it.

    Attributes
    ----------
    making : str
        Python that writes the files for `size`.
    command : tuple of str
    ends : int
        Exit code that is right.
    share : float
        Of the size asked for.
    """

    making: str
    command: tuple[str, ...]
    ends: int = 0
    share: float = 1.0


LOADS = {
    "events in batch": Load(
        _PANEL + 'pd.DataFrame({"symbol": rng.integers(0, 200, size),\n'
        '    "event_date": rng.choice(days, size)}).to_parquet("e.parquet")',
        (*_BATCH, "--events", "e.parquet", "--out", "o.parquet"),
    ),
    "events of a CSV file in batch": Load(
        _PANEL + 'rows = (f"{firm},{day}\\n" for firm, day in\n'
        "        zip(rng.integers(0, 200, size), rng.choice(days, size)))\n"
        'with open("e.csv", "w") as file:\n'
        '    file.write("symbol,event_date\\n")\n'
        "    file.writelines(rows)",
        (*_BATCH, "--events", "e.csv", "--out", "o.csv"),
    ),
    "unreadable events": Load(
        _PANEL + 'open("e.csv", "w").write("symbol,event_date\\n" + "1,never\\n" * size)',
        (*_BATCH, "--events", "e.csv", "--out", "o.parquet"),
    ),
    "columns of levels": Load(
        'open("w.csv", "w").write("session," + ",".join(f"S{i}" for i in range(size)) + "\\n"\n'
        '    + "".join(f"2025-01-{d:02d}" + ",1.5" * size + "\\n" for d in (2, 3, 6, 7, 8)))',
        ("study", "--data", "w.csv"),
        ends=2,  # no benchmark in it: known after it is read
        share=0.01,
    ),
    "rows in scan": Load(
        "n = max(size // 500, 2)\n"
        'pd.DataFrame({"symbol": np.repeat(["SPY", *(f"S{i}" for i in range(1, n))], 500),\n'
        '    "session": np.tile(days, n), "volume": 9000,\n'
        '    "close": 50 * np.exp(np.cumsum(rng.normal(0, .01, (n, 500)), 1)).ravel()}\n'
        '    ).to_parquet("p.parquet")',
        ("scan", "--data", "p.parquet", "--date", "2021-11-30", "--format", "json"),
    ),
    "rows of a Parquet file of few bytes": Load(
        "import pyarrow as pa, pyarrow.parquet as pq\n"
        'zero = pa.array(np.zeros(size * 100)); names = ["session", "A"]\n'
        'pq.write_table(pa.table([zero, zero], names), "p.parquet", compression="zstd")',
        ("study", "--data", "p.parquet"),
        ends=2,
        share=1.0,
    ),
}  # fmt: skip
"""What is large, by name."""


def load(tally: Tally, size: int) -> None:
    """
    Take every load, one after the other.

    Parameters
    ----------
    tally : Tally
    size : int
        Rows or events; some loads take a share of it.
    """
    for name, one in LOADS.items():
        kind = f"{int(size * one.share):,} {name}"
        with tempfile.TemporaryDirectory() as folder:
            made = subprocess.run(
                [sys.executable, "-c", _PRELUDE + one.making, str(int(size * one.share))],
                cwd=folder, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if made.returncode:
                tally.add(kind, f"the file could not be made: {made.stderr[-200:]}")
                continue
            code, took, peak, stderr = measured(one.command, dict(os.environ), Path(folder))
        fault = "" if peak < MEMORY else f"{peak} MB"
        if code != one.ends or "Traceback" in stderr:
            fault = f"exit {code}: {stderr[-200:]}"
        tally.add(kind, fault)
        tally.note(f"{kind}, s", round(took, 1))
        tally.note(f"{kind}, MB", peak)
